"""Slots that are left out: ``triggerfish.dev/exclude``, one entry a line (or between semicolons).

An entry is a date, a range of dates or times, a cron expression (a slot in a minute that it names is left
out), or ``ics:NAME`` / ``ics:NAME/KEY``: the events of an iCalendar file in a ConfigMap, which the shell
hands in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from triggerfish.cron.schedules import calendar_bounds, calendar_events, dates, schedule
from triggerfish.cron.schedules.calendar_events import CalendarEvents, Stretches
from triggerfish.cron.schedules.dates import Period
from triggerfish.cron.schedules.zones import Zone
from triggerfish.errors import ScheduleError

_MOST = 200
#: Calendars that one CronWorkflow may name.
MOST_CALENDARS = 10
_ICS = "ics:"
#: Calendars by the name that an entry has for them: their text, or what was read of it.
CalendarsGiven = Mapping[str, "str | CalendarEvents"]


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
        """The events that go on at the instant."""
        return _of_year(self.ics, self.zone, instant.year).at(instant)


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """The same of a file that was read before; it knows some years, and excludes nothing in others."""

    text: str
    stretches: Stretches = field(repr=False)

    def period(self, instant: datetime) -> Period | None:
        """The events that go on at the instant."""
        return self.stretches.at(instant)

    @property
    def weight(self) -> int:
        """Bytes of memory, about."""
        return 16 * len(self.stretches.starts) + 256


def entries(text: str) -> tuple[str, ...]:
    """The entries of an annotation's text."""
    return tuple(entry for part in re.split(r"[\n;]", text) if (entry := part.strip()))


def calendars(text: str) -> tuple[str, ...]:
    """The ConfigMaps that the entries name, each ``NAME`` or ``NAME/KEY``."""
    return tuple(entry.removeprefix(_ICS).strip() for entry in entries(text) if entry.startswith(_ICS))


def parse(text: str, zone: Zone, ics: CalendarsGiven, *, extended: bool, seed: str) -> tuple[Exclusion, ...]:
    """Read the annotation; ``ics`` has each calendar it names. Raises ``ScheduleError``."""
    found = entries(text)
    if len(found) > _MOST:
        raise ScheduleError(
            f"it has {len(found)} entries; the most is {_MOST}: put them into an ics: calendar"
        )
    if len(calendars(text)) > MOST_CALENDARS:
        raise ScheduleError(
            f"it names {len(calendars(text))} calendars; the most is {MOST_CALENDARS}:"
            " put their events into fewer"
        )
    return tuple(_entry(entry, zone, ics, extended=extended, seed=seed) for entry in found)


def _entry(text: str, zone: Zone, ics: CalendarsGiven, *, extended: bool, seed: str) -> Exclusion:
    if text.startswith(_ICS):
        name = text.removeprefix(_ICS).strip()
        if name not in ics:
            raise ScheduleError(
                f"calendar {name!r} was not found: it must be a ConfigMap in the CronWorkflow's namespace"
            )
        return _events(text, name, ics[name], zone)
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


def _events(text: str, name: str, given: str | CalendarEvents, zone: Zone) -> Exclusion:
    """Raises ``ScheduleError`` that names the calendar."""
    if isinstance(given, CalendarEvents):
        if given.problem:
            raise ScheduleError(f"calendar {name!r}: {given.problem}")
        return ReadEvents(text, given.stretches(zone))
    try:
        calendar_bounds.check(given)
        _of_year(given, zone, 2000)  # what is wrong with it is said now, not at a slot
    except ScheduleError as error:
        raise ScheduleError(f"calendar {name!r}: {error}") from None
    return Events(text, zone, given)


@lru_cache(maxsize=64)
def _of_year(ics: str, zone: Zone, year: int) -> Stretches:
    return calendar_events.read(ics, year, year).stretches(zone)
