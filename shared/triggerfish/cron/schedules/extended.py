"""The extended syntax, asked for by ``triggerfish.dev/schedule-syntax: extended``: L, W, # and H.

A field that the standard syntax accepts means what it means there. Any other field means what croniter makes
of it. Its usual forms are arithmetic and are worked out here; the rest is handed to croniter (imported when
the first one comes), days month by month. The day rule, zones, gaps and overlaps stay ours.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from triggerfish.cron.schedules import robfig
from triggerfish.errors import ScheduleError

if TYPE_CHECKING:
    from triggerfish.cron.schedules.fields import DayRule

_LONGEST = 200
_DATE, _WEEKDAY = 2, 4
# R is a new random number in each process: two ticks would not agree on the slots.
_RANDOM = re.compile(r"(?<![A-Za-z])[Rr](?![A-Za-z])")
_HASHED = re.compile(r"h(?:\((\d+)-(\d+)\))?(?:/(\d+))?", re.ASCII | re.IGNORECASE)
_NEAREST = re.compile(r"([12]?\d|3[01])w|w([12]?\d|3[01])", re.ASCII | re.IGNORECASE)
_OF_MONTH = re.compile(r"l|[1-9]|[12]\d|3[01]", re.ASCII | re.IGNORECASE)
_OF_WEEK = re.compile(
    rf"(?:([0-7])|({'|'.join(robfig.WEEKDAYS)}))#([1-5])|l([0-7])", re.ASCII | re.IGNORECASE
)
_LAST = 0


@dataclass(frozen=True, slots=True)
class ExtendedDays:
    """Days of which at least one field is extended; combined as the standard syntax combines them."""

    dates: DayRule
    weekdays: DayRule
    both: bool

    def of(self, year: int, month: int, first: int, length: int) -> int:
        """Bits 1 to 31, of a month of ``length`` days that begins on weekday ``first``."""
        dates = self.dates.of(year, month, first, length)
        weekdays = self.weekdays.of(year, month, first, length)
        return dates & weekdays if self.both else dates | weekdays


@dataclass(frozen=True, slots=True)
class FieldDays:
    """What one field says: dates as bits, the ``last`` day, the working day ``nearest`` to a date (0: none).

    ``weekdays`` are pairs of a weekday (Sunday 0) and which one of the month it is, ``_LAST`` for the last.
    """

    dates: int = 0
    last: bool = False
    nearest: int = 0
    weekdays: tuple[tuple[int, int], ...] = ()

    def of(self, year: int, month: int, first: int, length: int) -> int:
        """Bits 1 to 31, of a month of ``length`` days that begins on weekday ``first``."""
        bits = self.dates & ((2 << length) - 2)
        if self.last:
            bits |= 1 << length
        if self.nearest:
            day = min(self.nearest, length)
            weekday = (first + day - 1) % 7
            if weekday == 6:
                day = day - 1 if day > 1 else 3
            elif weekday == 0:
                day = day + 1 if day < length else day - 2
            bits |= 1 << day
        for weekday, which in self.weekdays:
            day = 1 + (weekday - first) % 7
            day += 7 * (which - 1) if which else (length - day) // 7 * 7
            if day <= length:
                bits |= 1 << day
        return bits


@dataclass(frozen=True, slots=True)
class CroniterDays:
    """What croniter makes of one field, the other one open."""

    date_field: str
    weekday_field: str
    seed: str

    def of(self, year: int, month: int, first: int, length: int) -> int:
        """Bits 1 to 31, of a month of ``length`` days."""
        return _days(self.date_field, self.weekday_field, self.seed, year, month, length)


def parse(text: str, seed: str) -> tuple[int, int, int, DayRule]:
    """Minutes, hours and months as bits, and the days. Raises ``ScheduleError`` naming the field."""
    fields = robfig.split_fields(text)
    day, weekday = fields[_DATE], fields[_WEEKDAY]
    bits = [_bits(fields, index, seed) for index in (0, 1, 3)]
    try:
        return bits[0], bits[1], bits[2], robfig.days(day, weekday)
    except ScheduleError:
        dates, any_date = _rule(fields, _DATE, seed)
        weekdays, any_weekday = _rule(fields, _WEEKDAY, seed)
        return bits[0], bits[1], bits[2], ExtendedDays(dates, weekdays, any_date or any_weekday)


def _bits(fields: list[str], index: int, seed: str) -> int:
    try:
        return robfig.field_bits(fields[index], robfig.FIELDS[index])[0]
    except ScheduleError:
        if spread := _spread(fields[index], index, seed):
            return spread
        numbers = _expand(_alone(fields[index], index), index, seed)[index]
        bounds = robfig.FIELDS[index]
        if numbers == ["*"]:
            numbers = list(range(bounds.least, bounds.most + 1))
        return sum(1 << number for number in numbers if isinstance(number, int))


def _spread(field: str, index: int, seed: str) -> int:
    """The bits of H, H/15, H(2-4) or H(0-29)/10; none for other texts, and where croniter objects."""
    found = _HASHED.fullmatch(field)
    if found is None or len(field) > _LONGEST:
        return 0
    bounds = robfig.FIELDS[index]
    low, high = (int(found[1]), int(found[2])) if found[1] else (bounds.least, bounds.most)
    step = int(found[3]) if found[3] else 0
    if not bounds.least <= low < high <= bounds.most or (found[3] and step < 2):
        return 0
    end = min(low + step - 1, high) if step else high
    first = (zlib.crc32(seed.encode()) >> index) % (end - low + 1) + low
    return sum(1 << number for number in range(first, high + 1, step)) if step else 1 << first


def _rule(fields: list[str], index: int, seed: str) -> tuple[DayRule, bool]:
    """The days of one field, and whether it counts as a star. Raises ``ScheduleError`` naming it."""
    field = fields[index]
    pair = (field, "*") if index == _DATE else ("*", field)
    try:
        star = robfig.field_bits(field, robfig.FIELDS[index])[1]
        return robfig.days(*pair), star
    except ScheduleError:
        if found := _usual(field, index, seed):
            return found, False
        star = _expand(_alone(field, index), index, seed)[index] == ["*"]
        return CroniterDays(*pair, seed), star


def _usual(field: str, index: int, seed: str) -> FieldDays | None:
    """The days of a field in one of the usual forms, else None."""
    if len(field) > _LONGEST:
        return None
    if spread := _spread(field, index, seed):
        if index == _DATE:
            return FieldDays(spread)
        return FieldDays(
            weekdays=tuple((day, which) for day in range(7) if spread >> day & 1 for which in range(1, 6))
        )
    if index == _DATE and (near := _NEAREST.fullmatch(field)):
        return FieldDays(nearest=int(near[1] or near[2])) if int(near[1] or near[2]) else None
    parts = field.split(",")
    if index == _DATE:
        if not all(_OF_MONTH.fullmatch(part) for part in parts):
            return None
        days = [int(part) for part in parts if part not in "Ll"]
        return FieldDays(sum(1 << day for day in {*days}), last=len(days) < len(parts))
    found = [_OF_WEEK.fullmatch(part) for part in parts]
    pairs = {_weekday(each) for each in found if each}
    # All seven weekdays are a star to croniter.
    if not all(found) or len({weekday for weekday, _ in pairs}) == 7:
        return None
    return FieldDays(weekdays=tuple(sorted(pairs)))


def _weekday(part: re.Match[str]) -> tuple[int, int]:
    number, name, which, last = part.groups()
    if last:
        return int(last) % 7, _LAST
    return int(number) % 7 if number else robfig.WEEKDAYS[name.lower()], int(which)


def _alone(field: str, index: int) -> str:
    """The field in its place, all else open: what H stands for depends on the place."""
    parts = ["0", "0", "*", "*", "*"] if index in (_DATE, _WEEKDAY) else ["*"] * 5
    parts[index] = field
    return " ".join(parts)


def _expand(expression: str, index: int, seed: str) -> list[list[int | str]]:
    field = expression.split()[index]
    bounds = robfig.FIELDS[index]
    if len(field) > _LONGEST:
        raise ScheduleError(f"{bounds.title} has {len(field)} characters; the most is {_LONGEST}")
    if _RANDOM.search(field):
        raise ScheduleError(
            f"{bounds.title} {field!r} has R, which is random; write H, which is spread and stays the same"
        )
    # Imported by those who use it: a cold start counts.
    from croniter import croniter

    try:
        expanded: list[list[int | str]] = croniter.expand(expression, hash_id=seed.encode())[0]
        croniter(expression, datetime(2000, 1, 1), hash_id=seed.encode()).get_next(datetime)  # noqa: DTZ001  wall clock
    except Exception as error:
        # Its parser raises what it trips over (ValueError, KeyError, TypeError); to the author all are one.
        raise ScheduleError(f"{bounds.title} {field!r} cannot be read: {error}") from None
    return expanded


@lru_cache(maxsize=8192)
def _days(date_field: str, weekday_field: str, seed: str, year: int, month: int, length: int) -> int:
    """The days that one field allows in a month."""
    from croniter import croniter

    start = datetime(year, month, 1)  # noqa: DTZ001  croniter is asked about wall clocks only
    dates = croniter(
        f"0 0 {date_field} * {weekday_field}",
        start - timedelta(seconds=1),
        ret_type=datetime,
        hash_id=seed.encode(),
        max_years_between_matches=1,
    )
    bits, end = 0, date(year, month, length)
    for found in dates.all_next(datetime):
        if found.date() > end:
            break
        bits |= 1 << found.day
    return bits
