"""A clock on its own timeline, and a transport that answers from a script."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson

from triggerfish.kube.wire import Opened, Request, Response
from triggerfish.runtime.clock import Clock


class FakeClock(Clock):
    """Sleeps take no time and move it."""

    def __init__(self, start: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)) -> None:
        super().__init__()
        object.__setattr__(self, "timeline", {"start": start, "passed": 0.0, "slept": []})

    def now(self):
        return self.timeline["start"] + timedelta(seconds=self.timeline["passed"])

    def monotonic(self):
        return self.timeline["passed"]

    async def sleep(self, seconds):
        self.timeline["slept"].append(seconds)
        self.advance(seconds)

    def jitter(self):
        return 0.5

    def advance(self, seconds):
        self.timeline["passed"] += seconds

    @property
    def slept(self):
        return self.timeline["slept"]


@dataclass
class FakeTransport:
    """Answers each request by ``answer``; keeps what was asked. ``pieces`` follow an answer that goes on."""

    answer: Callable[[Request], Response]
    asked: list[Request] = field(default_factory=list)
    pieces: list[bytes | Exception] = field(default_factory=list)

    async def send(self, request, *, timeout):
        self.asked.append(request)
        return self.answer(request)

    @contextlib.asynccontextmanager
    async def opened(self, request, *, timeout):
        response = await self.send(request, timeout=timeout)

        async def pieces():
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece

        yield Opened(response, pieces())


def answered(status: int = 200, body: object = None, **headers: str) -> Response:
    return Response(status, headers, orjson.dumps({} if body is None else body))
