"""A small cache for answers that take a while: bounded, with ages, and one load however many wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from triggerfish.errors import again
from triggerfish.runtime.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True, repr=False)
class _Entry(Generic[V]):
    until: float
    value: V | None
    error: Exception | None
    weight: int = 0


def _no_life(_: Exception) -> float:
    return 0.0


def _no_weight(_: object) -> int:
    return 0


class Cache(Generic[K, V]):
    """Keeps what ``load`` answered for ``life(value)`` seconds, and its errors for ``life_of_error(error)``.

    At most ``capacity`` entries, which ``weigh`` no more than ``most`` together; the oldest leaves first, and
    what weighs more than that alone is not kept. Nobody waits for a load longer than ``patience``
    seconds (``TimeoutError``; None: without end), and the load goes on. Its repr shows no keys and no values.
    It belongs to one event loop.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        life: Callable[[V], float],
        life_of_error: Callable[[Exception], float] = _no_life,
        capacity: int = 256,
        patience: float | None = None,
        weigh: Callable[[V], int] = _no_weight,
        most: int = 0,
    ) -> None:
        self._clock, self._capacity, self._patience = clock, capacity, patience
        self._weigh, self._most = weigh, most
        self.held = 0
        self._life, self._life_of_error = life, life_of_error
        self._entries: dict[K, _Entry[V]] = {}
        self._flights: dict[K, asyncio.Task[V]] = {}
        self.hits = 0
        self.misses = 0

    def __repr__(self) -> str:
        return f"<Cache of {len(self._entries)}>"

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        """What is kept for ``key``, else what ``load()`` answers; its error is raised to all who wait."""
        entry = self._entries.get(key)
        if entry is not None:
            if entry.until > self._clock.monotonic():
                self.hits += 1
                if entry.error is not None:
                    raise again(entry.error)
                return entry.value  # type: ignore[return-value]  # an entry has a value or an error
            self._forget(key)
        flight = self._flights.get(key)
        if flight is None:
            self.misses += 1
            flight = asyncio.ensure_future(self._fly(key, load))
            self._flights[key] = flight
            # One who gave up must not leave an error that nobody has looked at.
            flight.add_done_callback(lambda done: done.cancelled() or done.exception())
        else:
            self.hits += 1
        # One who is cancelled must not take the load from the others.
        async with asyncio.timeout(self._patience):
            return await asyncio.shield(flight)

    def drop(self, key: K, stale: Callable[[V], bool] | None = None) -> None:
        """Forget ``key``; given ``stale``, only if what is kept is that: a newer one stays."""
        entry = self._entries.get(key)
        if stale is not None and (entry is None or entry.value is None or not stale(entry.value)):
            return
        self._forget(key)
        # What was asked for before the drop must not fill the cache after it.
        self._flights.pop(key, None)

    def drop_where(self, matches: Callable[[K], bool]) -> None:
        """Forget every key that ``matches``."""
        for key in [key for key in _all(self._entries, self._flights) if matches(key)]:
            self.drop(key)

    async def _fly(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        me = asyncio.current_task()
        try:
            value = await load()
        except Exception as error:  # kept, if at all, and raised again: nothing is swallowed
            if self._flights.get(key) is me:
                del self._flights[key]
                self._keep(key, None, again(error), self._life_of_error(error))
            raise
        except BaseException:
            if self._flights.get(key) is me:
                del self._flights[key]
            raise
        if self._flights.get(key) is me:
            del self._flights[key]
            self._keep(key, value, None, self._life(value))
        return value

    def _keep(self, key: K, value: V | None, error: Exception | None, life: float) -> None:
        if life <= 0:
            return
        self._forget(key)
        weight = 0 if value is None else self._weigh(value)
        if weight > self._most:
            return
        while self._entries and (len(self._entries) >= self._capacity or self.held + weight > self._most):
            self._forget(next(iter(self._entries)))
        self._entries[key] = _Entry(self._clock.monotonic() + life, value, error, weight)
        self.held += weight

    def _forget(self, key: K) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.held -= entry.weight


def _all(*mappings: dict[K, Any]) -> Iterable[K]:
    return {key for mapping in mappings for key in mapping}
