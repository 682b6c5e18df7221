"""All slots of one CronWorkflow behind one value: its schedules and the annotations that bend them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cron.manifest import spec_schedules
from triggerfish.cron.manifest.search import HASTE, PATIENCE, Search
from triggerfish.cron.schedules import exclusions, jitter
from triggerfish.cron.schedules.exclusions import CalendarsGiven, Exclusion
from triggerfish.cron.schedules.schedule import Schedule
from triggerfish.errors import SpecError

AT = "at"
_SECOND = timedelta(seconds=1)
_FIVE_YEARS = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot: ``at`` names it, ``due`` is when it may start (later by its jitter).

    ``schedule`` is the text of the schedule that has it (the first, if several do), or ``at``. ``excluded``
    is the entry of ``triggerfish.dev/exclude`` that takes it out, empty otherwise.
    """

    at: datetime
    due: datetime
    schedule: str = ""
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a CronWorkflow runs. Intervals are (after, until] of the time a slot is due.

    ``next``, ``between`` and ``latest`` know nothing of excluded slots; ``slots`` shows them too.
    ``last_used`` is what Argo notes of each schedule, ``paths`` are the fields they stand in. Times
    are aware, and come out in UTC.
    """

    schedules: tuple[Schedule, ...]
    last_used: tuple[str, ...] = ()
    seed: str = ""
    at: tuple[datetime, ...] = ()
    jitter: int = 0
    not_before: datetime | None = None
    not_after: datetime | None = None
    once_per_day: bool = False
    exclusions: tuple[Exclusion, ...] = ()
    paths: tuple[str, ...] = field(default=(), compare=False)
    # After when and up to when no slot is due, as far as a search has found out.
    _barren: list[datetime] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        cron: Mapping[str, Any],
        *,
        default_timezone: str = "UTC",
        calendars: CalendarsGiven | None = None,
    ) -> Timetable:
        """Read a CronWorkflow. ``calendars`` has each iCalendar file that it names.

        Raises ``SpecError`` naming the field or the annotation.
        """
        found, errors = cls.readable(cron, default_timezone=default_timezone, calendars=calendars)
        if errors:
            raise errors[0]
        return found

    @classmethod
    def readable(
        cls,
        cron: Mapping[str, Any],
        *,
        default_timezone: str = "UTC",
        calendars: CalendarsGiven | None = None,
    ) -> tuple[Timetable, tuple[SpecError, ...]]:
        """What can be read, and all that is wrong: one schedule does not hide the next.

        Raises ``SpecError`` only where the types of the whole allow no reading.
        """
        read = spec_schedules.ScheduleReader(cron, default_timezone, calendars or {})
        return cls(**read.readable()), tuple(read.errors)

    @staticmethod
    def calendars(cron: Mapping[str, Any]) -> tuple[str, ...]:
        """The ConfigMaps with iCalendar files that a CronWorkflow names, each ``NAME`` or ``NAME/KEY``."""
        notes = (cron.get("metadata") or {}).get("annotations") or {}
        return exclusions.calendars(notes.get(keys.EXCLUDE) or "")

    def check(self, after: datetime) -> SpecError | None:
        """Return what is wrong with a schedule that reads well: it never fires (again)."""
        return next(self.never(after), None)

    def never(self, after: datetime) -> Iterator[SpecError]:
        """The schedules that read well and never fire (again)."""
        for index, each in enumerate(self.schedules):
            if each.next(after) is None:
                yield SpecError(
                    self.paths[index] if self.paths else f"spec.schedules[{index}]",
                    f"{each.text!r} never fires within five years",
                    "its fields exclude each other, such as a 31st of February",
                )

    def due(self, slot: datetime) -> datetime:
        """Return when the slot may start."""
        return slot + jitter.shift(slot, self.jitter, self.seed) if self.jitter else slot

    def next(self, after: datetime) -> Slot | None:
        """The slot that is due first, strictly after; None when none comes within five years."""
        if self._plain:
            text, first = "", None
            for each in self.schedules:
                found = each.next(after)
                if found is not None and (first is None or found < first):
                    text, first = each.text, found
            return None if first is None else Slot(first, first, text)
        return self._search(after, Search(PATIENCE))

    def coming(self, after: datetime) -> tuple[Slot | None, datetime | None]:
        """The same, in haste: of very many excluded slots in a row some are looked at.

        Where none was found among those, until when none is due; None: within five years.
        """
        if self._plain:
            return self.next(after), None
        if self._barren and self._barren[0] <= after < self._barren[1]:
            return None, self._barren[1]
        search = Search(HASTE)
        found = self._search(after, search)
        if found is None and search.reached is not None:
            self._barren[:] = after, search.reached
            return None, search.reached
        return found, None

    def _search(self, after: datetime, search: Search) -> Slot | None:
        best: Slot | None = None
        for slot in self._open(after - self._most, after + _FIVE_YEARS, search):
            if best is not None and slot.at >= best.due:
                break
            if slot.due > after and (best is None or slot.due < best.due):
                best = slot
            if best is not None and not self.jitter:
                break
        return best

    def between(self, after: datetime, until: datetime, limit: int) -> tuple[Slot, ...]:
        """The first ``limit`` slots that are due in (after, until], in the order they are due."""
        found = self._open(after - self._most, until, Search(PATIENCE))
        return self._first(found, after, until, limit)

    def slots(self, after: datetime, until: datetime, limit: int) -> tuple[Slot, ...]:
        """As ``between``, with the excluded ones; they name what excludes them."""
        return self._first(self._all(after - self._most, until), after, until, limit)

    def latest(self, after: datetime, until: datetime) -> Slot | None:
        """The slot that is due last in (after, until]."""
        best: Slot | None = None
        for slot in self._backwards(after - self._most, until):
            if best is not None and slot.at + self._most <= best.due:
                break
            if after < slot.due <= until and (best is None or slot.due > best.due):
                best = slot
            if best is not None and not self.jitter:
                break
        return best

    @property
    def _plain(self) -> bool:
        """Nothing bends the schedules: the usual case, asked at each tick for each CronWorkflow."""
        return not (
            self.jitter
            or self.exclusions
            or self.at
            or self.once_per_day
            or self.not_before is not None
            or self.not_after is not None
        )

    @property
    def _most(self) -> timedelta:
        return self.jitter * jitter.MINUTE

    def _first(self, found: Iterator[Slot], after: datetime, until: datetime, limit: int) -> tuple[Slot, ...]:
        if not self.jitter:
            return tuple(islice(found, limit))
        kept: list[Slot] = []
        for slot in found:
            if len(kept) >= limit and slot.at >= kept[limit - 1].due:
                break
            if after < slot.due <= until:
                kept = sorted([*kept, slot], key=lambda each: each.due)[:limit]
        return tuple(kept)

    @property
    def _cost(self) -> int:
        return 2 + len(self.schedules) + len(self.exclusions)

    def _open(self, after: datetime, until: datetime, search: Search) -> Iterator[Slot]:
        """Slots that nothing excludes, by their name, with ``at`` in (after, until]."""
        patience = search.left
        while search.goes_on(self._cost):
            for slot, period_end in self._excluded(after, until):
                if period_end is None:
                    yield slot
                    search.left = patience
                else:
                    # The rest of a long blackout is not counted through.
                    after = max(slot.at, period_end - _SECOND)
                    break
            else:
                return
        search.reached = after

    def _all(self, after: datetime, until: datetime | None) -> Iterator[Slot]:
        return (slot for slot, _ in self._excluded(after, until))

    def _excluded(self, after: datetime, until: datetime | None) -> Iterator[tuple[Slot, datetime | None]]:
        """Each slot and, if it is excluded, the end of the period that excludes it."""
        if self.not_before is not None:
            after = max(after, self.not_before - _SECOND)
        if self.not_after is not None:
            until = self.not_after if until is None else min(until, self.not_after)
        for at, text in self._merged(after, until):
            for exclusion in self.exclusions:
                if period := exclusion.period(at):
                    yield Slot(at, self.due(at), text, exclusion.text), period.end
                    break
            else:
                yield Slot(at, self.due(at), text), None

    def _merged(self, after: datetime, until: datetime | None) -> Iterator[tuple[datetime, str]]:
        """The instants of all schedules in (after, until], each once."""
        streams = [self._stream(each, index, after, until) for index, each in enumerate(self.schedules)]
        if self.at:
            streams.append(
                iter([(at, -1) for at in self.at if after < at and (until is None or at <= until)])
            )
        last: datetime | None = None
        for at, index in streams[0] if len(streams) == 1 else heapq.merge(*streams):
            if at != last:
                last = at
                yield at, self.schedules[index].text if index >= 0 else AT

    def _stream(
        self, each: Schedule, index: int, after: datetime, until: datetime | None
    ) -> Iterator[tuple[datetime, int]]:
        at = each.next(after)
        while at is not None and (until is None or at <= until):
            if not (self.once_per_day and each.repeats(at)):
                yield at, index
            at = each.next(at)

    def _backwards(self, after: datetime, until: datetime) -> Iterator[Slot]:
        """Slots that nothing excludes, the last one first, with ``at`` in (after, until]."""
        if self.not_before is not None:
            after = max(after, self.not_before - _SECOND)
        if self.not_after is not None:
            until = min(until, self.not_after)
        search = Search(PATIENCE)
        while after < until and search.goes_on(self._cost):
            found = [
                (at, index) for index, each in enumerate(self.schedules) if (at := each.latest(after, until))
            ]
            found += [(at, -1) for at in self.at if after < at <= until]
            if not found:
                return
            at = max(found)[0]
            index = min(index for slot, index in found if slot == at)
            start = next((p.start for each in self.exclusions if (p := each.period(at))), None)
            if start is not None:
                until = min(at, start) - _SECOND
                continue
            until = at - _SECOND
            if not (self.once_per_day and index >= 0 and self.schedules[index].repeats(at)):
                yield Slot(at, self.due(at), self.schedules[index].text if index >= 0 else AT)
                search.left = PATIENCE
