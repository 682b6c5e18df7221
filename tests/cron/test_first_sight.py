"""A first sight is noted when it must be: where an edit could not be dated later, and before a slot."""

import pytest
from tests.support.crons import RULES, at, family, manifest, planned, stamp, told, workflow

from triggerfish import annotations as keys
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.planning.asleep import Asleep
from triggerfish.cron.planning.quiet import Quiet
from triggerfish.cron.planning.record import patch

HOURLY = {"schedules": ["0 * * * *"]}


def entry(time, *fields, manager="kubectl", notes=()):
    owned = {"f:spec": {f"f:{name}": {} for name in fields}}
    if notes:
        owned["f:metadata"] = {"f:annotations": {f"f:{name}": {} for name in notes}}
    return {"manager": manager, "operation": "Update", "time": stamp(time), "fieldsV1": owned}


def new(*more, notes=None, generation=1, managed=None, status=None, **spec):
    """Created at 11:00, and seen by no tick so far."""
    body = manifest(notes, **(HOURLY | spec))
    kept = {keys.LAST_USED_SCHEDULE, *(notes or {})}
    annotations = {key: text for key, text in (notes or {}).items() if key in kept}
    body["metadata"] |= {
        "annotations": annotations,
        "generation": generation,
        "managedFields": [entry("11:00", "schedules", *spec) if managed is None else managed, *more],
    }
    body["status"] = status or {}
    return CronWorkflow.of(body, RULES)


def migrated(*more, notes=None, used="0 * * * *", **spec):
    """Argo's controller has run it since 11:00, last at 11:00, and has noted its schedules."""
    argo = entry("11:01", manager="workflow-controller", notes=[keys.LAST_USED_SCHEDULE])
    status = {"lastScheduledTime": stamp("11:00"), "phase": "Active", "succeeded": 1, "failed": 0}
    return new(
        argo,
        *more,
        notes={keys.LAST_USED_SCHEDULE: used} | (notes or {}),
        generation=5,
        managed=entry("10:59", "schedules", *spec),
        status=status,
        **spec,
    )


BERLIN = {"timezone": "Europe/Berlin", "used": "CRON_TZ=Europe/Berlin 0 * * * *"}


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(new(), id="new"),
        pytest.param(new(concurrencyPolicy="Forbid"), id="new, Forbid"),
        pytest.param(new(suspend=False), id="not suspended"),
        pytest.param(migrated(), id="Argo ran it"),
        pytest.param(migrated(**BERLIN), id="Argo ran it in a zone"),
    ],
)
def test_its_own_times_say_enough(it):
    now = "11:30:00"
    made = (
        planned(it, workflow("11:00", "Succeeded"), now=now)
        if it.recorded.has_status
        else planned(it, now=now)
    )
    assert patch(made, {}) is None
    slept = Asleep.of(it, at(now))
    assert slept.coming == at("12:00")
    assert Quiet.after(made).until == slept.until


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(new(suspend=True), id="it is suspended: nobody notices when that is taken away"),
        pytest.param(new(timezone="Europe/Berlin"), id="a zone that nobody has noted"),
        pytest.param(new(notes={keys.EXCLUDE: "2026-12-24"}), id="an annotation of the timetable"),
        pytest.param(new(notes={keys.PAUSE_AFTER_FAILURES: "3"}), id="it may be paused"),
        pytest.param(new(managed={}), id="nothing says who wrote its schedules"),
        pytest.param(new(generation=2), id="it was edited"),
        pytest.param(migrated(used="1 * * * *"), id="Argo has not seen this schedule"),
        pytest.param(migrated(suspend=True), id="Argo ran it, and it is suspended"),
    ],
)
def test_it_is_noted_at_first_sight(it):
    assert Asleep.of(it, at("11:30")) is None
    made = planned(it, now="11:30:00")
    assert keys.SEEN in patch(made, {}).body["metadata"]["annotations"]


def test_a_new_one_is_noted_a_few_minutes_before_its_first_slot():
    it = new()
    assert Asleep.of(it, at("11:54:59")).until == at("11:55")
    assert Quiet.after(planned(it, now="11:54:00")).until == at("11:55")
    assert patch(planned(it, now="11:55:00"), {}) is None
    assert keys.SEEN in patch(planned(it, now="11:55:01"), {}).body["metadata"]["annotations"]
    assert Asleep.of(it, at("11:55:01")) is None


def test_one_that_argo_has_noted_need_not_be_before_its_slot():
    it = migrated()
    assert Asleep.of(it, at("11:59:59")).until == at("12:00")
    assert patch(planned(it, now="11:59:59"), {}) is None


@pytest.mark.parametrize("it", [new(), migrated()], ids=["new", "Argo ran it"])
def test_its_first_slot_notes_it(it):
    made = planned(it, now="12:00:05")
    assert told(made) == "run 12:00"
    notes = patch(made, {}).body["metadata"]["annotations"]
    assert notes[keys.SEEN].startswith(stamp("11:00"))


@pytest.mark.parametrize(
    ("it", "expected"),
    [
        pytest.param(
            new(entry("12:00:30", "schedules"), generation=2),
            "",
            id="new: its schedule was edited after the slot",
        ),
        pytest.param(
            new(entry("11:40", "schedules"), generation=2),
            "run 12:00",
            id="new: its schedule was edited before it",
        ),
        pytest.param(
            migrated(entry("12:00:30", "workflowSpec")),
            "run 12:00",
            id="Argo ran it: something else was edited",
        ),
        pytest.param(
            migrated(entry("12:00:30", "schedules"), used="1 * * * *"),
            "",
            id="Argo ran it: its schedule was edited",
        ),
        pytest.param(
            migrated(used="CRON_TZ=Asia/Tokyo 0 * * * *"), "", id="Argo ran it: its zone was taken away"
        ),
        pytest.param(
            migrated(entry("12:00:30", notes=[keys.AT]), notes={keys.AT: "2026-11-23T12:00:10Z"}),
            "",
            id="Argo ran it: an instant was added after it had passed",
        ),
    ],
)
def test_an_edit_after_a_first_sight_that_was_not_noted(it, expected):
    # A tick failed: this one comes 80 s after the slot. What was taken away may have been a minute ago.
    assert told(planned(it, now="12:01:20")) == expected


def test_an_edit_of_one_that_never_ran_is_not_taken_for_a_replacement():
    # With a status written and taken away it would be of generation 3, and its older slots might have run.
    edited = entry("11:40", "schedules")
    assert told(planned(new(edited, generation=2), now="12:01:20")) == "run 12:00"
    assert told(planned(new(edited, generation=3), now="12:01:20")) == ""


def test_children_that_argo_made_do_not_wake_it():
    assert Asleep.of(migrated(), at("11:30")).lasts(family(workflow("11:00", "Succeeded")), at("11:30"))
