"""What passed while a CronWorkflow was suspended or had stopped: nothing is written as it passes.

Who ends it edits the CronWorkflow, and the tick that first sees the edit records all those slots in one line.
"""

from __future__ import annotations

from datetime import datetime

from triggerfish.cron import times
from triggerfish.cron.manifest import edits
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.planning.due import ALL_UP_TO, floor
from triggerfish.cron.planning.reasons import Skip, SkipReason


def rested(cron: CronWorkflow) -> SkipReason | None:
    """Return why nothing ran up to the last edit, as far as no tick has seen that edit yet.

    What the last tick noted is the hash of this very timetable, but suspended or stopped.
    """
    state = cron.recorded
    if not cron.unseen or state.seen is None:
        return None
    schedules, suspended, *notes = cron.facts
    noted = state.seen.fingerprint
    if not suspended and noted == edits.fingerprint(state.stopped, schedules, True, *notes):  # noqa: FBT003
        return SkipReason.SUSPENDED
    if not state.stopped and noted == edits.fingerprint(True, *cron.facts):  # noqa: FBT003
        return SkipReason.STOPPED
    return None


def rested_slots(cron: CronWorkflow, edited: datetime) -> Skip | None:
    """One skip for all slots that passed until that edit; None when none did, or it did not rest."""
    reason, state, timetable = rested(cron), cron.recorded, cron.spec.timetable
    if reason is None or state.seen is None or timetable is None:
        return None
    first = timetable.next(max(floor(cron), state.seen.since))
    if first is None or first.due > edited:
        return None
    last = timetable.latest(first.due, edited)
    return Skip(first.at, reason, f"{ALL_UP_TO}{times.rfc3339(last.at)}" if last else "")
