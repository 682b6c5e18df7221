"""Azure DevOps: the events of its own list, https://learn.microsoft.com/azure/devops/service-hooks/events."""

import pytest
from tests.hosts.test_git_facts import one

from triggerfish.hosts import facts

A, B = "a" * 40, "b" * 40
NONE = "0" * 40


def azure(kind, resource, message=None):
    told = {} if message is None else {"message": {"text": message}}
    return {"id": "1", "eventType": kind, "publisherId": "tfs", "resource": resource} | told


def vote(message, status="active"):
    return azure("git.pullrequest.updated", {"pullRequestId": 1, "status": status}, message)


def commented(**more):
    comment = {"publishedDate": "2026-01-01T00:00:00Z", "content": "/retest all", **more}
    kind = "ms.vss-code.git-pullrequest-comment-event"
    return azure(kind, {"comment": comment, "pullRequest": {"pullRequestId": 1}})


EVENTS = [
    pytest.param(
        azure("git.push", {"pushId": 7, "url": "https://dev.example.com/7"}),
        {"event": "other", "action": None, "fork": None},
        id="azuredevops push, minimal",
    ),
    pytest.param(
        azure("git.push", {"refUpdates": [], "repository": {"name": "r"}}),
        {"event": "other", "action": None, "repository": "r"},
        id="azuredevops push without changes",
    ),
    pytest.param(
        azure("git.push", {"refUpdates": [{"name": "refs/heads/x", "oldObjectId": A, "newObjectId": NONE}]}),
        {"event": "push", "action": "deleted", "branch": "x"},
        id="azuredevops: a branch is deleted",
    ),
    *(
        pytest.param(vote(message), {"event": "pull_request", "action": action}, id=message)
        for message, action in (
            ("Ann updated the source branch of pull request 1 (mend) in r", "updated"),
            ("Ann has approved pull request 1", "voted"),
            ("Ann has approved and left suggestions on pull request 1", "voted"),
            ("Ann is waiting for the author on pull request 1", "voted"),
            ("Ann rejected pull request 1", "voted"),
            ("Ann voted on pull request 1", "voted"),
            ("Ann has changed the reviewer list on pull request 1", "reviewers_changed"),
            ("Ann reactivated pull request 1", "reopened"),
            ("Ann published pull request 1", "edited"),
            ("Ann has approved pull request 1 (mend the source branch)", "voted"),
            ("Ann hat den Quellbranch aktualisiert", "updated"),
        )
    ),
    pytest.param(vote(None), {"action": "updated"}, id="azuredevops, no message"),
    pytest.param(
        vote("Ann marked the pull request as completed", "completed"),
        {"action": "merged"},
        id="azuredevops: merged",
    ),
    pytest.param(
        vote("Ann has approved pull request 1", "completed"),
        {"action": "voted"},
        id="azuredevops: a vote after the merge is no second merge",
    ),
    pytest.param(
        vote("Ann abandoned pull request 1", "abandoned"),
        {"action": "closed"},
        id="azuredevops: abandoned",
    ),
    pytest.param(
        azure("git.pullrequest.merged", {"pullRequestId": 1, "status": "active", "mergeStatus": "conflicts"}),
        {"event": "pull_request", "action": "merge_attempted"},
        id="azuredevops: a merge was attempted",
    ),
    pytest.param(
        azure("git.pullrequest.merged", {"pullRequestId": 1, "status": "completed"}),
        {"action": "merged"},
        id="azuredevops: a merge was done",
    ),
    pytest.param(
        commented(lastContentUpdatedDate="2026-01-01T00:00:00Z"),
        {"event": "comment", "action": "created", "command": "retest", "arguments": "all"},
        id="azuredevops: a comment",
    ),
    pytest.param(
        commented(lastContentUpdatedDate="2026-01-01T00:05:00Z"),
        {"action": "edited", "command": None},
        id="azuredevops: a comment is edited",
    ),
    pytest.param(
        commented(lastContentUpdatedDate="2026-01-01T00:05:00Z", isDeleted=True),
        {"action": "deleted", "command": None},
        id="azuredevops: a comment is deleted",
    ),
    pytest.param(
        azure("build.complete", {"result": "failed", "sourceBranch": "refs/heads/main", "sourceVersion": A}),
        {"event": "other", "action": "failed", "sha": A, "branch": "main"},
        id="azuredevops build.complete",
    ),
    pytest.param(
        azure("build.complete", {"sourceGetVersion": f"LG:refs/heads/main:{A}"}),
        {"sha": A, "branch": "main"},
        id="azuredevops build.complete, version 1",
    ),
    pytest.param(
        azure(
            "ms.vss-pipelines.run-state-changed-event",
            {
                "run": {
                    "state": "completed",
                    "resources": {"repositories": {"self": {"refName": "refs/tags/v1", "version": A}}},
                }
            },
        ),
        {"event": "other", "action": "completed", "sha": A, "tag": "v1", "branch": None},
        id="azuredevops run-state-changed-event",
    ),
    pytest.param(
        {"eventType": "git.push", "resource": one("azuredevops", "push")["resource"]},
        {"event": "push", "branch": "main"},
        id="azuredevops without publisherId",
    ),
]


@pytest.mark.parametrize(("payload", "expected"), EVENTS)
def test_what_git_says_of_an_event(payload, expected):
    found = facts(payload, {}, "azuredevops")
    assert {key: found[key] for key in expected} == expected
