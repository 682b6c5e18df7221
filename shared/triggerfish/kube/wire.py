"""A Kubernetes request and its answer as values, and who carries them.

The client builds a ``Request`` and hands it to a ``Transport``: over the network it is aiohttp, in a
simulation a model of the API server that can fail at will. Nothing else knows the difference.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from triggerfish.workflows.objects import Json

type_json = "application/json"
type_merge_patch = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Request:
    """One call: ``path`` from the server's root, ``query`` in order, ``body`` as JSON (None: no body).

    ``most`` is how many bytes of an answer the caller can use, 0: any number; ``AnswerTooLong`` for more.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Json | None = None
    content_type: str = type_json
    accept: str = type_json
    headers: Mapping[str, str] = field(default_factory=dict)
    most: int = 0


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: any status, headers by their names in lower case, the raw body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer that goes on: ``response`` has the body of a refusal, else ``pieces`` has what follows."""

    response: Response
    pieces: AsyncIterator[bytes]


class Transport(Protocol):
    """Carries requests to one API server as one identity."""

    async def send(self, request: Request, *, timeout: float) -> Response:
        """The answer, whatever its status; ``Unanswered`` when there was none within ``timeout`` seconds."""
        ...

    def opened(self, request: Request, *, timeout: float) -> AbstractAsyncContextManager[Opened]:
        """An answer that goes on, for ``timeout`` seconds at most; ``Unanswered`` when it breaks off."""
        ...
