"""Answers that are at most so old as of their question: one load however many ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from triggerfish.runtime.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True, repr=False)
class _Load(Generic[V]):
    begun: float
    task: asyncio.Task[V]


class Recent(Generic[K, V]):
    """Shares a load among all who ask within ``seconds`` of its beginning; the next to ask begins another.

    A ``runtime.cache.Cache`` counts from the end of a load, and lets anybody join one that is under way: its
    answer may be as old as the load was long. Here the age counts from the beginning, so a change that was
    made ``seconds`` before a question is always in the answer, however slow the source is. At most
    ``1 / seconds`` loads of a key begin in a second. An error goes to those who waited for that load, and is
    not kept. At most ``capacity`` keys, the oldest leaves first. It belongs to one event loop.
    """

    def __init__(self, clock: Clock, *, seconds: float, capacity: int = 256) -> None:
        self._clock, self._seconds, self._capacity = clock, seconds, capacity
        self._loads: dict[K, _Load[V]] = {}
        self.hits = 0
        self.misses = 0

    def __repr__(self) -> str:
        return f"<Recent of {len(self._loads)}>"

    async def get(self, key: K, load: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """Return what a load of ``key`` answers that began less than ``seconds`` ago; its error is raised."""
        now = self._clock.monotonic()
        known = self._loads.get(key)
        if known is None or now - known.begun >= self._seconds:
            self.misses += 1
            known = self._begin(key, now, load)
        else:
            self.hits += 1
        if known.task.done():
            return known.task.result()
        # One who is cancelled must not take the load from the others.
        return await asyncio.shield(known.task)

    def drop_where(self, matches: Callable[[K], bool]) -> None:
        """Forget every key that ``matches``; who waits for a load still gets its answer."""
        for key in [key for key in self._loads if matches(key)]:
            del self._loads[key]

    def _begin(self, key: K, now: float, load: Callable[[], Coroutine[Any, Any, V]]) -> _Load[V]:
        begun = _Load(now, asyncio.ensure_future(load()))
        self._loads.pop(key, None)
        while len(self._loads) >= self._capacity:
            del self._loads[next(iter(self._loads))]
        self._loads[key] = begun

        def ended(task: asyncio.Task[V]) -> None:
            # Asking for the error also says that it was seen: everybody who waited may have given up.
            if (task.cancelled() or task.exception() is not None) and self._loads.get(key) is begun:
                del self._loads[key]

        begun.task.add_done_callback(ended)
        return begun
