"""Memory for what is large, shared by weight: namespaces take turns at it, and what is small needs none.

A body of two megabytes may be a hundred as Python's values; some dozens at once would end the process.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

# What large bodies may take together as Python's values.
most_parsed_bytes = 48 << 20
rest_seconds = 0.1
small_weight = 256 << 10
# What a value of a list or map takes: itself, its place, and of a map its key.
_value_bytes, _entry_bytes = 56, 100
_FREE = nullcontext()


def weight_of_json(body: bytes) -> int:
    """About the bytes that it takes as Python's values, rather more than less."""
    if len(body) <= small_weight >> 6:
        return len(body)
    values = body.count(b",") + body.count(b"[") + body.count(b"{")
    return 2 * len(body) + _value_bytes * values + _entry_bytes * body.count(b":")


@dataclass(slots=True, eq=False)
class _Waiting:
    weight: int
    turn: asyncio.Future[None]


class ParsingRoom:
    """``total`` bytes, of which each holder says how many it needs. It belongs to one event loop.

    Parsing holds up the event loop: after all of it was used, nobody else has it for ``rest`` seconds, after
    less of it for less.
    """

    def __init__(self, total: int, *, rest: float = 0.0) -> None:
        self._total, self._rest = total, rest
        self._queues: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        self.held = 0

    def hold(self, namespace: str, weight: int) -> AbstractAsyncContextManager[None]:
        """Hold so much, once it is there; at most all of it."""
        return _FREE if weight <= small_weight else self._holding(namespace, weight)

    @asynccontextmanager
    async def _holding(self, namespace: str, weight: int) -> AsyncIterator[None]:
        weight = min(weight, self._total)
        await self._granted(namespace, weight)
        try:
            yield
        finally:
            if self._rest:
                seconds = self._rest * weight / self._total
                asyncio.get_running_loop().call_later(seconds, self._release, weight)
            else:
                self._release(weight)

    def _release(self, weight: int) -> None:
        self.held -= weight
        self._grant()

    async def _granted(self, namespace: str, weight: int) -> None:
        waiting = _Waiting(weight, asyncio.get_running_loop().create_future())
        self._queues.setdefault(namespace, deque()).append(waiting)
        self._grant()
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting.turn.done() and not waiting.turn.cancelled():
                self.held -= weight
            else:
                self._leave(namespace, waiting)
            self._grant()
            raise

    def _leave(self, namespace: str, waiting: _Waiting) -> None:
        queue = self._queues[namespace]
        queue.remove(waiting)
        if not queue:
            del self._queues[namespace]

    def _grant(self) -> None:
        """Let in whose turn it is, the next namespace each time, as long as there is room."""
        while self._queues:
            namespace, queue = next(iter(self._queues.items()))
            if self.held + queue[0].weight > self._total:
                return
            waiting = queue.popleft()
            self._queues.move_to_end(namespace)
            if not queue:
                del self._queues[namespace]
            self.held += waiting.weight
            waiting.turn.set_result(None)
