"""Replace on every host: a delivery that comes late, of an older event, never ends the newer event's run."""

import copy
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from tests.hosts.test_git_facts import changed, one
from tests.hosts.test_recorded_payloads import HEADERS

from triggerfish.events.binding import parse
from triggerfish.events.concurrency import KeyedRun, KeyPolicy, run_of, surplus
from triggerfish.events.environment import Event, Origin, environment
from triggerfish.events.plan import plan, templates_of
from triggerfish.workflows.labels import Creator

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)
REPLACE = {"triggerfish.dev/concurrency-policy": "Replace"}
BINDING = {
    "metadata": {"namespace": "ns", "name": "b", "uid": "u", "resourceVersion": "1", "annotations": REPLACE},
    "spec": {"event": {"selector": "true"}, "submit": {"workflowTemplateRef": {"name": "build"}}},
}


def run(host, payload, place, header=""):
    """The run of a payload that arrived as number ``place``."""
    metadata = {HEADERS[host]: [header]} if header else {}
    event = Event(
        "ns",
        "",
        payload,
        metadata,
        Creator.service_account("ns", "robot"),
        bytes([place]) * 32,
        repeatable=True,
        received=NOW + timedelta(minutes=place),
        origin=Origin(host),
    )
    bound = parse(BINDING, "expr")
    templates = {ref: {"metadata": {"name": "build"}, "spec": {}} for ref in templates_of([bound])}
    planned = plan([bound], templates, event, environment(event), now=NOW)
    (create,) = planned.creates
    return run_of(create.workflow)


def left(*runs):
    """The places of the runs that stay, in whatever order they are listed."""
    (ended,) = {frozenset(surplus(KeyPolicy.REPLACE, order)) for order in permutations(runs)}
    return [place for place, one in enumerate(runs) if one not in ended]


def pulls(host, *path, times):
    """Two updates of a pull request, which write their time at a path."""
    return [changed(one(host, "pull_request_fork"), *path, to=time) for time in times]


ISO = ("2026-11-02T10:00:00Z", "2026-11-02T10:05:00Z")
# The older payload, then the newer one.
UPDATES = {
    "github": pulls("github", "pull_request", "updated_at", times=ISO),
    "gitea": pulls("gitea", "pull_request", "updated_at", times=ISO),
    "forgejo": pulls("forgejo", "pull_request", "updated_at", times=ISO),
    "gitlab": pulls(
        "gitlab",
        "object_attributes",
        "updated_at",
        times=("2026-11-02 10:00:00 UTC", "2026-11-02 10:05:00 UTC"),
    ),
    "bitbucket": pulls("bitbucket", "pullrequest", "updated_on", times=ISO),
    "bitbucketserver": pulls(
        "bitbucketserver", "date", times=("2026-11-02T20:00:00+1000", "2026-11-02T20:05:00+1000")
    ),
    "azuredevops": pulls("azuredevops", "createdDate", times=ISO),
}


@pytest.mark.parametrize("host", UPDATES)
def test_a_late_pull_request_does_not_end_the_newer_run(host):
    older, newer = UPDATES[host]
    assert left(run(host, newer, 0), run(host, older, 1)) == [0]
    assert left(run(host, older, 0), run(host, newer, 1)) == [1]


def test_the_pull_request_s_time_comes_before_the_repository_s():
    # A push to a fork does not touch the repository.
    older, newer = (changed(payload, "repository", "pushed_at", to=ISO[0]) for payload in UPDATES["github"])
    assert left(run("github", newer, 0), run("github", older, 1)) == [0]
    # Another push did, between the two.
    older["repository"]["pushed_at"] = "2026-11-02T11:00:00Z"
    assert left(run("github", newer, 0), run("github", older, 1)) == [0]


def test_bitbucket_data_center_without_a_date_has_the_pull_request_s():
    older, newer = (
        changed(one("bitbucketserver", "pull_request"), "pullRequest", "updatedDate", to=time)
        for time in (1793613600000, 1793613900000)
    )
    for payload in (older, newer):
        del payload["date"]
    found = run("bitbucketserver", newer, 0)
    assert found.occurred == 1793613900.0
    assert left(found, run("bitbucketserver", older, 1)) == [0]


