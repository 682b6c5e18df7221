"""Go's Time and Location as small frozen values, to the nanosecond.

A time knows the instant and the zone it is shown in. The methods that an expression may call are in
``go.methods``, layouts in ``go.layout``, reading in ``go.time_parsing``. No clock is read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from triggerfish.expressions import zonefiles
from triggerfish.expressions.go.calendar import Wall, days_from_civil
from triggerfish.expressions.go.duration import SECOND, Duration
from triggerfish.expressions.go.layout import layout
from triggerfish.expressions.limits import Failure

_LONGEST = (1 << 63) - 1


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


#: The longest name of the database has 32 characters; what is longer is not looked for.
_LONGEST_NAME = 64


@lru_cache(maxsize=256)
def _known(name: str) -> tzinfo | None:
    """The zone of that name, or None: what there is not is looked for once."""
    return zonefiles.zone(name) if len(name) <= _LONGEST_NAME else None


def _zone(name: str) -> tzinfo:
    return _known(name) or UTC


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
    if _known(name) is None:
        raise Failure(f"unknown time zone {name[:100]}")
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
        return Duration(max(-_LONGEST - 1, min(_LONGEST, self.total - other.total)))

    def shown_in(self, location: Location) -> Time:
        """The same instant elsewhere."""
        return Time(self.seconds, self.nanosecond, location)

    @property
    def zone(self) -> tuple[int, str, bool]:
        """Offset east in seconds, abbreviation, summer time."""
        return self.location.at(self.seconds)

    def wall(self) -> Wall:
        """Return what a clock on the wall shows."""
        offset, name, _ = self.zone
        return Wall.of(self.seconds + offset, self.nanosecond, offset, name)

    def __str__(self) -> str:
        return layout(self, "2006-01-02 15:04:05.999999999 -0700 MST")


def make_time(year: int, month: int, day: int, seconds: int, nanosecond: int, location: Location) -> Time:
    """``time.Date``: ``seconds`` are those since midnight; all parts carry over."""
    carry, nanosecond = divmod(nanosecond, SECOND)
    wall = days_from_civil(year, month, day) * 86_400 + seconds + carry
    return Time(location.of_wall(wall), nanosecond, location)
