"""What a connection may cost before anybody has proved anything: connections, header bytes, fields, seconds.

gunicorn's own limits do not reach its uvicorn worker, and httptools has none. One protocol counts them all:

- ``most_connections`` at once; one more ends another: the one that is kept open after an answer, or else does
  not take its answer, or else has been sending its request, or else is being answered, for the longest.
- ``most_header_bytes`` and ``most_header_fields`` for the request line and all headers together; more is
  answered 431. What frames a body (sizes of chunks, trailers) may have as many bytes again as the body.
- ``header_seconds`` from the first byte of a request, or from the connection, to the end of its headers, and
  ``request_seconds`` to the end of its body; later is the end of the connection.
- ``most_unsent_bytes`` of answers that are not taken, of all connections; more ends the one that has taken
  nothing for the longest, and ``answer_seconds`` without taking any ends each.
- ``most_pipelined`` requests that wait for the answer to an earlier one on the same connection.
"""

from __future__ import annotations

import asyncio
import socket
from importlib import import_module
from itertools import chain
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from triggerfish.http.short_way import shortened

most_connections = 512
most_header_bytes = 64 << 10
most_header_fields = 100
header_seconds = 10.0
request_seconds = 20.0
answer_seconds = 20.0
most_unsent_bytes = 32 << 20
most_pipelined = 8
# As long as the manifests give a pod (terminationGracePeriodSeconds), less what comes before SIGTERM.
drain_seconds = 55

