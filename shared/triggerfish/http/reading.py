"""Reads bodies within bounds: the bytes of one, the seconds it takes, and the bytes of all that are held.

Nobody has proved anything yet. Strangers who fill the memory with bodies that never end must not keep others
from being read: where room is needed, the largest body that is still being sent makes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from triggerfish.errors import AnswerError
from triggerfish.http.messages import Incoming
from triggerfish.runtime.deadline import Deadline

T = TypeVar("T")

body_seconds = 5.0
most_held_bytes = 64 << 20
# How much of a body that is too long is still read, so that its sender gets to read the answer.
# GitHub sends up to 25 MB.
_drained_bytes = 32 << 20


class _Body:
    """One body as far as it has come; ``evicted``: its bytes were needed for others."""

    __slots__ = ("chunks", "evicted", "size")

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.size = 0
        self.evicted = False


class BodyReader:
    """Reads bodies of at most ``limit`` bytes; all together hold at most ``held`` bytes."""

    def __init__(self, limit: int, held: int = most_held_bytes) -> None:
        self._limit, self._most = limit, held
        self._sending: dict[_Body, None] = {}
        self.held = 0

    async def read(self, incoming: Incoming, seconds: float, work: Callable[[bytes], Awaitable[T]]) -> T:
        """Return what ``work`` makes of the whole body, which is held until then.

        All of it has ``seconds``; after these ``TimeoutError``. ``AnswerError``: 413 for a body that is too
        long, 408 for one that takes longer than ``body_seconds``, 503 where its bytes were needed for others.
        """
        body, begun, content = _Body(), asyncio.get_running_loop().time(), None
        try:
            with Deadline(begun + body_seconds) as deadline:
                content = await self._read(incoming, body)
                deadline.until = begun + seconds
                return await work(content)
        except TimeoutError:
            if content is None:
                raise AnswerError(408, 4, f"the body did not arrive within {body_seconds:g} s") from None
            raise
        finally:
            self._release(body)

    async def _read(self, incoming: Incoming, body: _Body) -> bytes:
        self._sending[body] = None
        try:
            size = await self._collect(incoming, body)
        finally:
            self._sending.pop(body, None)
        if size > self._limit:
            raise AnswerError(413, 3, f"the body is longer than {self._limit} bytes")
        if body.evicted:
            raise AnswerError(503, 14, "too many bodies are being read", retry_after=1)
        content = b"".join(body.chunks)
        body.chunks.clear()
        return content

    async def _collect(self, incoming: Incoming, body: _Body) -> int:
        size = 0
        async for chunk in incoming.stream():
            if not chunk:
                continue
            size += len(chunk)
            if size > self._limit:
                self._release(body)
                if size > self._limit + _drained_bytes:
                    break
            elif not body.evicted:
                body.chunks.append(chunk)
                body.size += len(chunk)
                self.held += len(chunk)
                if self.held > self._most:
                    self._make_room()
        return size

    def _make_room(self) -> None:
        while self.held > self._most and self._sending:
            largest = max(self._sending, key=lambda body: body.size)
            if not largest.size:
                break
            largest.evicted = True
            self._release(largest)

    def _release(self, body: _Body) -> None:
        self.held -= body.size
        body.size = 0
        body.chunks.clear()
