"""A schedule's text, parsed once into a value whose ``next`` is pure.

The syntax is that of robfig/cron v3.0.1 ``ParseStandard``, which Argo uses: five fields, descriptors,
``@every``, and ``TZ=`` or ``CRON_TZ=`` before them. The extended syntax (L, W, #, H) is asked for by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from triggerfish.cron.schedules import extended as extended_syntax
from triggerfish.cron.schedules import robfig, walk, zones
from triggerfish.cron.schedules.fields import ScheduleFields
from triggerfish.errors import ScheduleError
from triggerfish.expressions.go import duration
from triggerfish.expressions.zonefiles import Database

__all__ = ["Schedule", "ScheduleError", "names_zone", "parse"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_PREFIXES = ("TZ=", "CRON_TZ=")


class ScheduleRule(Protocol):
    """When: in whole seconds since the epoch."""

    def first_after(self, instant: int) -> int | None:
        """The first slot strictly after, or None when there is none."""
        ...

    def last_until(self, after: int, until: int) -> int | None:
        """The last slot in (after, until], or None when there is none."""
        ...

    def fires_within(self, after: int, until: int) -> bool:
        """Return whether a slot lies in (after, until]."""
        ...


@dataclass(frozen=True, slots=True)
class Calendar:
    """Fields of the wall clock in a zone."""

    fields: ScheduleFields
    zone: zones.Zone

    def first_after(self, instant: int) -> int | None:
        """The first slot strictly after, or None within five years."""
        return walk.first_after(self.fields, self.zone, instant)

    def last_until(self, after: int, until: int) -> int | None:
        """The last slot in (after, until], or None when there is none."""
        return walk.last_until(self.fields, self.zone, after, until)

    def fires_within(self, after: int, until: int) -> bool:
        """Return whether a slot lies in (after, until]."""
        return walk.fires_within(self.fields, self.zone, after, until)


@dataclass(frozen=True, slots=True)
class Every:
    """A fixed number of seconds, counted from the epoch: every instance that ticks finds the same slots."""

    seconds: int

    def first_after(self, instant: int) -> int:
        """The next multiple."""
        return (instant // self.seconds + 1) * self.seconds

    def last_until(self, after: int, until: int) -> int | None:
        """The last multiple in (after, until], or None when there is none."""
        found = until // self.seconds * self.seconds
        return found if found > after else None

    def fires_within(self, after: int, until: int) -> bool:
        """Return whether a multiple lies in (after, until]."""
        return (after // self.seconds + 1) * self.seconds <= until


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule. Equal text, zone and syntax make equal schedules.

    All times are aware; what comes out is in UTC and whole seconds. An interval is (after, until]: without
    its first instant, with its last.
    """

    text: str
    zone: str
    extended: bool
    _rule: ScheduleRule = field(repr=False, compare=False)

    def next(self, after: datetime) -> datetime | None:
        """The first slot strictly after; None when none comes within five years."""
        found = self._rule.first_after((after - _EPOCH) // _SECOND)
        return None if found is None else zones.utc(found)

    def has_slot(self, after: datetime, until: datetime) -> bool:
        """Return whether a slot lies in (after, until]."""
        return self._rule.fires_within((after - _EPOCH) // _SECOND, (until - _EPOCH) // _SECOND)

    def between(self, after: datetime, until: datetime, limit: int) -> tuple[datetime, ...]:
        """The first ``limit`` slots in (after, until], in order."""
        at: int | None = (after - _EPOCH) // _SECOND
        last = (until - _EPOCH) // _SECOND
        slots: list[datetime] = []
        while len(slots) < limit and at is not None:
            at = self._rule.first_after(at)
            if at is None or at > last:
                break
            slots.append(_EPOCH + at * _SECOND)
        return tuple(slots)

    def stretch(self, slot: datetime) -> datetime:
        """The end of an unbroken run of minutes from a slot on: of its day or hour, or just its minute."""
        if not isinstance(self._rule, Calendar):
            return slot + 60 * _SECOND
        end = walk.stretch(self._rule.fields, self._rule.zone, (slot - _EPOCH) // _SECOND)
        return _EPOCH + end * _SECOND

    def gaps(self, after: datetime, until: datetime) -> tuple[str, ...]:
        """The wall clocks that it asks for and its zone leaves out, such as ``2026-03-29T02:30``."""
        if not isinstance(self._rule, Calendar):
            return ()
        ends = (after - _EPOCH) // _SECOND, (until - _EPOCH) // _SECOND
        found = walk.gaps(self._rule.fields, self._rule.zone, *ends)
        return tuple((_EPOCH + local * _SECOND).strftime("%Y-%m-%dT%H:%M") for local in found)

    def repeats(self, slot: datetime) -> bool:
        """Return whether the same wall clock was a slot once before: the second pass of an overlap."""
        if not isinstance(self._rule, Calendar):
            return False
        local = slot.astimezone(self._rule.zone.info)
        if not local.fold:
            return False
        first = local.replace(fold=0).astimezone(UTC)
        return first != slot and self.has_slot(first - _SECOND, first)

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        """The last slot in (after, until]: cheap however many lie there, or how long it is."""
        found = self._rule.last_until((after - _EPOCH) // _SECOND, (until - _EPOCH) // _SECOND)
        return None if found is None else _EPOCH + found * _SECOND


def names_zone(text: str) -> bool:
    """Return whether the text says its own zone (``TZ=`` or ``CRON_TZ=``)."""
    return text.startswith(_PREFIXES)


def parse(
    text: str,
    timezone: str | None = None,
    *,
    extended: bool = False,
    seed: str = "",
    database: Database | None = None,
) -> Schedule:
    """Read a schedule, in ``timezone`` unless the text names one; UTC when nobody does.

    ``extended`` also allows L, W, # and H; ``seed`` (namespace/name) decides what H stands for. Zones are
    those of ``database``, else of the newest at hand. Raises ``ScheduleError``, and nothing else, whatever
    the text. A schedule that can never fire is no error here: its ``next`` is None.
    """
    return _parse(text, timezone or "", extended, seed if extended else "", database)


@lru_cache(maxsize=32_768)
def _parse(
    text: str,
    timezone: str,
    extended: bool,  # noqa: FBT001  a cache's key
    seed: str,
    database: Database | None,
) -> Schedule:
    rest, name = text, timezone
    if names_zone(text):
        if timezone:
            raise ScheduleError(
                f"{text[:80]!r} names its zone with TZ=, but timezone is {timezone!r}; keep one of them"
            )
        prefix, blank, rest = text.partition(" ")
        name = prefix.partition("=")[2]
        if not blank:
            raise ScheduleError(f"nothing follows the zone in {text[:80]!r}; write TZ={name} * * * * *")
        rest = robfig.trim(rest)
    if not text:
        raise ScheduleError("the schedule is empty; write five fields, such as 0 5 * * *")
    zone = zones.load(name, database)
    return Schedule(text, zone.name, extended, _rule(rest, zone, extended=extended, seed=seed))


def _rule(text: str, zone: zones.Zone, *, extended: bool, seed: str) -> ScheduleRule:
    if text.startswith("@every "):
        try:
            return Every(max(duration.nanoseconds(text.removeprefix("@every ")) // 10**9, 1))
        except ValueError as problem:
            raise ScheduleError(f"the duration of {text[:80]!r} cannot be read: {problem}") from None
    if extended:
        return Calendar(ScheduleFields(*extended_syntax.parse(text, seed)), zone)
    return Calendar(ScheduleFields(*robfig.parse(text)), zone)
