"""Slots that are left out: ``triggerfish.dev/exclude``, one entry a line (or between semicolons).

An entry is a date, a range of dates or times, a cron expression (a slot in a minute that it names is left
out), or ``ics:NAME`` / ``ics:NAME/KEY``: the events of an iCalendar file in a ConfigMap, whose text the shell
hands in.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from triggerfish import zonefiles
from triggerfish.cron.schedules import calendar_bounds, dates, schedule
from triggerfish.cron.schedules.dates import Period
from triggerfish.cron.schedules.zones import Zone
from triggerfish.errors import ScheduleError

_MOST = 200
_ICS = "ics:"
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class Exclusion(Protocol):
    """One entry; ``text`` is how the author wrote it."""

    @property
    def text(self) -> str:
        """The entry."""
        ...

    def period(self, instant: datetime) -> Period | None:
        """The excluded period that the instant lies in, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """A day or a range."""

    text: str
    span: Period

    def period(self, instant: datetime) -> Period | None:
        """The range, if the instant lies in it."""
        return self.span if self.span.covers(instant) else None


@dataclass(frozen=True, slots=True)
class Minutes:
    """The minutes that a cron expression names."""

    text: str
    schedule: schedule.Schedule

    def period(self, instant: datetime) -> Period | None:
        """The minute of the instant, if the expression names it, with those that it names after it."""
        start = instant.replace(second=0, microsecond=0)
        if not self.schedule.has_slot(start - timedelta(seconds=1), start):
            return None
        return Period(start, self.schedule.stretch(start))


@dataclass(frozen=True, slots=True)
class Events:
    """The events of an iCalendar file: whole local days, or from begin to end for an event with a time."""

    text: str
    zone: Zone
    ics: str = field(repr=False)

    def period(self, instant: datetime) -> Period | None:
        """The event that goes on at the instant."""
        periods = _events(self.ics, self.zone, instant.year)
        for found in periods[: bisect_right(periods, instant, key=lambda each: each.start)]:
            if found.covers(instant):
                return found
        return None


def entries(text: str) -> tuple[str, ...]:
    """The entries of an annotation's text."""
    return tuple(entry for part in re.split(r"[\n;]", text) if (entry := part.strip()))


def calendars(text: str) -> tuple[str, ...]:
    """The ConfigMaps that the entries name, each ``NAME`` or ``NAME/KEY``."""
    return tuple(entry.removeprefix(_ICS).strip() for entry in entries(text) if entry.startswith(_ICS))


def parse(
    text: str, zone: Zone, ics: Mapping[str, str], *, extended: bool, seed: str
) -> tuple[Exclusion, ...]:
    """Read the annotation; ``ics`` has the text of each calendar it names. Raises ``ScheduleError``."""
    found = entries(text)
    if len(found) > _MOST:
        raise ScheduleError(
            f"it has {len(found)} entries; the most is {_MOST}: put them into an ics: calendar"
        )
    return tuple(_entry(entry, zone, ics, extended=extended, seed=seed) for entry in found)


def _entry(text: str, zone: Zone, ics: Mapping[str, str], *, extended: bool, seed: str) -> Exclusion:
    if text.startswith(_ICS):
        name = text.removeprefix(_ICS).strip()
        if name not in ics:
            raise ScheduleError(
                f"calendar {name!r} was not found: it must be a ConfigMap in the CronWorkflow's namespace"
            )
        calendar_bounds.check(ics[name])
        _events(ics[name], zone, 2000)  # what is wrong with it is said now, not at a slot
        return Events(text, zone, ics[name])
    if span := dates.span(text, zone):
        return Span(text, span)
    if text.startswith("@every"):
        raise ScheduleError(
            f"{text[:60]!r}: an interval excludes nothing; write five fields, dates or ics:NAME"
        )
    try:
        minutes = schedule.parse(
            text, None if schedule.names_zone(text) else zone.name, extended=extended, seed=seed
        )
    except ScheduleError as error:
        raise ScheduleError(
            f"{text[:60]!r} is not a date, a range, a calendar or a cron expression: {error}"
        ) from None
    return Minutes(text, minutes)


@lru_cache(maxsize=256)
def _events(ics: str, zone: Zone, year: int) -> tuple[Period, ...]:
    """All that touches a year (in UTC), by their begin."""
    # Imported when the first calendar is read: together they cost a cold start 100 ms.
    import icalendar
    import recurring_ical_events

    try:
        calendar = icalendar.Calendar.from_ical(ics)
        window = datetime(year, 1, 1, tzinfo=UTC) - _DAY, datetime(year, 12, 31, tzinfo=UTC) + 2 * _DAY
        found = recurring_ical_events.of(calendar).between(*window)
        periods = [_period(event["DTSTART"].dt, event["DTEND"].dt, zone) for event in found]
    except Exception as error:
        # Both libraries raise what they trip over; to the calendar's author all are one.
        raise ScheduleError(f"the calendar cannot be read: {str(error)[:200]}") from None
    return tuple(sorted(periods, key=lambda each: each.start))


def _period(start: date, end: date, zone: Zone) -> Period:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return Period(_utc(start, zone), max(_utc(end, zone), _utc(start, zone) + _MINUTE))
    # A day's event ends before the day it names; one without an end lasts its day.
    last = max(end, start + _DAY)
    return Period(dates.period(start.isoformat(), zone).start, dates.period(last.isoformat(), zone).start)


def _utc(at: datetime, zone: Zone) -> datetime:
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone.info)
    elif isinstance(at.tzinfo, ZoneInfo) and (info := zonefiles.zone(at.tzinfo.key)):
        at = at.replace(tzinfo=info)  # the libraries ask the system's database, however old it is
    return at.astimezone(UTC)
