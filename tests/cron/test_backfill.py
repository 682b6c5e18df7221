"""Backfills: which slots, under which names, as what Workflows, and resumed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from triggerfish.cron.explaining import backfill
from triggerfish.cron.explaining.backfill import BackfillRequest, Progress, Which
from triggerfish.cron.explaining.runs import Run
from triggerfish.cron.manifest.children import Child
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import SpecError

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
LAST = datetime(2026, 11, 1, 5, tzinfo=UTC)
CRON = {
    "metadata": {"name": "hourly", "namespace": "team", "uid": "u-1", "labels": {"a": "b"}},
    "spec": {
        "schedule": "0 * * * *",
        "workflowSpec": {
            "entrypoint": "main",
            "arguments": {"parameters": [{"name": "day", "value": "x"}, {"name": "other", "value": "1"}]},
        },
        "workflowMetadata": {"labels": {"kept": "yes"}},
    },
}
REQUEST = BackfillRequest(FIRST, LAST)


def slots(cron: dict = CRON, **changes) -> tuple[datetime, ...]:
    request = BackfillRequest(**{"first": FIRST, "last": LAST, **changes})
    return backfill.slots(Timetable.of(cron), request)


def run(slot: datetime, *, name: str = "", phase: str = "", own: bool = True) -> Run:
    """A Workflow of the slot: the backfill's own, or the CronWorkflow's."""
    made = backfill.workflow(CRON, REQUEST, slot)["metadata"]
    labels = made["labels"] if own else {"workflows.argoproj.io/cron-workflow": "hourly"}
    named = name or (made["name"] if own else f"hourly-{int(slot.timestamp())}")
    found = Run.of(
        {
            "metadata": {
                "name": named,
                "labels": labels | ({"workflows.argoproj.io/phase": phase} if phase else {}),
                "annotations": made["annotations"],
                "creationTimestamp": "2026-11-23T00:00:00Z",
            }
        }
    )
    assert found is not None
    return found


class TestSlots:
    def test_both_ends_are_in_it(self) -> None:
        found = slots()
        assert (found[0], found[-1], len(found)) == (FIRST, LAST, 6)

    def test_reversed(self) -> None:
        assert slots(reverse=True) == tuple(reversed(slots()))

    def test_excluded_slots_do_not_run_and_jitter_does_not_move_the_range(self) -> None:
        notes = {"triggerfish.dev/exclude": "* 2 * * *", "triggerfish.dev/jitter": "300"}
        cron = {**CRON, "metadata": {**CRON["metadata"], "annotations": notes}}
        assert [slot.hour for slot in slots(cron)] == [0, 1, 3, 4, 5]

    def test_too_many_is_an_error_and_so_is_a_range_that_runs_backwards(self) -> None:
        every_minute = {**CRON, "spec": {**CRON["spec"], "schedule": "* * * * *"}}
        with pytest.raises(SpecError, match="more than 10000"):
            slots(every_minute, last=FIRST + timedelta(days=30))
        with pytest.raises(SpecError, match="before --from"):
            slots(last=FIRST - timedelta(days=1))


class TestWorkflow:
    def test_no_tick_takes_it_for_a_child(self) -> None:
        made = backfill.workflow(CRON, REQUEST, FIRST)
        assert Child.of({**made, "metadata": {**made["metadata"], "uid": "w"}}) is None
        assert made["metadata"]["labels"] == {"workflows.argoproj.io/backfill": "hourly", "kept": "yes"}
        owner = made["metadata"]["ownerReferences"][0]
        assert (owner["uid"], owner["controller"]) == ("u-1", False)
        assert (
            made["metadata"]["annotations"]["workflows.argoproj.io/scheduled-time"] == "2026-11-01T00:00:00Z"
        )

    def test_its_name_follows_from_the_slot(self) -> None:
        assert backfill.name(CRON, REQUEST, FIRST) == "hourly-b1793491200"
        other = BackfillRequest(FIRST, LAST + timedelta(days=1), reverse=True)
        assert backfill.name(CRON, other, FIRST) == "hourly-b1793491200"

    def test_running_again_what_has_run_has_names_of_its_own(self) -> None:
        again = BackfillRequest(FIRST, LAST, Which.ALL)
        assert backfill.name(CRON, again, FIRST) not in (
            backfill.name(CRON, REQUEST, FIRST),
            backfill.name(CRON, BackfillRequest(FIRST, LAST, Which.FAILED), FIRST),
        )
        assert backfill.name(CRON, again, FIRST).endswith("-b1793491200")

    def test_a_long_name_still_fits(self) -> None:
        cron = {**CRON, "metadata": {**CRON["metadata"], "name": "a" * 52}}
        assert len(backfill.name(cron, BackfillRequest(FIRST, LAST, Which.ALL), FIRST)) == 63

    def test_the_slot_is_passed_as_a_parameter_in_place_of_another_value(self) -> None:
        made = backfill.workflow(CRON, BackfillRequest(FIRST, LAST, argname="day"), FIRST)
        assert made["spec"]["arguments"]["parameters"] == [
            {"name": "other", "value": "1"},
            {"name": "day", "value": "2026-11-01T00:00:00Z"},
        ]
        assert CRON["spec"]["workflowSpec"]["arguments"]["parameters"][0]["value"] == "x"


class TestWanted:
    @pytest.mark.parametrize(
        ("which", "hours"),
        [(Which.MISSING, [1, 2, 3, 4]), (Which.FAILED, [1, 2, 3, 4, 5]), (Which.ALL, [0, 1, 2, 3, 4, 5])],
    )
    def test_which(self, which: Which, hours: list[int]) -> None:
        runs = [run(FIRST, own=False, phase="Succeeded"), run(LAST, own=False, phase="Failed")]
        assert [slot.hour for slot in backfill.wanted(slots(), runs, which)] == hours

    def test_the_backfills_own_runs_do_not_count(self) -> None:
        assert len(backfill.wanted(slots(), [run(FIRST, phase="Succeeded")], Which.MISSING)) == 6


class TestStep:
    def step(self, found: list[Run], progress: Progress = Progress(), parallel: int = 2):  # noqa: B008  frozen
        names = {slot: backfill.name(CRON, REQUEST, slot) for slot in slots()}
        return backfill.step(slots(), found, progress, names, parallel=parallel)

    def test_no_more_than_parallel_run_at_once(self) -> None:
        assert [slot.hour for slot in self.step([]).create] == [0, 1]
        assert [slot.hour for slot in self.step([run(FIRST)]).create] == [1]
        assert self.step([run(FIRST), run(LAST)]).create == ()

    def test_what_is_recorded_is_done_though_its_workflow_is_gone(self) -> None:
        progress = Progress().having([run(FIRST, phase="Succeeded")], slots())
        assert progress.phase(FIRST) == "Succeeded"
        assert [slot.hour for slot in self.step([], progress).create] == [1, 2]

    def test_it_is_over_when_all_have_finished(self) -> None:
        found = [run(slot, phase="Failed") for slot in slots()]
        assert self.step(found, Progress().having(found, slots())).over
        assert not self.step(found[:5], Progress().having(found[:5], slots())).over

    def test_carried_out_it_comes_to_an_end_with_each_slot_run_once(self) -> None:
        created: list[datetime] = []
        found: dict[datetime, Run] = {}
        progress = Progress()
        for _ in range(20):
            step = self.step(list(found.values()), progress, parallel=4)
            if step.over:
                break
            created += step.create
            found |= {slot: run(slot, phase="Succeeded") for slot in step.running}
            found |= {slot: run(slot) for slot in step.create}
            progress = progress.having(found.values(), slots())
        assert created == list(slots())
        assert all(earlier < later for earlier, later in pairwise(created))


class TestProgress:
    def test_it_comes_back_from_its_config_map(self) -> None:
        progress = Progress().having([run(FIRST, phase="Failed")], slots())
        kept = backfill.config_map(CRON, REQUEST, progress)
        assert Progress.of(kept) == progress
        assert kept["metadata"]["ownerReferences"][0]["uid"] == "u-1"
        assert kept["metadata"]["name"].startswith("hourly-backfill-")

    @pytest.mark.parametrize("done", ["", "x", "[1]", '{"x": 1}', "[" * 100_000])
    def test_what_cannot_be_read_counts_as_nothing(self, done: str) -> None:
        assert Progress.of({"data": {"done": done}}) == Progress()

    def test_another_range_is_another_progress(self) -> None:
        other = BackfillRequest(FIRST, LAST + timedelta(hours=1))
        assert REQUEST.key(CRON) != other.key(CRON)
        assert REQUEST.key(CRON) == BackfillRequest(FIRST, LAST, reverse=True).key(CRON)
