"""GitLab: the events of its own list, https://docs.gitlab.com/user/project/integrations/webhook_events."""

import pytest

from triggerfish.hosts import facts

A, B = "a" * 40, "b" * 40
NONE = "0" * 40
LAB = {"project": {"path_with_namespace": "g/p", "git_http_url": "https://git.example.com/g/p.git"}}


EVENTS = [
    pytest.param(
        {
            "object_kind": "pipeline",
            "object_attributes": {"sha": A, "ref": "main", "tag": False, "status": "failed"},
            "user": {"username": "ann"},
            **LAB,
        },
        {"event": "other", "action": "failed", "sha": A, "branch": "main", "tag": None, "author": "ann"},
        id="gitlab pipeline",
    ),
    pytest.param(
        {"object_kind": "pipeline", "object_attributes": {"sha": A, "ref": "v1", "tag": True}, **LAB},
        {"sha": A, "branch": None, "tag": "v1"},
        id="gitlab pipeline of a tag",
    ),
    pytest.param(
        {"object_kind": "build", "sha": A, "ref": "main", "tag": False, "build_status": "created", **LAB},
        {"event": "other", "action": "created", "sha": A, "branch": "main", "repository": "g/p"},
        id="gitlab job",
    ),
    pytest.param(
        {
            "object_kind": "build",
            "sha": A,
            "ref": "main",
            "user": {"name": "Ann"},
            "repository": {
                "git_ssh_url": "git@git.example.com:g/s/p.git",
                "git_http_url": "https://git.example.com/g/s/p.git",
            },
        },
        {
            "sha": A,
            "repository": "g/s/p",
            "url": "https://git.example.com/g/s/p.git",
            "author": "Ann",
        },
        id="gitlab job, before it had a project",
    ),
    pytest.param(
        {"object_kind": "build", "repository": {"git_ssh_url": "ssh://git@git.example.com:2222/g/p.git"}},
        {"repository": "g/p"},
        id="gitlab job, SSH on another port",
    ),
    pytest.param(
        {
            "object_kind": "emoji",
            "merge_request": {
                "iid": 7,
                "source_branch": "x",
                "source_project_id": 1,
                "target_project_id": 2,
            },
            **LAB,
        },
        {"event": "other", "number": 7, "fork": True},
        id="gitlab emoji on a merge request",
    ),
    pytest.param(
        {
            "object_kind": "deployment",
            "status": "success",
            "ref": "main",
            "short_sha": A[:8],
            "commit_url": f"https://git.example.com/g/p/-/commit/{A}",
            **LAB,
        },
        {"event": "other", "action": "success", "sha": A, "branch": "main"},
        id="gitlab deployment",
    ),
    pytest.param(
        {"object_kind": "note", "object_attributes": {"note": "/retest"}, "commit": {"id": A}, **LAB},
        {"event": "comment", "action": "create", "sha": A, "command": "retest"},
        id="gitlab note on a commit",
    ),
    pytest.param(
        {
            "object_kind": "push",
            "ref": "refs/heads/x",
            "before": A,
            "after": NONE,
            "checkout_sha": None,
            **LAB,
        },
        {"event": "push", "action": "deleted", "branch": "x", "sha": None},
        id="gitlab: a branch is deleted",
    ),
    pytest.param(
        {"event_name": "push", "ref": "refs/heads/x", "before": A, "after": B, "checkout_sha": B, **LAB},
        {"event": "push", "sha": B, "previous": A},
        id="gitlab system hook",
    ),
    pytest.param(
        {
            "object_kind": "push",
            "ref": "refs/heads/x",
            "before": A,
            "after": B,
            "commits": [{"added": ["x"]}] * 20,
        },
        {"event": "push", "repository": None, "files": None},
        id="gitlab push of 20 commits, or more",
    ),
    pytest.param(
        {"object_kind": "emoji", "event_type": "award", **LAB},
        {"event": "other"},
        id="gitlab emoji",
    ),
]


@pytest.mark.parametrize(("payload", "expected"), EVENTS)
def test_what_git_says_of_an_event(payload, expected):
    found = facts(payload, {}, "gitlab")
    assert {key: found[key] for key in expected} == expected
