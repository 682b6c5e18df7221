"""A request and its answer as values."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from triggerfish.webhooks.delivery import Delivery


class Incoming(Protocol):
    """A request as the web framework gives it; Starlette's is one."""

    method: str

    @property
    def scope(self) -> Mapping[str, Any]:
        """ASGI's scope: ``path``, ``query_string`` and ``headers`` are read."""

    def stream(self) -> AsyncIterator[bytes]:
        """The body in pieces."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, its body read: ``path`` holds the names found in the route, ``query`` is in order."""

    method: str
    path: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body as JSON or as it is, and further headers; ``sender`` is for the metrics.

    ``stream`` is a body that comes in pieces, for longer than a request is given: in place of ``body``. It
    bounds itself, and is closed when its reader goes.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    sender: str = ""
    stream: AsyncGenerator[bytes, None] | None = None

    @property
    def content(self) -> bytes:
        """The body in bytes."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)
