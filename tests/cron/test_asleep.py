"""One that sleeps is left alone without a plan: a plan would have found nothing to do either."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.crons import BY, RULES, active, at, cron, family, manifest, stamp, workflow

from triggerfish import annotations as keys
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.planning import history, record
from triggerfish.cron.planning.asleep import Asleep
from triggerfish.cron.planning.health import Trouble, trouble
from triggerfish.cron.planning.plan import plan
from triggerfish.cron.planning.quiet import Quiet

HOURLY = {"schedules": ["0 * * * *"]}
FAILED = '{"last":1795431600,"kinds":[["ran","Failed"]],"messages":[],"rows":[[0,0]]}'


def settled(until="12:00", notes=None, status=None, **more):
    """An hourly one that is settled up to a time."""
    known = {keys.DECIDED: stamp(until), keys.LAST_USED_SCHEDULE: "0 * * * *"}
    return cron(
        known | (notes or {}), {"lastScheduledTime": stamp("11:00")} | (status or {}), **(HOURLY | more)
    )


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(settled(), id="usual"),
        pytest.param(settled(notes={keys.OUTCOMES: FAILED}), id="its last run failed"),
        pytest.param(settled(suspend=True), id="suspended before its slot"),
        pytest.param(settled(schedules=["0 5 29 2 *"], timezone="Europe/Berlin"), id="rare"),
        pytest.param(settled(notes={keys.EXCLUDE: "2026-12-24"}), id="with a day left out"),
    ],
)
def test_it_sleeps_until_its_next_slot(it):
    slept = Asleep.of(it, at("12:10"))
    assert slept is not None
    assert slept.until == it.spec.timetable.next(at("12:10")).due
    assert slept.coming == (None if it.spec.suspend else slept.until)
    assert slept.lasts(family(), at("12:10"))
    assert slept.lasts(family(workflow("11:00", "Succeeded"), workflow(phase="Failed")), at("12:10"))
    assert not slept.lasts(family(), slept.until)


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(settled("11:59"), id="a slot is due"),
        pytest.param(settled(suspend=True, until="11:59"), id="a slot passes while it is suspended"),
        pytest.param(
            settled(notes={keys.SEEN: f"{stamp('11:00')} 000000000000"}), id="its edit was not seen"
        ),
        pytest.param(settled(notes={keys.CLAIM: f"{stamp('12:00')} {stamp('12:00')}"}), id="a claim"),
        pytest.param(settled(notes={keys.FAILURES: "2"}), id="failures are counted"),
        pytest.param(settled(notes={keys.FAILURES: "0"}), id="somebody has resumed it"),
        pytest.param(settled(status=active("11:00")), id="a run is active"),
        pytest.param(settled(status={"conditions": [{"type": "SubmissionError"}]}), id="a condition"),
        pytest.param(settled(status={"phase": "Stopped"}), id="stopped"),
        pytest.param(settled(metadata={"deletionTimestamp": stamp("12:00")}), id="it is being deleted"),
        pytest.param(settled(concurrencyPolicy="Perhaps"), id="it is wrong"),
        pytest.param(settled(notes={keys.DECIDED: stamp("12:30")}), id="decided ahead of time"),
        pytest.param(settled(notes={keys.JITTER: "10m"}), id="its slots start some minutes late"),
    ],
)
def test_it_is_awake(it):
    assert Asleep.of(it, at("12:10")) is None


@pytest.mark.parametrize(
    "children",
    [
        pytest.param([workflow("12:00", "Running")], id="one runs"),
        pytest.param([workflow("12:05", "Succeeded")], id="one of a slot that is not decided"),
        pytest.param([workflow("11:00", "Succeeded", finalizers=[keys.EXACT])], id="one that is held"),
        pytest.param(
            [workflow(f"{hour}:00", "Succeeded") for hour in ("08", "09", "10", "11")], id="too many"
        ),
        pytest.param([workflow("10:00", "Failed"), workflow("11:00", "Failed")], id="too many that failed"),
    ],
)
def test_children_wake_it(children):
    assert not Asleep.of(settled(), at("12:10")).lasts(family(*children), at("12:10"))


@pytest.mark.parametrize(
    ("record_text", "children", "expected"),
    [
        pytest.param("", [], None, id="well"),
        pytest.param("", [workflow("11:00", "Failed")], Trouble.FAILED, id="its last child failed"),
        pytest.param(FAILED, [], Trouble.FAILED, id="its last recorded run failed"),
        pytest.param(FAILED, [workflow("11:59", "Succeeded")], None, id="it has succeeded since"),
    ],
)
def test_its_trouble(record_text, children, expected):
    slept = Asleep.of(settled(notes={keys.OUTCOMES: record_text}), at("12:10"))
    assert slept.trouble(family(*children)) is expected


slots = st.sampled_from(["09:00", "10:00", "11:00", "11:59", "12:00", "12:01", "12:20"])
phases = st.sampled_from(["Running", "Pending", "Succeeded", "Succeeded", "Failed", "Error", ""])
children = st.lists(
    st.builds(
        lambda slot, phase, by_hand, held, number: workflow(
            None if by_hand else slot,
            phase,
            name=f"job-{number}" if by_hand else "",
            created=slot,
            finalizers=[keys.EXACT] if held else [],
        ),
        slots,
        phases,
        st.booleans(),
        st.sampled_from([False, False, False, True]),
        st.integers(0, 99),
    ),
    max_size=6,
    unique_by=lambda each: each["metadata"]["name"],
)
notes = st.fixed_dictionaries(
    {keys.DECIDED: slots.map(stamp)},
    optional={
        keys.OUTCOMES: st.just(FAILED),
        keys.FAILURES: st.sampled_from(["0", "1", "3"]),
        keys.PAUSE_AFTER_FAILURES: st.sampled_from(["1", "3"]),
        keys.CLAIM: slots.map(lambda slot: f"{stamp(slot)} {stamp('12:00')}"),
        keys.NOT_BEFORE: st.sampled_from(["2026-11-24", "2026-11-20"]),
        keys.EXCLUDE: st.just("2026-11-23T11:00 to 2026-11-23T14:00"),
    },
)
specs = st.fixed_dictionaries(
    {
        "schedules": st.sampled_from(
            [["* * * * *"], ["0 * * * *"], ["0 5 29 2 *"], ["30 12 * * *", "0 11 * * *"]]
        )
    },
    optional={
        "suspend": st.booleans(),
        "concurrencyPolicy": st.sampled_from(["Allow", "Forbid", "Replace"]),
        "successfulJobsHistoryLimit": st.integers(0, 3),
        "failedJobsHistoryLimit": st.integers(0, 2),
        "startingDeadlineSeconds": st.sampled_from([0, 600]),
        "stopStrategy": st.just({"expression": "cronworkflow.failed > 0"}),
    },
)
statuses = st.fixed_dictionaries(
    {"failed": st.integers(0, 1)},
    optional={
        "active": st.just(active("11:00")["active"]),
        "phase": st.sampled_from(["Active", "Stopped", ""]),
        "conditions": st.just([{"type": "SpecError", "status": "True", "message": "x"}]),
    },
)


def unnoted(body, generation):
    """The same before any tick has noted its timetable."""
    metadata = body["metadata"]
    for key in (keys.SEEN, keys.DECIDED):
        metadata["annotations"].pop(key, None)
    owned = {"f:spec": {"f:schedules": {}}}
    metadata["managedFields"] = [{"manager": "kubectl", "time": stamp("11:00"), "fieldsV1": owned}]
    metadata["generation"] = generation
    metadata["annotations"][keys.LAST_USED_SCHEDULE] = ",".join(body["spec"]["schedules"])
    return body


@given(notes, statuses, specs, children, st.integers(0, 40), st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=500, deadline=None)
def test_a_plan_of_one_that_sleeps_does_nothing(
    given_notes, status, spec, workflows, minute, ahead, generation
):
    body = manifest(given_notes, status, **spec)
    it = CronWorkflow.of(unnoted(body, generation) if generation else body, RULES)
    now, by = at(f"12:{minute:02}:05"), at(f"12:{minute:02}:05") + timedelta(seconds=ahead)
    slept, known = Asleep.of(it, by), family(*workflows)
    if slept is None or not slept.lasts(known, now):
        return
    made = plan(it, known, now, RULES, now + BY)
    assert not any((made.due, made.skips, made.start.slots, made.terminate, made.again, made.doubts))
    assert record.patch(made, {}) is None
    assert not history.releases(made, it.recorded)
    assert not history.over_limit(made, it.recorded)
    assert trouble(made) is slept.trouble(known)
    assert (made.due.coming or datetime.max.replace(tzinfo=UTC)) >= slept.until
    assert slept.coming == (made.due.coming if it.runs else None)


# A search from one of them to the end of the year would take too long.
LONG = {"schedules": ["*/2 * * * *"], "notes": {keys.EXCLUDE: "*/2 * * 11,12 *"}}


def test_it_sleeps_no_longer_than_was_looked():
    it = settled(**LONG)
    slept = Asleep.of(it, at("12:10"))
    assert slept.coming is None
    assert slept.until == it.spec.timetable.coming(at("12:00"))[1]
    assert at("13:00") < slept.until < datetime(2026, 12, 31, tzinfo=UTC)


def test_it_is_quiet_no_longer_than_was_looked():
    it = settled(**LONG)
    found = Quiet.after(plan(it, family(), at("12:10"), RULES, at("12:10") + BY))
    assert found.until == it.spec.timetable.coming(at("12:00"))[1]


def test_a_slot_after_all_that_were_excluded_runs():
    now = datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC)
    made = plan(settled(**LONG), family(), now, RULES, now + BY)
    assert [create.slot for create in made.creates] == [datetime(2027, 1, 1, tzinfo=UTC)]
