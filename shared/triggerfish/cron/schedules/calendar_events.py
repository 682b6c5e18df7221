"""The events of an iCalendar file, as numbers: what a process that reads it hands over, in little memory.

``read`` is what costs: the libraries build an object for each event, and go through rules from their begin.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from triggerfish.cron.schedules import calendar_bounds
from triggerfish.cron.schedules.dates import Period
from triggerfish.cron.schedules.zones import Zone
from triggerfish.errors import ScheduleError
from triggerfish.expressions import zonefiles

_DAY = timedelta(days=1)
_MINUTE = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a wall clock has no zone
#: What a calendar's reader may find: its events are bounded by its text before, and counted after.
_MOST_IN_ALL = 4 * calendar_bounds.MOST_OCCURRENCES


@dataclass(frozen=True, slots=True, weakref_slot=True)
class CalendarEvents:
    """Events that touch the years from ``first`` to ``last``, or the ``problem`` of the file.

    Each list has begin and end of one event after the other: ``days`` as ordinals of dates, ``walls`` as
    seconds of a wall clock without a zone, ``instants`` as Unix seconds. An end is not in its event.
    """

    first: int = 0
    last: int = 0
    days: array[int] = field(default_factory=lambda: array("q"), repr=False)
    walls: array[int] = field(default_factory=lambda: array("q"), repr=False)
    instants: array[int] = field(default_factory=lambda: array("q"), repr=False)
    problem: str = ""

    @property
    def weight(self) -> int:
        """Bytes of memory, about."""
        return 8 * (len(self.days) + len(self.walls) + len(self.instants)) + 512

    def stretches(self, zone: Zone) -> Stretches:
        """When anything goes on, for somebody in that zone."""

        def of_day(ordinal: int) -> int:
            return _seconds(datetime.combine(date.fromordinal(ordinal), time(), tzinfo=zone.info))

        def of_wall(seconds: int) -> int:
            return _seconds((_WALL_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=zone.info))

        found = [*_pairs(self.days, of_day), *_pairs(self.walls, of_wall), *_pairs(self.instants, int)]
        return Stretches.of(found)

    def json(self) -> dict[str, Any]:
        """For a pipe."""
        lists = {name: list(getattr(self, name)) for name in ("days", "walls", "instants")}
        return {"first": self.first, "last": self.last, **lists}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> CalendarEvents:
        """From a pipe."""
        days, walls, instants = (array("q", given[name]) for name in ("days", "walls", "instants"))
        return cls(given["first"], given["last"], days, walls, instants)


@dataclass(frozen=True, slots=True)
class Stretches:
    """Times without a break between them, in their order: Unix seconds, each end not in its stretch."""

    starts: array[int]
    ends: array[int]

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> Stretches:
        """Events that touch or overlap become one stretch."""
        starts, ends = array("q"), array("q")
        for start, end in sorted(pairs):
            if ends and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
        return cls(starts, ends)

    def at(self, instant: datetime) -> Period | None:
        """The stretch that the instant lies in."""
        place = bisect_right(self.starts, instant.timestamp()) - 1
        if place < 0 or instant.timestamp() >= self.ends[place]:
            return None
        return Period(
            datetime.fromtimestamp(self.starts[place], UTC), datetime.fromtimestamp(self.ends[place], UTC)
        )


def read(text: str, first: int, last: int) -> CalendarEvents:
    """All that touches the years from ``first`` to ``last`` (in UTC). ``ScheduleError`` for what is wrong.

    The text is within the bounds of ``calendar_bounds``.
    """
    # Imported when the first calendar is read: together they cost a cold start 100 ms.
    import icalendar
    import recurring_ical_events

    days, walls, instants = array("q"), array("q"), array("q")
    try:
        window = datetime(first, 1, 1, tzinfo=UTC) - _DAY, datetime(last, 12, 31, tzinfo=UTC) + 2 * _DAY
        for event in recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(*window):
            start, end = event["DTSTART"].dt, event["DTEND"].dt
            if not (isinstance(start, datetime) and isinstance(end, datetime)):
                # A day's event ends before the day it names; one without an end lasts its day.
                days.extend((start.toordinal(), max(end.toordinal(), start.toordinal() + 1)))
            elif start.tzinfo is None or end.tzinfo is None:
                begin = _wall_seconds(start)
                walls.extend((begin, max(_wall_seconds(end), begin + _MINUTE)))
            else:
                begin = _absolute(start)
                instants.extend((begin, max(_absolute(end), begin + _MINUTE)))
            if len(days) + len(walls) + len(instants) > 2 * _MOST_IN_ALL:
                break
    except MemoryError:
        raise
    except Exception as error:
        # Both libraries raise what they trip over; to the calendar's author all are one.
        raise ScheduleError(f"the calendar cannot be read: {str(error)[:200]}") from None
    if len(days) + len(walls) + len(instants) > 2 * _MOST_IN_ALL:
        raise calendar_bounds.too_many()
    return CalendarEvents(first, last, days, walls, instants)


def _pairs(given: array[int], seconds: Callable[[int], int]) -> Iterable[tuple[int, int]]:
    return ((seconds(given[place]), seconds(given[place + 1])) for place in range(0, len(given), 2))


def _seconds(at: datetime) -> int:
    return int((at.astimezone(UTC) - _EPOCH).total_seconds())


def _wall_seconds(at: datetime) -> int:
    return int((at.replace(tzinfo=None) - _WALL_EPOCH).total_seconds())


def _absolute(at: datetime) -> int:
    if isinstance(at.tzinfo, ZoneInfo) and (info := zonefiles.zone(at.tzinfo.key)):
        at = at.replace(tzinfo=info)  # the libraries ask the system's database, however old it is
    return _seconds(at)
