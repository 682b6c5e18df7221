"""What is wrong with a CronWorkflow, for counting: in a word each, as metrics and the tick's line have it."""

from __future__ import annotations

from enum import Enum

from triggerfish.cron.manifest.children import Children
from triggerfish.cron.manifest.recorded_state import SPEC_ERROR, SUBMISSION_ERROR
from triggerfish.cron.planning.steps import Plan


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
    failed = _last_failed(plan.situation.children)
    # Runs that were removed may still be counted.
    return Trouble.FAILED if failed or (failed is None and state.failures_in_a_row) else None


def _last_failed(children: Children) -> bool | None:
    """Whether the last finished run failed; None without one."""
    ended = (child for child in reversed(tuple(children)) if child.finished)
    last = next(ended, None)
    return None if last is None else last.failed
