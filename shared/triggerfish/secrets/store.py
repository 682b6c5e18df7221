"""The store that a function uses: whichever is set, behind one cache."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from triggerfish.errors import SecretError, SettingError
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.backend import Backend, GetSecret
from triggerfish.secrets.registry import STORES
from triggerfish.settings import Settings

T = TypeVar("T")

# One that is missing is believed for a while, so that strangers cannot make us ask for it again and again;
# any other trouble for a moment only.
_missing_seconds = 5.0
_trouble_seconds = 1.0
_parsed_at_once_bytes = 4096
_namespaces_kept = 1024


class Store(Generic[T]):
    """The webhook clients of each namespace, parsed once and believed for ``seconds``.

    A rotation is seen within that time. Its repr shows no content.
    """

    def __init__(
        self, backend: Backend, clock: Clock, parse: Callable[[Mapping[str, bytes]], T], *, seconds: float
    ) -> None:
        self._backend, self._parse = backend, parse
        self._known: dict[str, tuple[bytes, T]] = {}

        def life_of_error(error: Exception) -> float:
            if not isinstance(error, SecretError):
                return 0.0
            return min(seconds, _missing_seconds if error.missing else _trouble_seconds)

        self._cache: Cache[str, T] = Cache(clock, life=lambda _: seconds, life_of_error=life_of_error)

    def __repr__(self) -> str:
        return f"Store({type(self._backend).__name__})"

    @property
    def hits(self) -> int:
        """The number of readings that were answered from the cache."""
        return self._cache.hits

    @property
    def misses(self) -> int:
        """The number of readings that asked the store."""
        return self._cache.misses

    async def clients(self, namespace: str) -> T:
        """The parsed webhook clients of ``namespace``.

        ``SecretError`` when they cannot be read: ``missing`` says that there are none, ``retry`` that a later
        attempt may succeed.
        """

        async def load() -> T:
            return await self._parsed(namespace, await self._backend.read(namespace))

        return await self._cache.get(namespace, load)

    async def _parsed(self, namespace: str, data: Mapping[str, bytes]) -> T:
        """Parsed again only when it has changed, and in a thread when it is long."""
        mark = _mark(data)
        known = self._known.get(namespace)
        if known is not None and known[0] == mark:
            return known[1]
        long = sum(map(len, data.values())) > _parsed_at_once_bytes
        found = await asyncio.to_thread(self._parse, data) if long else self._parse(data)
        while len(self._known) >= _namespaces_kept:
            del self._known[next(iter(self._known))]
        self._known[namespace] = mark, found
        return found

    async def close(self) -> None:
        """Let go of connections."""
        await self._backend.close()


def _mark(data: Mapping[str, bytes]) -> bytes:
    """The same for the same data."""
    marks = hashlib.sha256()
    for name in sorted(data):
        marks.update(b"%d %d\0" % (len(name), len(data[name])))
        marks.update(name.encode("utf-8", "surrogatepass"))
        marks.update(data[name])
    return marks.digest()


def open_store(
    settings: Settings, get_secret: GetSecret, clock: Clock, parse: Callable[[Mapping[str, bytes]], T]
) -> Store[T]:
    """The store of ``SECRET_STORE``; ``SettingError`` when it is unknown, or lacks a setting.

    ``parse`` makes of a namespace's data (YAML texts by service account) what ``clients`` answers.
    """
    if settings.secret_store not in STORES:
        raise SettingError(f"SECRET_STORE is {settings.secret_store!r}; it takes one of: {', '.join(STORES)}")
    backend = STORES[settings.secret_store](settings, get_secret)
    return Store(backend, clock, parse, seconds=settings.secret_cache_seconds)
