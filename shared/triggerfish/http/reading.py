"""Reads bodies within bounds: the bytes of one, the seconds it takes, and the bytes of all that are held.

Nobody has proved anything yet. Strangers who fill the memory, with bodies that never end or with some that
wait to be proved, must not keep others from being read: large bodies and small ones have a room each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from triggerfish.errors import AnswerError
from triggerfish.http.body_room import Body, BodyRoom
from triggerfish.http.messages import Incoming
from triggerfish.runtime.deadline import Deadline

T = TypeVar("T")

body_seconds = 5.0
# Of all that are larger than small ones; a namespace that holds little finds a third more.
most_held_bytes, beyond_bytes = 48 << 20, 16 << 20
# As many as there are connections find room: no large one takes the place of a small one.
small_bytes, most_small_bytes = 64 << 10, 32 << 20
# How much of a body that is too long is still read, so that its sender gets to read the answer.
# GitHub sends up to 25 MB.
_drained_bytes = 32 << 20


class BodyReader:
    """Reads bodies of at most ``limit`` bytes."""

    def __init__(self, limit: int, large: BodyRoom | None = None, small: BodyRoom | None = None) -> None:
        self._limit = limit
        self._large = large or BodyRoom(most_held_bytes, beyond_bytes)
        self._small = small or BodyRoom(most_small_bytes)

    @property
    def held(self) -> int:
        """The bytes of all bodies."""
        return self._large.held + self._small.held

    async def read(
        self, incoming: Incoming, seconds: float, work: Callable[[bytes], Awaitable[T]], owner: str = ""
    ) -> T:
        """Return what ``work`` makes of the whole body, which is held until then; ``owner``: its namespace.

        All of it has ``seconds``; after these ``TimeoutError``. ``AnswerError``: 413 for a body that is too
        long, 408 for one that takes longer than ``body_seconds``, 503 where its bytes were needed for others.
        """
        body, begun, content = Body(owner, self._small), asyncio.get_running_loop().time(), None
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
            body.room.release(body)

    def proved(self, owner: str) -> None:
        """Somebody has proved that there is a namespace of that name: its bodies stay before made-up ones."""
        self._large.proved(owner)

    async def _read(self, incoming: Incoming, body: Body) -> bytes:
        size = await self._collect(incoming, body)
        body.room.complete(body)
        if size > self._limit:
            raise AnswerError(413, 3, f"the body is longer than {self._limit} bytes")
        if body.evicted:
            raise AnswerError(503, 14, "too many bodies are being read", retry_after=1)
        content = b"".join(body.chunks)
        body.chunks.clear()
        return content

    async def _collect(self, incoming: Incoming, body: Body) -> int:
        size = 0
        async for chunk in incoming.stream():
            if not chunk:
                continue
            size += len(chunk)
            if size > self._limit:
                body.room.release(body)
                if size > self._limit + _drained_bytes:
                    break
            elif not body.evicted:
                self._keep(body, chunk)
        return size

    def _keep(self, body: Body, chunk: bytes) -> None:
        size = len(chunk)
        if body.room is self._small and body.size + size > small_bytes:
            chunks, size = body.chunks.copy(), body.size + size
            body.room.release(body)
            body.room, body.chunks = self._large, chunks
        body.chunks.append(chunk)
        body.room.add(body, size)
