"""Asks for lost deliveries on every fifth tick. Imported only where ``RECOVER_NAMESPACES`` is set."""

from __future__ import annotations

import logging
from functools import partial

from triggerfish.hostapi.hosts import Hosts
from triggerfish.hostapi.recovery import Obstacle, Recovery, recover
from triggerfish.hosts.registry import SENDERS
from triggerfish.kube.client import Client
from triggerfish.kube.resources import SECRETS
from triggerfish.kube.warnings import Warnings, between_seconds, warning
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.kubernetes import SECRET_NAME
from triggerfish.secrets.store import Store, open_store
from triggerfish.settings import Settings
from triggerfish.webhooks.clients import Clients, parse_clients
from triggerfish.workflows.objects import Json

log = logging.getLogger("triggerfish.recovery")

_ticks_between = 5


class Recovering:
    """One for a worker; it belongs to one event loop."""

    def __init__(self, own: Client, settings: Settings, clock: Clock, hosts: Hosts | None = None) -> None:
        async def secret(namespace: str, name: str) -> Json:
            return await own.get(SECRETS, namespace, name)

        self._settings, self._clock = settings, clock
        self._hosts = hosts or Hosts(settings, secret, clock)
        self._clients: Store[Clients] = open_store(
            settings, secret, clock, partial(parse_clients, senders=SENDERS)
        )
        self._warnings = Warnings(own, clock)
        self._ticks = 0

    async def ticked(self, ends: float) -> Recovery | None:
        """Note a tick; the first, and every fifth after it, is a pass until ``ends`` (``Clock.monotonic``).

        No host's error is raised.
        """
        due = self._ticks % _ticks_between == 0
        self._ticks += 1
        if not due:
            return None
        namespaces = self._settings.recovered_namespaces
        found = await recover(self._hosts, self._clients.clients, namespaces, self._clock, ends)
        self._tell(found)
        return found

    async def close(self) -> None:
        """Let go of connections, once all Events are written."""
        await self._warnings.flushed()
        await self._hosts.close()
        await self._clients.close()

    def _tell(self, found: Recovery) -> None:
        for lost in found.asked:
            fields = {
                "namespace": lost.of.namespace,
                "client": lost.of.client,
                "repository": lost.of.repository,
                "delivery": lost.delivery.guid,
                "reason": lost.delivery.reason,
            }
            log.info("a lost delivery was asked for again", extra={"fields": fields})
        for obstacle in found.obstacles:
            where = "/".join(filter(None, (obstacle.namespace, obstacle.client)))
            log.warning("lost deliveries of %s: %s", where, obstacle.message)
            # Where the clients are in another store there is no Secret that an Event could stand on.
            if self._settings.secret_store == "kubernetes":  # noqa: S105  a store, no password
                what = obstacle.client, obstacle.message
                self._warnings.tell(obstacle.namespace, what, partial(self._event, obstacle))

    def _event(self, obstacle: Obstacle) -> Json:
        now = self._clock.now()
        return warning(
            SECRETS,
            obstacle.namespace,
            SECRET_NAME,
            reason="DeliveriesNotRecovered",
            message=f"lost deliveries of the client {obstacle.client or '(any)'}: {obstacle.message}",
            at=now,
            same=f"{obstacle.client} {obstacle.message} {int(now.timestamp() // between_seconds)}",
        )
