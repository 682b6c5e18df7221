"""The store that a function uses: whichever is set, behind one cache."""

from __future__ import annotations

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


class Store(Generic[T]):
    """The webhook clients of each namespace, parsed once and believed for ``seconds``.

    A rotation is seen within that time. Its repr shows no content.
    """

    def __init__(
        self, backend: Backend, clock: Clock, parse: Callable[[Mapping[str, bytes]], T], *, seconds: float
    ) -> None:
        self._backend, self._parse = backend, parse

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
            return self._parse(await self._backend.read(namespace))

        return await self._cache.get(namespace, load)

    async def close(self) -> None:
        """Let go of connections."""
        await self._backend.close()


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
