"""How a CronWorkflow is: the same at a glance, from its JSON, and examined."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from triggerfish import annotations as keys
from triggerfish.cron.explaining.runs import Run
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.outcomes import Table
from triggerfish.cron.manifest.stretches import Kind, Stretch
from triggerfish.queries.health import Health, examined, glance
from triggerfish.workflows.objects import Json

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
RUNS = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}


def cron(*, spec: Json | None = None, status: Json | None = None, **metadata: Any) -> Json:
    return {
        "metadata": {
            "namespace": "default",
            "name": "job",
            "uid": "u",
            "resourceVersion": "1",
            "creationTimestamp": "2026-11-01T00:00:00Z",
            **metadata,
        },
        "spec": {"schedules": ["0 * * * *"], "workflowSpec": RUNS} | (spec or {}),
        "status": status or {},
    }


def noted(**notes: str) -> Json:
    names = {
        "failures": keys.FAILURES,
        "pause": keys.PAUSE_AFTER_FAILURES,
        "held": keys.SUSPENDED,
        "exclude": keys.EXCLUDE,
    }
    return {"annotations": {names.get(name, name): text for name, text in notes.items()}}


def condition(kind: str, message: str) -> Json:
    return {"conditions": [{"type": kind, "status": "True", "message": message}]}


def both(body: Json, *runs: Run) -> tuple[Health, Health]:
    return glance(body, NOW), examined(CronWorkflow.of(body, Rules()), runs, NOW)


def held(hours: int) -> str:
    until = (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"from": "2026-11-20T00:00:00Z", "until": until, "by": "ann", "reason": "a move"})


@pytest.mark.parametrize(
    ("body", "state", "problem"),
    [
        pytest.param(cron(), "active", "", id="well"),
        pytest.param(
            cron(status=condition("SpecError", "spec.x: no")), "error", "spec.x: no", id="a wrong spec"
        ),
        pytest.param(
            cron(status=condition("SubmissionError", "quota")), "error", "quota", id="refused by the cluster"
        ),
        pytest.param(cron(**noted(failures="1")), "failing", "its last run failed", id="one failure"),
        pytest.param(
            cron(**noted(failures="7")), "failing", "the last 7 runs failed", id="a row of failures"
        ),
        pytest.param(cron(**noted(failures="3", pause="3")), "paused", "3 runs in a row", id="paused"),
        pytest.param(cron(spec={"suspend": True}), "suspended", "it is suspended", id="suspended"),
        pytest.param(
            cron(
                spec={"suspend": True}, **noted(**{keys.SUSPENDED_BY: "ann", keys.SUSPENDED_REASON: "a move"})
            ),
            "suspended",
            "it is suspended by ann: a move",
            id="suspended by somebody",
        ),
        pytest.param(cron(**noted(held=held(1))), "suspended", "by ann: a move", id="suspended until a time"),
        pytest.param(cron(**noted(held=held(-1))), "active", "", id="until a time that has come"),
        pytest.param(cron(status={"phase": "Stopped"}), "stopped", "for good", id="stopped"),
        pytest.param(
            cron(spec={"suspend": True}, status=condition("SpecError", "x")),
            "error",
            "x",
            id="wrong and suspended",
        ),
        pytest.param(
            cron(deletionTimestamp="2026-11-23T12:00:00Z"), "deleting", "deleting", id="being deleted"
        ),
    ],
)
def test_states(body: Json, state: str, problem: str) -> None:
    for seen in both(body):
        assert seen.state.value == state
        assert problem in seen.problem
        assert bool(seen.problem) == bool(problem)


def test_a_spec_that_no_tick_has_seen_is_judged_where_it_is_read() -> None:
    at_first, seen = both(cron(spec={"schedules": ["0 25 * * *"]}))
    assert (at_first.state.value, seen.state.value) == ("active", "error")
    assert "hour '25'" in seen.problem


@pytest.mark.parametrize(
    ("body", "coming"),
    [
        pytest.param(cron(), "13:00", id="well"),
        pytest.param(cron(**noted(failures="2")), "13:00", id="failing: it runs on"),
        pytest.param(cron(**noted(held=held(2))), "15:00", id="suspended until a time: after it"),
        pytest.param(cron(spec={"suspend": True}), None, id="suspended"),
        pytest.param(cron(**noted(failures="3", pause="3")), None, id="paused"),
        pytest.param(cron(status={"phase": "Stopped"}), None, id="stopped"),
        pytest.param(cron(spec={"schedules": ["0 0 31 2 *"]}), None, id="never"),
    ],
)
def test_what_comes_next_is_told_only_where_it_will_run(body: Json, coming: str | None) -> None:
    found = examined(CronWorkflow.of(body, Rules()), (), NOW).next
    assert (found and found.strftime("%H:%M")) == coming


@pytest.mark.parametrize(("failures", "said"), [("", "no slot runs before"), ("2", "failed; no slot runs")])
def test_where_very_many_slots_are_excluded_it_says_until_when_none_runs(failures: str, said: str) -> None:
    body = cron(
        spec={"schedules": ["*/2 * * * *"]},
        **noted(failures=failures, exclude="*/2 * * 11,12 *"),
    )
    seen = examined(CronWorkflow.of(body, Rules()), (), NOW)
    assert seen.next is None
    assert said in seen.problem
    until = datetime.fromisoformat(seen.problem.partition("before ")[2].partition(": all")[0])
    assert NOW < until < datetime(2027, 1, 1, tzinfo=UTC)


def record(*stretches: Stretch) -> str:
    table = Table()
    for stretch in stretches:
        table.add(stretch)
    return table.text().decode()


def test_the_last_result_is_the_record_s_though_the_workflow_is_deleted() -> None:
    hour = int(NOW.replace(minute=0).timestamp())
    kinds = Kind("ran", "Succeeded"), Kind("ran", "Failed", "{workflow}: exit code 1"), Kind("forbid")
    ends = [
        Stretch.single(hour - 7200, kinds[0]),
        Stretch.single(hour - 3600, kinds[1], late=2, took=30),
        Stretch.single(hour, kinds[2]),
    ]
    for seen in both(cron(**noted(**{keys.OUTCOMES: record(*ends)}))):
        assert seen.state.value == "failing"
        assert seen.last is not None
        assert (seen.last.result, seen.last.message) == ("Failed", f"job-{hour - 3600}: exit code 1")
        assert seen.last.at == datetime.fromtimestamp(hour - 3600 + 32, UTC)
        assert seen.as_json()["last"]["at"] == hour - 3600 + 32


def test_a_later_run_that_is_there_says_more() -> None:
    hour = int(NOW.replace(minute=0).timestamp())
    body = cron(**noted(**{keys.OUTCOMES: record(Stretch.single(hour - 3600, Kind("ran", "Failed", "x")))}))
    run = Run.of(
        {
            "metadata": {
                "name": "job-by-hand",
                "creationTimestamp": "2026-11-23T12:10:00Z",
                "labels": {keys.CRON_WORKFLOW: "job"},
            },
            "status": {"phase": "Succeeded", "finishedAt": "2026-11-23T12:11:00Z"},
        }
    )
    assert run is not None
    seen = examined(CronWorkflow.of(body, Rules()), [run], NOW)
    assert (seen.state.value, seen.failures) == ("active", 0)


def test_whatever_somebody_wrote_there_is_an_answer() -> None:
    body = cron(**noted(failures="x", pause="-1", held="[", **{keys.OUTCOMES: "{", keys.DECISIONS: "7"}))
    assert [seen.state.value for seen in both({**body, "status": []})] == ["active", "error"]


@pytest.mark.parametrize(
    ("by_hand", "failures"),
    [
        pytest.param(None, 5, id="five in a row"),
        pytest.param("2026-11-23T09:30:00Z", 3, id="one by hand went well between them"),
        pytest.param("2026-11-23T12:20:00Z", 0, id="one by hand went well after them"),
    ],
)
def test_failures_are_counted_from_the_record(by_hand: str | None, failures: int) -> None:
    hour = int(NOW.replace(minute=0).timestamp())
    ends = [Stretch(hour - 3600 * 4, hour - 3600, 3600, 4, Kind("ran", "Failed", "no"))]
    ends.append(Stretch.single(hour, Kind("ran", "Error", "gone")))
    well = Stretch.single(hour - 3600 * 5, Kind("ran", "Succeeded"))
    body = cron(**noted(**{keys.OUTCOMES: record(well, *ends)}))
    runs = []
    if by_hand:
        labels = {keys.CRON_WORKFLOW: "job"}
        metadata = {"name": "job-x", "creationTimestamp": by_hand, "labels": labels}
        runs = [Run.of({"metadata": metadata, "status": {"phase": "Succeeded", "finishedAt": by_hand}})]
    seen = examined(CronWorkflow.of(body, Rules()), [run for run in runs if run], NOW)
    assert seen.failures == failures
    assert seen.state.value == ("failing" if failures else "active")