_too_large = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\nconnection: close\r\n"
)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol over httptools, within the bounds of this module."""

    # Bytes that came and are no body: of the head while it is read, then around the body.
    _overhead = 0
    # When what is awaited must have come; None: nothing is.
    _until: float | None = None
    _timer: asyncio.TimerHandle | None = None
    # What the bytes that are being read begin to wait for, in seconds: the clock is asked once they are read.
    _next: float | None = None
    # All connections of this process, the longest at it first: those that have not sent a whole request yet,
    _senders: ClassVar[dict[BoundedProtocol, None]] = {}
    # those whose whole request is there and is being answered,
    _served: ClassVar[dict[BoundedProtocol, None]] = {}
    # those that are kept open after an answer,
    _kept: ClassVar[dict[BoundedProtocol, None]] = {}
    # and those that do not take their answers, with the bytes that they had left when last looked at.
    _stalled: ClassVar[dict[BoundedProtocol, int]] = {}
    _stall_timer: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app = shortened(self.app)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room for it; its first request has to come."""
        super().connection_made(transport)
        _bound_by_system(transport)
        self._expect(header_seconds)
        self._arm()
        while len(self.connections) > most_connections:
            others = chain(self._kept, self._stalled, self._senders, self._served)
            next((each for each in others if each is not self), self).end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._forget()
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count before anything is kept: httptools holds a header until all of it has come."""
        self._overhead += len(data)
        self._kept.pop(self, None)
        super().data_received(data)
        if self.transport.is_closing() or self.parser is None:
            return
        if self._overhead > most_header_bytes:
            self._refuse()
        elif self._next is not None:
            self._expect(self._next)
            self._arm()
        elif self._until is not None:
            self._arm()
        elif self.timeout_keep_alive_task is None and self._idle():
            # Line ends before a request begin none, and must not keep the connection open either.
            self._expect(header_seconds)
            self._arm()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._next = header_seconds

    def on_header(self, name: bytes, value: bytes) -> None:
        """One more field, or one of a trailer."""
        if len(self.headers) >= most_header_fields:
            self._refuse()
            return
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Its body has to come."""
        if self.transport.is_closing():
            return
        self._overhead = 0
        if len(self.pipeline) >= most_pipelined:
            self.end()
            return
        if len(self.url) + sum(map(len, chain.from_iterable(self.headers))) > most_header_bytes:
            self._refuse()
            return
        super().on_headers_complete()
        self._next = request_seconds

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""
        # Its own bytes, and as many again for what frames them.
        self._overhead -= 2 * len(body)
        if self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it has come."""
        self._complete()
        self._overhead = 0
        if self.cycle is not None:
            self._served[self] = None
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """It has been answered."""
        super().on_response_complete()
        self._note_kept()

    def pause_writing(self) -> None:
        """Its answers are longer than what has been taken of them."""
        super().pause_writing()
        self._kept.pop(self, None)
        self._look_at_stall()
        while sum(each.unsent for each in self._stalled) > most_unsent_bytes:
            next(iter(self._stalled)).end()

    def resume_writing(self) -> None:
        """They have been taken."""
        self._flowing()
        super().resume_writing()
        self._note_kept()

    def _note_kept(self) -> None:
        if self.timeout_keep_alive_task is not None and self not in self._stalled:
            self._served.pop(self, None)
            self._kept[self] = None

    @property
    def unsent(self) -> int:
        """Bytes of its answers that it has not taken."""
        return self.transport.get_write_buffer_size()

    def _look_at_stall(self) -> None:
        left = self.unsent
        if self._stalled.get(self) == left:
            self.end()
            return
        # Whoever takes some goes behind those that take nothing.
        self._flowing()
        self._stalled[self] = left
        self._stall_timer = self.loop.call_later(answer_seconds, self._look_at_stall)

    def _flowing(self) -> None:
        self._stalled.pop(self, None)
        if self._stall_timer is not None:
            self._stall_timer.cancel()

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self, seconds: float) -> None:
        # One that is there already keeps its place: it has been sending since then.
        self._senders[self] = None
        self._next, self._until = None, self.loop.time() + seconds

    def _complete(self) -> None:
        self._senders.pop(self, None)
        self._until = self._next = None

    def _arm(self) -> None:
        """See to a timer that ends by the deadline. Most requests come in one piece, and need none."""
        if self._until is None or (self._timer is not None and self._timer.when() <= self._until):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(self._until, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._until is not None and self._until <= self.loop.time():
            self.end()
        else:
            # What it was set for has come, and something else is awaited by now.
            self._arm()

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            message = (
                f'{{"code":3,"message":"the headers are longer than {most_header_bytes} bytes,'
                f' or more than {most_header_fields}"}}'
            )
            length = f"content-length: {len(message)}\r\n\r\n"
            self.transport.write(_too_large + length.encode() + message.encode())
        self.end()

    def end(self) -> None:
        """Close it at once, without an answer."""
        # Not even what it has not taken is kept for it.
        close = self.transport.abort if self in self._stalled else self.transport.close
        self._forget()
        close()

    def _forget(self) -> None:
        self._complete()
        self._flowing()
        self._served.pop(self, None)
        self._kept.pop(self, None)
        # Its place is free at once: until the event loop tells that it is lost, others would be ended too.
        self.connections.discard(self)


def _bound_by_system(transport: asyncio.Transport) -> None:
    """Let Linux end a connection that takes nothing; also one that is closed already, but for its rest."""
    own, option = transport.get_extra_info("socket"), getattr(socket, "TCP_USER_TIMEOUT", None)
    if own is not None and option is not None:
        own.setsockopt(socket.IPPROTO_TCP, option, int(answer_seconds * 1000))


def bounded_worker(worker: Any) -> None:
    """Let this class of gunicorn workers speak by ``BoundedProtocol``; before the first one starts.

    It does without what nobody here needs: the caller's address behind a proxy, web sockets, lifespans.

    A worker that is told to end has ``drain_seconds`` for the requests that it is at: gunicorn's own half a
    minute would break off a tick. gunicorn opens no control socket: nobody uses it, and its place, the home
    folder, is read-only in a pod.
    """
    unneeded = {"proxy_headers": False, "ws": "none", "lifespan": "off"}
    worker.CONFIG_KWARGS = {**worker.CONFIG_KWARGS, **unneeded, "http": BoundedProtocol}
    # The worker's own server, gunicorn, takes its defaults when it starts, after this.
    server = next(each.__module__ for each in worker.__mro__ if each.__module__.startswith("gunicorn."))
    config = import_module(f"{server.partition('.')[0]}.config")
    config.GracefulTimeout.default = drain_seconds
    config.ControlSocketDisable.default = True
