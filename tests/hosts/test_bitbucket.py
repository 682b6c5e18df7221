"""Bitbucket Cloud: the events of its own list, https://support.atlassian.com/bitbucket-cloud/docs/event-payloads."""

import pytest

from triggerfish.hosts import facts

A, B = "a" * 40, "b" * 40
NONE = "0" * 40
CLOUD = {"actor": {"nickname": "ann"}, "repository": {"full_name": "w/r"}}


EVENTS = [
    pytest.param(
        {"push": {"changes": []}, **CLOUD},
        {"event": "other", "action": None, "fork": None},
        id="bitbucket push without changes",
    ),
    pytest.param(
        {"push": {}, **CLOUD},
        {"event": "other"},
        id="bitbucket push without a list of changes",
    ),
    pytest.param(
        {
            "push": {
                "changes": [{"new": None, "old": {"type": "branch", "name": "x", "target": {"hash": A}}}]
            },
            **CLOUD,
        },
        {"event": "push", "action": "deleted", "branch": "x", "sha": None, "previous": A},
        id="bitbucket: a branch is deleted",
    ),
    pytest.param(
        {"commit_status": {"state": "FAILED", "refname": "x", "commit": {"hash": A}}, **CLOUD},
        {"event": "other", "sha": A, "branch": "x"},
        id="bitbucket commit_status_created",
    ),
    pytest.param(
        {
            "commit_status": {"links": {"commit": {"href": f"https://api.example.com/w/r/commit/{A}"}}},
            "repository": CLOUD["repository"],
        },
        {"event": "other", "sha": A, "branch": None},
        id="bitbucket commit_status_updated, the commit in its address",
    ),
    pytest.param(
        {"comment": {"content": {"raw": "/retest"}}, "commit": {"hash": A}, **CLOUD},
        {"event": "comment", "sha": A, "comment": "/retest", "command": "retest"},
        id="bitbucket commit_comment_created",
    ),
    pytest.param(
        {"comment": {"content": {"raw": "/retest"}, "deleted": True}, "commit": {"hash": A}, **CLOUD},
        {"event": "comment", "command": None},
        id="bitbucket: a deleted comment commands nothing",
    ),
    pytest.param(
        {"pullrequest": {"id": 1, "state": "OPEN"}, "repository": CLOUD["repository"]},
        {"event": "pull_request", "number": 1, "author": None, "fork": None},
        id="bitbucket pull request without actor",
    ),
]


@pytest.mark.parametrize(("payload", "expected"), EVENTS)
def test_what_git_says_of_an_event(payload, expected):
    found = facts(payload, {}, "bitbucket")
    assert {key: found[key] for key in expected} == expected
