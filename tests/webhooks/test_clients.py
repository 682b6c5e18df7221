"""The YAML of a webhook client: secrets are taken as written, and what is wrong is told without them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.hosts.registry import SENDERS
from triggerfish.webhooks.clients import Recover, parse_clients


def parse(text, name="jenkins"):
    return parse_clients({name: text if isinstance(text, bytes) else text.encode()}, SENDERS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("type: github\nsecret: abc", ["abc"], id="as Argo writes it"),
        pytest.param("{type: github, secrets: [new, old]}", ["new", "old"], id="rotation"),
        pytest.param("{type: github, secret: a, secrets: [b]}", ["a", "b"], id="both"),
        pytest.param("{type: github, secret: 0123}", ["0123"], id="no octal number"),
        pytest.param("{type: github, secret: 1e3}", ["1e3"], id="no float"),
        pytest.param("{type: github, secret: yes}", ["yes"], id="no boolean"),
        pytest.param("{type: github, secret: 2026-99-99}", ["2026-99-99"], id="no date"),
        pytest.param("{type: github, secret: 'null'}", ["null"], id="a quoted null is a text"),
        pytest.param(
            "type: github\nsecret: |\n  abc\n", ["abc\n"], id="a block keeps its newline, as in Argo"
        ),
        pytest.param("{type: github, secret: ä}", ["ä"], id="not ASCII"),
        pytest.param("{type: github, secret: a, note: {x: 1}}", ["a"], id="what Argo ignores is ignored"),
    ],
)
def test_secrets_are_taken_as_written(text, expected):
    (client,) = parse(text).good
    assert [secret.value.decode() for secret in client.secrets] == expected


@pytest.mark.parametrize(
    ("text", "repositories", "recover"),
    [
        pytest.param("{type: github, secret: a}", (), None, id="neither"),
        pytest.param(
            "{type: github, secret: a, repositories: [org/*, other/app]}",
            ("org/*", "other/app"),
            None,
            id="two",
        ),
        pytest.param(
            "{type: gitlab, secret: a, recover: {hook: 0123, repository: group/sub/app}}",
            (),
            Recover("0123", "group/sub/app"),
            id="recover",
        ),
        pytest.param(
            "{type: hmac, secret: a, repositories: [o/r], header: x-signature, algorithm: sha256}",
            ("o/r",),
            None,
            id="a type with fields of its own",
        ),
    ],
)
def test_which_repositories_its_deliveries_ask_about(text, repositories, recover):
    (client,) = parse(text).good
    assert (client.repositories, client.recover) == (repositories, recover)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "not a mapping", id="empty"),
        pytest.param("hush", "not a mapping", id="a text"),
        pytest.param("{type: github, secret: [hush}", "not YAML", id="broken"),
        pytest.param(b"\xff\xfehush", "not YAML", id="not UTF-8"),
        pytest.param("[" * 5000, "not YAML", id="nested without end"),
        pytest.param("a: &a [*a]", "nested", id="a list in itself"),
        pytest.param("{secret: hush}", "type must be one of", id="no type"),
        pytest.param("{type: nope, secret: hush}", "type must be one of", id="unknown type"),
        pytest.param("{type: [github], secret: hush}", "type must be one of", id="type is a list"),
        pytest.param("{type: github}", "no secret", id="no secret"),
        pytest.param("{type: github, secret: ''}", "no secret", id="empty secret"),
        pytest.param("{type: github, secret: ~}", "no secret", id="null secret"),
        pytest.param("{type: github, secrets: []}", "no secret", id="empty list"),
        pytest.param("{type: github, secrets: [hush, '']}", "empty", id="one of the list is empty"),
        pytest.param("{type: github, secret: {hush: 1}}", "mapping", id="a secret that is a mapping"),
        pytest.param("{type: github, secret: [hush]}", "not a text", id="a secret that is a list"),
        pytest.param("{type: github, secrets: hush}", "not a list", id="secrets that are a text"),
        pytest.param("{type: github, secrets: [[hush]]}", "nested", id="nested secrets"),
        pytest.param("{type: github, secret: hush, secret: b}", "twice", id="a field twice"),
        pytest.param('{type: github, secret: "hush\\ud800"}', "not ", id="half a character"),
        pytest.param("{type: github, secrets: [" + "hush," * 6 + "]}", "more than 5", id="too many"),
        pytest.param("!!python/object:os.system {type: github}", "secret", id="a tag runs nothing"),
        pytest.param("{type: github, secret: a, repositories: hush}", "not a list", id="repositories a text"),
        pytest.param("{type: github, secret: a, repositories: []}", "empty list", id="no repositories"),
        pytest.param("{type: github, secret: a, repositories: ['']}", "is empty", id="an empty repository"),
        pytest.param(
            "{type: github, secret: a, repositories: [" + "hush," * 101 + "]}",
            "more than 100",
            id="too many repositories",
        ),
        pytest.param("{type: github, secret: a, recover: hush}", "not a mapping", id="recover a text"),
        pytest.param(
            "{type: github, secret: a, recover: {hook: 1}}", "hook and repository", id="recover without one"
        ),
        pytest.param(
            "{type: github, secret: a, recover: {hook: 1, repository: o/r, hush: 1}}",
            "hook and repository",
            id="recover with a third field",
        ),
        pytest.param(
            "{type: github, secret: a, recover: {hook: hush, repository: o/r}}",
            "not a number",
            id="recover with a hook that is no number",
        ),
        pytest.param(
            "{type: github, secret: a, recover: {hook: 1, repository: ''}}",
            "such as org/app",
            id="recover without a repository",
        ),
        pytest.param(
            "{type: github, secret: a, recover: {hook: 1, hook: 2}}", "twice", id="recover with a hook twice"
        ),
    ],
)
def test_what_is_wrong_is_told_and_no_secret_is(text, says):
    parsed = parse(text)
    assert parsed.good == ()
    assert says in parsed.bad[0].problem
    assert "hush" not in parsed.bad[0].problem


@pytest.mark.parametrize("name", ["", "../x", "A", "a_b", "a..b", "x" * 254], ids=lambda name: name[:10])
def test_a_key_that_cannot_be_a_service_account_is_no_client(name):
    assert parse("{type: github, secret: a}", name).good == ()


@given(st.text(max_size=100))
def test_any_text_is_a_client_or_a_problem(text):
    parsed = parse(text.encode("utf-8", "surrogatepass"))
    assert len(parsed.good) + len(parsed.bad) == 1


@pytest.mark.parametrize(
    ("number", "size", "good", "says"),
    [
        pytest.param(100, 30, 100, None, id="as many as are allowed"),
        pytest.param(101, 30, 100, "no more than 100 webhook clients", id="one more"),
        pytest.param(4, 16 << 10, 4, None, id="as long as is allowed"),
        pytest.param(5, 16 << 10, 4, "no more than 64 KiB together", id="longer"),
    ],
)
def test_a_namespace_has_a_bound_that_names_itself(number, size, good, says):
    texts = {f"c{n:03}": b"{type: github, secret: hush}".ljust(size) for n in range(number)}
    found = parse_clients(texts, SENDERS)
    assert [client.service_account for client in found.good] == sorted(texts)[:good]
    assert all(says in bad.problem for bad in found.bad)
    assert [bad.service_account for bad in found.bad] == sorted(texts)[good : good + 1]
