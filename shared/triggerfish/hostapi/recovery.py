"""Lost deliveries: the hosts of webhook clients with ``recover`` are asked to send them again."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from triggerfish.errors import HostError, HostRefused, HostUnanswered, SecretError
from triggerfish.hostapi.hosts import Hosts
from triggerfish.hosts.api.lost import HostHook, LostDelivery, to_ask
from triggerfish.hosts.api.registry import APIS
from triggerfish.hosts.api.values import FailedDelivery
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.shares import Shares
from triggerfish.webhooks.clients import Clients, Recover, WebhookClient

ClientsOf = Callable[[str], Awaitable[Clients]]
"""The webhook clients of a namespace; raises ``SecretError``."""

_pass_seconds = 15.0
_list_seconds, _ask_seconds = 10.0, 5.0
# Lists that hang leave the rest of a pass to asking.
_listing_share = 2 / 3
_at_once = 8


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a webhook's lost deliveries are not known, or not all asked for; ``client`` may be empty."""

    namespace: str
    client: str
    message: str


@dataclass(slots=True)
class Recovery:
    """One pass: what is to be asked for, what was, and what stood in the way."""

    wanted: list[LostDelivery] = field(default_factory=list)
    asked: list[LostDelivery] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)


async def find(hosts: Hosts, clients: ClientsOf, namespaces: Iterable[str], clock: Clock) -> Recovery:
    """The deliveries to ask for now, of all webhooks that the namespaces' clients name. Nothing is raised."""
    found = Recovery()
    return await _Pass(hosts, clients, clock, found).find(namespaces)


async def recover(
    hosts: Hosts,
    clients: ClientsOf,
    namespaces: Iterable[str],
    clock: Clock,
    ends: float = math.inf,
) -> Recovery:
    """Find them, and ask for each, until ``ends`` (``Clock.monotonic``) and for 15 s at most.

    Nothing is raised; what was not asked for is found by the next pass.
    """
    found = Recovery()
    running = _Pass(hosts, clients, clock, found, ends)
    await running.find(namespaces)
    return await running.ask()


class _Pass:
    def __init__(
        self, hosts: Hosts, clients: ClientsOf, clock: Clock, found: Recovery, ends: float = math.inf
    ) -> None:
        self._hosts, self._clients, self._clock, self._found = hosts, clients, clock, found
        begins = clock.monotonic()
        self._deadline = min(begins + _pass_seconds, ends)
        self._listed = begins + _listing_share * (self._deadline - begins)

    async def find(self, namespaces: Iterable[str]) -> Recovery:
        hooks = [hook for namespace in namespaces for hook in await self._hooks(namespace)]
        found: dict[HostHook, tuple[FailedDelivery, ...]] = {}

        async def listed(hook: HostHook) -> None:
            found[hook] = await self._failed(hook)

        # A host that hangs holds up its own namespace.
        async with Shares(_at_once) as work:
            for hook in hooks:
                work.put(hook.namespace, partial(listed, hook))
        failed = [(hook, found[hook], _most(hook)) for hook in dict.fromkeys(hooks)]
        self._found.wanted = to_ask(failed, self._clock.now().timestamp())
        return self._found

    async def ask(self) -> Recovery:
        """Each namespace in order; a webhook whose host does not take it is left to the next pass."""
        wanted: dict[str, list[LostDelivery]] = {}
        for lost in self._found.wanted:
            wanted.setdefault(lost.of.namespace, []).append(lost)
        async with Shares(_at_once) as work:
            for namespace, own in wanted.items():
                work.put(namespace, partial(self._ask, own))
        return self._found

    async def _ask(self, wanted: Iterable[LostDelivery]) -> None:
        left: set[HostHook] = set()
        for lost in wanted:
            if lost.of in left:
                continue
            try:
                await self._redeliver(lost)
            except HostError as error:
                left.add(lost.of)
                self._note(lost.of.namespace, lost.of.client, str(error))
            else:
                self._found.asked.append(lost)

    async def _hooks(self, namespace: str) -> list[HostHook]:
        try:
            clients = await self._clients(namespace)
        except SecretError as error:
            fix = f"; {error.fix}" if error.fix else ""
            self._note(namespace, "", f"{error}{fix}")
            return []
        return [_hook(namespace, client, client.recover) for client in clients.good if client.recover]

    async def _failed(self, hook: HostHook) -> tuple[FailedDelivery, ...]:
        api = APIS.get(hook.host)
        try:
            if api is None:
                raise HostRefused(f"a client of type {hook.host} has no host that could be asked")
            used = await self._hosts.credential(hook.namespace, hook.host, hook.repository)
            if used is None:
                raise HostRefused(f"no credential of type {hook.host} is for {hook.repository}")
            since = self._clock.now().timestamp() - api.keeps_deliveries
            return await self._hosts.run(
                used,
                lambda host: host.failed_deliveries(hook.repository, hook.hook, since),
                seconds=self._left(_list_seconds, self._listed),
                namespace=hook.namespace,
            )
        except HostError as error:
            self._note(hook.namespace, hook.client, str(error))
            return ()

    async def _redeliver(self, lost: LostDelivery) -> None:
        hook = lost.of
        used = await self._hosts.credential(hook.namespace, hook.host, hook.repository)
        if used is None:
            raise HostRefused(f"no credential of type {hook.host} is for {hook.repository}")
        await self._hosts.run(
            used,
            lambda host: host.redeliver(hook.repository, hook.hook, lost.delivery.id),
            seconds=self._left(_ask_seconds, self._deadline),
            namespace=hook.namespace,
        )

    def _left(self, most: float, until: float) -> float:
        """The seconds of a conversation, of those that are left until then."""
        left = until - self._clock.monotonic()
        if left <= 0:
            raise HostUnanswered("the pass has taken too long")
        return min(most, left)

    def _note(self, namespace: str, client: str, message: str) -> None:
        self._found.obstacles.append(Obstacle(namespace, client, message))


def _most(hook: HostHook) -> int:
    api = APIS.get(hook.host)
    return 0 if api is None else api.most_redeliveries


def _hook(namespace: str, client: WebhookClient, wanted: Recover) -> HostHook:
    return HostHook(namespace, client.service_account, client.sender.type, wanted.repository, wanted.hook)
