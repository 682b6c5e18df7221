"""The next instant at which the wall clock of a zone shows what a schedule's fields ask for.

A day whose zone keeps one offset is answered from the bit sets. On the few days that hold a change of the
clock the answer is robfig's own walk, step by step, since what Argo runs there follows from the order of its
steps: it adds hours in absolute time, so a gap is skipped and an overlap fires twice, and where the clock
moves by half an hour it loses some slots and misplaces others. An instant on a day that does not match (the
walk does not see that a midnight is missing) is passed over: that is the one deliberate difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from triggerfish.cron.schedules.fields import EPOCH, ScheduleFields
from triggerfish.cron.schedules.robfig_walk import RobfigWalk, date_of
from triggerfish.cron.schedules.zones import DAY, Zone

YEARS = 5
_LAST_YEAR = 9998
# Beyond these a local time could leave the years 1 to 9999.
_FIRST = (date(2, 1, 1).toordinal() - EPOCH) * DAY
_LAST = (date(_LAST_YEAR, 1, 1).toordinal() - EPOCH) * DAY
_ALL_MINUTES = (1 << 60) - 1
_ALL_MONTHS = (1 << 13) - 2
_ALL_HOURS = (1 << 24) - 1
_HOUR = 3600
_MINUTES = 1440


def first_after(fields: ScheduleFields, zone: Zone, instant: int) -> int | None:
    """The first slot strictly after ``instant`` (both seconds since the epoch), or None within five years."""
    if not (fields.minutes and fields.hours and fields.months) or instant >= _LAST:
        return None
    at = max(instant, _FIRST) + 1
    day, second, offset = _place(zone, at)
    if offset is not None:  # most often the answer lies in the same day
        minute = fields.minute_from(-(-second // 60))
        if minute is not None and fields.matches_day(day):
            return day * DAY + minute * 60 - offset
    on = date_of(day * DAY)
    last_year = min(on.year + YEARS, _LAST_YEAR)
    if offset is not None:  # else, as a rule, at the first minute of the day that comes next
        coming = fields.day_after(day, last_year)
        if coming is None:
            return None
        then, minute = zone.regular(coming), fields.minute_from(0)
        if then is not None and minute is not None and not _odd(fields, zone, day, coming, then - offset):
            return coming * DAY + minute * 60 - then
    while (found := _next(fields, zone, at, last_year)) is not None:
        if found < at:  # where a midnight comes twice robfig can go back, and stand still for ever
            at += 60 - at % 60
        elif fields.matches_day((found + zone.offset(found)) // DAY):
            return found
        else:
            at = found + 1
    return None


def fires_within(fields: ScheduleFields, zone: Zone, after: int, until: int) -> bool:
    """Return whether a slot lies in (after, until]; cheap when both are on one regular day."""
    at = min(max(after, _FIRST), _LAST) + 1
    day, second, offset = _place(zone, at)
    if offset is None or until + offset >= (day + 1) * DAY:
        found = first_after(fields, zone, after)
        return found is not None and found <= until
    minute = fields.minute_from(-(-second // 60))
    return minute is not None and day * DAY + minute * 60 - offset <= until and fields.matches_day(day)


def last_until(fields: ScheduleFields, zone: Zone, after: int, until: int) -> int | None:
    """The last slot in (after, until], or None: cheap however many lie there, or how long it is."""
    if not (fields.minutes and fields.hours and fields.months):
        return None
    after, until = max(after, _FIRST), min(until, _LAST)
    if after >= until:
        return None
    least, end = (after + zone.offset(after)) // DAY - 1, until
    while after < until:
        day, second, offset = _place(zone, until)
        if offset is not None:
            minute = fields.minute_until(second // 60) if fields.matches_day(day) else None
            if minute is None:
                found = fields.day_before(day, least)
                if found is None:
                    return None
                minute, day, offset = fields.minute_until(_MINUTES - 1), found, zone.regular(found)
            if offset is not None and minute is not None:
                slot = day * DAY + minute * 60 - offset
                return None if slot <= after else slot if until == end else _last(fields, zone, slot - 1, end)
        # What robfig passes over on the day of a change depends on where it comes from: from before it.
        before = max(after, min(zone.instant(day * DAY), until) - 2 * DAY)
        if (last := _last(fields, zone, before, end)) is not None:
            return last
        until = before
    return None


def _last(fields: ScheduleFields, zone: Zone, after: int, until: int) -> int | None:
    """The same, slot by slot: only where a few are left."""
    last, slot = None, first_after(fields, zone, after)
    while slot is not None and slot <= until:
        last, slot = slot, first_after(fields, zone, slot)
    return last


def _next(fields: ScheduleFields, zone: Zone, at: int, last_year: int) -> int | None:
    started = False  # once robfig has begun to step it truncates no more: it goes from the 2nd to the 2nd
    while True:
        day, second, offset = _place(zone, at)
        if offset is None:
            walk = RobfigWalk(fields, zone, at, last_year, beyond=day, started=started)
        else:
            if fields.matches_day(day) and (minute := fields.minute_from(-(-second // 60))) is not None:
                return day * DAY + minute * 60 - offset
            coming = fields.day_after(day, last_year)
            if coming is None:
                return None
            now, offset = offset, zone.regular(coming)
            then = zone.offset(zone.instant(coming * DAY)) if offset is None else offset
            odd = _odd(fields, zone, day, coming, then - now, started=started)
            if offset is not None and not odd:
                minute = fields.minute_from(0)
                return None if minute is None else coming * DAY + minute * 60 - offset
            # Nothing fits in between, so robfig comes by the first of the month, or by where we are. Going by
            # days it sets the hour right after a change, and keeps the minutes of half an hour.
            month = coming - date_of((coming - 1) * DAY).day
            start = at if odd else max(at, zone.instant(month * DAY))
            walk = RobfigWalk(fields, zone, start, last_year, beyond=coming, started=started or start > at)
        found = walk.run()
        if found is not None or walk.resume is None:
            return found
        at, started = walk.resume, walk.started


def _place(zone: Zone, at: int) -> tuple[int, int, int | None]:
    """The local day and its second, and the day's offset if it is regular.

    A clock that goes back over midnight shows a regular day a second time, at another offset.
    """
    offset = zone.offset(at)
    day, second = divmod(at + offset, DAY)
    return day, second, offset if zone.regular(day) == offset else None


def gaps(fields: ScheduleFields, zone: Zone, after: int, until: int) -> Iterator[int]:
    """The wall clocks (as local seconds) that fit and that the zone leaves out between two instants."""
    first, last = ((at + zone.offset(at)) // DAY for at in (after, until))
    for day in range(first, last + 1):
        if zone.regular(day) is None and fields.matches_day(day):
            for local in range(day * DAY, (day + 1) * DAY, 60):
                at = zone.instant(local)
                minute = local % DAY // 60
                if (
                    at + zone.offset(at) != local
                    and fields.minute_from(minute) == minute
                    and after < at <= until
                ):
                    yield local


def stretch(fields: ScheduleFields, zone: Zone, slot: int) -> int:
    """The end of the local day or hour around a slot whose every minute fits; else of the slot's minute."""
    day, second = divmod(slot + zone.offset(slot), DAY)
    if fields.minutes != _ALL_MINUTES or zone.regular(day) is None:
        return slot + 60
    return slot - second + DAY if fields.hours == _ALL_HOURS else slot - second % 3600 + 3600


def _odd(
    fields: ScheduleFields, zone: Zone, day: int, coming: int, moved: int, *, started: bool = False
) -> bool:
    """Whether robfig, on its way to the day that is coming, may leave the beginnings of days.

    Going by days it keeps the minutes of half an hour by which the clock ``moved``. Going by months it keeps
    the shift where a gap leaves out the midnight of a first; once it has begun to step, it goes on from the
    day on which it is.
    """
    if moved % _HOUR:
        return True
    if fields.months == _ALL_MONTHS:
        return False
    on, then = date_of(day * DAY), date_of(coming * DAY)
    if (on.year, on.month) == (then.year, then.month):
        return False
    if started and on.day != 1 and not fields.months >> on.month & 1:
        return True
    first = day - on.day + 1
    return any(
        first <= hidden <= coming
        for year in range(on.year, then.year + 1)
        for hidden in zone.hidden_firsts(year)
    )
