"""Writes the record of deliveries: in batches, after the answers, and as the function itself."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain, islice

from triggerfish.errors import ApiError, TriggerfishError
from triggerfish.events import deliveries, trees
from triggerfish.events.answer import EventOutcome
from triggerfish.events.binding import Binding
from triggerfish.events.deliveries import BindingVerdict, Delivered, Line
from triggerfish.events.environment import Event
from triggerfish.events.match import fault, reason
from triggerfish.events.refusals import Refusal, RefusalRing
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.webhooks.credentials import spared_expression
from triggerfish.workflows.objects import Json

log = logging.getLogger("triggerfish.record")

# The seconds between two writes for a namespace that has deliveries, however many there are.
_pause = 2.0
_namespaces_kept = 256
# Refusals: how many of each cause, and the seconds between two writes that nothing else asks for.
_refused_of_a_cause = 5
_refused_pause = 30.0
# Bytes of bodies whose deliveries wait to be told; parsed they are some times as large.
_most_waiting = 1 << 20


class _Noted:
    """An event and what became of it, told for the record as late as can be: in a burst, most never are."""

    __slots__ = ("_raw", "line", "waiting")

    def __init__(self, event: Event, outcome: EventOutcome) -> None:
        self._raw: tuple[Event, EventOutcome] | None = (event, outcome)
        self.line = Line("", "")
        self.waiting = event.size

    def tell(self) -> None:
        """Make its line; the payload is let go."""
        if self._raw is not None:
            self.line, self._raw = deliveries.line(delivered(*self._raw)), None


class Recorder:
    """Hears of deliveries and keeps the last of each namespace in its ConfigMap.

    It is called once for each event, after the answer is decided, and then only takes note: evaluation trees
    are made when they are about to be written, of those that will be. What cannot be written is logged and
    kept for the next time. It belongs to one event loop.
    """

    def __init__(self, client: Client, clock: Clock, *, limit: int, retention: timedelta) -> None:
        self._client, self._clock, self._limit, self._retention = client, clock, limit, retention
        # Processes write side by side: each has a key of its own.
        self._key = secrets.token_hex(6)
        self._kept: OrderedDict[str, deque[_Noted]] = OrderedDict()
        self._waiting = 0
        self._written: dict[str, dict[str, str]] = {}
        self._unwritten: set[str] = set()
        self._writing: asyncio.Task[None] | None = None
        self._refused: dict[str, RefusalRing] = {}
        self._refused_unwritten: set[str] = set()
        self._refused_until = 0.0
        self._waiting_refused: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, client: Client, settings: Settings, clock: Clock) -> Recorder:
        """As the settings say."""
        retention = timedelta(seconds=settings.delivery_retention_seconds)
        return cls(client, clock, limit=settings.delivery_record, retention=retention)

    def __call__(self, event: Event, outcome: EventOutcome) -> None:
        """Note one event; returns at once."""
        namespace = event.namespace
        while len(self._kept) >= _namespaces_kept and namespace not in self._kept:
            forgotten, ring = self._kept.popitem(last=False)
            for noted in ring:
                self._released(noted)
            self._written.pop(forgotten, None)
            self._refused.pop(forgotten, None)
        ring = self._kept.setdefault(namespace, deque())
        self._kept.move_to_end(namespace)
        while len(ring) >= self._limit:
            self._released(ring.popleft())
        noted = _Noted(event, outcome)
        ring.append(noted)
        self._waiting += noted.waiting
        if self._waiting > _most_waiting:
            self._released(noted).tell()
        self._unwritten.add(namespace)
        self._begin_to_write()

    def refused(self, refusal: Refusal) -> None:
        """Note one that was not taken, of a namespace that is not made up; returns at once.

        Strangers can do this as often as they like: it makes no room by taking another namespace's, and is
        written with the next delivery, or after a longer pause.
        """
        namespace = refusal.namespace
        if not refusal.known and namespace not in self._kept:
            return
        if namespace not in self._kept and len(self._kept) >= _namespaces_kept:
            return
        self._kept.setdefault(namespace, deque())
        self._refused.setdefault(namespace, RefusalRing(_refused_of_a_cause)).add(refusal)
        self._refused_unwritten.add(namespace)
        if self._waiting_refused is None or self._waiting_refused.done():
            self._waiting_refused = asyncio.create_task(self._wait_to_write_refused())

    async def flushed(self) -> None:
        """Return once all that was noted is written, or given up."""
        if self._waiting_refused is not None:
            await self._waiting_refused
        if self._writing is not None:
            await self._writing

    def _begin_to_write(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def _wait_to_write_refused(self) -> None:
        await self._clock.sleep(max(0.0, self._refused_until - self._clock.monotonic()))
        self._refused_until = self._clock.monotonic() + _refused_pause
        waiting, self._refused_unwritten = self._refused_unwritten, set()
        self._unwritten |= waiting
        self._begin_to_write()

    async def _write(self) -> None:
        while self._unwritten:
            await self._clock.sleep(_pause)
            waiting, self._unwritten = self._unwritten, set()
            for namespace in sorted(waiting & set(self._kept)):
                try:
                    await self._put(namespace)
                except TriggerfishError as error:  # the API, or a token that cannot be read just now
                    log.warning(
                        "the record of deliveries of namespace %s was not written: %s", namespace, error
                    )

    def _released(self, noted: _Noted) -> _Noted:
        """The same, waiting no longer."""
        self._waiting, noted.waiting = self._waiting - noted.waiting, 0
        return noted

    async def _put(self, namespace: str) -> None:
        text = deliveries.value(await self._lines(namespace))
        refused = deliveries.refusals(self._refused.get(namespace, ()))
        own = deliveries.own_data(self._key, text, refused)
        if namespace not in self._written:
            self._written[namespace] = await self._found(namespace, own)
            if self._key in self._written[namespace]:
                return
        body = deliveries.patch(own, self._written[namespace], self._clock.now(), self._retention)
        try:
            answer = await self._client.patch(CONFIG_MAPS, namespace, deliveries.CONFIG_MAP, body)
        except ApiError:
            # Somebody took it away: next time is a first time again.
            self._written.pop(namespace, None)
            raise
        self._written[namespace] = answer.get("data") or {}

    async def _lines(self, namespace: str) -> Sequence[Line]:
        """What is to be written of a namespace. What has no room now has none later either: it is let go."""
        ring = self._kept.get(namespace, deque())
        told = tuple(ring)
        for noted in told:
            self._released(noted).tell()
            # A delivery's trees are a millisecond of work: others' deliveries come in between.
            await asyncio.sleep(0)
        lines = deliveries.fitted([noted.line for noted in told], limit=self._limit)
        for noted, line in zip(reversed(told), reversed(lines), strict=False):
            noted.line = line
        for noted in told[: len(told) - len(lines)]:
            if ring and ring[0] is noted:
                ring.popleft()
        return lines

    async def _found(self, namespace: str, own: Mapping[str, str]) -> dict[str, str]:
        """Return what stands in the ConfigMap, which is made with our own keys when there is none."""
        try:
            found: Json = await self._client.get(CONFIG_MAPS, namespace, deliveries.CONFIG_MAP)
        except ApiError as error:
            if error.status != 404:
                raise
            body = deliveries.config_map(namespace, own)
            found = await self._client.create(CONFIG_MAPS, namespace, body)
        return found.get("data") or {}


def delivered(event: Event, outcome: EventOutcome) -> Delivered:
    """Return what is kept of one event."""
    return Delivered(
        event.received,
        event.origin.id,
        event.origin.sender,
        event.origin.event,
        outcome.result,
        tuple(made.workflow for made in outcome.made),
        tuple(_verdicts(outcome)),
        more=max(0, _count(outcome) - deliveries.most_bindings),
        facts=outcome.learned.shown,
    )


def _count(outcome: EventOutcome) -> int:
    all_ = outcome.made, outcome.skipped, outcome.failures, outcome.idle, outcome.faulty, outcome.others
    return sum(map(len, all_))


def _verdicts(outcome: EventOutcome) -> Iterator[BindingVerdict]:
    reports = {made.binding.name: made.report for made in outcome.made if made.report}
    # A tree costs an evaluation: only those that are kept are asked for.
    reasons = chain(_matched(outcome), _not_matched(outcome))
    for binding, matched, why in islice(reasons, deliveries.most_bindings):
        told = outcome.explain(binding)
        text = outcome.learned.because(binding, _first_line(reason(told) if why is None else why))
        tree, report = trees.kept(told) if told else None, reports.get(binding.name, "")
        yield BindingVerdict(binding.name, matched, text, tree, report)


_Told = tuple[Binding, bool, str | None]


def _matched(outcome: EventOutcome) -> Iterator[_Told]:
    yield from ((made.binding, True, "") for made in outcome.made)
    yield from ((skipped.binding, True, skipped.reason) for skipped in outcome.skipped)
    yield from ((failure.binding, True, failure.message) for failure in outcome.failures)
    yield from ((idle, True, "the binding submits nothing") for idle in outcome.idle)


def _not_matched(outcome: EventOutcome) -> Iterator[_Told]:
    """Without a reason where the tree has it."""
    yield from ((faulty.binding, False, spared_expression(fault(faulty))) for faulty in outcome.faulty)
    yield from ((other, False, None) for other in outcome.others)


def _first_line(text: str) -> str:
    """Without the expression and its caret, which the binding has."""
    return text.partition("\n")[0]
