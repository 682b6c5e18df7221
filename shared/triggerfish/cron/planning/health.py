"""What is wrong with a CronWorkflow, for counting: in a word each, as metrics and the tick's line have it."""

from __future__ import annotations

from enum import Enum

from triggerfish.cron.manifest.children import Children
from triggerfish.cron.manifest.decisions import RAN
from triggerfish.cron.manifest.recorded_state import SPEC_ERROR, SUBMISSION_ERROR, RecordedState
from triggerfish.cron.planning.steps import Plan
from triggerfish.workflows.endings import ENDS, FAILURES


class Trouble(Enum):
    """Each kind of trouble: whether it is an ``error`` of the CronWorkflow or its runs are ``failing``."""

    state: str
    reason: str

    SPEC_ERROR = "error", "spec-error"  # it does not start: its spec is wrong
    REFUSED = "error", "refused"  # the API server refused the Workflow of its last slot
    PAUSED = "failing", "paused"  # so many runs failed in a row that none starts
    FAILED = "failing", "failed"  # its last run failed

    def __init__(self, state: str, reason: str) -> None:
        self.state, self.reason = state, reason


def trouble(plan: Plan) -> Trouble | None:
    """Return what is wrong with the plan's CronWorkflow; None when it is well, or rests."""
    cron, state = plan.cron, plan.written
    if cron.deleting or state.stopped:
        return None
    if cron.error is not None or state.condition(SPEC_ERROR):
        return Trouble.SPEC_ERROR
    if state.condition(SUBMISSION_ERROR):
        return Trouble.REFUSED
    if state.is_paused(cron.spec.pause_after):
        return Trouble.PAUSED
    return Trouble.FAILED if _last_failed(state, plan.situation.children) else None


def _last_failed(state: RecordedState, children: Children) -> bool:
    if (
        state.failures_in_a_row
        and not _tells_of_failures(state)
        and not any(each.finished for each in children)
    ):
        return True
    return last_run_failed(children, recorded_failure(state))


def last_run_failed(children: Children, recorded: int | None) -> bool:
    """Return whether the last run that ended failed: one that is there, or one that is recorded and gone.

    ``recorded`` is the ``recorded_failure``.
    """
    newest = next((child for child in reversed(tuple(children)) if child.finished), None)
    if newest is not None and newest.failed:
        return True
    return recorded is not None and (newest is None or newest.age_key[0].timestamp() <= recorded)


def recorded_failure(state: RecordedState) -> int | None:
    """Return the Unix second of the slot whose run is the last one recorded to have ended, if it failed."""
    if not _tells_of_failures(state):
        # Most are well: their record need not be read.
        return None
    ran = (each for each in reversed(state.record.stretches) if each.kind.word == RAN)
    ended = next((each for each in ran if each.kind.result in ENDS), None)
    return ended.last if ended and ended.kind.result in FAILURES else None


def _tells_of_failures(state: RecordedState) -> bool:
    return any(word in state.outcomes for word in FAILURES)
