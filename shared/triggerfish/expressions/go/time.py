"""Go's Time, Duration, Location, Month and Weekday as small frozen values, to the nanosecond.

Times know the instant and the zone it is shown in. Methods that an expression may call are in go_methods;
layouts in go_layout. No clock is read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from triggerfish.expressions.limits import Failure

SECOND = 1_000_000_000
_MAXIMUM = (1 << 63) - 1
_UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": SECOND}
_UNITS |= {"m": 60 * SECOND, "h": 3600 * SECOND}
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
)
MONTHS += ("November", "December")
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span in nanoseconds, in the range of an int64."""

    nanoseconds: int

    def __str__(self) -> str:
        """As Go writes it: ``1h30m0s``, ``1.5s``, ``20µs``, ``0s``."""
        span = abs(self.nanoseconds)
        sign = "-" if self.nanoseconds < 0 else ""
        if span < SECOND:
            if span == 0:
                return "0s"
            unit, name = (
                (1, "ns") if span < 1_000 else (1_000, "µs") if span < 1_000_000 else (1_000_000, "ms")
            )
            return f"{sign}{_decimal(span, unit)}{name}"
        minutes, rest = divmod(span, 60 * SECOND)
        text = f"{_decimal(rest, SECOND)}s"
        if minutes:
            hours, minutes = divmod(minutes, 60)
            text = f"{minutes}m{text}"
            if hours:
                text = f"{hours}h{text}"
        return sign + text


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = str(rest).zfill(len(str(unit)) - 1).rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)


def parse_duration(text: str) -> Duration:
    """``time.ParseDuration``: ``1h30m``, ``-1.5s``, ``300ms``. Raises ``Failure``."""
    wrong = Failure(f'time: invalid duration "{text}"')
    rest = text
    negative = rest[:1] == "-"
    if rest[:1] in ("-", "+"):
        rest = rest[1:]
    if rest == "0":
        return Duration(0)
    if not rest:
        raise wrong
    total = 0
    while rest:
        digits = _digits(rest)
        rest = rest[len(digits) :]
        fraction = ""
        if rest[:1] == ".":
            fraction = _digits(rest[1:])
            rest = rest[1 + len(fraction) :]
        if not digits and not fraction:
            raise wrong
        unit = _unit(rest)
        if not unit:
            raise Failure(f'time: missing unit in duration "{text}"')
        if unit not in _UNITS:
            raise Failure(f'time: unknown unit "{unit}" in duration "{text}"')
        rest = rest[len(unit) :]
        scale = _UNITS[unit]
        total += int(digits or "0") * scale
        if fraction:
            total += int(fraction[:30]) * scale // 10 ** len(fraction[:30])
        if total > _MAXIMUM + (1 if negative else 0):
            raise wrong
    return Duration(-total if negative else total)


def _digits(text: str) -> str:
    end = 0
    while end < len(text) and "0" <= text[end] <= "9":
        end += 1
    if end > 40:
        raise Failure(f'time: invalid duration "{text[:60]}"')
    return text[:end]


def _unit(text: str) -> str:
    end = 0
    while end < len(text) and text[end] != "." and not "0" <= text[end] <= "9":
        end += 1
    return text[:end]


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
class Location:
    """A zone: one of the time zone database, or a fixed offset with a name that may be empty."""

    name: str
    fixed: int | None = None

    def __str__(self) -> str:
        return self.name

    def at(self, seconds: int) -> tuple[int, str, bool]:
        """Offset east in seconds, abbreviation and whether it is summer time, at a Unix time."""
        if self.fixed is not None:
            return self.fixed, self.name, False
        zone = _zone(self.name)
        # The calendar repeats beyond the years that Python has; an instant of one of those is moved in.
        moment = _moment(seconds).astimezone(zone)
        offset = moment.utcoffset() or timedelta(0)
        name = moment.tzname() or ""
        return round(offset.total_seconds()), name, bool(moment.dst())

    def of_wall(self, wall: int) -> int:
        """The Unix time at which the zone's clock shows ``wall`` (seconds since 1970 as if in UTC).

        Where a change of the clock leaves two answers or none, it is the one that ``time.Date`` gives.
        """
        if self.fixed is not None:
            return wall - self.fixed
        guess = self.at(wall)[0]
        return wall - self.at(wall - guess)[0]


