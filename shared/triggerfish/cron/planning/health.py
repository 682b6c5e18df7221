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
    """Whether the last run that ended failed: one that is there, or one that is recorded and gone."""
    newest = next((child for child in reversed(tuple(children)) if child.finished), None)
    if newest is not None and newest.failed:
        return True
    if not any(word in state.outcomes for word in FAILURES):
        # Most are well: their record need not be read.
        return newest is None and state.failures_in_a_row > 0
    ran = (each for each in reversed(state.record.stretches) if each.kind.word == RAN)
    ended = next((each for each in ran if each.kind.result in ENDS), None)
    if ended is None or ended.kind.result not in FAILURES:
        return False
    return newest is None or newest.age_key[0].timestamp() <= ended.last
