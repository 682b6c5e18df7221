"""The effects of a change of the clocks on a schedule in the coming year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from triggerfish import annotations as keys
from triggerfish.cron.schedules import schedule, zones
from triggerfish.cron.schedules.schedule import Schedule

_hour = timedelta(hours=1)
_year = timedelta(days=366)
# A schedule that fires more often on one day surprises nobody when an hour is missing or comes twice.
_often = 12


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The clocks change at ``at`` (UTC) by ``by`` (forward: positive); ``wall`` is local time before it."""

    at: datetime
    by: timedelta
    wall: datetime


def changes(zone: ZoneInfo, after: datetime) -> Iterator[ClockChange]:
    """The changes of a zone's offset in the year after, to the minute."""
    moment = after.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    end = moment + _year
    while moment < end:
        later = moment + _hour
        before, then = _offset(moment, zone), _offset(later, zone)
        if before != then:
            exact = moment
            while _offset(exact + timedelta(minutes=1), zone) == before:
                exact += timedelta(minutes=1)
            exact += timedelta(minutes=1)
            yield ClockChange(exact, then - before, (exact + before).replace(tzinfo=UTC))
        moment = later


def surprises(parsed: Schedule, text: str, after: datetime) -> Iterator[str]:
    """A sentence for each slot of the coming year that a gap swallows, and each that an overlap repeats.

    ``text`` is the schedule without a zone of its own. It is read once more as if the wall clock were UTC,
    where there are neither gaps nor overlaps: what fires there in the hour that the clocks skip or repeat is
    what is lost, or comes twice.
    """
    wall = schedule.parse(text, "UTC")
    for change in changes(zones.load(parsed.zone).info, after):
        first, last = sorted((change.wall, change.wall + change.by))
        moment = timedelta(microseconds=1)
        day = first.replace(hour=0, minute=0)
        if len(wall.between(day - moment, day + timedelta(days=1) - moment, _often + 1)) > _often:
            continue
        for slot in wall.between(first - moment, last - moment, _often):
            what = (
                "does not exist: the slot is left out; choose a time that every day has"
                if change.by > timedelta(0)
                else f"comes twice: it fires twice; choose another time, or set {keys.ONCE_PER_DAY}"
            )
            yield f"{slot:%Y-%m-%d %H:%M} in {parsed.zone} {what}"


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
