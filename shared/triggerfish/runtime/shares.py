"""Work of many namespaces, some at once: what one of them waits for holds up nobody else's work."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable
from types import TracebackType

Work = Callable[[], Awaitable[None]]

# So many namespaces are asked whether they have room, before the next piece of work has ended.
_looked_at = 256


class Shares:
    """About ``total`` pieces of work at once; namespaces take turns.

    A namespace that is alone may take all places, and at most half while others hold some. One that holds
    fewer than an eighth finds a place beyond the total, up to half as many again; one that holds none finds
    one wherever another holds an eighth or more. So work that hangs holds up its own namespace alone.

    ``async with`` it: the block ends when all that was put has ended. What work raises ends everything.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._half, self._eighth = max(1, total // 2), max(1, total // 8)
        self._group = asyncio.TaskGroup()
        self._held: Counter[str] = Counter()
        self._taken = 0
        self._first: OrderedDict[str, deque[Work]] = OrderedDict()
        self._last: OrderedDict[str, deque[Work]] = OrderedDict()

    async def __aenter__(self) -> Shares:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._group.__aexit__(kind, error, trace)

    def put(self, namespace: str, work: Work, *, last: bool = False) -> None:
        """Have it done; ``last``: not before what has been put without it, as far as that finds places."""
        queues = self._last if last else self._first
        queues.setdefault(namespace, deque()).append(work)
        self._start()

    def _start(self) -> None:
        while chosen := self._chosen():
            self._group.create_task(self._do(*chosen))

    async def _do(self, namespace: str, work: Work) -> None:
        """Do that, and then what comes next: a task for each piece costs more than most of them."""
        chosen: tuple[str, Work] | None = namespace, work
        while chosen:
            namespace, work = chosen
            try:
                await work()
            finally:
                self._taken -= 1
                self._held[namespace] -= 1
                if not self._held[namespace]:
                    del self._held[namespace]
            chosen = self._chosen()
            # Where one has ended, more than one may find a place: what counts is who holds how many.
            self._start()

    def _chosen(self) -> tuple[str, Work] | None:
        """The next piece, which holds its place from now on."""
        chosen = self._next(self._first) or self._next(self._last)
        if chosen:
            self._held[chosen[0]] += 1
            self._taken += 1
        return chosen

    def _next(self, queues: OrderedDict[str, deque[Work]]) -> tuple[str, Work] | None:
        """The next piece of the namespace whose turn it is; who has none, or no room, goes to the end."""
        for _ in range(min(len(queues), _looked_at)):
            namespace, waiting = queues.popitem(last=False)
            if not self._has_room(namespace):
                queues[namespace] = waiting
                continue
            work = waiting.popleft()
            if waiting:
                queues[namespace] = waiting
            return namespace, work
        return None

    def _has_room(self, namespace: str) -> bool:
        own = self._held.get(namespace, 0)
        if self._taken < self._total:
            return own == self._taken or own < self._half
        if own < self._eighth and self._taken < self._total + self._half:
            return True
        return own == 0 and self._taken < 3 * self._total and max(self._held.values()) >= self._eighth