def push(host, before, after):
    """A push from one commit to another, without any time."""
    made = copy.deepcopy(one(host, "push"))
    match host:
        case "bitbucket":
            (change,) = made["push"]["changes"]
            change["old"]["target"]["hash"], change["new"]["target"]["hash"] = before, after
        case "bitbucketserver":
            made.pop("date")
            made["changes"][0] |= {"fromHash": before, "toHash": after}
        case "azuredevops":
            made.pop("createdDate")
            made["resource"]["refUpdates"][0] |= {"oldObjectId": before, "newObjectId": after}
        case _:
            made |= {"before": before, "after": after, "checkout_sha": after}
            made["repository"].pop("pushed_at", None)
    return made


@pytest.mark.parametrize("host", UPDATES)
def test_pushes_without_a_time_are_ordered_by_their_commits(host):
    first, second, third = (
        run(host, push(host, *pair), n) for n, pair in enumerate([(A, B), (B, C), (C, D)])
    )
    assert first.occurred is None
    late = run(host, push(host, A, B), 3)
    assert left(first, second) == [1]
    assert left(second, late) == [0]
    assert left(second, third, late) == [1]
    assert left(late, third, second) == [1]


def test_a_push_to_github_has_a_time():
    older, newer = (
        changed(one("github", "push"), "repository", "pushed_at", to=time)
        for time in (1793613600, 1793613900)
    )
    assert left(run("github", newer, 0), run("github", older, 1)) == [0]


def test_a_push_there_and_back_is_ordered_by_arrival():
    there, back = run("gitlab", push("gitlab", A, B), 0), run("gitlab", push("gitlab", B, A), 1)
    again = run("gitlab", push("gitlab", A, B), 2)
    assert left(there, back) == [1]
    assert left(there, back, again) == [2]


def test_a_late_push_of_a_branch_that_was_put_back_and_went_on():
    back, on = run("gitlab", push("gitlab", B, A), 0), run("gitlab", push("gitlab", A, C), 1)
    late = run("gitlab", push("gitlab", A, B), 2)
    assert left(back, on, late) == [1]


def test_a_new_branch_is_followed_by_its_next_push():
    new = run("gitlab", push("gitlab", "0" * 40, B), 1)
    assert left(run("gitlab", push("gitlab", B, C), 0), new) == [0]


def test_a_time_that_both_have_counts_more_than_commits():
    runs = [
        KeyedRun("old", "1", False, 1.0, 10.0, before=B, after=C),
        KeyedRun("new", "2", False, 2.0, 20.0, before=A, after=B),
    ]
    assert left(*runs) == [1]


@pytest.mark.parametrize(
    ("host", "fields"),
    [
        pytest.param(
            "github", {"comment": {"body": "/x", "created_at": None, "updated_at": None}}, id="github"
        ),
        pytest.param(
            "gitea", {"comment": {"body": "/x", "created_at": None, "updated_at": None}}, id="gitea"
        ),
        pytest.param("bitbucket", {"comment": {"created_on": None, "updated_on": None}}, id="bitbucket"),
    ],
)
def test_comments_are_ordered_by_their_own_time(host, fields):
    payloads = []
    for time in ISO:
        made = copy.deepcopy(UPDATES[host][0]) | copy.deepcopy(fields)
        stamps = made["comment"]
        stamps.update({name: time for name, value in stamps.items() if value is None})
        payloads.append(made)
    older, newer = payloads
    assert left(run(host, newer, 0), run(host, older, 1)) == [0]


def test_a_comment_on_an_older_commit_is_no_older_event():
    pushed = run("github", push("github", B, C), 0)
    comment = {
        "action": "created",
        "comment": {"commit_id": B, "user": {"login": "mona"}},
        "repository": {"full_name": "octo/hello-world"},
    }
    assert left(pushed, run("github", comment, 1)) == [1]
