"""GitHub: the events of its own list, https://docs.github.com/webhooks/webhook-events-and-payloads."""

import pytest
from tests.hosts.test_git_facts import changed, one

from triggerfish.hosts import facts

A, B = "a" * 40, "b" * 40
NONE = "0" * 40
HUB = {"repository": {"full_name": "o/r", "clone_url": "https://git.example.com/o/r.git"}}
DELETE = {"ref": "feature/x", "ref_type": "branch", "pusher_type": "user", **HUB}


EVENTS = [
    pytest.param(
        {
            "action": "checks_requested",
            "merge_group": {
                "head_sha": A,
                "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-b",
                "base_ref": "refs/heads/main",
            },
            **HUB,
        },
        {
            "event": "other",
            "action": "checks_requested",
            "sha": A,
            "branch": "gh-readonly-queue/main/pr-7-b",
            "base": "main",
            "fork": None,
        },
        id="github merge_group",
    ),
    pytest.param(
        {"check_run": {"head_sha": A, "check_suite": {"head_branch": "x"}}, "action": "completed", **HUB},
        {"event": "other", "action": "completed", "sha": A, "branch": "x"},
        id="github check_run",
    ),
    pytest.param(
        {"check_suite": {"head_sha": A, "head_branch": None}, "action": "requested", **HUB},
        {"sha": A, "branch": None},
        id="github check_suite of a fork",
    ),
    pytest.param(
        {
            "workflow_run": {"head_sha": A, "head_branch": "x"},
            "workflow": {},
            "action": "completed",
            **HUB,
        },
        {"sha": A, "branch": "x"},
        id="github workflow_run",
    ),
    pytest.param(
        {"workflow_job": {"head_sha": A, "head_branch": "x"}, "action": "queued", **HUB},
        {"sha": A, "branch": "x"},
        id="github workflow_job",
    ),
    pytest.param(
        {
            "sha": A,
            "state": "success",
            "context": "ci",
            "branches": [
                {"name": "other", "commit": {"sha": B}},
                {"name": "x", "commit": {"sha": A}},
            ],
            **HUB,
        },
        {"event": "other", "action": "success", "sha": A, "branch": "x"},
        id="github status",
    ),
    pytest.param(
        {"sha": A, "state": "success", "context": "ci", "branches": [], **HUB},
        {"sha": A, "branch": None},
        id="github status of a commit that no branch has",
    ),
    pytest.param(
        {"deployment": {"sha": A, "ref": "main"}, "workflow_run": None, "action": "created", **HUB},
        {"sha": A, "branch": "main"},
        id="github deployment",
    ),
    pytest.param(
        {
            "deployment": {"sha": A, "ref": A},
            "deployment_status": {"state": "success"},
            "check_run": {"head_sha": A},
            "action": "created",
            **HUB,
        },
        {"sha": A, "branch": None},
        id="github deployment_status of a commit",
    ),
    pytest.param(
        {"ref": "refs/tags/v1", "inputs": {}, "workflow": "x.yaml", **HUB},
        {"event": "other", "tag": "v1", "branch": None},
        id="github workflow_dispatch",
    ),
    pytest.param(
        {"action": "sent", "branch": "main", "client_payload": {"x": 1}, **HUB},
        {"event": "other", "action": "sent", "branch": "main"},
        id="github repository_dispatch",
    ),
    pytest.param(
        {"build": {"commit": A, "status": "built"}, "id": 1, **HUB},
        {"event": "other", "sha": A},
        id="github page_build",
    ),
    pytest.param(
        {"action": "created", "ref": "refs/heads/main", "commit_oid": A, "alert": {}, **HUB},
        {"event": "other", "sha": A, "branch": "main"},
        id="github code_scanning_alert",
    ),
    pytest.param(
        {
            "action": "resolved",
            "thread": {"comments": []},
            "pull_request": one("github", "pull_request")["pull_request"],
            **HUB,
        },
        {"event": "other", "action": "resolved", "number": 42},
        id="github pull_request_review_thread",
    ),
    pytest.param(
        {"ref": "refs/heads/main", "before": B, "after": A, "pusher": {"name": "ann"}, **HUB},
        {"event": "push", "author": "ann", "branch": "main", "sha": A, "previous": B, "source": "o/r"},
        id="github push without sender",
    ),
    pytest.param(
        {"action": "closed", "pull_request": {"number": 1, "merged": True, "user": None}, **HUB},
        {"event": "pull_request", "action": "merged", "number": 1, "author": None, "fork": None},
        id="github pull_request of a ghost",
    ),
    pytest.param(
        {"action": "created", "comment": {"commit_id": A}, **HUB},
        {"event": "comment", "sha": A},
        id="github commit_comment without sender",
    ),
    pytest.param(
        {"action": "published", "release": {"tag_name": "v1"}, **HUB},
        {"event": "release", "tag": "v1"},
        id="github release without sender",
    ),
    pytest.param(DELETE, {"event": "other"}, id="github delete: a push comes beside it"),
    pytest.param(
        {"action": "opened", "issue": {"number": 3}, **HUB},
        {"event": "other", "number": 3, "sha": None},
        id="github issues",
    ),
]


@pytest.mark.parametrize(("payload", "expected"), EVENTS)
def test_what_git_says_of_an_event(payload, expected):
    found = facts(payload, {}, "github")
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(("count", "expected"), [(2999, 2999), (3000, None)])
@pytest.mark.parametrize("kind", ["added", "modified", "removed"])
def test_github_lists_3000_files_of_a_commit_and_no_more(kind, count, expected):
    commits = [{"added": ["a"], "modified": [], "removed": []}, {kind: [f"f{n}" for n in range(count)]}]
    found = facts(changed(one("github", "push"), "commits", to=commits), {})["files"]
    assert (found and len(found)) == (expected and expected + 1)
