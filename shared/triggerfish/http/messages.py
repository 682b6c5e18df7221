"""A request and its answer as values."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
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


@dataclass(slots=True)
class Remarks:
    """What a handler says of a request for those who watch; each may stay empty.

    ``sender`` is the sender's type, ``event`` and ``id`` are what it calls the delivery. ``account`` is the
    service account that it acts as. ``known``: the namespace has webhook clients; ``proved``: its sender has
    proved who it is.
    """

    namespace: str = ""
    sender: str = ""
    event: str = ""
    id: str = ""
    account: str = ""
    known: bool = False
    proved: bool = False
    result: str = ""
    reason: str = ""
    workflows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One request, its body read: ``path`` holds the names found in the route, ``query`` is in order."""

    method: str
    path: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    delivery: Delivery
    remarks: Remarks = field(default_factory=Remarks)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body as JSON or as it is, and further headers.

    ``stream`` is a body that comes in pieces, for longer than a request is given: in place of ``body``. It
    bounds itself, and is closed when its reader goes.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    stream: AsyncGenerator[bytes, None] | None = None

    @property
    def content(self) -> bytes:
        """The body in bytes."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


@dataclass(slots=True)
class Exchange:
    """A request and its answer, for observers.

    ``pattern`` is that of its route, empty for a path that no route has; ``names`` were found in the path.
    ``headers`` are those of the wire. ``error`` is the error that the answer was made of, if there was one.
    ``seconds`` passed from the request to the answer. A ``free`` route is not observed.
    """

    headers: Sequence[tuple[bytes, bytes]]
    pattern: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    free: bool = False
    remarks: Remarks = field(default_factory=Remarks)
    status: int = 0
    error: Exception | None = None
    seconds: float = 0.0
