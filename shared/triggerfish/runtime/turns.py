"""Long work beside the event loop, in turns: others are served while it goes on.

Work is a generator that yields after each small part. The first turn is for free, and on the event loop: most
work ends in it. What takes longer goes on in the one thread that is for it, where it waits for its
namespace's lane, so that a namespace has one turn at a time however many requests it sends. A namespace whose
work of that kind was long lately begins there, and so does work on something large: one part of it may take
longer than a turn.

A turn is measured by the processor time that it takes: on a machine that others use too, short work may take
long by the clock, and going on in a thread would only add to that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

from triggerfish.runtime.clock import Clock

T = TypeVar("T")

turn_seconds = 0.005
# Asking for the processor's time is a call of the system, at which others get the processor: once in so long.
_asked_seconds = 0.004
# Writing one megabyte as JSON, or searching it, takes about 10 ms.
_large_bytes = 512 << 10
# So long a namespace's work is taken for long after it was.
long_seconds = 10.0
_namespaces_kept = 1024


class Turns:
    """It belongs to one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        # By namespace and kind of work: bindings that were just read take long once, matching them may not.
        self._long: dict[tuple[str, str], float] = {}
        self._asked, self._worked = float("-inf"), 0.0
        # One: each more would take turns with the event loop too.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="turns")

    async def complete(
        self, work: Generator[None, None, T], namespace: str, kind: str, *, size: int = 0
    ) -> T:
        """Return what the work returns, once all of its parts are done.

        ``kind``: such as ``matching``; ``size``: the bytes that one part of the work may go through.
        """
        which = namespace, kind
        until = self._long.get(which)
        if size < _large_bytes and (until is None or until <= self._clock.monotonic()):
            ended = self._turn(work, self._worked_before())
            if ended is not None:
                return ended[0]
            self._note(which)
        loop = asyncio.get_running_loop()
        async with self._lane(namespace):
            while True:
                ended = await loop.run_in_executor(self._thread, self._turn, work)
                if ended is not None:
                    return ended[0]

    def _worked_before(self) -> float:
        """Processor seconds of this thread a moment ago: a turn has taken no more than those since."""
        now = self._clock.monotonic()
        if now - self._asked >= _asked_seconds:
            self._asked, self._worked = now, self._clock.worked()
        return self._worked

    def _turn(self, work: Generator[None, None, T], before: float | None = None) -> tuple[T] | None:
        """Work on for a turn; what the work returns, if it has ended. ``before``: as above, or None."""
        begun, worked = self._clock.monotonic(), self._clock.worked() if before is None else before
        while True:
            try:
                next(work)
            except StopIteration as end:
                return (end.value,)
            passed = self._clock.monotonic() - begun
            if passed >= turn_seconds and self._clock.worked() - worked >= turn_seconds:
                return None

    def _note(self, which: tuple[str, str]) -> None:
        now = self._clock.monotonic()
        if len(self._long) >= _namespaces_kept:
            self._long = {each: until for each, until in self._long.items() if until > now}
        if len(self._long) < _namespaces_kept and self._long.get(which, 0.0) <= now:
            self._long[which] = now + long_seconds

    def _lane(self, namespace: str) -> asyncio.Lock:
        lane = self._lanes.get(namespace)
        if lane is None:
            lane = self._lanes[namespace] = asyncio.Lock()
        return lane
