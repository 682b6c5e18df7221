"""Runs of bindings as people look at them: whatever a Workflow carries."""

import json

import pytest
from tests.support.reports import SHA, intent, put
from tests.support.ticks import team_model

from triggerfish.kube.client import Client
from triggerfish.kube.resources import EVENTS, WORKFLOWS
from triggerfish.queries import event_runs
from triggerfish.queries.event_runs import EventRun

PLACE = "org/app@1a1a1a1a1a1a"


def run(*, labels=None, status=None, **notes):
    """A run whose report is as given; ``_`` stands for a hyphen."""
    metadata = {
        "name": "w",
        "namespace": "team",
        "labels": labels or {},
        "creationTimestamp": "2026-11-23T12:00:00Z",
    }
    metadata["annotations"] = {
        f"triggerfish.dev/{key.replace('_', '-')}": text for key, text in notes.items()
    }
    return EventRun.of({"metadata": metadata, "status": status})


def reported(told="", stage="running", **notes):
    """A run with a report, of which that was told."""
    notes["report"] = intent().sealed("team", "w", b"k")
    return run(labels={"triggerfish.dev/report": stage}, **notes, **({"reported": told} if told else {}))


@pytest.mark.parametrize(
    ("found", "commit", "status", "note"),
    [
        pytest.param(reported(), PLACE, "ci/build: nothing was told yet", "", id="nothing told"),
        pytest.param(reported("success 2026-11-23T12:01:00Z"), PLACE, "ci/build: success", "", id="told"),
        pytest.param(
            reported("superseded 2026-11-23T12:01:00Z by w-2"),
            PLACE,
            "ci/build: superseded by w-2",
            "",
            id="a newer run of the commit is told",
        ),
        pytest.param(
            reported("canceled 2026-11-23T12:01:00Z", superseded_by="w-3"),
            PLACE,
            "ci/build: canceled",
            "superseded by w-3",
            id="ended for a newer run of its key",
        ),
        pytest.param(run(commits=f"{'0' * 40}..{'2b' * 20}"), "2b2b2b2b2b2b", "", "", id="a push of a key"),
        pytest.param(run(commits="nonsense"), "", "", "", id="commits that are none"),
        pytest.param(run(report="{}"), "", "", "", id="a report that is none"),
    ],
)
def test_commit_status_and_what_superseded_it(found, commit, status, note) -> None:
    assert (found.commit, found.report.status if found.report else "", found.note) == (commit, status, note)
    json.dumps(found.as_json())


@pytest.mark.parametrize("status", [None, 7, {}, {"phase": None, "finishedAt": 7, "message": []}])
def test_a_status_of_any_form_is_read(status) -> None:
    assert run(status=status).as_json()["phase"] == "Pending"


def trouble(model, name, at, message, reason="ReportFailed"):
    """A Kubernetes Event on a Workflow."""
    body = {
        "metadata": {"name": f"{name}.{at}"},
        "involvedObject": {"kind": "Workflow", "namespace": "team", "name": name},
        "reason": reason,
        "message": message,
        "lastTimestamp": f"2026-11-23T12:{at}:00Z",
    }
    model.put(EVENTS, "team", body)


@pytest.fixture
def model():
    """Two runs that are reported, and one that is not."""
    model = team_model()
    put(model, "mended", **{"triggerfish.dev/reported": "running 2026-11-23T12:05:00Z"})
    put(model, "wrong", **{"triggerfish.dev/reported": "pending 2026-11-23T12:01:00Z"})
    model.put(WORKFLOWS, "team", {"metadata": {"name": "plain"}, "spec": {}})
    trouble(model, "mended", "04", "GitHub answered 500")
    trouble(model, "wrong", "02", "an older one")
    trouble(model, "wrong", "03", "GitHub answered 401")
    trouble(model, "wrong", "06", "of something else", reason="Started")
    return model


async def test_what_went_wrong_since_the_last_report_is_told(model) -> None:
    found = await event_runs.named(Client(model), "team", ["mended", "wrong", "plain", "gone"])
    assert [(each.name, each.note) for each in found] == [
        ("mended", ""),
        ("wrong", "GitHub answered 401"),
        ("plain", ""),
    ]
    assert found[1].sha == SHA


async def test_at_most_twenty_are_asked_for(model) -> None:
    before = len(model.history.entries)
    await event_runs.named(Client(model), "team", [f"gone-{number}" for number in range(30)])
    assert len(model.history.entries) - before == 20
