"""Reads that are believed for a few seconds, kept apart by the whole credential that made them."""

from __future__ import annotations

from dataclasses import dataclass

from triggerfish.kube.client import Client
from triggerfish.kube.resources import Resource
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.recent import Recent
from triggerfish.workflows.objects import Json

# People apply an object, then try it: what must show that at once is read again after this.
fresh_seconds = 0.25

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
        self._lists: Cache[_Key, Listed] = Cache(clock, life=lambda _: seconds, capacity=capacity)
        self._fresh: Recent[_Key, Listed] = Recent(clock, seconds=fresh_seconds, capacity=capacity)
        self._objects: Cache[_Key, Json] = Cache(clock, life=lambda _: seconds, capacity=capacity)

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

    async def listed_afresh(
        self, client: Client, resource: Resource, namespace: str | None, *, labels: str = ""
    ) -> Listed:
        """All of them, by a list that began less than ``fresh_seconds`` ago, and that many share."""
        if not client.identity:
            return await _list(client, resource, namespace, labels)
        key = _key(client, resource, namespace, labels)
        return await self._fresh.get(key, lambda: _list(client, resource, namespace, labels))

    async def get(self, client: Client, resource: Resource, namespace: str | None, name: str) -> Json:
        """One object, as ``client`` may see it; an ``ApiError`` is raised and not kept."""

        async def load() -> Json:
            return await client.get(resource, namespace, name)

        if not client.identity:
            return await load()
        return await self._objects.get(_key(client, resource, namespace, name), load)

    def drop(self, identity: bytes) -> None:
        """Forget all that was read as ``identity``."""
        for cache in (self._lists, self._fresh, self._objects):
            cache.drop_where(lambda key: key[0] == identity)


async def _list(client: Client, resource: Resource, namespace: str | None, labels: str) -> Listed:
    items: list[Json] = []
    version = ""
    async for page in client.pages(resource, namespace, labels=labels):
        items += page.items
        version = page.resource_version
    return Listed(tuple(items), version)


def _key(client: Client, resource: Resource, namespace: str | None, rest: str) -> _Key:
    return client.identity, resource.group, resource.plural, namespace or "", rest
