"""Which slots there were and will be: by the timetable, and before its last edit by the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.outcomes import Outcomes, time
from triggerfish.cron.manifest.timetable import Slot


def slots(
    cron: CronWorkflow, record: Outcomes, after: datetime, until: datetime, limit: int
) -> tuple[Slot, ...]:
    """The slots due in (after, until], oldest first, at most ``limit`` of them.

    Slots from before the CronWorkflow existed are nobody's and left out, and those that only today's
    timetable has: before an edit, the record says which slots there were.
    """
    timetable, after = cron.spec.timetable, max(after, cron.created)
    found = timetable.slots(after, until, limit) if timetable else ()
    edited = min(cron.edited or after, until) if timetable else until
    if not record or edited <= after:
        return found
    decided = record.last_before(edited)
    kept = [
        slot
        for slot in found
        if slot.at > decided or slot.at < record.start or slot.excluded or record.of_slot(slot.at)
    ]
    known = {slot.at for slot in kept}
    kept += [Slot(at, at) for at in _recorded(record, after, edited, limit) if at not in known]
    return tuple(sorted(kept, key=lambda slot: slot.due)[:limit])


def _recorded(record: Outcomes, after: datetime, until: datetime, limit: int) -> Iterator[datetime]:
    """The slots in (after, until] that the record has one by one; ``limit`` of each stretch at most."""
    start, end = int(after.timestamp()), int(until.timestamp()) + 1
    for stretch in record:
        part = stretch.after(start) if stretch.is_exact else None
        part = part.before(end) if part else None
        if part:
            for number, second in enumerate(part.slots()):
                if number >= limit:
                    break
                yield time(second)
