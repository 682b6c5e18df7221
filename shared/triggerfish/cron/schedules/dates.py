"""Instants and periods as people write them in annotations: dates, wall clocks of a zone, RFC 3339."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from triggerfish.cron.schedules.zones import Zone
from triggerfish.errors import ScheduleError

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?)?\Z", re.ASCII)
_SPANS = re.compile(r"\s*(?:/|\.\.|\bto\b)\s*")
SECOND = timedelta(seconds=1)
FORMS = "2026-12-24, 2026-12-24T18:00 or 2026-12-24T18:00:00Z"


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` (in it) to ``end`` (not in it), both in UTC."""

    start: datetime
    end: datetime

    def covers(self, instant: datetime) -> bool:
        """Return whether it lies in the period."""
        return self.start <= instant < self.end


def instant(text: str, zone: Zone) -> datetime:
    """One instant in UTC; a bare wall clock is that of the zone, its first pass where it comes twice.

    Raises ``ScheduleError`` for a date without a time, a wall clock that a gap leaves out, and other text.
    """
    found = period(text, zone)
    if found.end - found.start > SECOND:
        raise ScheduleError(f"{text[:60]!r} is a day; write a time too, such as {text[:10]}T09:00")
    return found.start


def period(text: str, zone: Zone) -> Period:
    """A day of the zone for a date, one second for a time. Raises ``ScheduleError``."""
    match = _MOMENT.match(text.strip())
    if match is None:
        raise ScheduleError(f"{text[:60]!r} is not a date or a time; write {FORMS}")
    day, clock, offset = match.groups()
    try:
        if clock is None:
            start = datetime.fromisoformat(day)
            return Period(_beginning(start, zone), _beginning(start + timedelta(days=1), zone))
        at = datetime.fromisoformat(f"{day}T{clock}{offset or ''}")
        at = at.astimezone(UTC) if offset else _wall_clock(at, zone)
        return Period(at, at + SECOND)
    except (ValueError, OverflowError) as error:
        raise ScheduleError(f"{text[:60]!r} is not a date or a time: {error}") from None


def span(text: str, zone: Zone) -> Period | None:
    """``first/last``, ``first..last`` or ``first to last``: days with both ends, times without the last.

    One date alone is its day. None when the text is none of these. Raises ``ScheduleError`` when it begins
    as one and cannot be read, or ends before it begins.
    """
    first, *rest = _SPANS.split(text.strip(), maxsplit=1)
    if not re.match(r"\d{4}-", first):
        return None
    begin = period(first, zone)
    if not rest:
        return begin
    last = period(rest[0], zone)
    end = last.start if last.end - last.start == SECOND else last.end
    if end <= begin.start:
        raise ScheduleError(f"{text[:60]!r} ends before it begins")
    return Period(begin.start, end)


def _beginning(day: datetime, zone: Zone) -> datetime:
    """The first instant of a local day, also where the zone has no midnight."""
    return day.replace(tzinfo=zone.info).astimezone(UTC)


def _wall_clock(at: datetime, zone: Zone) -> datetime:
    found = at.replace(tzinfo=zone.info).astimezone(UTC)
    if found.astimezone(zone.info).replace(tzinfo=None) != at:
        raise ScheduleError(f"{at.isoformat()} does not exist in {zone.name}: the clock skips this time")
    return found
