"""Kubernetes Events that warn of an object, as ``kubectl events --for`` shows them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from datetime import UTC, datetime

from triggerfish.errors import ApiError, TriggerfishError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import EVENTS, Resource
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.names import digest
from triggerfish.workflows.objects import Json

log = logging.getLogger("triggerfish.kube")

#: The same is told of an object once in so many seconds.
between_seconds = 600
_objects_kept = 1024
_most_waiting, _most_of_namespace = 64, 8
_longest_message = 1024
_longest_name = 200


def warning(
    resource: Resource,
    namespace: str,
    name: str,
    *,
    reason: str,
    message: str,
    at: datetime,
    same: str,
    uid: str = "",
) -> Json:
    """Return the Event on that object. ``reason`` is one word in capitals and small letters.

    Two with the same object, ``reason`` and ``same`` have one name, so that the second is AlreadyExists,
    whichever process writes it. ``uid`` is the object's, where it is known.
    """
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    suffix = digest(resource.kind, uid, reason, same).hex()[:16]
    involved = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "namespace": namespace,
        "name": name,
    }
    return {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {"name": f"{name[:_longest_name]}.{suffix}", "namespace": namespace},
        "involvedObject": involved | ({"uid": uid} if uid else {}),
        "reason": reason,
        "message": message[:_longest_message],
        "type": "Warning",
        "source": {"component": "triggerfish"},
        "reportingComponent": "triggerfish",
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
    }


class Warnings:
    """Writes Events, one after the other, as ``own``. It belongs to one event loop.

    Each thing is told once in ten minutes; what comes faster than it is written, of one namespace or of all,
    is not told.
    """

    def __init__(self, own: Client, clock: Clock) -> None:
        self._own, self._clock = own, clock
        self._last: OrderedDict[Hashable, float] = OrderedDict()
        self._waiting: deque[Json] = deque()
        self._held: Counter[str] = Counter()
        self._writing: asyncio.Task[None] | None = None

    def tell(self, namespace: str, what: Hashable, event: Callable[[], Json]) -> None:
        """Have ``event()`` written, unless ``what`` was told a short time ago; returns at once."""
        if len(self._waiting) >= _most_waiting or self._held[namespace] >= _most_of_namespace:
            return
        now = self._clock.monotonic()
        last = self._last.get((namespace, what))
        if last is not None and now - last < between_seconds:
            return
        self._last[namespace, what] = now
        self._last.move_to_end((namespace, what))
        while len(self._last) > _objects_kept:
            self._last.popitem(last=False)
        self._waiting.append(event())
        self._held[namespace] += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def flushed(self) -> None:
        """Return once all Events are written, or given up."""
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def _write(self) -> None:
        while self._waiting:
            event = self._waiting.popleft()
            namespace = event["metadata"]["namespace"]
            self._held[namespace] -= 1
            try:
                await self._own.create(EVENTS, namespace, event)
            except TriggerfishError as error:  # the API, or a token that cannot be read just now
                # Another process has told it already.
                if not (isinstance(error, ApiError) and error.reason == "AlreadyExists"):
                    log.warning("the Kubernetes Event of namespace %s was not written: %s", namespace, error)


def too_costly(
    resource: Resource, namespace: str, name: str, *, uid: str, message: str, at: datetime
) -> Json:
    """Return the Event on an object that exceeds a budget; one of the same ten minutes has the same name."""
    same = str(int(at.timestamp() // between_seconds))
    return warning(resource, namespace, name, reason="TooCostly", message=message, at=at, same=same, uid=uid)
