"""Time zones out of the tzdata package alone: the same answer on every machine, also on a slim image.

The zone is read from the package's data (``importlib.resources`` and ``ZoneInfo.from_file``), so the system's
zone files are never looked at and a name is never a path. Arithmetic is in whole seconds since the epoch;
"local seconds" are the wall clock read as if it were UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from triggerfish.errors import ScheduleError

DAY = 86_400
_NONE = timedelta(0)


class Zone:
    """One zone: its offset at an instant, and the instant of a wall clock as Go's ``time.Date`` picks it."""

    __slots__ = ("_info", "_regular", "name")

    def __init__(self, name: str, info: ZoneInfo) -> None:
        self.name, self._info = name, info
        self._regular: dict[int, int | None] = {}

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
            if len(self._regular) > 4096:  # eleven years of days: a walk over centuries must not stay
                self._regular.clear()
            return self._regular.setdefault(day, self._find_regular(day))

    def _find_regular(self, day: int) -> int | None:
        start = self.instant(day * DAY)
        offset = self.offset(start)
        exists = start + offset == day * DAY and offset % 60 == 0
        return offset if exists and self.offset(start - DAY) == offset == self.offset(start + DAY) else None


@cache
def names() -> frozenset[str]:
    """Every zone name there is."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("ascii").split())


@cache
def _load(name: str) -> Zone:
    if name == "UTC":
        return Zone(name, ZoneInfo("UTC"))
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return Zone(name, ZoneInfo.from_file(file, key=name))


def load(name: str) -> Zone:
    """The zone of this IANA name; as in Go, no name means UTC.

    ``Local`` is the zone of Argo's server there; a function has no zone of its own, so here it is UTC.
    Raises ``ScheduleError`` for any other text, with the nearest names.
    """
    if name in ("", "Local"):
        name = "UTC"
    if name not in names():
        near = get_close_matches(name.title(), names(), 2, 0.7) if len(name) < 64 else []
        hint = f"; did you mean {' or '.join(near)}?" if near else "; use an IANA name such as Europe/Berlin"
        raise ScheduleError(f"unknown time zone {name[:80]!r}{hint}")
    return _load(name)


def utc(instant: int) -> datetime | None:
    """Seconds since the epoch as an aware datetime; None past the year 9999."""
    try:
        return datetime.fromtimestamp(instant, UTC)
    except (ValueError, OverflowError):
        return None
