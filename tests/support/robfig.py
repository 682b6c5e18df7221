"""robfig/cron's ``SpecSchedule.Next``, step by step as it is written in Go, to compare with.

It has no short cuts. Where robfig fires on a day that does not match (it does not see that a midnight is
missing) this goes on; where robfig hangs (a day that the zone left out, a midnight that comes twice) it takes
the next day or minute.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from triggerfish.cron.schedules import robfig
from triggerfish.cron.schedules.fields import ScheduleFields
from triggerfish.cron.schedules.zones import DAY, Zone, load

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a wall clock


def following(text: str, zone: str, after: datetime) -> datetime | None:
    """The first slot of the five fields strictly after an instant; None within five years."""
    fields = ScheduleFields(*robfig.parse(text))
    at = int(after.timestamp()) + 1
    limit = _wall(load(zone), at).year + 5
    while (found := _next(fields, load(zone), at, limit)) is not None:
        if found < at:
            at += 60 - at % 60
        elif fields.matches_day((found + load(zone).offset(found)) // DAY):
            return datetime.fromtimestamp(found, UTC)
        else:
            at = found + 1
    return None


def _wall(zone: Zone, at: int) -> datetime:
    return _EPOCH + timedelta(seconds=at + zone.offset(at))


def _date(zone: Zone, wall: datetime) -> int:
    """Go's time.Date."""
    return zone.instant(int((wall - _EPOCH).total_seconds()))


def _next(fields: ScheduleFields, zone: Zone, at: int, limit: int) -> int | None:
    added = False
    while True:
        if _wall(zone, at).year > limit:
            return None
        at, added, wrapped = _month(fields, zone, at, added)
        if wrapped:
            continue
        at, added, wrapped = _day(fields, zone, at, added)
        if wrapped:
            continue
        at, added, wrapped = _hour(fields, zone, at, added)
        if wrapped:
            continue
        at, added, wrapped = _minute(fields, zone, at, added)
        if not wrapped:
            return at


def _month(fields, zone, at, added):
    while not fields.months >> (wall := _wall(zone, at)).month & 1:
        if not added:
            added, at = True, _date(zone, datetime.combine(wall.replace(day=1), datetime.min.time()))
        wall = _wall(zone, at)
        year, month = (wall.year, wall.month + 1) if wall.month < 12 else (wall.year + 1, 1)
        # AddDate(0, 1, 0): the 31st of a short month is in the next one.
        at = _date(zone, wall.replace(year=year, month=month, day=1) + timedelta(days=wall.day - 1))
        if _wall(zone, at).month == 1:
            return at, added, True
    return at, added, False


def _day(fields, zone, at, added):
    while not fields.fits(_wall(zone, at).date()):
        if not added:
            added, at = True, _date(zone, datetime.combine(_wall(zone, at), datetime.min.time()))
        before, wall = at, _wall(zone, at)
        at = _date(zone, wall + timedelta(days=1))
        if at <= before:
            at = _date(zone, wall + timedelta(days=2))
        if hour := _wall(zone, at).hour:
            at += (24 - hour if hour > 12 else -hour) * 3600
        if _wall(zone, at).day == 1:
            return at, added, True
    return at, added, False


def _hour(fields, zone, at, added):
    while not fields.hours >> _wall(zone, at).hour & 1:
        if not added:
            wall = _wall(zone, at)
            added, at = True, _date(zone, wall.replace(minute=0, second=0))
        at += 3600
        if _wall(zone, at).hour == 0:
            return at, added, True
    return at, added, False


def _minute(fields, zone, at, added):
    while not fields.minutes >> _wall(zone, at).minute & 1:
        if not added:
            added, at = True, at - at % 60
        at += 60
        if _wall(zone, at).minute == 0:
            return at, added, True
    while _wall(zone, at).second:
        added, at = True, at + 1
        if _wall(zone, at).second == 0:
            return at, added, True
    return at, added, False
