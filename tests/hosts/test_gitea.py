"""Gitea and Forgejo: the events of their own lists (docs.gitea.com and forgejo.org, usage of webhooks)."""

import pytest
from tests.hosts.test_git_facts import changed, one

from triggerfish.hosts import facts

A, B = "a" * 40, "b" * 40
NONE = "0" * 40
HUB = {"repository": {"full_name": "o/r", "clone_url": "https://git.example.com/o/r.git"}}
DELETE = {"ref": "feature/x", "ref_type": "branch", "pusher_type": "user", **HUB}


EVENTS = [
    pytest.param(
        DELETE,
        {"event": "push", "action": "deleted", "branch": "feature/x", "sha": None, "fork": False},
        id="delete of a branch",
    ),
    pytest.param(
        DELETE | {"ref_type": "tag"},
        {"event": "other", "tag": None},
        id="delete of a tag: a push comes beside it",
    ),
    pytest.param(
        {"ref": "x", "ref_type": "branch", "sha": A, **HUB},
        {"event": "other", "branch": None},
        id="create: a push comes beside it",
    ),
    pytest.param(
        {"ref": "refs/tags/v1", "before": A, "after": NONE, "commits": [], **HUB},
        {"event": "tag", "action": "deleted", "tag": "v1", "sha": None, "previous": A},
        id="push of a deleted tag",
    ),
    pytest.param(
        DELETE | {"ref": "refs/heads/feature/x"},
        {"event": "push", "action": "deleted", "branch": "feature/x"},
        id="delete of a branch by its full name",
    ),
    pytest.param(
        {"sha": A, "state": "success", "context": "ci", "commit": {"id": A}, **HUB},
        {"event": "other", "action": "success", "sha": A},
        id="status",
    ),
    pytest.param(
        {"workflow_run": {"head_sha": A, "head_branch": "x"}, "action": "completed", **HUB},
        {"event": "other", "sha": A, "branch": "x"},
        id="workflow_run",
    ),
    pytest.param(
        one("gitea", "pull_request")
        | {"action": "reviewed", "review": {"type": "approved", "content": "/retest"}},
        {"event": "comment", "action": "reviewed", "comment": "/retest", "command": "retest"},
        id="pull_request_approved",
    ),
    pytest.param(
        {
            "action": "created",
            "issue": {"number": 2},
            "is_pull": True,
            "comment": {"body": "x"},
            **HUB,
        },
        {"event": "comment", "number": 2, "fork": None},
        id="issue_comment on a pull request",
    ),
    pytest.param(
        {"action": "opened", "number": 9, "pull_request": {"head": {}, "base": {}}, **HUB},
        {"event": "pull_request", "number": 9, "fork": None},
        id="pull_request with its number at the top alone",
    ),
]


@pytest.mark.parametrize(("payload", "expected"), EVENTS)
@pytest.mark.parametrize("host", ["gitea", "forgejo"])
def test_what_git_says_of_an_event_of_both(host, payload, expected):
    found = facts(payload, {}, host)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param(
            {
                "action": "failure",
                "prior_status": "success",
                "run": {"commit_sha": A, "prettyref": "main", "trigger_user": {"login": "ann"}, **HUB},
            },
            {
                "event": "other",
                "action": "failure",
                "sha": A,
                "branch": "main",
                "author": "ann",
                "repository": "o/r",
            },
            id="forgejo action_run_failure",
        ),
        pytest.param(
            {"action": "success", "run": {"commit_sha": A, "prettyref": "#7", **HUB}},
            {"sha": A, "branch": None},
            id="forgejo action_run_success of a pull request",
        ),
    ],
)
def test_what_git_says_of_actions_on_forgejo(payload, expected):
    found = facts(payload, {}, "forgejo")
    assert {key: found[key] for key in expected} == expected


def test_the_header_says_whose_a_deleted_branch_is():
    def action(metadata, sender="", payload=DELETE):
        return facts(payload, metadata, sender)["action"]

    assert action({"x-github-event": ["delete"]}) is None
    assert action({"x-github-event": ["delete"], "x-gitea-event": ["delete"]}) == "deleted"
    assert action({"x-github-event": ["delete"], "x-forgejo-event": ["delete"]}) == "deleted"
    # Gogs has no type of its own either: its hooks are those of the type hmac.
    assert (
        action({"x-gogs-event": ["delete"]}, "hmac", {"ref": "x", "ref_type": "branch", **HUB}) == "deleted"
    )
    # Argo has no type gitea: its users' hooks are signed as GitHub's.
    assert action({"x-github-event": ["delete"], "x-gitea-event": ["delete"]}, "github") == "deleted"
    assert action({}, "github", changed(DELETE, "repository", "node_id", to="x")) is None
    assert action({"x-gitea-event": ["create"]}, "gitea") is None
