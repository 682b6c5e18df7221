"""Times read by Go's layouts: ``time.Parse`` and ``time.ParseInLocation``.

Source of the rules: the Go standard library, time/format.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from triggerfish.expressions.go.calendar import MONTHS, WEEKDAYS, days_from_civil
from triggerfish.expressions.go.layout import RFC3339, chunks
from triggerfish.expressions.go.time import UTC_ZONE, Location, Time, make_time
from triggerfish.expressions.limits import Failure

#: What ``date(text)`` tries, in this order.
DATE_LAYOUTS = (
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    RFC3339,
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
)


class _Bad(Exception):  # noqa: N818  becomes a Failure, which says where
    """The text does not follow the layout here; ``reason`` is a value out of its range."""

    def __init__(self, reason: str = "") -> None:
        self.reason = reason


@dataclass(slots=True)
class _Reading:
    """What has been read so far; ``rest`` is still to read."""

    rest: str
    year: int = 0
    month: int = -1
    day: int = -1
    yearday: int = -1
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    half: str = ""
    utc: bool = False
    offset: int | None = None
    zone: str = ""
    following: str = field(default="", repr=False)

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.rest)
        if found is None:
            raise _Bad
        self.rest = self.rest[found.end() :]
        return found.group()

    def number(self, pattern: re.Pattern[str], name: str = "", least: int = 0, most: int = 999) -> int:
        value = int(self.take(pattern))
        if not least <= value <= most:
            raise _Bad(f"{name} out of range")
        return value

    def one_of(self, names: tuple[str, ...], length: int | None = None) -> int:
        for index, name in enumerate(names):
            name = name[:length]
            if self.rest[: len(name)].lower() == name.lower():
                self.rest = self.rest[len(name) :]
                return index
        raise _Bad

    def skip(self, literal: str) -> None:
        while literal:
            if literal[0] == " ":
                if self.rest and self.rest[0] != " ":
                    raise _Bad
                literal, self.rest = literal.lstrip(" "), self.rest.lstrip(" ")
            elif self.rest[:1] != literal[0]:
                raise _Bad
            else:
                literal, self.rest = literal[1:], self.rest[1:]

    def fraction(self, digits: str) -> None:
        self.nanosecond = int(digits[1:10].ljust(9, "0"))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


_TWO, _ONE_OR_TWO = _pattern(r"\d\d"), _pattern(r"\d\d?")
_FOUR, _THREE, _UP_TO_THREE = _pattern(r"\d{4}"), _pattern(r"\d{3}"), _pattern(r"\d{1,3}")
_FRACTION = _pattern(r"[.,]\d+")
_ZONE = _pattern(
    r"UTC|ChST|MeST|GMT(?:[+-]\d{1,2})?|[+-]\d{1,2}(?!\d)"
    r"|(?:[A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z])"
)
_OFFSETS = {
    "0700": _pattern(r"([+-])(\d\d)(\d\d)()"),
    "07:00": _pattern(r"([+-])(\d\d):(\d\d)()"),
    "07": _pattern(r"([+-])(\d\d)()()"),
    "070000": _pattern(r"([+-])(\d\d)(\d\d)(\d\d)"),
    "07:00:00": _pattern(r"([+-])(\d\d):(\d\d):(\d\d)"),
}


def _read_short_year(r: _Reading) -> None:
    year = int(r.take(_TWO))
    r.year = year + (1900 if year >= 69 else 2000)


def _read_second(r: _Reading, pattern: re.Pattern[str]) -> None:
    r.second = r.number(pattern, "second", 0, 59)
    # A fraction may follow the seconds though the layout has none.
    if r.following[:1] not in (".", ",") and (found := _FRACTION.match(r.rest)):
        r.fraction(found.group())
        r.rest = r.rest[found.end() :]


def _read_space_day(r: _Reading) -> None:
    r.rest = r.rest.removeprefix(" ")
    r.day = int(r.take(_ONE_OR_TWO))


def _read_space_yearday(r: _Reading) -> None:
    r.rest = r.rest.removeprefix(" ").removeprefix(" ")
    r.yearday = int(r.take(_UP_TO_THREE))


def _read_half(r: _Reading, names: tuple[str, str]) -> None:
    if r.rest[:2] not in names:
        raise _Bad
    r.half, r.rest = r.rest[:2].upper(), r.rest[2:]


def _read_zone(r: _Reading) -> None:
    zone = r.take(_ZONE)
    if zone == "UTC":
        r.utc = True
    elif zone[0] in "+-" and int(zone[1:]) > 23:
        raise _Bad
    else:
        r.zone = zone


def _set(name: str, pattern: re.Pattern[str], least: int = 0, most: int = 999) -> Callable[[_Reading], None]:
    return lambda r: setattr(r, name, r.number(pattern, name, least, most))


_READ: dict[str, Callable[[_Reading], None]] = {
    "January": lambda r: setattr(r, "month", r.one_of(MONTHS) + 1),
    "Jan": lambda r: setattr(r, "month", r.one_of(MONTHS, 3) + 1),
    "Monday": lambda r: void(r.one_of(WEEKDAYS)),
    "Mon": lambda r: void(r.one_of(WEEKDAYS, 3)),
    "MST": _read_zone,
    "01": _set("month", _TWO, 1, 12),
    "1": _set("month", _ONE_OR_TWO, 1, 12),
    "02": _set("day", _TWO),
    "2": _set("day", _ONE_OR_TWO),
    "_2": _read_space_day,
    "002": _set("yearday", _THREE),
    "__2": _read_space_yearday,
    "15": _set("hour", _ONE_OR_TWO, 0, 23),
    "03": _set("hour", _TWO, 0, 12),
    "3": _set("hour", _ONE_OR_TWO, 0, 12),
    "04": _set("minute", _TWO, 0, 59),
    "4": _set("minute", _ONE_OR_TWO, 0, 59),
    "05": lambda r: _read_second(r, _TWO),
    "5": lambda r: _read_second(r, _ONE_OR_TWO),
    "06": _read_short_year,
    "2006": _set("year", _FOUR, 0, 9999),
    "PM": lambda r: _read_half(r, ("AM", "PM")),
    "pm": lambda r: _read_half(r, ("am", "pm")),
}


def void(_: object) -> None:
    """The day of the week must be one, but says nothing that the date does not."""


def _read_offset(r: _Reading, chunk: str) -> None:
    if chunk[0] == "Z" and r.rest[:1] == "Z":
        r.rest, r.utc = r.rest[1:], True
        return
    found = _OFFSETS[chunk[1:]].match(r.rest)
    if found is None:
        raise _Bad
    r.rest = r.rest[found.end() :]
    hours, minutes, seconds = (int(part or "0") for part in found.group(2, 3, 4))
    for name, value, most in (("hour", hours, 24), ("minute", minutes, 60), ("second", seconds, 60)):
        if value > most:
            raise _Bad(f"time zone offset {name} out of range")
    r.offset = ((hours * 60 + minutes) * 60 + seconds) * (-1 if found.group(1) == "-" else 1)


def _read_chunk(r: _Reading, chunk: str) -> None:
    if chunk in _READ:
        _READ[chunk](r)
    elif chunk[0] not in ".,":
        _read_offset(r, chunk)
    elif chunk[1] == "9":
        if found := _FRACTION.match(r.rest):
            r.fraction(found.group())
            r.rest = r.rest[found.end() :]
    else:
        digits = r.rest[: len(chunk)]
        if not re.fullmatch(r"[.,]\d+", digits, re.ASCII) or len(digits) < len(chunk):
            raise _Bad
        r.fraction(digits)
        r.rest = r.rest[len(chunk) :]


def parse_time(form: str, text: str, location: Location | None = None) -> Time:
    """``time.Parse``, or ``time.ParseInLocation`` with a location. Raises ``Failure``."""
    reading = _Reading(text)
    parts = chunks(form)
    chunk = ""
    try:
        for index in range(0, len(parts), 2):
            chunk = parts[index]
            reading.skip(chunk)
            if index + 1 < len(parts):
                reading.following = "" if parts[index + 2] else parts[min(index + 3, len(parts) - 1)]
                chunk = parts[index + 1]
                _read_chunk(reading, chunk)
        if reading.rest:
            raise _Bad(f'extra text: "{reading.rest}"')  # noqa: TRY301  it is told as the others are
        return _time_of(reading, location)
    except _Bad as bad:
        if bad.reason:
            raise Failure(f'parsing time "{text}": {bad.reason}') from None
        rest = reading.rest
        raise Failure(f'parsing time "{text}" as "{form}": cannot parse "{rest}" as "{chunk}"') from None


def _time_of(r: _Reading, location: Location | None) -> Time:
    hour = r.hour
    if r.half == "PM" and hour < 12:
        hour += 12
    elif r.half == "AM" and hour == 12:
        hour = 0
    month, day = _date_of(r)
    if not 1 <= day <= days_from_civil(r.year, month + 1, 1) - days_from_civil(r.year, month, 1):
        raise _Bad("day out of range")
    seconds = hour * 3600 + r.minute * 60 + r.second
    local = location or UTC_ZONE

    def at(zone: Location) -> Time:
        return make_time(r.year, month, day, seconds, r.nanosecond, zone)

    if r.utc:
        return at(UTC_ZONE)
    if r.offset is not None:
        time = at(Location(r.zone, r.offset))
        offset, name, _ = local.at(time.seconds)
        return time.shown_in(local) if offset == r.offset and r.zone in ("", name) else time
    if r.zone:
        time = at(local)
        if time.zone[1] == r.zone:
            return time
        hours = int(r.zone[3:] or "0") if r.zone.startswith("GMT") else 0
        return at(UTC_ZONE).shown_in(Location(r.zone, hours * 3600))
    return at(local)


def _date_of(r: _Reading) -> tuple[int, int]:
    if r.yearday < 0:
        return (1 if r.month < 0 else r.month), (1 if r.day < 0 else r.day)
    first = days_from_civil(r.year, 1, 1)
    if not 1 <= r.yearday <= days_from_civil(r.year + 1, 1, 1) - first:
        raise _Bad("day-of-year out of range")
    month = 12
    while days_from_civil(r.year, month, 1) - first >= r.yearday:
        month -= 1
    day = r.yearday - (days_from_civil(r.year, month, 1) - first)
    if r.month >= 0 and r.month != month:
        raise _Bad("day-of-year does not match month")
    if r.day >= 0 and r.day != day:
        raise _Bad("day-of-year does not match day")
    return month, day
