"""iCalendar files in ConfigMaps, for CronWorkflows that leave out the days in them."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.cron.schedules import calendar_bounds, calendar_events
from triggerfish.cron.schedules.calendar_events import CalendarEvents
from triggerfish.cron.schedules.exclusions import MOST_CALENDARS
from triggerfish.errors import ApiError, ScheduleError, Unanswered
from triggerfish.kube import calendar_process
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS
from triggerfish.runtime.apart import Apart, LimitExceeded, Unable
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.objects import Json

# A calendar changes a few times a year; a tick comes every minute.
kept_seconds = 300.0
#: Events are known from the year before this one until this many years after it.
_years_before, _years_after = 1, 2
#: What all calendars that are kept may weigh.
_most_bytes = 16 << 20
_weight_of_each = 512
APART = Apart("triggerfish.kube.calendar_process", memory=160 << 20, seconds=5, patience=20.0)

# The same text is often in many namespaces; it has the same events for all who may read it.
_read_before: OrderedDict[tuple[bytes, int], CalendarEvents] = OrderedDict()
#: What tells the same calendars from changed ones.
Stamps = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _ConfigMap:
    """One ConfigMap as it was at ``version``: the calendars that somebody asked for.

    By their keys; None for one that is absent.
    """

    until: float
    version: str
    first: str | None
    read: dict[str, CalendarEvents | None] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        return _weight_of_each + sum(each.weight if each else _weight_of_each for each in self.read.values())


class Calendars:
    """The calendars that CronWorkflows name, asked for every five minutes, each read once a version.

    One that is not short and plain is read in a process with limits. What is wrong with one is remembered
    like its events. It belongs to one event loop.
    """

    def __init__(self, clock: Clock, apart: Apart = APART) -> None:
        self._clock, self._apart = clock, apart
        self._known: dict[tuple[str, str], _ConfigMap] = {}
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def of(self, cron: Json, client: Client) -> Mapping[str, CalendarEvents]:
        """Each calendar that this CronWorkflow names, as it names it; absent ones are left out.

        ``NAME`` is the first key of that ConfigMap, ``NAME/KEY`` that key of it. Raises ``KubeError`` when
        it cannot be read at all.
        """
        found: dict[str, CalendarEvents] = {}
        names = Timetable.calendars(cron)
        if len(names) > MOST_CALENDARS:
            return found  # the CronWorkflow is refused for it
        for named in names:
            name, _, key = named.partition("/")
            calendar = await self._calendar(cron["metadata"]["namespace"], name, key, client)
            if calendar is not None:
                found[named] = calendar
        return found

    def stamps(self, namespace: str, names: Sequence[str]) -> Stamps | None:
        """What the calendars of these names now are; None when that must be asked for."""
        found, now, year = [], self._clock.monotonic(), self._clock.now().year
        for named in names[: MOST_CALENDARS + 1]:
            known = self._known.get((namespace, named.partition("/")[0]))
            if known is None or known.until <= now:
                return None
            found.append((named, f"{known.version} {year}"))
        return tuple(found)

    async def _calendar(self, namespace: str, name: str, key: str, client: Client) -> CalendarEvents | None:
        place = namespace, name
        lock = self._locks.get(place)
        if lock is None:
            lock = self._locks[place] = asyncio.Lock()
        async with lock:
            known, year = self._known.get(place), self._clock.now().year
            if known and known.until > self._clock.monotonic():
                wanted = key or known.first
                if wanted is None:
                    return None
                if wanted in known.read and _is_good(known.read[wanted], year):
                    return known.read[wanted]
            return await self._asked(place, key, year, client)

    async def _asked(
        self, place: tuple[str, str], key: str, year: int, client: Client
    ) -> CalendarEvents | None:
        """Ask for the ConfigMap, and read what has changed in it."""
        try:
            body = await client.get(CONFIG_MAPS, *place)
        except ApiError as error:
            if error.status != 404:
                raise
            body = {}
        files = body.get("data") or {}
        version = (body.get("metadata") or {}).get("resourceVersion", "")
        first = next(iter(sorted(files)), None)
        until = self._clock.monotonic() + kept_seconds
        known, earlier = _ConfigMap(until, version, first), self._known.get(place)
        if earlier and earlier.version == version:
            known.read = earlier.read
        wanted = key or first
        if wanted is not None and not (wanted in known.read and _is_good(known.read[wanted], year)):
            known.read[wanted] = await self._read(str(files[wanted]), year) if wanted in files else None
        self._known.pop(place, None)
        self._known[place] = known
        self._make_room(place)
        return known.read[wanted] if wanted is not None else None

    async def _read(self, text: str, year: int) -> CalendarEvents:
        """Its events, or what is wrong with it."""
        try:
            calendar_bounds.check(text)
        except ScheduleError as error:
            return CalendarEvents(problem=str(error))
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest(), year
        found = _read_before.get(digest)
        if found is None:
            found = await self._read_anywhere(text, year)
            _read_before[digest] = found
            while sum(each.weight for each in _read_before.values()) > _most_bytes:
                _read_before.popitem(last=False)
        _read_before.move_to_end(digest)
        return found

    async def _read_anywhere(self, text: str, year: int) -> CalendarEvents:
        years = year - _years_before, year + _years_after
        try:
            if calendar_bounds.is_cheap(text, year):
                return calendar_events.read(text, *years)
            return calendar_process.understood(await self._apart.ask(calendar_process.question(text, *years)))
        except ScheduleError as error:
            return CalendarEvents(problem=str(error))
        except LimitExceeded as limit:
            return CalendarEvents(
                problem=f"the calendar takes {limit} to be read; leave out events that no schedule needs, or"
                " write days and ranges"
            )
        except Unable as problem:
            raise Unanswered(f"a calendar cannot be read: {problem}") from None

    def _make_room(self, newest: tuple[str, str]) -> None:
        """Forget the oldest of the namespace that holds most, until all that is kept has room."""
        held: Counter[str] = Counter()
        for (namespace, _), known in self._known.items():
            held[namespace] += known.weight
        while held.total() > _most_bytes:
            (fullest, _) = held.most_common(1)[0]
            oldest = next(place for place in self._known if place[0] == fullest)
            if oldest == newest:
                return
            held[fullest] -= self._known.pop(oldest).weight


def _is_good(calendar: CalendarEvents | None, year: int) -> bool:
    """Whether it stands in that year: what is wrong with a calendar, or absent, is so in each."""
    return calendar is None or bool(calendar.problem or calendar.first == year - _years_before)
