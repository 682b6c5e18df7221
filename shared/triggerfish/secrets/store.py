"""The store that a function uses: whichever is set, behind one cache."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from triggerfish.errors import SecretError
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.backend import WEBHOOK_CLIENTS, Backend, GetSecret, SecretKind
from triggerfish.secrets.registry import STORES
from triggerfish.settings import Settings
from triggerfish.settings.reading import not_among

T = TypeVar("T")

# One that is missing is believed for a while, so that strangers cannot make us ask for it again and again;
# any other trouble for a moment only.
_missing_seconds = 5.0
_trouble_seconds = 1.0
_parsed_at_once_bytes = 4096
_namespaces_kept = 1024
# About what the parsed clients of all namespaces may take, and what one and each byte of its text takes.
most_kept_bytes = 16 << 20
_client_bytes, _byte_bytes = 2000, 4
# No more clients than this are read of a namespace, nor more bytes: those beyond take nothing.
_most_clients, _most_bytes = 100, 64 << 10


class Store(Generic[T]):
    """The webhook clients of each namespace, parsed once and believed for ``seconds``.

    A rotation is seen within that time. Its repr shows no content.
    """

    def __init__(
        self, backend: Backend, clock: Clock, parse: Callable[[Mapping[str, bytes]], T], *, seconds: float
    ) -> None:
        self._backend, self._parse = backend, parse
        self._known: dict[str, tuple[bytes, T, int]] = {}
        self._held = 0

        def life_of_error(error: Exception) -> float:
            if not isinstance(error, SecretError):
                return 0.0
            return min(seconds, _missing_seconds if error.missing else _trouble_seconds)

        self._cache: Cache[str, tuple[T, int]] = Cache(
            clock,
            life=lambda _: seconds,
            life_of_error=life_of_error,
            weigh=lambda found: found[1],
            most=most_kept_bytes,
        )

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

        async def load() -> tuple[T, int]:
            data = await self._backend.read(namespace)
            return await self._parsed(namespace, data), _weight(data)

        return (await self._cache.get(namespace, load))[0]

    async def _parsed(self, namespace: str, data: Mapping[str, bytes]) -> T:
        """Parsed again only when it has changed, and in a thread when it is long."""
        mark = _mark(data)
        known = self._known.get(namespace)
        if known is not None and known[0] == mark:
            return known[1]
        long = sum(map(len, data.values())) > _parsed_at_once_bytes
        found = await asyncio.to_thread(self._parse, data) if long else self._parse(data)
        self._keep(namespace, mark, found, _weight(data))
        return found

    def _keep(self, namespace: str, mark: bytes, found: T, weight: int) -> None:
        """Keep it, the newest last; the oldest go where there is no room."""
        self._forget(namespace)
        while self._known and (len(self._known) >= _namespaces_kept or self._held + weight > most_kept_bytes):
            self._forget(next(iter(self._known)))
        self._known[namespace] = mark, found, weight
        self._held += weight

    def _forget(self, namespace: str) -> None:
        if known := self._known.pop(namespace, None):
            self._held -= known[2]

    async def close(self) -> None:
        """Let go of connections."""
        await self._backend.close()


def _weight(data: Mapping[str, bytes]) -> int:
    size = sum(map(len, data.values()))
    return _client_bytes * min(len(data), _most_clients) + _byte_bytes * min(size, _most_bytes)


def _mark(data: Mapping[str, bytes]) -> bytes:
    """The same for the same data."""
    marks = hashlib.sha256()
    for name in sorted(data):
        marks.update(b"%d %d\0" % (len(name), len(data[name])))
        marks.update(name.encode("utf-8", "surrogatepass"))
        marks.update(data[name])
    return marks.digest()


def open_store(
    settings: Settings,
    get_secret: GetSecret,
    clock: Clock,
    parse: Callable[[Mapping[str, bytes]], T],
    kind: SecretKind = WEBHOOK_CLIENTS,
) -> Store[T]:
    """The store of ``SECRET_STORE``; ``SettingError`` when it is unknown, or lacks a setting.

    ``parse`` makes of a namespace's data (YAML texts by name) what ``clients`` answers.
    """
    backend = backend_of(settings, get_secret, clock, kind)
    return Store(backend, clock, parse, seconds=settings.secret_cache_seconds)


def backend_of(
    settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = WEBHOOK_CLIENTS
) -> Backend:
    """The store of ``SECRET_STORE`` without a cache; ``SettingError`` as ``open_store``."""
    if settings.secret_store not in STORES:
        raise not_among("SECRET_STORE", settings.secret_store, STORES)
    return STORES[settings.secret_store](settings, get_secret, clock, kind)
