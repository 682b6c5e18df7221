"""What becomes of each due slot, line by line as the contract says it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.support.crons import RULES, active, at, cron, family, manifest, planned, stamp, told, workflow

from triggerfish import annotations as keys
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.planning import record
from triggerfish.cron.planning.actions import Created
from triggerfish.cron.planning.plan import plan

UNIX = {minute: str(int(at(f"12:{minute:02}").timestamp())) for minute in range(10)}
OLD = str(int(at("11:59").timestamp()))


def forbid(**more):
    return cron(concurrencyPolicy="Forbid", **more)


def replace(**more):
    return cron(concurrencyPolicy="Replace", **more)


def claim(slot, by):
    return {keys.CLAIM: f"{stamp(slot)} {stamp(by)}"}


@pytest.mark.parametrize(
    ("it", "workflows", "now", "expected"),
    [
        pytest.param(cron(), [], "12:00:03", "run 12:00", id="a due slot runs"),
        pytest.param(cron(), [], "11:59:59", "", id="nothing is due a second before"),
        pytest.param(cron(), [workflow("11:59")], "12:00:03", "run 12:00", id="Allow runs beside another"),
        pytest.param(cron(), [], "12:01:03", "run 12:00, run 12:01", id="Allow runs each that is on time"),
        pytest.param(cron(), [], "12:02:00", "run 12:00, run 12:01, run 12:02", id="120 s late is on time"),
        pytest.param(cron(), [], "12:02:01", "run 12:01, run 12:02, skip 12:00 missed", id="121 s is not"),
        pytest.param(cron(suspend=True), [], "12:00:03", "skip 12:00 suspended", id="suspended"),
        pytest.param(
            cron(status={"phase": "Stopped"}, labels={keys.CRON_COMPLETED: "true"}),
            [],
            "12:00:03",
            "skip 12:00 stopped",
            id="stopped for good",
        ),
        pytest.param(
            cron(labels={keys.CRON_COMPLETED: "true"}),
            [],
            "12:00:03",
            "skip 12:00 stopped",
            id="the label stands though Argo's sync wrote an older phase",
        ),
        pytest.param(cron(when="1 == 2"), [], "12:00:03", "skip 12:00 condition-false", id="when is false"),
        pytest.param(
            cron(when="1 =="), [], "12:00:03", "skip 12:00 condition-error", id="when is no condition"
        ),
        pytest.param(cron(when="1 == 1"), [], "12:00:03", "run 12:00", id="when is true"),
        pytest.param(
            cron(concurrencyPolicy="Sometimes"), [], "12:00:03", "skip 12:00 spec-error", id="a wrong field"
        ),
        pytest.param(
            cron(stopStrategy={"expression": "cronworkflow.succeeded >= 3"}, status={"succeeded": 3}),
            [],
            "12:00:03",
            "skip 12:00 stopped",
            id="the stop strategy is met",
        ),
        pytest.param(
            cron(stopStrategy={"condition": "failed > 1"}, status={"failed": 2}),
            [],
            "12:00:03",
            "skip 12:00 stopped",
            id="the stop strategy by its older name",
        ),
        pytest.param(
            cron({keys.PAUSE_AFTER_FAILURES: "2", keys.FAILURES: "2"}),
            [],
            "12:00:03",
            "skip 12:00 paused",
            id="two failures in a row, and two are too many",
        ),
        pytest.param(
            cron({keys.PAUSE_AFTER_FAILURES: "2", keys.FAILURES: "1"}, status=active("11:59")),
            [workflow("11:59", "Failed")],
            "12:00:03",
            "skip 12:00 paused",
            id="the second failure is seen just now",
        ),
        pytest.param(forbid(), [], "12:00:03", "claim, run 12:00", id="Forbid claims first"),
        pytest.param(
            forbid(), [workflow("11:59")], "12:00:03", "skip 12:00 forbid", id="Forbid beside a run"
        ),
        pytest.param(forbid(), [workflow()], "12:00:03", "skip 12:00 forbid", id="Forbid beside one by hand"),
        pytest.param(
            forbid(),
            [workflow("11:59", "Succeeded")],
            "12:00:03",
            "claim, run 12:00",
            id="Forbid after a run that ended",
        ),
        pytest.param(
            forbid(status=active("11:59")),
            [],
            "12:00:03",
            "claim, run 12:00",
            id="Forbid goes by the children, not by active",
        ),
        pytest.param(
            forbid(), [], "12:01:03", "claim, run 12:01, skip 12:00 superseded", id="Forbid runs the latest"
        ),
        pytest.param(
            replace(), [workflow("11:59")], "12:00:03", f"claim, end {OLD}, run 12:00", id="Replace"
        ),
        pytest.param(replace(), [workflow("12:00")], "12:00:03", "", id="Replace never ends its own run"),
        pytest.param(
            replace(notes={keys.DECIDED: stamp("12:00")}),
            [workflow("11:59"), workflow("12:00")],
            "12:00:30",
            f"end {OLD}",
            id="of two that are left under Replace the older ends",
        ),
        pytest.param(
            replace(),
            [workflow("12:01")],
            "12:00:03",
            "skip 12:00 superseded",
            id="Replace starts nothing older than what runs",
        ),
        pytest.param(
            forbid(notes=claim("12:00", "12:00:01")),
            [],
            "12:00:03",
            "skip 12:00 claimed",
            id="a young claim is another tick's",
        ),
        pytest.param(
            replace(notes=claim("12:00", "12:00:01")),
            [],
            "12:00:56",
            "skip 12:00 claimed",
            id="a claim is young for 55 s",
        ),
        pytest.param(
            forbid(notes=claim("12:00", "12:00:01")),
            [],
            "12:00:57",
            "claim, run 12:00",
            id="an old claim is renewed",
        ),
        pytest.param(
            forbid(notes=claim("12:00", "12:00:01")),
            [],
            "12:10:00",
            "skip 12:00 missed",
            id="a claimed slot may not start later than any other",
        ),
        pytest.param(
            forbid(notes=claim("12:00", "12:00:01")),
            [workflow()],
            "12:00:57",
            "skip 12:00 forbid",
            id="an old claim beside a run by hand is dropped",
        ),
        pytest.param(
            forbid(notes=claim("12:00", "12:00:01"), suspend=True),
            [],
            "12:00:57",
            "skip 12:00 suspended",
            id="an old claim of a suspended one is dropped",
        ),
        pytest.param(
            replace(notes=claim("12:00", "12:00:01")),
            [],
            "12:01:03",
            "claim, run 12:01, skip 12:00 superseded",
            id="Replace takes an old claim over for a later slot",
        ),
        pytest.param(
            forbid(notes=claim("12:00", "12:00:01")),
            [workflow("12:00")],
            "12:00:10",
            "",
            id="a claim whose child is there needs a record alone",
        ),
        pytest.param(
            cron(notes=claim("12:00", "12:00:01")),
            [],
            "12:00:40",
            "skip 12:00 claimed",
            id="an Allow that was a Forbid waits for the claim",
        ),
    ],
)
def test_what_becomes_of_each_slot(it, workflows, now, expected):
    assert told(planned(it, *workflows, now=now)) == expected


DEADLINE = {"startingDeadlineSeconds": 600}


HOURLY = {keys.DECIDED: stamp("11:30"), keys.LAST_USED_SCHEDULE: "0 * * * *"}


@pytest.mark.parametrize(
    ("notes", "status", "expected"),
    [
        pytest.param({}, {}, "run 12:00", id="latest, as is usual with a deadline"),
        pytest.param({keys.CATCH_UP: "none"}, {}, "skip 12:00 missed", id="none"),
        pytest.param({}, {"lastScheduledTime": None}, "skip 12:00 missed", id="nothing before a first run"),
        pytest.param(
            {keys.LAST_USED_SCHEDULE: "5 * * * *"},
            {},
            "skip 12:00 missed",
            id="nothing after another schedule",
        ),
        pytest.param({keys.LAST_USED_SCHEDULE: ""}, {}, "skip 12:00 missed", id="nothing without that note"),
    ],
)
def test_catching_up_with_one_missed_slot(notes, status, expected):
    it = cron(HOURLY | notes, status, schedules=["0 * * * *"], **DEADLINE)
    assert told(planned(it, now="12:05")) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(0, "skip 12:00 missed", id="no deadline: never"),
        pytest.param(299, "skip 12:00 missed", id="over the deadline"),
        pytest.param(301, "run 12:00", id="within the deadline"),
    ],
)
def test_a_deadline_says_how_late_a_missed_slot_may_start(seconds, expected):
    it = cron(HOURLY, schedules=["0 * * * *"], startingDeadlineSeconds=seconds)
    assert told(planned(it, now="12:05")) == expected


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        pytest.param(
            {keys.CATCH_UP: "all", keys.CATCH_UP_LIMIT: "2"},
            "run 12:06, run 12:07, run 12:08, run 12:09, run 12:10, skip 12:00 missed",
            id="all, at most two of them",
        ),
        pytest.param(
            {keys.CATCH_UP: "latest"},
            "run 12:08, run 12:09, run 12:10, skip 12:00 missed",
            id="latest, and others are on time",
        ),
    ],
)
def test_catching_up_with_many(notes, expected):
    assert told(planned(cron(notes, **DEADLINE), now="12:10")) == expected


def test_one_line_stands_for_all_that_were_missed():
    [skip] = planned(cron(), now="15:00").skips
    assert (skip.slot, skip.detail) == (at("12:00"), "and all up to 2026-11-23T14:57:00Z")


def edited(when, *, fields=("schedules",), **more):
    """The schedule became what it is at that time, and no tick has seen it so."""
    managed = [
        {
            "manager": "kubectl",
            "time": stamp(when),
            "fieldsV1": {"f:spec": {f"f:{field}": {} for field in fields}},
        }
    ]
    notes = {keys.SEEN: f"{stamp('11:00')} other", keys.LAST_USED_SCHEDULE: "5 * * * *"}
    return cron(notes, metadata={"managedFields": managed}, **more)


@pytest.mark.parametrize(
    ("it", "now", "expected"),
    [
        pytest.param(edited("12:00:00"), "12:00:30", "", id="a slot at the very second of the edit"),
        pytest.param(edited("12:00:01"), "12:01:03", "run 12:01", id="no slot before the edit"),
        pytest.param(edited("11:59:30"), "12:00:03", "run 12:00", id="a slot after the edit"),
        pytest.param(edited("12:00:01", fields=("suspend",)), "12:01:03", "run 12:01", id="resumed"),
        pytest.param(
            edited("12:00:01", fields=("workflowSpec",)),
            "12:01:03",
            "run 12:01",
            id="a removed field has no time: that of what was written with it",
        ),
        pytest.param(
            edited("10:30", fields=("workflowSpec",)),
            "12:01:03",
            "run 12:01",
            id="nothing was written with it: within the last minute",
        ),
        pytest.param(
            edited("10:30", fields=("workflowSpec",)),
            "12:00:03",
            "run 12:00",
            id="the slot that the last tick was before",
        ),
        pytest.param(
            cron(
                {keys.DECIDED: "", keys.SEEN: " "},
                {"lastScheduledTime": None},
                metadata={"creationTimestamp": stamp("12:00")},
            ),
            "12:01:03",
            "run 12:01",
            id="no slot at its creation or before",
        ),
        pytest.param(
            cron({keys.DECIDED: "", keys.SEEN: " "}, {"lastScheduledTime": stamp("12:00")}),
            "12:01:03",
            "run 12:01",
            id="what Argo ran before us does not run again",
        ),
    ],
)
def test_no_slot_runs_from_before_it_was_asked_for(it, now, expected):
    assert told(planned(it, now=now)) == expected


def test_the_first_sight_of_an_edit_is_recorded_with_its_time():
    made = planned(edited("12:00:01"), now="12:00:30")
    notes = record.patch(made, {}).body["metadata"]["annotations"]
    assert notes[keys.SEEN].startswith(f"{stamp('12:00:01')} ")
    assert notes[keys.DECIDED] == stamp("12:00:01")
    assert notes[keys.LAST_USED_SCHEDULE] == "* * * * *"


def test_the_same_arguments_give_the_same_plan():
    first, second = planned(forbid()), planned(forbid())
    assert (told(first), record.patch(first, {})) == (told(second), record.patch(second, {}))


json = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**60), 2**60) | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = """
    schedule schedules timezone suspend concurrencyPolicy startingDeadlineSeconds when stopStrategy
    successfulJobsHistoryLimit failedJobsHistoryLimit workflowSpec workflowMetadata
"""
fields = some.sampled_from(FIELDS.split())


@given(
    some.dictionaries(fields, json),
    json,
    some.dictionaries(some.sampled_from(sorted(keys.RECORDED)), some.text()),
)
def test_whatever_stands_in_the_object_a_plan_comes_of_it(spec, status, notes):
    body = manifest()
    body["spec"] |= spec
    body["status"] = status
    body["metadata"]["annotations"] |= notes
    it = CronWorkflow.of(body, RULES)
    made = plan(it, family(workflow("11:59")), at("12:00:03"), RULES, at("12:00:03"))
    record.patch(made, {create.slot: Created(None) for create in made.creates})
    if it.error is None:
        assert it.spec.timetable is not None
