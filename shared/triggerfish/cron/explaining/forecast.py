"""What comes: the next slots of one CronWorkflow with what is particular about them, and many counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from triggerfish.cron.manifest.timetable import Slot, Timetable

_years = timedelta(days=5 * 366)
_most_slots = 50_000
_second = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Coming:
    """One line of what comes: a slot, or a wall clock that the zone leaves out.

    ``kind`` is ``slot``, ``excluded`` or ``gap``; ``note`` says what is particular about it.
    """

    kind: str
    at: datetime | None
    due: datetime | None
    schedule: str
    note: str = ""


def coming(timetable: Timetable, after: datetime, count: int) -> tuple[Coming, ...]:
    """The next ``count`` slots that run, with the excluded ones and the gaps between them."""
    found: list[Coming] = []
    left, last = count, after
    while left > 0 and (slots := timetable.slots(last, after + _years, max(left, 8))):
        for slot in slots:
            found += _gaps(timetable, last, slot.at)
            found.append(_coming(timetable, slot))
            last = slot.due
            left -= not slot.excluded
            if left == 0 or len(found) > 20 * count:
                return tuple(found)
    return tuple(found)


def _coming(timetable: Timetable, slot: Slot) -> Coming:
    notes = []
    if slot.excluded:
        notes.append(f"excluded by {slot.excluded}")
    if slot.due != slot.at:
        notes.append(f"jitter of {int((slot.due - slot.at) / timedelta(minutes=1))} min")
    if any(each.text == slot.schedule and each.repeats(slot.at) for each in timetable.schedules):
        notes.append("this time of day comes a second time")
    return Coming("excluded" if slot.excluded else "slot", slot.at, slot.due, slot.schedule, ", ".join(notes))


def _gaps(timetable: Timetable, after: datetime, until: datetime) -> list[Coming]:
    # A day more than asked for would be shown twice; a year without slots is not searched.
    if until - after > timedelta(days=400) or until <= after:
        return []
    return [
        Coming("gap", None, None, each.text, f"{local} does not exist in {each.zone}: skipped")
        for each in timetable.schedules
        for local in each.gaps(after, until)[:3]
    ]


@dataclass(slots=True)
class Density:
    """How many start when: by local day and hour, and by the minute."""

    hours: Counter[tuple[str, int]] = field(default_factory=Counter)
    minutes: Counter[datetime] = field(default_factory=Counter)
    cut: list[str] = field(default_factory=list)

    def busiest(self, count: int) -> list[tuple[datetime, int]]:
        """The minutes at which most start, the fullest first: with how many."""
        return sorted(self.minutes.items(), key=lambda pair: (-pair[1], pair[0]))[:count]


def density(timetables: Mapping[str, Timetable], after: datetime, until: datetime, zone: tzinfo) -> Density:
    """Of all slots that are due in (after, until]; ``cut`` are those with too many to count them all."""
    found = Density()
    for name, timetable in timetables.items():
        slots = timetable.between(after, until, _most_slots)
        if len(slots) == _most_slots:
            found.cut.append(name)
        for slot in slots:
            found.minutes[slot.due.replace(second=0)] += 1
    for minute, number in found.minutes.items():
        local = minute.astimezone(zone)
        found.hours[local.date().isoformat(), local.hour] += number
    return found


def starting(timetables: Mapping[str, Timetable], minute: datetime) -> tuple[str, ...]:
    """The names of all that start in that minute, in the order given."""
    last = minute + timedelta(seconds=59)
    return tuple(name for name, each in timetables.items() if each.between(minute - _second, last, 1))


def days(found: Density) -> Iterable[str]:
    """The days that have any, in order."""
    return sorted({day for day, _ in found.hours})
