"""Timestamps and durations: nanoseconds as whole numbers, within the bounds that CEL gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from triggerfish.expressions.go.calendar import civil, days_from_civil
from triggerfish.expressions.go.duration import UNITS
from triggerfish.expressions.go.duration import Duration as GoDuration
from triggerfish.expressions.go.format import float_text
from triggerfish.expressions.go.time import Location, load_location
from triggerfish.expressions.go.time import Time as GoTime
from triggerfish.expressions.limits import Failure

SECOND = 1_000_000_000
#: 0001-01-01T00:00:00Z and the end of 9999, in nanoseconds since 1970.
_FIRST, _LAST = -62_135_596_800 * SECOND, 253_402_300_800 * SECOND - 1
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PART = re.compile(r"(?=\.?\d)(\d{0,25})(?:\.(\d*))?(h|ms|m|s|us|µs|μs|ns)", re.ASCII)
_LONGEST = 315_576_000_000 * SECOND + SECOND - 1
#: Seconds of Go's longest duration: cel-go has none beyond.
_GO_LONGEST = (1 << 63) // SECOND
_OFFSET = re.compile(r"([+-]?)(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """Nanoseconds since 1970-01-01T00:00:00Z, and the offset (in seconds) with which it is written."""

    nanoseconds: int
    offset: int = field(default=0, compare=False)

    def __str__(self) -> str:
        seconds, nanoseconds = divmod(self.nanoseconds, SECOND)
        days, second = divmod(seconds + self.offset, 86_400)
        year, month, day, _ = civil(days)
        digits = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
        hour, minute = second // 3600, second // 60 % 60
        time = f"{hour:02d}:{minute:02d}:{second % 60:02d}{digits}"
        return f"{year:04d}-{month:02d}-{day:02d}T{time}{self._zone()}"

    def _zone(self) -> str:
        if not self.offset:
            return "Z"
        minutes = abs(self.offset) // 60
        return f"{'-' if self.offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"

    def wall(self, zone: str | None = None) -> tuple[int, int, int]:
        """Return what a zone's clock shows: days since 1970, seconds of the day, nanoseconds."""
        seconds, nanoseconds = divmod(self.nanoseconds, SECOND)
        if zone is not None:
            seconds += _location(zone).at(seconds)[0]
        days, second = divmod(seconds, 86_400)
        return days, second, nanoseconds


@dataclass(frozen=True, slots=True, order=True)
class CelDuration:
    """Nanoseconds, of at most 10,000 years."""

    nanoseconds: int

    def __str__(self) -> str:
        whole, part = divmod(abs(self.nanoseconds), SECOND)
        if part and whole > _GO_LONGEST:
            fraction = f"{part:09d}".rstrip("0")
            return f"{'-' if self.nanoseconds < 0 else ''}{whole}.{fraction}s"
        # As a double of seconds, in the way that cel-go does it.
        seconds = float(whole) + part / 1e9
        return (
            f"{float_text(-seconds if self.nanoseconds < 0 else seconds, plain_below=400, plain_from=-400)}s"
        )


def timestamp(nanoseconds: int, offset: int = 0) -> Timestamp:
    """Raises ``Failure`` outside of the years 1 to 9999."""
    if not _FIRST <= nanoseconds <= _LAST:
        raise Failure("timestamp overflow")
    return Timestamp(nanoseconds, offset)


def duration(nanoseconds: int) -> CelDuration:
    """Raises ``Failure`` for more than 10,000 years, as cel-spec has it."""
    if abs(nanoseconds) > _LONGEST:
        raise Failure("duration overflow")
    return CelDuration(nanoseconds)


def of_time(value: GoTime) -> Timestamp:
    """A time of the environment."""
    return timestamp(value.seconds * SECOND + value.nanosecond)


def of_duration(value: GoDuration) -> CelDuration:
    """A duration of the environment."""
    return duration(value.nanoseconds)


def read_timestamp(text: str) -> Timestamp:
    """RFC 3339. Raises ``Failure`` for any other text."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise Failure("this text is not a timestamp: write it like 2026-03-29T01:30:00Z")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1] or (month == 2 and day == 29 and not leap):
        raise Failure("this text is not a timestamp: its day does not exist")
    if hour > 23 or minute > 59 or second > 59:
        raise Failure("this text is not a timestamp: its time does not exist")
    fraction, sign, hours, minutes = match.groups()[6:]
    offset = 0
    if sign:
        if int(hours) > 24 or int(minutes) > 59:
            raise Failure("this text is not a timestamp: its offset does not exist")
        offset = (int(hours) * 60 + int(minutes)) * (-60 if sign == "-" else 60)
    seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
    return timestamp(seconds * SECOND + int((fraction or "").ljust(9, "0")[:9]), offset)


def read_duration(text: str) -> CelDuration:
    """As Go writes one: ``1h30m``, ``-1.5s``, ``0``. Raises ``Failure`` for any other text."""
    sign, rest = (text[0], text[1:]) if text[:1] in ("-", "+") else ("", text)
    if rest == "0":
        return CelDuration(0)
    total, place = 0, 0
    while (part := _PART.match(rest, place)) is not None:
        whole, fraction, unit = part.groups()
        total += int(whole or "0") * UNITS[unit]
        total += int((fraction or "0")[:20]) * UNITS[unit] // 10 ** len((fraction or "0")[:20])
        place = part.end()
    if not place or place != len(rest) or total > _LONGEST:
        raise Failure("this text is not a duration: write it like 1h30m or 90s")
    return CelDuration(-total if sign == "-" else total)


def _location(name: str) -> Location:
    """A zone of the database, or an offset: ``+05:30``."""
    if ":" not in name:
        return load_location(name)
    match = _OFFSET.fullmatch(name)
    if match is None or int(match[2]) > 23 or int(match[3]) > 59:
        raise Failure("this is not an offset: write it like +05:30")
    seconds = (int(match[2]) * 60 + int(match[3])) * 60
    return Location("", -seconds if match[1] == "-" else seconds)
