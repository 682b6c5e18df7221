"""Long work on the event loop, in turns: others are served between two of them.

Work is a generator that yields after each small part. The first turn is for free: most work ends in it. What
takes longer waits for its namespace's lane, so that a namespace has one turn at a time however many requests
it sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import AsyncExitStack
from typing import TypeVar
from weakref import WeakValueDictionary

from triggerfish.runtime.clock import Clock

T = TypeVar("T")

# A part takes at most one evaluation's bound more.
turn_seconds = 0.005


class Turns:
    """It belongs to one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def complete(self, work: Generator[None, None, T], namespace: str) -> T:
        """Return what the work returns, once all of its parts are done."""
        begun, in_lane = self._clock.monotonic(), False
        async with AsyncExitStack() as lane:
            while True:
                try:
                    next(work)
                except StopIteration as end:
                    done: T = end.value
                    return done
                if self._clock.monotonic() - begun < turn_seconds:
                    continue
                if in_lane:
                    await asyncio.sleep(0)
                else:
                    await lane.enter_async_context(self._lane(namespace))
                    in_lane = True
                begun = self._clock.monotonic()

    def _lane(self, namespace: str) -> asyncio.Lock:
        lane = self._lanes.get(namespace)
        if lane is None:
            lane = self._lanes[namespace] = asyncio.Lock()
        return lane
