"""What passed while a CronWorkflow was suspended, stopped or paused: nothing is written as it passes.

Who ends it edits the CronWorkflow, or a run by hand succeeds; the tick that sees it first records all those
slots in one line.
"""

from __future__ import annotations

from datetime import datetime

from triggerfish.cron import times
from triggerfish.cron.manifest import edits
from triggerfish.cron.manifest.children import Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.decisions import ALL_UP_TO
from triggerfish.cron.manifest.recorded_state import HALTS, RecordedState
from triggerfish.cron.planning.due import floor
from triggerfish.cron.planning.reasons import Skip, SkipReason


def rested(cron: CronWorkflow) -> SkipReason | None:
    """Return why nothing ran up to the last edit, as far as no tick has seen that edit yet.

    What the last tick noted is the hash of this very timetable, but suspended, stopped or paused.
    """
    state = cron.recorded
    if not cron.unseen or state.seen is None:
        return None
    schedules, _, *notes = cron.facts
    noted = state.seen.fingerprint
    for halt in HALTS:
        if noted == edits.fingerprint(halt, schedules, True, *notes):  # noqa: FBT003
            return SkipReason.SUSPENDED
        if noted == edits.fingerprint(halt, schedules, False, *notes):  # noqa: FBT003
            return SkipReason.STOPPED if halt is True else SkipReason.PAUSED if halt else None
    return None


def rested_slots(cron: CronWorkflow, reason: SkipReason | None, until: datetime) -> Skip | None:
    """One skip for all slots that passed up to then; None when none did, or it did not rest."""
    state, timetable = cron.recorded, cron.spec.timetable
    if reason is None or state.seen is None or timetable is None:
        return None
    first = timetable.next(max(floor(cron), state.seen.since))
    if first is None or first.due > until:
        return None
    last = timetable.latest(first.due, until)
    return Skip(first.at, reason, f"{ALL_UP_TO}{times.rfc3339(last.at)}" if last else "")


def may_be_dated(cron: CronWorkflow, reason: SkipReason) -> bool:
    """Return whether what ended the rest has left its time: `suspend: false` has, and so has a reset pause.

    A field that is gone has not; then an older write of the same author would pass for it.
    """
    raised = reason is SkipReason.PAUSED and bool(cron.spec.pause_after)
    return raised or cron.recorded.resumed or "suspend" in (cron.body.get("spec") or ())


def woken(cron: CronWorkflow, after: RecordedState, children: Children, now: datetime) -> datetime | None:
    """Return when a run that succeeded has ended the pause, now that ``after`` counts it; None: none has."""
    before, most = cron.recorded, cron.spec.pause_after
    if before is after or not before.is_paused(most) or after.is_paused(most):
        return None
    known = before.active_uids
    ends = [child.ended for child in children if child.succeeded and child.uid in known]
    return min(max((end for end in ends if end), default=now - edits.PERIOD), now)
