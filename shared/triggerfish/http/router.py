"""Finds the handler of a request, reads the body within bounds, and answers whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

from triggerfish.errors import AnswerError
from triggerfish.http.errors import refusal
from triggerfish.http.messages import Answer, Call, Exchange, Incoming
from triggerfish.http.reading import BodyReader
from triggerfish.runtime.clock import Clock
from triggerfish.webhooks.delivery import Delivery

log = logging.getLogger("triggerfish.http")

# A sender's patience ends after 10 s.
deadline_seconds = 8.0

Handler = Callable[[Call], Awaitable[Answer]]
UnknownPath = Callable[[str], AnswerError]
"""The refusal of a path that no route has."""


@dataclass(frozen=True, slots=True)
class Route:
    """``pattern`` has ``{names}`` for single segments; a slash at the end makes no difference.

    A ``free`` route has no deadline, and its body is not read.
    """

    method: str
    pattern: str
    handler: Handler
    free: bool = False


class Observer(Protocol):
    """Hears of each answer; metrics are one."""

    def answered(self, exchange: Exchange) -> None:
        """The answer is decided, and not yet sent."""


def not_found(_: str) -> AnswerError:
    """404, whatever the path."""
    return AnswerError(404, 12, "Not Found: there is no such path")


class Router:
    """Answers requests by its routes; nothing is ever raised."""

    def __init__(
        self,
        routes: Iterable[Route],
        clock: Clock,
        *,
        body_bytes: int,
        observers: Sequence[Observer] = (),
        unknown_path: UnknownPath = not_found,
    ) -> None:
        self._unknown_path = unknown_path
        # By their number of segments: a path has one.
        self._routes: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            pattern = tuple(route.pattern.strip("/").split("/"))
            self._routes.setdefault(len(pattern), []).append((pattern, route))
        self._clock, self._observers = clock, observers
        self._reader = BodyReader(body_bytes)

    async def answer(self, incoming: Incoming) -> Answer:
        """The answer to one request, within eight seconds unless its route is free."""
        start = self._clock.monotonic()
        exchange = Exchange(incoming.scope["headers"])
        answer = await self._answer(incoming, exchange)
        if self._observers and not exchange.free:
            exchange.status, exchange.seconds = answer.status, self._clock.monotonic() - start
            for observer in self._observers:
                observer.answered(exchange)
        return answer

    async def _answer(self, incoming: Incoming, exchange: Exchange) -> Answer:
        try:
            route, exchange.names = self._find(incoming.method, incoming.scope["path"])
            exchange.pattern, exchange.free = route.pattern, route.free
            if route.free:
                return await route.handler(self._call(incoming, exchange, b""))
            return await self._bounded(incoming, route, exchange)
        except Exception as error:  # whatever happens is answered: the framework would log its message
            exchange.error = error
            answer = refusal(error)
            # The frames that it passed hold the request, in a circle that only the garbage collector opens.
            error.__traceback__ = error.__context__ = error.__cause__ = None
            return answer

    async def _bounded(self, incoming: Incoming, route: Route, exchange: Exchange) -> Answer:
        async def work(body: bytes) -> Answer:
            return await route.handler(self._call(incoming, exchange, body))

        owner = exchange.names.get("namespace", "")
        try:
            return await self._reader.read(incoming, deadline_seconds, work, owner)
        except TimeoutError:
            log.warning("%s %s: not done within %g s", incoming.method, route.pattern, deadline_seconds)
            raise AnswerError(503, 14, "this took too long; send it again", retry_after=5) from None
        finally:
            if exchange.remarks.known or exchange.remarks.proved:
                self._reader.proved(owner)

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        segments = tuple(path.removeprefix("/").removesuffix("/").split("/"))
        other_methods = set()
        for pattern, route in self._routes.get(len(segments), ()):
            names = _match(pattern, segments)
            if names is None:
                continue
            if route.method == method or (method == "HEAD" and route.method == "GET"):
                return route, names
            other_methods.add(route.method)
        if other_methods:
            allowed = ", ".join(sorted(other_methods))
            message = f"Method Not Allowed: this path takes {allowed}"
            raise AnswerError(405, 12, message, headers={"Allow": allowed})
        raise self._unknown_path(path)

    def _call(self, incoming: Incoming, exchange: Exchange, body: bytes) -> Call:
        asked = incoming.scope["query_string"]
        query = parse_qsl(asked.decode("latin-1"), keep_blank_values=True) if asked else ()
        delivery = Delivery.of(incoming.scope["headers"], body, self._clock.now())
        return Call(incoming.method, exchange.names, tuple(query), delivery, exchange.remarks)


def _match(pattern: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    names = {}
    for expected, found in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            if not found:
                return None
            names[expected[1:-1]] = found
        elif expected != found:
            return None
    return names
