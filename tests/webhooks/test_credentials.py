"""What looks like a credential, by its name or its form, is shown to nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.webhooks.credentials import names_credential, spared, spared_expression, without_literals

WORDS = (
    "pwd",
    "auth",
    "passphrase",
    "password",
    "passwd",
    "token",
    "secret",
    "apiKey",
    "privateKey",
    "credential",
)


def spellings(word):
    """The ways in which a field is named by that word."""
    return (
        word,
        word.upper(),
        word.capitalize(),
        f"db_{word}",
        f"db-{word}",
        f"db{word.capitalize()}",
        f"{word}_2",
    )


@pytest.mark.parametrize("name", [name for word in WORDS for name in spellings(word)])
def test_a_name_of_a_credential_in_any_spelling(name):
    for expression in (
        f"payload.{name} == 1",
        f'payload["{name}"]',
        f"payload.list[0].{name}.x",
        f"any(x, .{name} > 1)",
    ):
        assert names_credential(expression)


@pytest.mark.parametrize(
    "name",
    [
        "oauth",
        "basicAuth",
        "basic_auth",
        "AUTH_KEY",
        "authn",
        "authorisation",
        "API_KEY",
        "api-key",
        "authentication",
    ],
)
def test_more_names(name):
    assert names_credential(f"payload.{name}")


@pytest.mark.parametrize(
    "name", ["author", "authors", "author_association", "coAuthor", "head.sha", "path", "key"]
)
def test_a_name_of_nobody_s_credential(name):
    assert not names_credential(f"payload.{name} == 1")


@pytest.mark.parametrize(
    ("source", "left"),
    [
        pytest.param("payload.pwd == 1234", "payload.pwd == …", id="a number"),
        pytest.param("payload.pwd in [-12.5e3, 0x1F, .5]", "payload.pwd in [-…, …, …]", id="numbers"),
        pytest.param("payload.x2.pwds[0] == 7", "payload.x2.pwds[0] == …", id="not where it is"),
        pytest.param("payload['pwd'] == 'a\\'b'", "payload['pwd'] == \"…\"", id="not its key"),
        pytest.param('payload.pwd == `a"b`', 'payload.pwd == "…"', id="in backticks"),
        pytest.param("payload.pwd == '''it's'''", 'payload.pwd == "…"', id="in three quotes"),
        pytest.param('payload.pwd == r"\\" && x == "abc"', 'payload.pwd == "…" && x == "…"', id="raw"),
        pytest.param('payload.pwd == "abc', 'payload.pwd == "…"', id="a text that does not end"),
        pytest.param(
            "fails (1:20)\n | payload.pwd == 12\n", "fails (1:20)\n | payload.pwd == …\n", id="a message"
        ),
    ],
)
def test_an_expression_without_what_it_compares_with(source, left):
    assert without_literals(source) == left
    assert spared_expression(source) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("https://ann:pw@git.example.com/x", "https://…@git.example.com/x", id="a URL's user"),
        pytest.param(
            "https://ghp_abc@git.example.com/x", "https://…@git.example.com/x", id="a token as user"
        ),
        pytest.param("HTTPS://a:b@h/?x=1&Auth=zz&y=2", "HTTPS://…@h/?x=1&Auth=…&y=2", id="and a query"),
        pytest.param(
            "http://h/?client%5Fpwd=12&a=1", "http://h/?client%5Fpwd=…&a=1", id="a number in a query"
        ),
        pytest.param("http://h/?dbPwd=12#x", "http://h/?dbPwd=…#x", id="up to the fragment"),
        pytest.param("ssh://git@h/x.git", "ssh://git@h/x.git", id="git over SSH"),
        pytest.param("ssh://git:pw@h/x.git", "ssh://…@h/x.git", id="a password over SSH"),
        pytest.param(
            '{"db": [{"PWD": 1234, "b": 1}]}', '{"db": [{"PWD": …, "b": 1}]}', id="a number in JSON"
        ),
        pytest.param(
            '{"passPhrase": "a\\"b", "b": "c"}', '{"passPhrase": "…", "b": "c"}', id="a text in JSON"
        ),
        pytest.param('{"auth": "cut off he', '{"auth": "…"', id="a text that was cut"),
        pytest.param('"{\\"pwd\\":\\"abc\\"}"', '"{\\"pwd\\":\\"…\\"}"', id="JSON in JSON"),
        pytest.param("user: x\npwd: 77", "user: x\npwd: …", id="YAML"),
        pytest.param("Authorization: Bearer abc.def-ghi", "Authorization: … …", id="a header"),
        pytest.param("it says Bearer abcdefgh1", "it says Bearer …", id="a token by its scheme"),
        pytest.param("it says Basic dXNlcjpwdw==", "it says Basic …", id="a user and password by its scheme"),
        pytest.param("basic authentication failed", "basic authentication failed", id="words"),
        pytest.param("author: ann, path=/x", "author: ann, path=/x", id="nothing"),
    ],
)
def test_a_text_without_what_has_the_form_of_a_credential(text, left):
    assert spared(text) == left


@given(st.text())
def test_no_text_breaks_it(text):
    spared_expression(text)
    assert spared(f"https://{''.join(filter(str.isalnum, text))}:hunter2@h").find("hunter2") == -1