UTC_ZONE = Location("UTC", 0)


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    return ZoneInfo(name)


_CYCLE = 146_097 * 86_400  # the calendar repeats after 400 years
_FIRST, _LAST = -62_000_000_000, 253_000_000_000


def _moment(seconds: int) -> datetime:
    while seconds < _FIRST:
        seconds += _CYCLE
    while seconds > _LAST:
        seconds -= _CYCLE
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def load_location(name: str) -> Location:
    """``time.LoadLocation``: "" and UTC are UTC. Raises ``Failure`` for a zone there is not."""
    if name in ("", "UTC"):
        return UTC_ZONE
    if name == "Local":
        return Location("Local", 0)
    try:
        _zone(name)
    except (KeyError, ValueError, OSError):
        raise Failure(f"unknown time zone {name}") from None
    return Location(name)


@dataclass(frozen=True, slots=True, eq=False)
class Time:
    """An instant, ``seconds`` since 1970 in UTC and ``nanosecond`` within, and where it is shown."""

    seconds: int
    nanosecond: int = 0
    location: Location = UTC_ZONE

    @classmethod
    def of(cls, moment: datetime) -> Time:
        """From an aware datetime; a zone of the database is kept, any other becomes a fixed offset."""
        delta = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        zone = moment.tzinfo
        if isinstance(zone, ZoneInfo) and zone.key not in ("UTC", None):
            location = Location(zone.key)
        else:
            offset = round((moment.utcoffset() or timedelta(0)).total_seconds())
            location = UTC_ZONE if offset == 0 else Location("", offset)
        return cls(delta.days * 86_400 + delta.seconds, delta.microseconds * 1_000, location)

    @property
    def total(self) -> int:
        """Nanoseconds since 1970."""
        return self.seconds * SECOND + self.nanosecond

    def __eq__(self, other: object) -> bool:
        """The same instant, wherever it is shown."""
        return isinstance(other, Time) and self.total == other.total

    def __hash__(self) -> int:
        return hash(self.total)

    def __lt__(self, other: Time) -> bool:
        return self.total < other.total

    def plus(self, nanoseconds: int) -> Time:
        """Later (or earlier) by so much."""
        seconds, nanosecond = divmod(self.total + nanoseconds, SECOND)
        return Time(seconds, nanosecond, self.location)

    def minus(self, other: Time) -> Duration:
        """The span between; the longest there is when it does not fit."""
        return Duration(max(-_MAXIMUM - 1, min(_MAXIMUM, self.total - other.total)))

    def shown_in(self, location: Location) -> Time:
        """The same instant elsewhere."""
        return Time(self.seconds, self.nanosecond, location)

    @property
    def zone(self) -> tuple[int, str, bool]:
        """Offset east in seconds, abbreviation, summer time."""
        return self.location.at(self.seconds)

    def wall(self) -> Wall:
        """What a clock on the wall shows."""
        offset, name, _ = self.zone
        return Wall.of(self.seconds + offset, self.nanosecond, offset, name)

    def __str__(self) -> str:
        from triggerfish.expressions.go.layout import layout  # layouts are made of times

        return layout(self, "2006-01-02 15:04:05.999999999 -0700 MST")


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


def make_time(year: int, month: int, day: int, seconds: int, nanosecond: int, location: Location) -> Time:
    """``time.Date``: ``seconds`` are those since midnight; all parts carry over."""
    carry, nanosecond = divmod(nanosecond, SECOND)
    wall = days_from_civil(year, month, day) * 86_400 + seconds + carry
    return Time(location.of_wall(wall), nanosecond, location)
