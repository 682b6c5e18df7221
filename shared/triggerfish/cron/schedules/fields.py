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
        if not self.months:
            return None
        on = date.fromordinal(day + EPOCH)
        year, month = on.year, on.month
        if self.months >> month & 1 and (left := self._days_of(year, month) >> on.day + 1):
            return day + 1 + lowest(left)
        while True:
            later = self.months >> month + 1
            year, month = (year, month + 1 + lowest(later)) if later else (year + 1, lowest(self.months))
            if year > last_year:
                return None
            if days := self._days_of(year, month):
                return first_of(year, month) - 1 + lowest(days)

    def day_before(self, day: int, least: int) -> int | None:
        """The last local day before ``day`` that fits, and that is not before ``least``."""
        if not self.months:
            return None
        on = date.fromordinal(day + EPOCH)
        year, month = on.year, on.month
        if self.months >> month & 1 and (days := self._days_of(year, month) & ((1 << on.day) - 1)):
            found = day - on.day + _highest(days)
            return found if found >= least else None
        while True:
            sooner = self.months & ((1 << month) - 1)
            year, month = (year, _highest(sooner)) if sooner else (year - 1, _highest(self.months))
            if year < 1 or (first := first_of(year, month)) + 30 < least:
                return None
            if days := self._days_of(year, month):
                found = first - 1 + _highest(days)
                return found if found >= least else None

    def _days_of(self, year: int, month: int) -> int:
        """The days that fit in a month, as bits 1 to 31."""
        return self.days.of(year, month, (first_of(year, month) + EPOCH) % 7, month_length(year, month))

    def minute_until(self, minute: int) -> int | None:
        """The last minute of a day, counted from midnight, that is not after ``minute`` and fits."""
        hour, rest = divmod(minute, 60)
        if self.hours >> hour & 1 and (left := self.minutes & ((2 << rest) - 1)):
            return hour * 60 + _highest(left)
        if (sooner := self.hours & ((1 << hour) - 1)) and self.minutes:
            return _highest(sooner) * 60 + _highest(self.minutes)
        return None

    def minute_from(self, minute: int) -> int | None:
        """The first minute of a day, counted from midnight, that is not before ``minute`` and fits."""
        hour, rest = divmod(minute, 60)
        if self.hours >> hour & 1 and (left := self.minutes >> rest):
            return minute + lowest(left)
        if (later := self.hours >> hour + 1) and self.minutes:
            return (hour + 1 + lowest(later)) * 60 + lowest(self.minutes)
        return None


def month_length(year: int, month: int) -> int:
    """28 to 31."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def first_of(year: int, month: int) -> int:
    """The first of a month, counted from 1970-01-01."""
    return date(year, month, 1).toordinal() - EPOCH


def lowest(bits: int) -> int:
    """The place of the lowest bit."""
    return (bits & -bits).bit_length() - 1


def _highest(bits: int) -> int:
    return bits.bit_length() - 1
