"""Tells people who watch the cluster that webhooks are refused: by a Kubernetes Event, after the answer.

It stands on the service account that the webhook acts as, where the delivery has proved that; else on the
Secret of the webhook clients, where they are in one. Strangers can be refused as often as they like: an
object gets one Event for each cause in ten minutes, and a namespace without webhook clients gets none.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque

from triggerfish.errors import ApiError, TriggerfishError
from triggerfish.events.refusals import Refusal, RefusalCause
from triggerfish.kube.client import Client
from triggerfish.kube.resources import EVENTS, SECRETS, SERVICE_ACCOUNTS
from triggerfish.kube.warnings import warning
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.kubernetes import SECRET_NAME
from triggerfish.workflows.objects import Json

log = logging.getLogger("triggerfish.events")

_between_seconds = 600
_objects_kept = 1024
_most_waiting = 64
# What the operator of a webhook can mend at that object.
_told = (
    RefusalCause.UNSIGNED,
    RefusalCause.SIGNATURE,
    RefusalCause.CLIENTS,
    RefusalCause.ACCOUNT,
    RefusalCause.RIGHTS,
)


class Notices:
    """Writes the Events, one after the other, as the function itself. It belongs to one event loop.

    ``has_secrets``: webhook clients are in Secrets of the cluster, not in another store.
    """

    def __init__(self, own: Client, clock: Clock, *, has_secrets: bool) -> None:
        self._own, self._clock, self._has_secrets = own, clock, has_secrets
        self._last: OrderedDict[tuple[str, str, RefusalCause], float] = OrderedDict()
        self._waiting: deque[Json] = deque()
        self._writing: asyncio.Task[None] | None = None

    def refused(self, refusal: Refusal) -> None:
        """Hear of a refusal; returns at once."""
        if not refusal.known or refusal.cause not in _told or len(self._waiting) >= _most_waiting:
            return
        if not refusal.account and not self._has_secrets:
            return
        key, now = (refusal.namespace, refusal.account, refusal.cause), self._clock.monotonic()
        last = self._last.get(key)
        if last is not None and now - last < _between_seconds:
            return
        self._last[key] = now
        self._last.move_to_end(key)
        while len(self._last) > _objects_kept:
            self._last.popitem(last=False)
        self._waiting.append(event_of(refusal))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def flushed(self) -> None:
        """Return once all Events are written, or given up."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._waiting:
            event = self._waiting.popleft()
            namespace = event["metadata"]["namespace"]
            try:
                await self._own.create(EVENTS, namespace, event)
            except TriggerfishError as error:  # the API, or a token that cannot be read just now
                # Another process has told it already.
                if not (isinstance(error, ApiError) and error.reason == "AlreadyExists"):
                    log.warning("the Kubernetes Event of namespace %s was not written: %s", namespace, error)


def event_of(refusal: Refusal) -> Json:
    """Return the Event; one of the same object, cause and ten minutes has the same name."""
    resource, name = (SERVICE_ACCOUNTS, refusal.account) if refusal.account else (SECRETS, SECRET_NAME)
    advice = f"; to grant it: {refusal.fix}" if refusal.fix else ""
    return warning(
        resource,
        refusal.namespace,
        name,
        reason="WebhookRefused",
        message=f"a webhook was refused ({refusal.cause.value}): {refusal.reason}{advice}",
        at=refusal.at,
        same=f"{refusal.cause.value} {int(refusal.at.timestamp() // _between_seconds)}",
    )
