"""robfig's own walk to the next slot, step by step: what Argo runs on a day when the clock changes.

It adds hours in absolute time, and truncates once. Where no change is near, many of its steps are one.
"""

from __future__ import annotations

from datetime import date

from triggerfish.cron.schedules.fields import EPOCH, ScheduleFields, first_of, lowest
from triggerfish.cron.schedules.zones import DAY, Zone


class RobfigWalk:
    """robfig's ``SpecSchedule.Next``, until it finds a slot or reaches the midnight of a regular day.

    ``resume`` is that midnight, after day ``beyond``; from there on the bit sets answer the same. It begins
    at the instant ``at``; ``started``: it has begun to step already.
    """

    def __init__(
        self, fields: ScheduleFields, zone: Zone, at: int, last_year: int, *, beyond: int, started: bool
    ) -> None:
        self.fields, self.zone, self.last_year, self.beyond = fields, zone, last_year, beyond
        self.at = at
        self.started = started  # robfig's "added": the smaller parts have been set to zero
        self.resume: int | None = None

    def run(self) -> int | None:
        """The slot, an instant; None without one up to the end of ``last_year``, or before ``resume``."""
        while date_of(self._local()).year <= self.last_year and not self._resumable():
            if self._month() and self._day() and self._hour() and self._minute():
                return self.at
            if self.resume is not None:
                return None
        return None

    def _local(self) -> int:
        return self.at + self.zone.offset(self.at)

    def _resumable(self) -> bool:
        local = self._local()
        if local % DAY == 0 and local // DAY > self.beyond and self.zone.regular(local // DAY) is not None:
            self.resume = self.at
        return self.resume is not None

    def _begin(self, unit: int) -> None:
        """Truncate to the unit, once, by building a new wall clock."""
        if not self.started:
            self.started = True
            local = self._local()
            self.at = self.zone.instant(local - local % unit)

    def _month(self) -> bool:
        while not self.fields.months >> (on := date_of(self._local())).month & 1:
            if not self.started:
                self.started = True
                self.at = self.zone.instant(first_of(on.year, on.month) * DAY)
            on = date_of(local := self._local())
            year, month = (on.year, on.month + 1) if on.month < 12 else (on.year + 1, 1)
            if on.day == 1 and local % DAY == 0 and not self.zone.hidden_firsts(on.year):
                # From first to first, and each has its midnight: it can go straight to the one that fits.
                later = self.fields.months >> on.month + 1
                year, month = (on.year, on.month + 1 + lowest(later)) if later else (on.year + 1, 1)
            # AddDate keeps the day's number and the clock: the 31st of a short month is in the next one.
            self.at = self.zone.instant((first_of(year, month) + on.day - 1) * DAY + local % DAY)
            if month == 1:
                return False
        return True

    def _day(self) -> bool:
        while not self.fields.fits(date_of(self._local())):
            self._begin(DAY)
            before, local = self.at, self._local()
            self.at = self.zone.instant(local + DAY)
            if self.at <= before:  # a day that the zone left out altogether, where robfig hangs
                self.at = self.zone.instant(local + 2 * DAY)
            local = self._local()
            hour = local % DAY // 3600
            self.at += (24 - hour if hour > 12 else -hour) * 3600
            if date_of(self._local()).day == 1:
                return False
            if self._resumable():
                # In another month than it believes: after the fire on a wrong day it starts again.
                self.started = False
                return False
        return True

    def _hour(self) -> bool:
        while not self.fields.hours >> (self._local() % DAY // 3600) & 1:
            self._begin(3600)
            self.at += 3600
            if self._local() % DAY // 3600 == 0:
                return False
        return True

    def _minute(self) -> bool:
        while not self.fields.minutes >> (minute := self._local() % 3600 // 60) & 1:
            if not self.started:
                self.started = True
                self.at -= self.at % 60  # Truncate works on absolute time
                minute = self._local() % 3600 // 60
            self.at += self._minutes_on(minute) * 60
            if self._local() % 3600 // 60 == 0:
                return False
        while second := self._local() % 60:
            self.started = True
            self.at += 60 - second if self._is_steady(60) else 1
            if self._local() % 60 == 0:
                return False
        return True

    def _minutes_on(self, minute: int) -> int:
        """How many minutes it is to the next one that fits, or to the next hour."""
        if not self._is_steady(3600):
            return 1
        later = self.fields.minutes >> minute + 1
        return min(1 + lowest(later), 60 - minute) if later else 60 - minute

    def _is_steady(self, seconds: int) -> bool:
        """Return whether the clock does not change in that time, so that steps need not be small."""
        return self.zone.offset(self.at) == self.zone.offset(self.at + seconds)


def date_of(local: int) -> date:
    """The day of a local time in seconds since 1970."""
    return date.fromordinal(local // DAY + EPOCH)
