"""What holds for the facts of every host."""

import pytest
from tests.hosts import (
    test_azuredevops,
    test_bitbucket,
    test_bitbucketserver,
    test_gitea,
    test_github,
    test_gitlab,
)
from tests.hosts.test_forks import paths, without
from tests.hosts.test_git_facts import NONE, changed, one
from tests.hosts.test_recorded_payloads import RECORDED

from triggerfish.hosts import facts

EVENTS = [
    module.EVENTS
    for module in (
        test_azuredevops,
        test_bitbucket,
        test_bitbucketserver,
        test_gitea,
        test_github,
        test_gitlab,
    )
]


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("github", ("after",)),
        ("gitlab", ("after",)),
        ("bitbucket", ("push", "changes", 0, "new")),
        ("bitbucketserver", ("changes", 0, "toHash")),
        ("azuredevops", ("resource", "refUpdates", 0, "newObjectId")),
    ],
)
def test_a_commit_that_is_not_there_is_no_deletion(host, path):
    document = changed(one(host, "push"), *path, to=...)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    found = facts(document, {})
    assert (found["event"], found["action"], found["fork"]) == ("other", None, None)


# Where the recorded forks are.
SOURCES = {
    "azuredevops": "Fabrikam/Fabrikam-Fiber-Git-fork",
    "bitbucket": "stranger/widget",
    "bitbucketserver": "~STRANGER/repository",
    "forgejo": "stranger/webhooks",
    "gitea": "stranger/webhooks",
    "github": "stranger/hello-world",
    "gitlab": "stranger/diaspora",
}


@pytest.mark.parametrize("host", SOURCES)
def test_where_commits_can_be_cloned_from(host):
    fork, own, pushed = (facts(one(host, name), {}) for name in ("pull_request_fork", "pull_request", "push"))
    assert fork["source"] == SOURCES[host]
    assert fork["source_url"].startswith("https://")
    assert own["source"] == own["repository"]
    assert (pushed["source"], pushed["source_url"]) == (pushed["repository"], pushed["url"])


@pytest.mark.parametrize("host", SOURCES)
def test_a_push_says_which_commit_was_there_before(host):
    assert facts(one(host, "push"), {})["previous"] not in (None, facts(one(host, "push"), {})["sha"])
    assert facts(one(host, "tag"), {})["previous"] is None


@pytest.mark.parametrize(
    ("text", "command", "arguments"),
    [
        pytest.param("/retest", "retest", None, id="a command"),
        pytest.param("/ok-to-test abc  def ", "ok-to-test", "abc  def", id="with arguments"),
        pytest.param("/retest\r\nplease", "retest", None, id="first of two lines"),
        pytest.param("please\n/retest", None, None, id="second line"),
        pytest.param("see /retest", None, None, id="in a sentence"),
        pytest.param("//retest", None, None, id="two slashes"),
        pytest.param("/usr/bin", None, None, id="a path"),
        pytest.param("/1", None, None, id="a number"),
        pytest.param("", None, None, id="nothing"),
    ],
)
def test_the_command_of_a_comment(text, command, arguments):
    comment = {"action": "created", "comment": {"body": text}, "issue": {"number": 1}}
    comment |= {"repository": {"full_name": "o/r"}}
    found = facts(comment, {})
    assert (found["comment"], found["command"], found["arguments"]) == (text or None, command, arguments)
    for action in ("edited", "deleted"):
        assert facts(comment | {"action": action}, {})["command"] is None


PAYLOADS = [
    *(row["payload"] for row in RECORDED),
    *(row.values[0] for module in EVENTS for row in module),
]
ODD = (
    None,
    {},
    [],
    0,
    True,
    "",
    "x",
    [None],
    [{}],
    {"name": {}},
    "refs/heads/",
    NONE,
    "9" * 400,
    "2026-13-01",
)
TYPES = {"number": int, "fork": bool, "files": list}


def test_whatever_stands_in_a_payload_nothing_is_raised_and_each_fact_keeps_its_type():
    for document in PAYLOADS:
        for path in paths(document):
            for value in ODD:
                found = facts(without(document, path, value), {}) or {}
                for name, fact in found.items():
                    assert fact is None or type(fact) is TYPES.get(name, str), (path, value, name, fact)
                    assert fact != "", (path, value, name)
