"""What became of a slot, and why: read off Workflows and recorded decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.support import records

from triggerfish import annotations as keys
from triggerfish.cron.explaining.explain import Outcome, preview, stories, unscheduled
from triggerfish.cron.explaining.runs import Run, RunKind
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.decisions import Decision
from triggerfish.cron.manifest.merging import merged
from triggerfish.cron.manifest.stretches import Kind, Stretch

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
CREATED = datetime(2026, 11, 20, tzinfo=UTC)


def clock(text: str) -> datetime:
    hour, minute = map(int, text.split(":"))
    return NOW.replace(hour=hour, minute=minute)


def cron(
    *kept: Decision, notes: dict[str, str] | None = None, status: dict | None = None, **spec
) -> CronWorkflow:
    body = {
        "metadata": {
            "namespace": "default",
            "name": "hourly",
            "uid": "u1",
            "resourceVersion": "7",
            "creationTimestamp": "2026-11-20T00:00:00Z",
            "annotations": {keys.OUTCOMES: records.of(kept), **(notes or {})},
        },
        "spec": {"schedules": ["0 * * * *"], "workflowSpec": {"entrypoint": "main"}} | spec,
        "status": status or {},
    }
    return CronWorkflow.of(body, Rules())


def workflow(name: str, created: datetime, phase: str = "Succeeded", **labels: str) -> Run:
    run = Run.of(
        {
            "metadata": {
                "namespace": "default",
                "name": name,
                "creationTimestamp": created.isoformat(),
                "labels": {"workflows.argoproj.io/cron-workflow": "hourly"}
                | {f"workflows.argoproj.io/{key}": value for key, value in labels.items()},
            },
            "status": {"phase": phase},
        }
    )
    assert run is not None
    return run


def child(slot: datetime, late: int = 3) -> Run:
    return workflow(f"hourly-{int(slot.timestamp())}", slot + timedelta(seconds=late))


def tell(it: CronWorkflow, at: str, *runs: Run):
    slot = clock(at)
    (story,) = stories(it, runs, slot - timedelta(seconds=1), slot, NOW)
    return story


def decided(at: str, word: str, detail: str = "", later: int = 2) -> Decision:
    return Decision(clock(at), word, clock(at) + timedelta(seconds=later), detail)


def test_a_slot_with_its_workflow_ran_and_says_how_late():
    story = tell(cron(), "10:00", child(clock("10:00"), late=65))
    assert (story.outcome, story.late) == (Outcome.RAN, timedelta(seconds=65))


@pytest.mark.parametrize(
    ("it", "at", "outcome", "says"),
    [
        pytest.param(
            cron(decided("10:00", "ran")), "10:00", Outcome.RAN, "deleted since", id="ran, then deleted"
        ),
        pytest.param(
            cron(decided("10:00", "forbid", "hourly-1")), "10:00", Outcome.SKIPPED, "unfinished", id="forbid"
        ),
        pytest.param(
            cron(decided("10:00", "forbid", "hourly-1")),
            "10:00",
            Outcome.SKIPPED,
            "(hourly-1)",
            id="the detail",
        ),
        pytest.param(cron(decided("10:00", "missed")), "10:00", Outcome.MISSED, "no tick ran", id="missed"),
        pytest.param(
            cron(decided("08:00", "missed", "and all up to 2026-11-23T10:00:00Z", later=4 * 3600)),
            "10:00",
            Outcome.MISSED,
            "no tick ran",
            id="missed together with an earlier one",
        ),
        pytest.param(
            cron(decided("08:00", "missed", "and all up to 2026-11-23T09:00:00Z", later=4 * 3600)),
            "10:00",
            Outcome.OPEN,
            "scheduler",
            id="a range ends with its last slot",
        ),
        pytest.param(
            cron(decided("08:00", "missed", later=4 * 3600)),
            "10:00",
            Outcome.OPEN,
            "scheduler",
            id="one alone stands for itself",
        ),
        pytest.param(
            cron(decided("10:00", "novel")),
            "10:00",
            Outcome.UNKNOWN,
            "'novel'",
            id="a word of a later version",
        ),
        pytest.param(
            cron(notes={"triggerfish.dev/exclude": "2026-11-23"}),
            "10:00",
            Outcome.SKIPPED,
            "2026-11-23",
            id="excluded",
        ),
        pytest.param(cron(), "13:00", Outcome.COMING, "", id="coming"),
        pytest.param(cron(suspend=True), "13:00", Outcome.COMING, "suspended", id="coming, and suspended"),
        pytest.param(cron(suspend=True), "10:00", Outcome.SKIPPED, "suspended", id="suspended: not recorded"),
        pytest.param(
            cron(status={"phase": "Stopped"}), "10:00", Outcome.SKIPPED, "stopped for good", id="stopped"
        ),
        pytest.param(cron(), "12:00", Outcome.OPEN, "scheduler", id="no tick came"),
        pytest.param(
            cron(notes={"triggerfish.dev/decided": "2026-11-23T11:00:00Z"}),
            "10:00",
            Outcome.UNKNOWN,
            "no longer has",
            id="decided, and forgotten",
        ),
        pytest.param(
            cron(concurrencyPolicy="Never"), "10:00", Outcome.SKIPPED, "SpecError", id="the spec is wrong"
        ),
    ],
)
def test_a_slot_without_its_workflow(it, at, outcome, says):
    story = tell(it, at)
    assert story.outcome is outcome
    assert says in story.reason


def test_slots_from_before_the_cron_workflow_are_nobody_s():
    told = stories(cron(), [], CREATED - timedelta(days=1), CREATED + timedelta(hours=2), NOW)
    assert [story.slot for story in told] == [CREATED + timedelta(hours=1), CREATED + timedelta(hours=2)]


def test_runs_by_hand_retried_and_backfilled_belong_to_no_slot():
    runs = [
        child(clock("10:00")),
        workflow("hourly-x7k2p", clock("10:20")),
        workflow("hourly-r5t6z", clock("10:10"), **{"resubmitted-from-workflow": "hourly-1"}),
        workflow("hourly-backfill-1", clock("10:05"), backfill="hourly"),
    ]
    assert [run.kind for run in unscheduled(runs)] == [RunKind.BACKFILL, RunKind.RETRY, RunKind.MANUAL]


@pytest.mark.parametrize(
    "today",
    [
        pytest.param({"concurrencyPolicy": "Maybe"}, id="a wrong policy"),
        pytest.param({"status": {"phase": "Stopped"}}, id="stopped"),
    ],
)
def test_what_is_so_today_is_no_reason_for_a_slot_that_was_decided_before(today):
    it = cron(notes={"triggerfish.dev/decided": "2026-11-23T11:00:00Z"}, **today)
    (story,) = stories(it, [], clock("09:59"), clock("10:00"), NOW)
    assert story.outcome is Outcome.UNKNOWN


class TestPreview:
    def test_a_slot_that_jitter_shifts_is_found_by_its_own_time(self):
        it = cron(notes={"triggerfish.dev/jitter": "30"}, schedules=["*/10 * * * *"])
        for minute in range(0, 60, 10):
            slot = clock(f"14:{minute:02}")
            told = preview(it, slot, Rules())
            assert told.sentence == f"It would run as hourly-{int(slot.timestamp())}."

    def test_the_run_that_the_slot_has_had_does_not_keep_it_from_being_shown(self):
        metadata = {
            "name": f"hourly-{int(clock('10:00').timestamp())}",
            "uid": "w1",
            "creationTimestamp": "2026-11-23T10:00:01Z",
            "labels": {"workflows.argoproj.io/cron-workflow": "hourly"},
            "ownerReferences": [{"kind": "CronWorkflow", "name": "hourly", "uid": "u1", "controller": True}],
        }
        own = Child.of({"metadata": metadata})
        assert own is not None
        it = preview(cron(concurrencyPolicy="Forbid"), clock("10:00"), Rules(), children=Children([own]))
        assert it.sentence == f"It would run as {own.name}."

    def test_a_slot_shows_the_workflow_it_would_make(self):
        it = preview(cron(), clock("14:00"), Rules())
        assert it.workflow is not None
        assert it.workflow["metadata"]["name"] == f"hourly-{int(clock('14:00').timestamp())}"
        assert it.workflow["spec"] == {"entrypoint": "main"}
        assert it.sentence.startswith("It would run as hourly-")

    @pytest.mark.parametrize(
        ("it", "says"),
        [
            pytest.param(cron(suspend=True), "suspended", id="suspended"),
            pytest.param(cron(notes={"triggerfish.dev/exclude": "2026-11-23"}), "excluded", id="excluded"),
            pytest.param(cron(schedules=["61 * * * *"]), "spec.schedules", id="no schedule can be read"),
            pytest.param(
                cron(when="{{= cronworkflow.failed > 3 }}"), "condition", id="its condition is false"
            ),
        ],
    )
    def test_a_slot_that_would_not_run_says_why(self, it, says):
        told = preview(it, clock("14:00"), Rules())
        assert told.workflow is None
        assert says in told.sentence

    def test_an_instant_that_is_no_slot_names_the_next(self):
        told = preview(cron(), clock("14:01"), Rules())
        assert (
            told.sentence
            == "Nothing is due at 2026-11-23T14:01:00Z; the next one is due at 2026-11-23T15:00:00Z."
        )

    def test_a_past_slot_is_asked_as_if_nothing_had_happened_since(self):
        it = cron(notes={"triggerfish.dev/decided": "2026-11-23T12:00:00Z"})
        assert preview(it, clock("10:00"), Rules()).workflow is not None


def test_a_slot_that_is_recorded_to_have_run_is_previewed_as_one_that_is_still_to_run():
    ran = cron(decided("10:00", "ran", "hourly-1"))
    assert preview(ran, clock("10:00"), Rules()).sentence.startswith("It would run as hourly-")


def test_a_row_that_goes_on_across_an_edit_still_says_which_slots_there_were() -> None:
    text = ""
    for minute in range(0, 20, 2):
        slot = Stretch.single(int(clock(f"12:{minute:02}").timestamp()), Kind("spec-error"), 88)
        text = merged(text, "", [slot], {}, records.BOUNDS)
    notes = {keys.OUTCOMES: text, keys.DECIDED: "2026-11-23T12:18:00Z"}
    fresh = cron(notes=notes, schedules=["*/3 * * * *"])
    seen = f"2026-11-23T12:10:30Z {fresh.fingerprint(fresh.recorded)}"
    it = cron(notes=notes | {keys.SEEN: seen}, schedules=["*/3 * * * *"])
    told = {
        f"{each.slot:%H:%M}": each.outcome for each in stories(it, [], clock("11:59"), clock("12:12"), NOW)
    }
    # 12:03 and 12:09 are slots of today's schedule alone.
    assert set(told) == {"12:00", "12:02", "12:04", "12:06", "12:08", "12:10", "12:12"}
