"""The extended syntax, asked for by ``triggerfish.dev/schedule-syntax: extended``: L, W, # and H.

A field that the standard syntax accepts means what it means there. Any other field is handed to croniter
(imported when the first one comes), which says what it stands for: minutes, hours and months as numbers, days
month by month. The day rule, zones, gaps and overlaps stay ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from triggerfish.cron.schedules import robfig
from triggerfish.errors import ScheduleError

if TYPE_CHECKING:
    from triggerfish.cron.schedules.fields import DayRule

_LONGEST = 200
# R is a new random number in each process: two ticks would not agree on the slots.
_RANDOM = re.compile(r"(?<![A-Za-z])[Rr](?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class ExtendedDays:
    """Days of which at least one field needs croniter; combined as the standard syntax combines them."""

    date_field: str
    weekday_field: str
    both: bool
    seed: str

    def of(self, year: int, month: int, first: int, length: int) -> int:
        """Bits 1 to 31, of a month of ``length`` days that begins on weekday ``first``."""
        dates = _days(self.date_field, "*", self.seed, year, month, first, length)
        weekdays = _days("*", self.weekday_field, self.seed, year, month, first, length)
        return dates & weekdays if self.both else dates | weekdays


def parse(text: str, seed: str) -> tuple[int, int, int, DayRule]:
    """Minutes, hours and months as bits, and the days. Raises ``ScheduleError`` naming the field."""
    fields = robfig.split_fields(text)
    day, weekday = fields[2], fields[4]
    bits = [_bits(fields, index, seed) for index in (0, 1, 3)]
    try:
        return bits[0], bits[1], bits[2], robfig.days(day, weekday)
    except ScheduleError:
        star = False
        for index in (2, 4):
            star = _check_days(fields, index, seed) or star
        return bits[0], bits[1], bits[2], ExtendedDays(day, weekday, star, seed)


def _bits(fields: list[str], index: int, seed: str) -> int:
    try:
        return robfig.field_bits(fields[index], robfig.FIELDS[index])[0]
    except ScheduleError:
        numbers = _expand(_alone(fields[index], index), index, seed)[index]
        bounds = robfig.FIELDS[index]
        if numbers == ["*"]:
            numbers = list(range(bounds.least, bounds.most + 1))
        return sum(1 << number for number in numbers if isinstance(number, int))


def _check_days(fields: list[str], index: int, seed: str) -> bool:
    """Return whether the field counts as a star. Raises ``ScheduleError`` if nobody can read it."""
    try:
        return robfig.field_bits(fields[index], robfig.FIELDS[index])[1]
    except ScheduleError:
        return _expand(_alone(fields[index], index), index, seed)[index] == ["*"]


def _alone(field: str, index: int) -> str:
    """The field in its place, all else open: what H stands for depends on the place."""
    parts = ["0", "0", "*", "*", "*"] if index in (2, 4) else ["*"] * 5
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
def _days(
    date_field: str, weekday_field: str, seed: str, year: int, month: int, first: int, length: int
) -> int:
    """The days that one field allows in a month."""
    try:
        return robfig.days(date_field, weekday_field).of(year, month, first, length)
    except ScheduleError:
        pass
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
