"""Reads that are believed for a few seconds, kept apart by the whole credential that made them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from triggerfish.kube.client import Client
from triggerfish.kube.resources import Resource
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.recent import Recent
from triggerfish.workflows.objects import Json

# People apply an object, then try it: what must show that at once is read again after this.
fresh_seconds = 0.25
# Bytes of JSON that are kept of objects, and of lists; as Python's values they take some times as many.
most_bytes = 4 << 20

T = TypeVar("T")
_Key = tuple[bytes, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Listed:
    """A whole list, and the resource version it was consistent at."""

    items: tuple[Json, ...]
    resource_version: str


class Reads:
    """Lists and objects, each believed for ``seconds`` by the identity that read it and by nobody else.

    A client without an ``identity`` always asks. What is answered is shared: it must not be changed.
    A refusal of an identity (401, 403, whatever it asked for) drops all that was read as it.
    """

    def __init__(self, clock: Clock, *, seconds: float = 5.0, capacity: int = 256) -> None:
        if not 0 <= seconds <= 10:
            raise ValueError("a right that was revoked must not work for more than ten seconds")
        self._lists: Cache[_Key, Listed] = Cache(
            clock,
            life=lambda _: seconds,
            capacity=capacity,
            weigh=lambda listed: sum(map(bytes_of, listed.items)),
            most=most_bytes,
        )
        self._fresh: Recent[_Key, Any] = Recent(clock, seconds=fresh_seconds, capacity=capacity)
        self._objects: Cache[_Key, Json] = Cache(
            clock, life=lambda _: seconds, capacity=capacity, weigh=bytes_of, most=most_bytes
        )

    @property
    def hits(self) -> int:
        """Return how many reads were answered without a call of their own."""
        return self._lists.hits + self._fresh.hits + self._objects.hits

    @property
    def misses(self) -> int:
        """Return how many reads took a call."""
        return self._lists.misses + self._fresh.misses + self._objects.misses

    async def listed(
        self, client: Client, resource: Resource, namespace: str | None, *, labels: str = ""
    ) -> Listed:
        """All of them, as ``client`` may see them."""
        if not client.identity:
            return await _list(client, resource, namespace, labels)
        key = _key(client, resource, namespace, labels)
        return await self._lists.get(key, lambda: _list(client, resource, namespace, labels))

    async def afresh(
        self,
        client: Client,
        resource: Resource,
        namespace: str | None,
        load: Callable[[], Coroutine[Any, Any, T]],
    ) -> T:
        """Return what ``load`` makes of the list, which began less than ``fresh_seconds`` ago; many share it.

        The same ``load`` each time: it is of this identity, resource and namespace.
        """
        if not client.identity:
            return await load()
        found: T = await self._fresh.get(_key(client, resource, namespace, ""), load)
        return found

    async def get(
        self,
        client: Client,
        resource: Resource,
        namespace: str | None,
        name: str,
        *,
        part: Callable[[Json], Json] | None = None,
    ) -> Json:
        """One object, as ``client`` may see it; an ``ApiError`` is raised and not kept.

        ``part``: what of it is needed, and kept; the same for a resource each time.
        """

        async def load() -> Json:
            found = await client.get(resource, namespace, name)
            return found if part is None else part(found)

        if not client.identity:
            return await load()
        key = _key(client, resource, namespace, name if part is None else f"{name} in part")
        return await self._objects.get(key, load)

    def forget(self, resource: Resource, namespace: str) -> None:
        """Forget what was read afresh of a resource in a namespace, as whomever."""
        self._fresh.drop_where(lambda key: key[1:4] == (resource.group, resource.plural, namespace))

    def drop(self, identity: bytes) -> None:
        """Forget all that was read as ``identity``."""
        for cache in (self._lists, self._fresh, self._objects):
            cache.drop_where(lambda key: key[0] == identity)


def bytes_of(value: Json) -> int:
    """The length of its JSON."""
    return len(orjson.dumps(value))


async def _list(client: Client, resource: Resource, namespace: str | None, labels: str) -> Listed:
    items: list[Json] = []
    version = ""
    async for page in client.pages(resource, namespace, labels=labels):
        items += page.items
        version = page.resource_version
    return Listed(tuple(items), version)


def _key(client: Client, resource: Resource, namespace: str | None, rest: str) -> _Key:
    return client.identity, resource.group, resource.plural, namespace or "", rest
