"""The Secret triggerfish-hosts: what each key may say, and that no problem and no repr has a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.hosts.api.credentials import AccessToken, App, Basic, credential_for, parse_credentials

HOSTS = {"github": "https://api.github.com", "gitlab": "https://gitlab.com", "bitbucketserver": ""}
KEY = "-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----\n"
PEM = KEY.replace("\n", "\n  ").rstrip()


def parse(text, name="ci"):
    return parse_credentials({name: text if isinstance(text, bytes) else text.encode()}, HOSTS)


@pytest.mark.parametrize(
    ("text", "url", "auth"),
    [
        pytest.param(
            "{type: github, token: hush, repositories: [o/*]}", "", AccessToken("hush"), id="a token"
        ),
        pytest.param(
            '{type: github, token: "hush\\n", repositories: [o/*]}', "", AccessToken("hush"), id="as echo"
        ),
        pytest.param(
            "{type: github, token: 0123, repositories: [o/*]}", "", AccessToken("0123"), id="no number"
        ),
        pytest.param(
            "{type: gitlab, url: https://git.example:8443/sub/, username: u, password: p q,"
            " repositories: [o/*]}",
            "https://git.example:8443/sub",
            Basic("u", "p q"),
            id="a password, below a path",
        ),
        pytest.param(
            f"type: github\nrepositories: [o/*]\nappId: 12\nprivateKey: |\n  {PEM}\n",
            "",
            App("12", KEY),
            id="an app",
        ),
        pytest.param(
            f"type: github\nrepositories: [o/*]\nappId: Iv1.a1\ninstallationId: 7\nprivateKey: |\n  {PEM}\n",
            "",
            App("Iv1.a1", KEY, 7),
            id="an app and its installation",
        ),
    ],
)
def test_one_is_read(text, url, auth):
    (found,) = parse(text).good
    assert (found.name, found.url, found.auth, found.repositories) == ("ci", url, auth, ("o/*",))
    assert "hush" not in repr(found)
    assert "p q" not in repr(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a mapping"),
        ("[hush", "not YAML"),
        (b"\xffhush", "not YAML"),
        ("{token: hush, repositories: [a]}", "type must be one of: bitbucketserver, github, gitlab"),
        ("{type: githubb, token: hush, repositories: [a]}", "did you mean github?"),
        ("{type: [github], token: hush, repositories: [a]}", "type must be"),
        ("{type: github, token: hush}", "has no repositories"),
        ("{type: github, token: hush, repositories: org/app}", "not a list"),
        ("{type: github, token: hush, repositories: []}", "empty list"),
        ("{type: github, token: hush, repositories: [' a']}", "blanks"),
        ("{type: github, repositories: [a]}", "must have token"),
        ("{type: github, token: '', repositories: [a]}", "is empty"),
        ("{type: github, token: ~, repositories: [a]}", "is empty"),
        ("{type: github, token: [hush], repositories: [a]}", "not a text"),
        ("{type: github, token: {hush: hush}, repositories: [a]}", "not a text"),
        ("{type: github, token: hu sh, repositories: [a]}", "no header can carry"),
        ('{type: github, token: "hu\\r\\nsh", repositories: [a]}', "no header can carry"),
        ("{type: github, token: hüsh, repositories: [a]}", "no header can carry"),
        ("{type: github, token: hush, username: hush, password: hush, repositories: [a]}", "nothing else"),
        ("{type: github, token: hush, hush: hush, repositories: [a]}", "nothing else"),
        ("{type: github, username: hush, repositories: [a]}", "must have token"),
        ("{type: github, username: 'hu:sh', password: hush, repositories: [a]}", "colon"),
        ('{type: github, username: a, password: "hu\\u0007sh", repositories: [a]}', "no header can carry"),
        (
            "{type: gitlab, appId: 1, privateKey: hush, repositories: [a]}",
            "username and password, and nothing",
        ),
        ("{type: github, appId: 1, privateKey: hush, repositories: [a]}", "PEM"),
        ("{type: github, appId: 1/2, privateKey: hush, repositories: [a]}", "number of an app"),
        ("{type: github, appId: 1, repositories: [a]}", "must have token"),
        (
            f"{{type: github, appId: 1, installationId: hush, privateKey: {KEY!r}, repositories: [a]}}",
            "number",
        ),
        (
            "{type: bitbucketserver, token: hush, repositories: [a]}",
            "has no url, which bitbucketserver needs",
        ),
        ("{type: gitlab, url: [https://hush], token: hush, repositories: [a]}", "url is not a text"),
        (
            "{type: gitlab, url: 'http://hush', token: hush, repositories: [a]}",
            "does not begin with https://",
        ),
        ("{type: gitlab, url: 'https://u:hush@h', token: hush, repositories: [a]}", "has a user"),
        ("{type: gitlab, token: hush, token: hush, repositories: [a]}", "twice"),
    ],
)
def test_what_is_wrong_is_told_and_no_value_is(text, says):
    found = parse(text)
    assert found.good == ()
    assert says in found.bad[0].problem
    assert "hush" not in repr(found)


def test_one_that_is_wrong_hides_no_other():
    found = parse_credentials({"a": b"", "b": b"{type: github, token: t, repositories: [o/*]}"}, HOSTS)
    assert ([each.name for each in found.good], [each.name for each in found.bad]) == (["b"], ["a"])


@pytest.mark.parametrize(
    ("number", "padding", "good", "bad"),
    [
        pytest.param(50, 0, 50, 0, id="as many as there may be"),
        pytest.param(51, 0, 50, 1, id="one more"),
        pytest.param(90, 0, 50, 1, id="many more are one problem"),
        pytest.param(2, 40_000, 1, 1, id="too many bytes"),
    ],
)
def test_a_namespace_has_a_bound(number, padding, good, bad):
    text = b"{type: github, token: t, repositories: [o/*]} #" + b" " * padding
    found = parse_credentials({f"c{each:03}": text for each in range(number)}, HOSTS)
    assert (len(found.good), len(found.bad)) == (good, bad)
    assert all("no more than 50 credentials or 64 KiB" in each.problem for each in found.bad)


@pytest.mark.parametrize(
    ("host", "repository", "expected"),
    [
        ("github", "org/app", "b"),
        ("github", "org/other", "c"),
        ("gitlab", "org/app", "a"),
        ("github", "elsewhere/app", None),
        ("github", "", None),
        ("gitea", "org/app", None),
    ],
)
def test_the_first_by_name_whose_type_and_repositories_fit(host, repository, expected):
    known = parse_credentials(
        {
            "c": b"{type: github, token: t, repositories: [org/*]}",
            "b": b"{type: github, token: t, repositories: [org/app]}",
            "a": b"{type: gitlab, token: t, repositories: [org/*]}",
        },
        HOSTS,
    )
    found = credential_for(known, host, repository)
    assert (found and found.name) == expected


@given(st.dictionaries(st.text(max_size=5), st.binary(max_size=60) | st.text(max_size=60).map(str.encode)))
def test_any_bytes_are_a_credential_or_a_problem(data):
    found = parse_credentials(data, HOSTS)
    assert len(found.good) + len(found.bad) == len(data)
