"""Decisions are recorded with the patch that is made anyway, and are never the reason for one."""

from datetime import UTC, datetime, timedelta

from tests.support import crons, records
from tests.support.crons import at

from triggerfish import annotations as keys
from triggerfish.cron.manifest.children import NONE
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.merging import merged
from triggerfish.cron.manifest.stretches import Kind, Stretch
from triggerfish.cron.planning import record
from triggerfish.cron.planning.actions import Created, CreateRefused, Unfinished
from triggerfish.cron.planning.plan import plan
from triggerfish.cron.planning.reasons import SkipReason

SLOT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOW = SLOT + timedelta(seconds=3)


def cron(**spec) -> CronWorkflow:
    body = {
        "metadata": {
            "namespace": "default",
            "name": "hourly",
            "uid": "u1",
            "resourceVersion": "7",
            "creationTimestamp": "2026-11-23T11:30:00Z",
            "annotations": {keys.DECISIONS: '[[1,"ran",2]]'},
        },
        "spec": {"schedules": ["0 * * * *"], "workflowSpec": {}} | spec,
    }
    return CronWorkflow.of(body, Rules())


def recorded(it: CronWorkflow, outcome=None, *, now: datetime = NOW, limit: int = 5) -> str | None:
    made = plan(it, NONE, now, Rules(decisions=limit), now)
    patch = record.patch(made, {create.slot: outcome for create in made.creates} if outcome else {})
    return patch and patch.body["metadata"].get("annotations", {}).get(keys.OUTCOMES)


def words(text: str | None) -> list[tuple[str, str]]:
    return [(word, message) for _, _, word, message in records.rows(text)][1:]


def test_a_run_is_recorded_beside_what_stood_there():
    text = recorded(cron(), Created(None))
    assert records.rows(text) == [("00:00", "00:00", "Deleted", ""), ("12:00", "12:00", "ran", "")]


def test_a_refusal_is_recorded_with_its_message():
    assert words(recorded(cron(), CreateRefused("quota"))) == [("refused", "quota")]


def test_a_missed_slot_is_recorded():
    assert words(recorded(cron(), now=SLOT + timedelta(minutes=30))) == [("missed", "")]


def test_a_create_without_an_outcome_is_not_decided():
    assert words(recorded(cron(), Unfinished())) == []


def test_the_record_can_be_switched_off():
    assert recorded(cron(), Created(None), limit=0) is None


def test_nothing_to_record_is_no_patch():
    seen = cron()
    first = plan(seen, NONE, NOW, Rules(decisions=5), NOW)
    patch = record.patch(first, {SLOT: Created(None)})
    assert patch is not None
    body = seen.body
    notes = body["metadata"]["annotations"] | patch.body["metadata"]["annotations"]
    body["metadata"]["annotations"] = {key: note for key, note in notes.items() if note is not None}
    body["status"] = patch.body["status"]
    again = plan(CronWorkflow.of(body, Rules()), NONE, NOW + timedelta(minutes=1), Rules(decisions=5), NOW)
    assert record.patch(again, {}) is None


def test_a_suspended_cron_workflow_misses_nothing():
    resting = plan(cron(suspend=True), NONE, SLOT + timedelta(hours=5, seconds=3), Rules(), NOW)
    assert {skip.reason for skip in resting.skips} == {SkipReason.SUSPENDED}


def test_the_end_of_a_run_alone_is_no_reason_for_a_patch():
    ran = merged("", "", [Stretch.single(int(at("11:59").timestamp()), Kind("ran"))], {}, records.BOUNDS)
    it = crons.cron({keys.OUTCOMES: ran})
    # Somebody else has counted it: Argo's controller does.
    made = crons.planned(it, crons.workflow("11:59", "Succeeded"), now="11:59:40")
    assert record.patch(made, {}) is None
