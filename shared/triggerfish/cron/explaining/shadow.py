"""What we would do that somebody else did not, and the other way round: the tick of ``MODE=shadow``."""

from __future__ import annotations

from datetime import timedelta

from triggerfish.cron.explaining.replay import replayed
from triggerfish.cron.manifest.children import Children
from triggerfish.cron.manifest.timetable import Slot
from triggerfish.cron.planning.reasons import Skip
from triggerfish.cron.planning.steps import Situation
from triggerfish.cron.planning.summary import Entry

# Argo's controller may need this long to start a run that is due; a tick comes every minute.
_patience = timedelta(seconds=15)
_period = timedelta(seconds=60)


def differences(situation: Situation) -> list[Entry]:
    """The slots of the last minute but a quarter, each judged as if it were due just now.

    Each tick looks at one minute, so that no slot is reported twice.
    """
    cron, now = situation.cron, situation.now - _patience
    timetable = cron.spec.timetable
    if timetable is None:
        return []
    found = []
    for slot in timetable.between(now - _period, now, 100):
        if slot.at <= cron.created:
            continue
        theirs = situation.children.of_slot(slot.at)
        if theirs is None and cron.recorded.last_scheduled and slot.at <= cron.recorded.last_scheduled:
            # It may have run and been deleted since.
            continue
        ours = _ours(situation, slot)
        if isinstance(ours, Skip) and theirs:
            found.append(
                Entry(
                    "differs",
                    cron.key,
                    slot.at,
                    ours.reason,
                    "it ran; Triggerfish would not have run it",
                    theirs.name,
                )
            )
        elif ours is None and not theirs:
            found.append(
                Entry("differs", cron.key, slot.at, detail="it did not run; Triggerfish would have run it")
            )
    return found


def _ours(situation: Situation, slot: Slot) -> Skip | None:
    """Why we would not have run it; None if we would have."""
    others = [child for child in situation.children if child.slot != slot.at and child.created <= slot.at]
    skips = replayed(situation.cron, slot, Children(others), situation.rules).skips
    return next((skip for skip in skips if skip.slot == slot.at), None)
