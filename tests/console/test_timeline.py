"""PURE. What the timeline draws: bounded, whatever the schedule; nothing that ran or did not is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.support import records

from triggerfish import annotations as keys
from triggerfish.console.timeline import Window, lane, slots
from triggerfish.cron.explaining.runs import Run
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.decisions import Decision
from triggerfish.cron.manifest.outcomes import Table
from triggerfish.cron.manifest.stretches import Kind, Stretch

NOW = datetime(2026, 11, 23, 12, 30, 10, tzinfo=UTC)
WINDOW = Window(NOW)
RAN, SKIPPED, MISSED, COMING, OPEN, UNKNOWN = range(6)


def cron(schedule: str, *kept: Decision, decided: datetime | None = None, **spec) -> CronWorkflow:
    notes = {keys.OUTCOMES: records.of(kept)}
    if decided:
        notes["triggerfish.dev/decided"] = decided.isoformat().replace("+00:00", "Z")
    body = {
        "metadata": {
            "namespace": "default",
            "name": "job",
            "uid": "u1",
            "resourceVersion": "7",
            "creationTimestamp": "2026-11-01T00:00:00Z",
            "annotations": notes,
        },
        "spec": {
            "schedules": [schedule],
            "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
        }
        | spec,
    }
    return CronWorkflow.of(body, Rules())


def run(name: str, created: datetime, *, minutes: float | None = 5, **labels: str) -> Run:
    status = {"phase": "Running"}
    if minutes is not None:
        ended = created + timedelta(minutes=minutes)
        status = {"phase": "Succeeded", "finishedAt": ended.strftime("%Y-%m-%dT%H:%M:%SZ")}
    found = Run.of(
        {
            "metadata": {
                "namespace": "default",
                "name": name,
                "creationTimestamp": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "labels": labels or {"workflows.argoproj.io/cron-workflow": "job"},
            },
            "status": status,
        }
    )
    assert found is not None
    return found


def child(slot: datetime, **more) -> Run:
    return run(f"job-{int(slot.timestamp())}", slot + timedelta(seconds=2), **more)


def hour(number: int) -> datetime:
    return NOW.replace(hour=number, minute=0, second=0)


def outcomes(drawn) -> dict[int, int]:
    return dict(drawn["slots"])


def test_a_slot_that_ran_is_drawn_as_its_run_and_once() -> None:
    drawn = lane(cron("0 * * * *"), [child(hour(11))], WINDOW)
    assert int(hour(11).timestamp()) not in outcomes(drawn)
    assert [each["kind"] for each in drawn["runs"]] == ["scheduled"]


def test_a_slot_whose_workflow_is_gone_is_drawn_from_its_record() -> None:
    kept = Decision(hour(10), "ran", hour(10)), Decision(hour(11), "forbid", hour(11))
    drawn = outcomes(lane(cron("0 * * * *", *kept, decided=hour(12)), [], WINDOW))
    assert drawn[int(hour(10).timestamp())] == RAN
    assert drawn[int(hour(11).timestamp())] == SKIPPED
    assert drawn[int(hour(9).timestamp())] == UNKNOWN


def test_a_slot_that_no_tick_decided_is_a_gap() -> None:
    drawn = outcomes(lane(cron("0 * * * *", decided=hour(10)), [], WINDOW))
    assert drawn[int(hour(11).timestamp())] == OPEN
    assert drawn[int(hour(12).timestamp())] == OPEN


@pytest.mark.parametrize("schedule", ["* * * * *", "@every 1s", "*/2 * * * *"])
@pytest.mark.parametrize("hours", [1, 6, 24])
def test_a_lane_is_bounded_whatever_the_schedule(schedule: str, hours: int) -> None:
    every = [NOW.replace(second=0) - timedelta(minutes=n) for n in range(1, 400)]
    kept = [Decision(slot, "forbid", slot) for slot in every]
    drawn = lane(cron(schedule, *kept, decided=hour(1)), [], Window(NOW, timedelta(hours=hours)))
    # What was recorded (500 at the most), what nobody decided, and what comes.
    assert len(drawn["slots"]) <= 500 + 120 + 120
    assert drawn["more"] is (sum(outcome == COMING for outcome in outcomes(drawn).values()) == 120)


def test_in_a_dense_lane_recorded_skips_and_gaps_are_kept() -> None:
    minute = NOW.replace(second=0)
    skipped, decided = minute - timedelta(minutes=5), minute - timedelta(minutes=3)
    drawn = outcomes(
        lane(cron("* * * * *", Decision(skipped, "forbid", skipped), decided=decided), [], WINDOW)
    )
    assert drawn[int(skipped.timestamp())] == SKIPPED
    assert [drawn[int((minute - timedelta(minutes=n)).timestamp())] for n in (2, 1, 0)] == [OPEN] * 3


def test_a_run_from_before_the_window_that_is_still_at_work_is_drawn() -> None:
    before = NOW - timedelta(hours=30)
    drawn = lane(cron("0 0 1 1 *"), [run("job-a", before, minutes=None), run("job-b", before)], WINDOW)
    assert len(drawn["runs"]) == 1


def test_a_run_of_a_slot_that_the_schedule_no_longer_has_is_listed() -> None:
    odd = NOW.replace(minute=17, second=0)
    listed = slots(cron("0 * * * *"), [child(odd)], WINDOW)
    (found,) = [each for each in listed if each.get("child")]
    assert found["slot"] == int(odd.timestamp())
    assert "no such slot" in found["reason"]


def test_runs_by_hand_and_backfills_are_listed_with_their_kind() -> None:
    back = run("job-b", hour(9), **{"workflows.argoproj.io/backfill": "job"})
    label = {"workflows.argoproj.io/cron-workflow": "job"}
    again = run("job-c", hour(9), **label, **{"workflows.argoproj.io/resubmitted-from-workflow": "job-a"})
    listed = slots(cron("0 * * * *"), [run("job-a", hour(9)), back, again], WINDOW)
    assert {each["kind"] for each in listed if each.get("child")} == {"manual", "backfill", "retry"}


@pytest.mark.parametrize("schedule", ["* * * * *", "@every 10s", "@every 1s"])
def test_of_too_many_slots_those_around_now_are_listed(schedule: str) -> None:
    listed = slots(cron(schedule), [], WINDOW)
    assert 0 < len(listed) <= 3000
    times = [each["slot"] for each in listed]
    assert times == sorted(times, reverse=True)
    assert times[-1] < NOW.timestamp() < times[0]


FAILED = UNKNOWN + 1


def recorded(*stretches: Stretch, schedule: str = "* * * * *") -> CronWorkflow:
    table = Table()
    for stretch in stretches:
        table.add(stretch)
    bare = cron(schedule, decided=NOW)
    body = bare.body
    body["metadata"]["annotations"][keys.OUTCOMES] = table.text().decode()
    return CronWorkflow.of(body, Rules())


def test_a_run_that_failed_is_red_though_its_workflow_is_deleted() -> None:
    hour = int(NOW.replace(minute=0, second=0).timestamp())
    failed = Stretch.single(hour - 3600, Kind("ran", "Failed", "exit code 1"), took=7)
    well = Stretch.single(hour, Kind("ran", "Succeeded"))
    known = recorded(failed, well, schedule="0 * * * *")
    drawn = outcomes(lane(known, [], WINDOW))
    assert (drawn[hour - 3600], drawn[hour]) == (FAILED, RAN)
    rows = {row["slot"]: row for row in slots(known, [], WINDOW)}
    assert (rows[hour - 3600]["phase"], rows[hour - 3600]["took"]) == ("Failed", 7)
    assert "exit code 1" in rows[hour - 3600]["reason"]


def test_a_day_of_minutes_is_drawn_from_the_record_without_a_gap() -> None:
    minute = int(NOW.replace(second=0).timestamp())
    long = 20 * 60
    well = Stretch(minute - 60 * (long - 1), minute - 600, 60, long - 10, Kind("ran", "Succeeded"))
    bad = Stretch(minute - 540, minute, 60, 10, Kind("ran", "Failed", "no"))
    drawn = lane(recorded(well, bad), [], WINDOW)
    assert drawn["spans"] == [[well.first, well.last, RAN], [bad.first, bad.last, FAILED]]
    rows = [row for row in slots(recorded(well, bad), [], WINDOW) if well.first <= row["slot"] <= minute]
    assert len(rows) == long
    assert {row["outcome"] for row in rows} == {"ran"}
    assert sum(row["phase"] == "Failed" for row in rows) == 10
