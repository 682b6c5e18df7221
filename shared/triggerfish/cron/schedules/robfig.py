"""The schedule syntax of robfig/cron v3.0.1 ``ParseStandard``: text to bit sets.

Its oddities are kept, since manifests in the wild rely on them: ``?`` is ``*`` in any field and so is
``*-5``, ``1,,2`` and ``+5`` and ``05`` are accepted, ``*/90`` is the minimum alone, ``,`` is an empty set
that never fires. Its panics and hangs are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from triggerfish.errors import ScheduleError

# strings.Fields and strings.TrimSpace: Go's white space, which is not quite Python's.
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_WORDS = re.compile(f"[^{BLANKS}]+")
_NUMBER = re.compile(r"[+-]?[0-9]+\Z")
_INT64 = 2**63 - 1

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(_MONTHS, 1)}
WEEKDAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}

DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a field may hold."""

    title: str
    least: int
    most: int
    names: dict[str, int] = field(default_factory=dict)


FIELDS = (
    Bounds("minute", 0, 59),
    Bounds("hour", 0, 23),
    Bounds("day of month", 1, 31),
    Bounds("month", 1, 12, MONTHS),
    Bounds("day of week", 0, 6, WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a month that match, as bits 1 to 31.

    With ``both``, day of month and day of week must both match (one of them is a star); otherwise either.
    ``weekdays[w]`` is what the day of week field allows in a month whose first day is weekday w (Sunday 0).
    """

    dates: int
    weekdays: tuple[int, ...]
    both: bool

    def of(self, year: int, month: int, first: int, length: int) -> int:
        """The bits of a month of ``length`` days that begins on weekday ``first``."""
        weekdays = self.weekdays[first]
        days = self.dates & weekdays if self.both else self.dates | weekdays
        return days & ((2 << length) - 2)


def words(text: str) -> list[str]:
    """Split at blanks, as Go does."""
    return _WORDS.findall(text)


def trim(text: str) -> str:
    """Without blanks around, as Go does."""
    return re.sub(rf"\A[{BLANKS}]+|[{BLANKS}]+\Z", "", text)


def split_fields(text: str) -> list[str]:
    """The five fields, descriptors written out. Raises ``ScheduleError``."""
    if text.startswith("@"):
        if text not in DESCRIPTORS:
            known = ", ".join([*DESCRIPTORS, "@every <duration>"])
            raise ScheduleError(f"unrecognized descriptor {text[:80]!r}; it is one of {known}, in lower case")
        text = DESCRIPTORS[text]
    fields = words(text)
    if len(fields) != 5:
        raise ScheduleError(
            f"expected exactly 5 fields, found {len(fields)}: {text[:80]!r}; "
            "write minute, hour, day of month, month, day of week"
        )
    return fields


def parse(text: str) -> tuple[int, int, int, Days]:
    """Minutes, hours and months as bits, and the days. Raises ``ScheduleError`` naming the field."""
    minute, hour, day, month, weekday = split_fields(text)
    return (
        field_bits(minute, FIELDS[0])[0],
        field_bits(hour, FIELDS[1])[0],
        field_bits(month, FIELDS[3])[0],
        days(day, weekday),
    )


def days(day: str, weekday: str) -> Days:
    """The two day fields together. Raises ``ScheduleError`` naming the field."""
    dates, any_date = field_bits(day, FIELDS[2])
    weekdays, any_weekday = field_bits(weekday, FIELDS[4])
    return Days(dates, weekday_masks(weekdays), any_date or any_weekday)


@lru_cache(maxsize=128)
def weekday_masks(weekdays: int) -> tuple[int, ...]:
    """For each weekday that a month can begin with, the days 1 to 31 on one of these weekdays."""
    return tuple(
        sum(1 << day for day in range(1, 32) if weekdays >> (first + day - 1) % 7 & 1) for first in range(7)
    )


def field_bits(text: str, bounds: Bounds) -> tuple[int, bool]:
    """The values of one field as bits, and whether it counts as a star. Raises ``ScheduleError``."""
    if text == "*":
        return _span(bounds.least, bounds.most, 1), True
    bits, star = 0, False
    for part in text.split(","):
        if part:  # "1,,2" is accepted there, and so is ","
            more, starred = _range(part, bounds)
            bits, star = bits | more, star or starred
    return bits, star


def _range(part: str, bounds: Bounds) -> tuple[int, bool]:
    span, *steps = part.split("/")
    low, *highs = span.split("-")
    star = low in ("*", "?")
    if star:  # whatever follows the star is not looked at
        start, end = bounds.least, bounds.most
    else:
        if len(highs) > 1:
            raise _wrong(part, bounds, "has too many hyphens; write first-last")
        start = _value(low, part, bounds)
        end = _value(highs[0], part, bounds) if highs else start
    if len(steps) > 1:
        raise _wrong(part, bounds, "has too many slashes; write range/step")
    step = _integer(steps[0], part, bounds) if steps else 1
    if step == 0:
        raise _wrong(part, bounds, "has step 0; a step is 1 or more")
    if steps and not highs:
        end = bounds.most  # 3/15 is 3-59/15
    if start < bounds.least or end > bounds.most:
        raise _wrong(part, bounds, f"is outside {bounds.least}–{bounds.most}")
    if start > end:
        raise _wrong(part, bounds, "ends before it begins; a range does not wrap around, so write two")
    return _span(start, end, step), star and step <= 1


def _span(start: int, end: int, step: int) -> int:
    if step == 1:
        return (1 << end + 1) - (1 << start)
    return sum(1 << i for i in range(start, end + 1, step))


def _value(text: str, part: str, bounds: Bounds) -> int:
    value = bounds.names.get(text.lower())
    return _integer(text, part, bounds) if value is None else value


def _integer(text: str, part: str, bounds: Bounds) -> int:
    if not _NUMBER.match(text):
        names = f" or one of {', '.join(bounds.names).upper()}" if bounds.names else ""
        raise _wrong(part, bounds, f"needs a number{names} where it says {text[:40]!r}")
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > 19 or int(digits) > _INT64:
        raise _wrong(part, bounds, "has a number that is too large")
    if text.startswith("-") and digits != "0":
        raise _wrong(part, bounds, "has a negative number")
    return int(digits)


def _wrong(part: str, bounds: Bounds, problem: str) -> ScheduleError:
    return ScheduleError(f"{bounds.title} {part[:80]!r} {problem}")
