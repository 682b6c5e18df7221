"""The audit: each due slot with its verdict, whoever made the Workflows."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from triggerfish.cron.explaining.audit import Verdict, audit
from triggerfish.cron.explaining.runs import Run
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
NOON = NOW.replace(second=0)
GRACE = timedelta(seconds=120)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, second, tzinfo=UTC)


def cron(
    *,
    decisions: list | None = None,
    status: dict | None = None,
    edited: str = "",
    notes: dict[str, str] | None = None,
    **spec,
) -> CronWorkflow:
    notes = dict(notes or {})
    if decisions is not None:
        notes["triggerfish.dev/decisions"] = json.dumps(decisions)
    managed = [{"time": edited, "fieldsV1": {"f:spec": {"f:schedules": {}}}}] if edited else []
    return CronWorkflow.of(
        {
            "metadata": {
                "name": "hourly",
                "namespace": "team",
                "uid": "u",
                "resourceVersion": "1",
                "creationTimestamp": "2026-11-01T00:00:00Z",
                "annotations": notes,
                "managedFields": managed,
            },
            "spec": {"schedules": ["0 * * * *"], "workflowSpec": {}, **spec},
            "status": status or {},
        },
        Rules(),
    )


def run(
    slot: datetime,
    *,
    late: float = 3,
    phase: str = "Succeeded",
    minutes: float = 5,
    name: str = "",
    **marks: str,
) -> Run:
    created = slot + timedelta(seconds=late)
    status = {"phase": phase, "startedAt": stamp(created)}
    if phase != "Running":
        status["finishedAt"] = stamp(created + timedelta(minutes=minutes))
    found = Run.of(
        {
            "metadata": {
                "name": name or f"hourly-{int(slot.timestamp())}",
                "namespace": "team",
                "creationTimestamp": stamp(created),
                "labels": {"workflows.argoproj.io/cron-workflow": "hourly", **marks},
                "annotations": {"workflows.argoproj.io/scheduled-time": stamp(slot)},
            },
            "status": status,
        }
    )
    assert found is not None
    return found


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def verdicts(found: CronWorkflow, runs: list[Run], hours: int = 3) -> list[str]:
    return [str(each.verdict) for each in audit(found, runs, NOW - timedelta(hours=hours), NOW, GRACE)]


def test_on_time_and_late_by_the_grace() -> None:
    runs = [run(at(10)), run(at(11), late=119), run(NOON, late=10)]
    assert verdicts(cron(), runs) == ["on time", "on time", "on time"]
    late = audit(cron(), [run(at(11), late=121)], at(10, 30), at(11, 30), GRACE)
    assert [(each.verdict, each.late) for each in late] == [(Verdict.LATE, timedelta(seconds=121))]


def test_a_slot_that_may_still_run_is_open() -> None:
    assert verdicts(cron(), [run(at(10)), run(at(11))])[-1] == "open"


def test_nothing_made_for_it_is_missed() -> None:
    assert verdicts(cron(), [run(at(10)), run(NOON)]) == ["on time", "missed", "on time"]


@pytest.mark.parametrize("name", ["hourly-manual", "hourly-1763892000-x"])
def test_two_workflows_of_one_slot(name: str) -> None:
    runs = [run(at(10)), run(at(11)), run(at(11), name=name, late=9), run(NOON)]
    found = audit(cron(), runs, NOW - timedelta(hours=3), NOW, GRACE)
    assert [str(each.verdict) for each in found] == ["on time", "twice", "on time"]
    assert len(found[1].workflows) == 2


def test_a_retry_of_a_run_is_not_a_second_one() -> None:
    retry = run(at(11), name="hourly-r", late=900, **{"workflows.argoproj.io/resubmitted-from-workflow": "x"})
    assert verdicts(cron(), [run(at(10)), run(at(11)), retry, run(NOON)]) == ["on time"] * 3


def test_what_the_tick_noted_is_believed() -> None:
    rows = [
        [int(at(10).timestamp()), "ran", int(at(10, 0, 5).timestamp()), "hourly-1"],
        [int(at(11).timestamp()), "forbid", int(at(11, 0, 5).timestamp()), "hourly-1 is unfinished"],
    ]
    found = audit(cron(decisions=rows), [run(NOON)], NOW - timedelta(hours=3), NOW, GRACE)
    assert [str(each.verdict) for each in found] == ["on time", "skipped", "on time"]
    assert "Forbid" in found[1].why


def test_one_note_of_missed_slots_stands_for_all_of_them() -> None:
    rows = [[int(at(8).timestamp()), "missed", int(at(11, 30).timestamp()), "and all up to 11:00"]]
    assert verdicts(cron(decisions=rows), [run(NOON)], hours=5) == ["missed"] * 4 + ["on time"]


def test_before_an_edit_nothing_is_known() -> None:
    found = cron(edited="2026-11-23T10:30:00Z")
    assert verdicts(found, [run(at(11)), run(NOON)]) == ["unknown", "on time", "on time"]


def test_what_a_history_limit_may_have_deleted_is_unknown() -> None:
    runs = [run(at(hour)) for hour in (9, 10, 11)] + [run(NOON, phase="Running")]
    assert verdicts(cron(), runs, hours=5) == ["unknown"] + ["on time"] * 4  # three are kept


def test_a_run_that_was_unfinished_explains_a_forbidden_slot() -> None:
    runs = [run(at(10), minutes=70), run(NOON)]
    found = audit(cron(concurrencyPolicy="Forbid"), runs, NOW - timedelta(hours=3), NOW, GRACE)
    assert [str(each.verdict) for each in found] == ["on time", "skipped", "on time"]
    assert runs[0].name in found[1].why


@pytest.mark.parametrize(
    ("spec", "status", "word"),
    [
        pytest.param({"suspend": True}, {}, "suspended", id="suspended"),
        pytest.param({}, {"phase": "Stopped"}, "stopped", id="stopped"),
        pytest.param({"startingDeadlineSeconds": -1}, {}, "spec is wrong", id="a wrong spec"),
    ],
)
def test_what_holds_the_cron_back_explains_its_slots(spec: dict, status: dict, word: str) -> None:
    found = audit(cron(status=status, **spec), [], NOW - timedelta(hours=3), NOW - GRACE, GRACE)
    invalid = word == "spec is wrong"
    assert {each.verdict for each in found} == {Verdict.INVALID if invalid else Verdict.SKIPPED}
    assert all(word in each.why and each.wrong == invalid for each in found)


def test_slots_before_the_cron_existed_are_nobodys() -> None:
    found = audit(cron(), [], datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, 2, tzinfo=UTC), GRACE)
    assert [each.slot.hour for each in found] == [1, 2]


def test_an_unreadable_schedule_is_one_invalid_slot_since_it_was_written() -> None:
    (found,) = audit(
        cron(schedules=["x"], edited="2026-11-23T09:00:00Z"), [], NOW - timedelta(days=1), NOW, GRACE
    )
    assert (found.slot, found.verdict, found.wrong) == (at(9), Verdict.INVALID, True)
    assert "spec.schedules[0]" in found.why


def test_the_slots_before_an_unreadable_edit_are_those_of_the_record() -> None:
    kept = [[int(at(hour).timestamp()), "ran", int(at(hour).timestamp()) + 3] for hour in (7, 8, 9)]
    it = cron(schedules=["x"], decisions=kept, edited="2026-11-23T09:30:00Z")
    found = audit(it, [], NOW - timedelta(days=1), NOW, GRACE)
    assert [(each.slot, str(each.verdict)) for each in found] == [
        (at(7), "on time"),
        (at(8), "on time"),
        (at(9), "on time"),
        (at(9, 30), "invalid"),
    ]


@pytest.mark.parametrize("deleted", [False, True], ids=["there", "deleted since"])
def test_a_run_that_failed_is_failing_though_it_was_on_time(deleted: bool) -> None:
    record = {
        "last": int(NOON.timestamp()),
        "kinds": [["ran", "Succeeded"], ["ran", "Failed", 0]],
        "messages": ["exit code 3"],
        "rows": [[0, 0, 3], [3600, 1, 3, 0, 1, 61]],
    }
    it = cron(notes={"triggerfish.dev/outcomes": json.dumps(record)})
    runs = [] if deleted else [run(NOON, phase="Failed")]
    (found,) = audit(it, runs, NOW - timedelta(minutes=30), NOW, GRACE)
    assert (str(found.verdict), found.late, found.wrong) == ("failing", timedelta(seconds=3), True)
    assert found.why.startswith("Failed: exit code 3" if deleted else "Failed.")


@pytest.mark.parametrize(
    ("word", "verdict", "wrong"),
    [
        ("spec-error", "invalid", True),
        ("condition-error", "invalid", True),
        ("too-costly", "invalid", True),
        ("refused", "skipped", True),
        ("paused", "skipped", True),
        ("missed", "missed", True),
        ("suspended", "skipped", False),
        ("stopped", "skipped", False),
        ("condition-false", "skipped", False),
        ("forbid", "skipped", False),
        ("superseded", "skipped", False),
        ("edited", "skipped", False),
    ],
)
def test_what_needs_a_person(word: str, verdict: str, wrong: bool) -> None:
    second = int(NOON.timestamp())
    it = cron(decisions=[[second, word, second + 3]])
    (found,) = audit(it, [], NOW - timedelta(minutes=30), NOW, GRACE)
    assert (str(found.verdict), found.wrong) == (verdict, wrong)
