"""One zone as schedules need it: offsets at instants, wall clocks, days of one offset.

The zone's file comes from the newest database at hand (``expressions.zonefiles``), or from one that the
caller names. Arithmetic is in whole seconds since the epoch; "local seconds" are the wall clock read as if it
were UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from triggerfish.cron.schedules import zone_names
from triggerfish.cron.schedules.fields import first_of
from triggerfish.errors import ScheduleError
from triggerfish.expressions import zonefiles
from triggerfish.expressions.zonefiles import Database

DAY = 86_400
_NONE = timedelta(0)
# A walk over centuries must not stay.
_MOST_DAYS, _MOST_YEARS = 4096, 64


class Zone:
    """One zone: its offset at an instant, and the instant of a wall clock as Go's ``time.Date`` picks it."""

    __slots__ = ("_firsts", "_info", "_regular", "name")

    def __init__(self, name: str, info: ZoneInfo) -> None:
        self.name, self._info = name, info
        self._regular: dict[int, int | None] = {}
        self._firsts: dict[int, tuple[int, ...]] = {}

    def __repr__(self) -> str:
        return f"Zone({self.name!r})"

    @property
    def info(self) -> ZoneInfo:
        """For ``datetime.astimezone``."""
        return self._info

    def offset(self, instant: int) -> int:
        """Seconds east of UTC at this instant."""
        offset = datetime.fromtimestamp(instant, self._info).utcoffset() or _NONE
        return offset.days * DAY + offset.seconds

    def instant(self, local: int) -> int:
        """The instant at which the wall clock shows ``local``, the way Go's ``time.Date`` chooses.

        In an overlap that is the second pass east of Greenwich and the first west of it; a wall clock that a
        gap leaves out comes out an offset later or earlier. robfig's walk depends on it.
        """
        return local - self.offset(local - self.offset(local))

    def regular(self, day: int) -> int | None:
        """The offset of a whole local day (counted from 1970-01-01) that has just one, else None.

        A day at whose begin or end the clock changes is not regular either, nor is the day after a change: a
        clock that goes back by hours shows the begin of a day twice.
        """
        try:
            return self._regular[day]
        except KeyError:
            if len(self._regular) > _MOST_DAYS:
                self._regular.clear()
            return self._regular.setdefault(day, self._find_regular(day))

    def shows_midnight(self, day: int) -> bool:
        """Return whether the wall clock shows the midnight of a local day: no gap leaves it out."""
        at = self.instant(day * DAY)
        return at + self.offset(at) == day * DAY

    def hidden_firsts(self, year: int) -> tuple[int, ...]:
        """The firsts of months in that year whose midnight a gap leaves out; mostly there are none."""
        try:
            return self._firsts[year]
        except KeyError:
            if len(self._firsts) > _MOST_YEARS:
                self._firsts.clear()
            firsts = (first_of(year, month) for month in range(1, 13))
            hidden = tuple(first for first in firsts if not self.shows_midnight(first))
            return self._firsts.setdefault(year, hidden)

    def _find_regular(self, day: int) -> int | None:
        start = self.instant(day * DAY)
        offset = self.offset(start)
        exists = start + offset == day * DAY and offset % 60 == 0
        return offset if exists and self.offset(start - DAY) == offset == self.offset(start + DAY) else None


def names() -> frozenset[str]:
    """Every zone name there is."""
    return zonefiles.names()


def version() -> str:
    """The release of the newest database at hand, such as ``2026b``; empty where nothing says it."""
    return next((database.version for database in zonefiles.at_hand()), "")


def source() -> str:
    """Return where that database is, in words: the tzdata package, or a folder of the system."""
    return next((database.source for database in zonefiles.at_hand()), "nowhere")


def warning(now: datetime, database: Database | None = None) -> str:
    """A sentence when the database, else the newest at hand, is over a year old; empty otherwise."""
    database = database or next(iter(zonefiles.at_hand()), None)
    if database is None or not database.is_old(now):
        return ""
    return (
        f"the time zones are those of {database.version} ({database.source}), over a year old: "
        "install a newer tzdata, or slots may come at the wrong hour"
    )


@cache
def _load(name: str, database: Database | None) -> Zone | None:
    info = database.zone(name) if database else zonefiles.zone(name)
    return Zone(name, info) if info else None


def load(name: str, database: Database | None = None) -> Zone:
    """The zone of this IANA name, out of ``database`` alone if one is given; as in Go, no name means UTC.

    ``Local`` is the zone of Argo's server there; a function has no zone of its own, so here it is UTC.
    Raises ``ScheduleError`` for any other text, with what may have been meant.
    """
    if name in ("", "Local"):
        name = "UTC"
    zone = _load(name, database) if len(name) <= zone_names.LONGEST else None
    if zone is None:
        raise ScheduleError(f"unknown time zone {name[:80]!r}; {zone_names.hint(name, names())}")
    return zone


def utc(instant: int) -> datetime | None:
    """Seconds since the epoch as an aware datetime; None past the year 9999."""
    try:
        return datetime.fromtimestamp(instant, UTC)
    except (ValueError, OverflowError):
        return None
