"""Connections to one API server over HTTP/1.1: what a request costs here, a tick pays thousands of times.

The parser is httptools, which is C; all else is what one request at a time on a connection needs. What goes
on for long, and a proxy, are aiohttp's (``triggerfish.kube.sessions``).
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import cast
from urllib.parse import urlsplit

import httptools

from triggerfish.errors import AnswerTooLong
from triggerfish.kube.wire import Response

# The API server closes what idles for 90 seconds; ticks come each minute, and find these open.
IDLE_SECONDS = 75.0
_longest_head = 64 << 10
# Sent again on a new connection if the old one was closed before anything came: there is nothing to do twice.
_repeatable = ("GET", "PUT", "DELETE")


class NoAnswer(Exception):  # noqa: N818  what it says is the state of a connection
    """The connection was closed, or what came cannot be read; the text says which, and quotes nothing."""


class _Stale(NoAnswer):
    """Nothing came on a connection that had been used before."""


class Connections:
    """The connections to the server at ``url``: as many as there are requests at once, kept for the next.

    At most ``most``; one that nobody has used for ``idle_seconds`` is not used again.
    """

    def __init__(
        self,
        url: str,
        context: ssl.SSLContext | None,
        tls_name: str = "",
        *,
        most: int = 256,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        parts = urlsplit(url)
        self._secure = context
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if context else 80)
        self._tls_name = (tls_name or self._host) if context else None
        self._prefix = parts.path.rstrip("/")
        self._start = f"Host: {parts.netloc.rpartition('@')[2]}\r\n"
        self._places = asyncio.Semaphore(most)
        self._idle_seconds = idle_seconds
        self._idle: deque[_Connection] = deque()
        self._open: set[_Connection] = set()

    def share(self, other: Connections) -> None:
        """Let both use the idle connections of either, none of which shows a certificate."""
        self._idle, self._open = other._idle, other._open

    async def send(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes | None,
        *,
        most: int,
        timeout: float,
    ) -> Response:
        """The answer; ``TimeoutError`` when it took longer, ``OSError`` or ``NoAnswer`` when there is none.

        ``target`` is the path and the query as they are sent. ``AnswerTooLong`` for more than ``most`` bytes
        (0: any number).
        """
        data = self._bytes(method, target, headers, body)
        ends = asyncio.get_running_loop().time() + timeout
        if self._places.locked():
            async with asyncio.timeout_at(ends):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            try:
                return await self._on(self._kept() or await self._opened(ends), data, most, ends)
            except _Stale:
                if method not in _repeatable:
                    raise
                return await self._on(await self._opened(ends), data, most, ends)
        finally:
            self._places.release()

    async def close(self) -> None:
        """Close all of them."""
        self._idle.clear()
        closed = [connection.closed for connection in self._open]
        for connection in [*self._open]:
            connection.close()
        if closed:
            await asyncio.wait(closed, timeout=1.0)

    async def _on(self, connection: _Connection, data: bytes, most: int, ends: float) -> Response:
        try:
            answer = await connection.ask(data, most, ends)
        except BaseException:  # a cancelled one as well: its answer must not be the next one's
            connection.close()
            raise
        if connection.is_kept:
            connection.idle_since = now = asyncio.get_running_loop().time()
            self._idle.append(connection)
            while self._idle[0].idle_since < now - self._idle_seconds:
                self._idle.popleft().close()
        else:
            connection.close()
        return answer

    def _kept(self) -> _Connection | None:
        """The one that was used last, so that those that are not needed grow old."""
        oldest = asyncio.get_running_loop().time() - self._idle_seconds
        while self._idle:
            connection = self._idle.pop()
            if connection.is_kept and connection.idle_since >= oldest:
                return connection
            connection.close()
        return None

    async def _opened(self, ends: float) -> _Connection:
        async with asyncio.timeout_at(ends):
            _, protocol = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(self._open),
                self._host,
                self._port,
                ssl=self._secure,
                server_hostname=self._tls_name,
            )
        return protocol

    def _bytes(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> bytes:
        lines = [f"{method} {self._prefix}{target} HTTP/1.1\r\n{self._start}"]
        lines += [f"{name}: {value}\r\n" for name, value in headers.items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}\r\n")
        head = "".join(lines)
        # A value with a line of its own would be another header, or another request.
        if head.count("\n") != len(lines) + 1 or head.count("\r") != len(lines) + 1 or " " in target:
            raise ValueError("a line break or a blank where HTTP has none")
        return f"{head}\r\n".encode() + (body or b"")


class _Connection(asyncio.Protocol):
    """One of them, and the one request that is under way on it."""

    def __init__(self, open_: set[_Connection]) -> None:
        self.idle_since = 0.0
        self.is_kept = True
        loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._loop, self._all = loop, open_
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Response] | None = None
        self._used = self._begun = self._in_body = False
        self._most = self._size = 0
        self._headers: dict[str, str] = {}
        self._pieces: list[bytes] = []

    async def ask(self, data: bytes, most: int, ends: float) -> Response:
        """Send that request; its answer."""
        if self._transport is None or self.closed.done():
            raise _Stale("the connection was closed")
        self._waiting = waiting = self._loop.create_future()
        self._most, self._size, self._begun = most, 0, False
        timer = self._loop.call_at(ends, self._fail, TimeoutError())
        try:
            self._transport.write(data)
            answer: Response = await waiting
        finally:
            timer.cancel()
            self._waiting, self._used = None, True
            # The traceback of an error has this frame, and the future the error: a cycle.
            del waiting
        return answer

    def close(self) -> None:
        """Close it at once; whatever was to come is lost."""
        self.is_kept = False
        if self._transport is not None:
            self._transport.abort()

    # -- what the event loop calls -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast(asyncio.Transport, transport)
        self._all.add(self)

    def data_received(self, data: bytes) -> None:
        """Some of the answer has come."""
        if self._waiting is None or self._waiting.done():
            # Nobody has asked.
            self.close()
            return
        self._begun = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.is_kept = False
            self._fail(NoAnswer("the answer is not HTTP"))
        if not self._in_body:
            # The parser holds a header until all of it has come.
            self._size += len(data)
            if self._size > _longest_head:
                self._fail(NoAnswer("the answer has no end of its headers"))

    def connection_lost(self, error: Exception | None) -> None:
        """It is closed, by whomever."""
        self.is_kept = False
        self._all.discard(self)
        if not self._begun:
            self._fail((_Stale if self._used else NoAnswer)("the connection was closed"))
        elif self._in_body and not {"content-length", "transfer-encoding"} & self._headers.keys():
            self.on_message_complete()  # it goes on to the end of the connection
        else:
            self._fail(NoAnswer("the answer ended early"))
        if not self.closed.done():
            self.closed.set_result(None)
        # Both have it as well: what it has read, megabytes, would stay until somebody looks for cycles.
        del self._parser
        self._transport, self._pieces = None, []

    # -- what the parser calls -----------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """An answer begins."""
        if self._waiting is None or self._waiting.done():
            # A second one, which nobody asked for: it must not be the next request's.
            self.is_kept = False
        self._headers, self._pieces, self._in_body = {}, [], False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The body follows."""
        self._size, self._in_body = 0, True

    def on_body(self, piece: bytes) -> None:
        """A part of the body."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._most and self._size > self._most:
            self._fail(AnswerTooLong(f"the answer has more than {self._most} bytes"))

    def on_message_complete(self) -> None:
        """All of it is there."""
        status = self._parser.get_status_code()
        if status < 200 or self._waiting is None or self._waiting.done():
            return
        self.is_kept = self.is_kept and self._parser.should_keep_alive()
        pieces = self._pieces
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._waiting.set_result(Response(status, self._headers, body))

    # ------------------------------------------------------------------------------------------------

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
