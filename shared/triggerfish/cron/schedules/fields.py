"""What a schedule's fields ask for, as bit sets: which minutes of which days of the wall clock fit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

# Days are counted from 1970-01-01.
EPOCH = date(1970, 1, 1).toordinal()


class DayRule(Protocol):
    """Which days of a month match."""

    def of(self, year: int, month: int, first: int, length: int) -> int:
        """Bits 1 to 31, of a month of ``length`` days that begins on weekday ``first`` (Sunday 0)."""
        ...


@dataclass(frozen=True, slots=True)
class ScheduleFields:
    """Minutes, hours and months as bit sets, and the rule for days. Empty sets never fire."""

    minutes: int
    hours: int
    months: int
    days: DayRule

    def matches_day(self, day: int) -> bool:
        """Return whether month and day fit a local day, counted from 1970-01-01."""
        on = date.fromordinal(day + EPOCH)
        return bool(self.months >> on.month & 1) and self.fits(on)

    def fits(self, on: date) -> bool:
        """Return whether the day fits, whatever its month."""
        first = (on.isoweekday() - on.day + 1) % 7
        return bool(self.days.of(on.year, on.month, first, month_length(on.year, on.month)) >> on.day & 1)

    def day_after(self, day: int, last_year: int) -> int | None:
        """The next local day after ``day`` that fits, up to the end of ``last_year``."""
        on = date.fromordinal(day + EPOCH)
        year, month, seen = on.year, on.month, on.day
        first = (on.isoweekday() - on.day + 1) % 7
        start = day - on.day
        while year <= last_year:
            length = month_length(year, month)
            if self.months >> month & 1:
                left = self.days.of(year, month, first, length) >> seen + 1
                if left:
                    return start + seen + 1 + _lowest(left)
            start, first, seen = start + length, (first + length) % 7, 0
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return None

    def minute_from(self, minute: int) -> int | None:
        """The first minute of a day, counted from midnight, that is not before ``minute`` and fits."""
        hour, rest = divmod(minute, 60)
        if self.hours >> hour & 1 and (left := self.minutes >> rest):
            return minute + _lowest(left)
        if (later := self.hours >> hour + 1) and self.minutes:
            return (hour + 1 + _lowest(later)) * 60 + _lowest(self.minutes)
        return None


def month_length(year: int, month: int) -> int:
    """28 to 31."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1
