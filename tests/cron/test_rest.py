"""What passed while a CronWorkflow was suspended, or had stopped, is recorded once that has ended."""

import pytest
from tests.support import records
from tests.support.crons import RULES, active, at, cron, manifest, planned, stamp, told, workflow

from triggerfish import annotations as keys
from triggerfish.cron.explaining.explain import Outcome, stories
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.planning.record import patch as patch_of


def ended(at_time="12:05:30", *, before=None, **now) -> dict:
    """One that rested from 11:59 on, as ``before`` says, and was set going at that time."""
    rest = cron(**(before or {"suspend": True}))
    seen = {keys.SEEN: f"{stamp('11:59')} {rest.fingerprint(rest.recorded)}"}
    fields = {"f:spec": {"f:suspend": {}}}
    managed = [{"manager": "kubectl", "operation": "Update", "time": stamp(at_time), "fieldsV1": fields}]
    return manifest(seen, metadata={"managedFields": managed}, **now)


def words(made) -> list[tuple[str, str, str, str]]:
    notes = patch_of(made, {}).body["metadata"]["annotations"]
    return records.rows(notes[keys.OUTCOMES])


def told_of(body: dict, now: str = "12:08:00") -> dict[str, tuple[Outcome, str]]:
    found = stories(CronWorkflow.of(body, RULES), [], at("11:58"), at(now), at(now))
    return {f"{story.slot:%H:%M}": (story.outcome, story.reason) for story in found}


@pytest.mark.parametrize(
    ("before", "word"),
    [
        pytest.param({"suspend": True}, "suspended", id="suspended"),
        pytest.param({"labels": {keys.CRON_COMPLETED: "true"}}, "stopped", id="stopped"),
    ],
)
def test_one_line_stands_for_all_of_them(before, word):
    made = planned(CronWorkflow.of(ended(before=before), RULES), now="12:05:40")
    assert told(made) == ""
    assert words(made) == [("12:00", "12:05", word, "")]


def test_nothing_passed_and_nothing_is_recorded():
    made = planned(CronWorkflow.of(ended("11:59:30"), RULES), now="11:59:40")
    assert keys.OUTCOMES not in patch_of(made, {}).body["metadata"]["annotations"]


def test_an_edit_of_the_schedule_ends_no_rest():
    body = ended(before={"suspend": True, "schedules": ["*/2 * * * *"]})
    made = planned(CronWorkflow.of(body, RULES), now="12:05:40")
    assert made.rested is None


def test_explain_is_right_before_a_tick_has_seen_the_end():
    found = told_of(ended())
    assert [found[slot][0] for slot in ("12:01", "12:05")] == [Outcome.SKIPPED] * 2
    assert "suspended" in found["12:05"][1]
    assert found["12:06"][0] is Outcome.OPEN
    # Before it was suspended there is nothing to be known of it.
    assert found["11:59"][0] is Outcome.UNKNOWN


def test_explain_is_right_after_a_tick_has_seen_the_end():
    body = ended()
    patch = patch_of(planned(CronWorkflow.of(body, RULES), now="12:05:40"), {}).body
    body["metadata"]["annotations"] |= patch["metadata"]["annotations"]
    found = told_of(body)
    assert [found[slot][0] for slot in ("12:00", "12:03", "12:05")] == [Outcome.SKIPPED] * 3
    assert all("suspended" in found[slot][1] for slot in ("12:00", "12:03", "12:05"))
    assert found["12:06"] == (
        Outcome.OPEN,
        "No tick has decided it yet: is the scheduler calling the cron function?",
    )


def test_a_run_that_began_just_before_the_pause_is_no_slot_of_it():
    """Another tick made it, not knowing of the third failure; then a run that succeeded ended the pause."""
    notes = {keys.PAUSE_AFTER_FAILURES: "3", keys.FAILURES: "3", keys.DECIDED: stamp("11:59")}
    paused = cron(notes, active("11:58"))
    seen = {keys.SEEN: f"{stamp('11:30')} {paused.fingerprint(paused.recorded)}"}
    succeeded = workflow("11:58", "Succeeded")
    completed = {"f:metadata": {"f:labels": {f"f:{keys.COMPLETED}": {}}}}
    succeeded["metadata"]["managedFields"] = [{"time": stamp("12:00:25"), "fieldsV1": completed}]
    made = planned(cron(notes | seen, active("11:58")), succeeded, workflow("12:00"), now="12:00:30")
    assert made.rested
    assert [row[:3] for row in words(made)] == [("12:00", "12:00", "ran")]
