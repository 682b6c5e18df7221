"""The calendar: months, days of the week, and a time taken apart as a clock on the wall shows it.

The proleptic Gregorian calendar in any year, by arithmetic on days; no zone is known here.
"""

from __future__ import annotations

from dataclasses import dataclass

MONTHS: tuple[str, ...] = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """1 is January."""

    number: int

    def __str__(self) -> str:
        return MONTHS[self.number - 1] if 1 <= self.number <= 12 else f"%!Month({self.number})"


@dataclass(frozen=True, slots=True, order=True)
class Weekday:
    """0 is Sunday."""

    number: int

    def __str__(self) -> str:
        return WEEKDAYS[self.number] if 0 <= self.number <= 6 else f"%!Weekday({self.number})"


@dataclass(frozen=True, slots=True)
class Wall:
    """A time taken apart; ``weekday`` 0 is Sunday, ``yearday`` 1 is the first of January."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    weekday: int
    yearday: int
    offset: int
    zone: str

    @classmethod
    def of(cls, wall: int, nanosecond: int, offset: int, zone: str) -> Wall:
        """From seconds since 1970 as that clock counts them."""
        days, rest = divmod(wall, 86_400)
        year, month, day, yearday = civil(days)
        hour, rest = divmod(rest, 3600)
        minute, second = divmod(rest, 60)
        weekday = (days + 4) % 7
        return cls(year, month, day, hour, minute, second, nanosecond, weekday, yearday, offset, zone)


def civil(days: int) -> tuple[int, int, int, int]:
    """Year, month, day and day of the year of a day counted from 1970-01-01, in any year."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    shifted = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    part = (5 * shifted + 2) // 153
    day = shifted - (153 * part + 2) // 5 + 1
    month = part + 3 if part < 10 else part - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    return year, month, day, days - days_from_civil(year, 1, 1) + 1


def days_from_civil(year: int, month: int, day: int) -> int:
    """The day counted from 1970-01-01; months and days outside their range carry over."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    shifted_year = year - 1 if month <= 2 else year
    era, year_of_era = divmod(shifted_year, 400)
    part = month - 3 if month > 2 else month + 9
    day_of_year = (153 * part + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468
