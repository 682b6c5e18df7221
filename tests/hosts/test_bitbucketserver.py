"""Bitbucket Data Center: the events of its own list, https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html."""

import pytest
from tests.hosts.test_git_facts import one

from triggerfish.hosts import facts

A, B = "a" * 40, "b" * 40
NONE = "0" * 40
HUB = {"repository": {"full_name": "o/r", "clone_url": "https://git.example.com/o/r.git"}}
CENTER = {"actor": {"name": "ann"}, "repository": {"slug": "r", "project": {"key": "P"}}}
DELETE = {"ref": "feature/x", "ref_type": "branch", "pusher_type": "user", **HUB}


EVENTS = [
    pytest.param(
        {"eventKey": "repo:refs_changed", "changes": [], **CENTER},
        {"event": "other", "action": None, "fork": None},
        id="bitbucketserver push without changes",
    ),
    pytest.param(
        {
            "eventKey": "repo:refs_changed",
            "changes": [{"refId": "refs/heads/x", "fromHash": A, "toHash": NONE, "type": "DELETE"}],
            **CENTER,
        },
        {"event": "push", "action": "deleted", "branch": "x", "previous": A},
        id="bitbucketserver: a branch is deleted",
    ),
    *(
        pytest.param(
            {
                "eventKey": f"repo:comment:{word}",
                "commit": A,
                "comment": {"text": "/retest now"},
                **CENTER,
            },
            {"event": "comment", "action": word, "sha": A, "command": command},
            id=f"bitbucketserver repo:comment:{word}",
        )
        for word, command in (("added", "retest"), ("edited", None), ("deleted", None))
    ),
    pytest.param(
        one("bitbucketserver", "pull_request") | {"eventKey": "pr:from_ref_updated", "previousFromHash": B},
        {"event": "pull_request", "action": "updated", "previous": B},
        id="bitbucketserver: new commits",
    ),
    pytest.param(
        {"eventKey": "repo:modified", "actor": {"name": "ann"}},
        {"event": "other", "action": "modified"},
        id="bitbucketserver repo:modified",
    ),
]


@pytest.mark.parametrize(("payload", "expected"), EVENTS)
def test_what_git_says_of_an_event(payload, expected):
    found = facts(payload, {}, "bitbucketserver")
    assert {key: found[key] for key in expected} == expected
