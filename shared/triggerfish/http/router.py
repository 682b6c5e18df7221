"""Routes and error bodies of the events function.

What a caller is answered has the shapes of Argo's REST API: an object, or ``{code, message}``.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect

from triggerfish.errors import AnswerError, ApiError, SettingError, SpecError, Unanswered
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.webhooks.delivery import Delivery
from triggerfish.workflows.objects import is_name, is_namespace

if TYPE_CHECKING:
    from triggerfish.events_function.metrics import EventMetrics
    from triggerfish.events_function.service import Service

log = logging.getLogger("triggerfish.http.router")

# The senders' patience is 10 s.
deadline_seconds = 8.0
body_seconds = 5.0
# What of a body that is too long is still read, so that its sender gets to read the answer.
_drained_bytes = 16 << 20

# The gRPC code for each HTTP status, as Argo's server pairs them.
_codes = {400: 3, 401: 16, 403: 7, 404: 5, 408: 1, 409: 6, 422: 3, 429: 8, 500: 13, 503: 14, 504: 4}


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
    """A status, a body as JSON or as it is, and further headers; ``sender`` is for the metrics."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    sender: str = ""

    @property
    def content(self) -> bytes:
        """The body in bytes."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


Handler = Callable[["Service", Call], Awaitable[Answer]]
Opener = Callable[[Settings, Clock], Coroutine[Any, Any, "Service"]]


@dataclass(frozen=True, slots=True)
class Route:
    """``pattern`` has ``{names}`` for single segments; a slash at the end makes no difference."""

    method: str
    pattern: str
    handler: Handler


ROUTES = (
    Route("POST", "/api/v1/events/{namespace}", lambda service, call: service.events(call)),
    Route("POST", "/api/v1/events/{namespace}/{discriminator}", lambda service, call: service.events(call)),
    Route("POST", "/internal/events", lambda service, call: service.internal_events(call)),
    Route("GET", "/api/v1/workflow-event-bindings/{namespace}", lambda service, call: service.bindings(call)),
    Route("POST", "/api/v1/workflows/{namespace}", lambda service, call: service.create_workflow(call)),
    Route("POST", "/api/v1/workflows/{namespace}/submit", lambda service, call: service.submit(call)),
    Route("GET", "/api/v1/cron-workflows", lambda service, call: service.crons(call)),
    Route("GET", "/api/v1/cron-workflows/{namespace}", lambda service, call: service.crons(call)),
    Route("POST", "/api/v1/cron-workflows/{namespace}", lambda service, call: service.create_cron(call)),
    # Argo's command line leaves the name to the body.
    Route("PUT", "/api/v1/cron-workflows/{namespace}", lambda service, call: service.update_cron(call)),
    Route("GET", "/api/v1/cron-workflows/{namespace}/{name}", lambda service, call: service.cron(call)),
    Route(
        "PUT", "/api/v1/cron-workflows/{namespace}/{name}", lambda service, call: service.update_cron(call)
    ),
    Route(
        "DELETE", "/api/v1/cron-workflows/{namespace}/{name}", lambda service, call: service.delete_cron(call)
    ),
    Route(
        "PUT",
        "/api/v1/cron-workflows/{namespace}/{name}/suspend",
        lambda service, call: service.suspend_cron(call),
    ),
    Route(
        "PUT",
        "/api/v1/cron-workflows/{namespace}/{name}/resume",
        lambda service, call: service.resume_cron(call),
    ),
    Route("GET", "/api/v1/info", lambda service, call: service.info(call)),
    Route("GET", "/api/v1/version", lambda service, call: service.version(call)),
)


class Router:
    """Finds the route of a request, reads its body within bounds, and answers; nothing is ever raised.

    ``opener`` makes the service when the first request needs it: what a cold start can do without is not even
    imported before.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        opener: Opener | None = None,
        *,
        more_routes: tuple[Route, ...] = (),
    ) -> None:
        routes = (*ROUTES, *more_routes)
        self._routes = [(tuple(route.pattern.strip("/").split("/")), route) for route in routes]
        self._settings, self._clock = settings, clock
        self._metrics = _metrics(settings, lambda: self.in_flight)
        self._opener = opener or (lambda settings, clock: _open(settings, clock, self._metrics))
        self._opening: asyncio.Task[Service] | None = None
        self.in_flight = 0

    async def answer(self, incoming: Incoming) -> Answer:
        """What the caller gets, within eight seconds."""
        path = incoming.scope["path"]
        if path.rstrip("/") == "/healthz" and incoming.method in ("GET", "HEAD"):
            return Answer(200, {"status": "ok"})
        if self._metrics is None:
            return (await self._answer(incoming, path))[0]
        if path.rstrip("/") == "/metrics" and incoming.method in ("GET", "HEAD"):
            return Answer(200, self._metrics.text(), media_type=self._metrics.content_type)
        start = self._clock.monotonic()
        answer, pattern = await self._answer(incoming, path)
        self._metrics.answered(pattern, answer.sender, answer.status, self._clock.monotonic() - start)
        return answer

    async def _answer(self, incoming: Incoming, path: str) -> tuple[Answer, str]:
        pattern = ""
        try:
            route, names = self._find(incoming.method, path)
            pattern = route.pattern
            return await self._routed(incoming, route, names), pattern
        except Exception as error:  # whatever happens is answered: the framework would log its message
            return refusal(error), pattern

    async def _routed(self, incoming: Incoming, route: Route, names: dict[str, str]) -> Answer:
        if self.in_flight >= self._settings.event_concurrency:
            raise AnswerError(503, 14, "too many requests are in flight", retry_after=1)
        self.in_flight += 1
        reading = True
        end = asyncio.get_running_loop().time() + deadline_seconds
        try:
            async with asyncio.timeout(body_seconds) as limit:
                body = await self._body(incoming)
                limit.reschedule(end)
                reading = False
                return await route.handler(await self._service(), self._call(incoming, names, body))
        except TimeoutError:
            if reading:
                raise AnswerError(408, 4, f"the body did not arrive within {body_seconds:g} s") from None
            log.warning("%s %s: not done within %g s", incoming.method, route.pattern, deadline_seconds)
            raise AnswerError(503, 14, "this took too long; send it again", retry_after=5) from None
        finally:
            self.in_flight -= 1

    async def _service(self) -> Service:
        if self._opening is None or (self._opening.done() and self._opening.exception()):
            self._opening = asyncio.ensure_future(self._opener(self._settings, self._clock))
        # One who gives up must not stop it for the others.
        return await asyncio.shield(self._opening)

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        segments = tuple(path.removeprefix("/").removesuffix("/").split("/"))
        other_methods = set()
        for pattern, route in self._routes:
            names = _match(pattern, segments)
            if names is None:
                continue
            if route.method == method or (method == "HEAD" and route.method == "GET"):
                return route, names
            other_methods.add(route.method)
        if other_methods:
            raise AnswerError(
                405, 12, f"Method Not Allowed: this path takes {', '.join(sorted(other_methods))}"
            )
        raise AnswerError(404, 12, "Not Found: there is no such path")

    def _call(self, incoming: Incoming, names: dict[str, str], body: bytes) -> Call:
        namespace, name = names.get("namespace"), names.get("name")
        if namespace is not None:
            if not is_namespace(namespace):
                raise AnswerError(404, 5, "there is no such namespace")
            if self._settings.managed_namespace not in ("", namespace):
                raise AnswerError(403, 7, "this namespace is not one of those that are managed here")
        if name is not None and not is_name(name):
            raise AnswerError(404, 5, "there is no such object")
        query = parse_qsl(incoming.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        delivery = Delivery.of(incoming.scope["headers"], body, self._clock.now())
        return Call(incoming.method, names, tuple(query), delivery)

    async def _body(self, incoming: Incoming) -> bytes:
        limit = self._settings.max_body_bytes
        chunks: list[bytes] = []
        size = 0
        async for chunk in incoming.stream():
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            else:
                chunks.clear()
                if size > limit + _drained_bytes:
                    break
        if size > limit:
            raise AnswerError(413, 3, f"the body is longer than {limit} bytes")
        return b"".join(chunks)


def _metrics(settings: Settings, in_flight: Callable[[], int]) -> EventMetrics | None:
    if settings.metrics == "off":
        return None
    from triggerfish.events_function.metrics import EventMetrics

    return EventMetrics(in_flight)


async def _open(settings: Settings, clock: Clock, metrics: EventMetrics | None) -> Service:
    from triggerfish.events_function.service import Service

    service = await Service.open(settings, clock, metrics)
    # What start-up made stays, and a delivery leaves few cycles behind: collecting as often as Python does by
    # itself takes a fifth of a delivery's time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    return service


def refusal(error: Exception) -> Answer:
    """The answer that an error becomes: ``{code, message}``, without the code where Argo gives none."""
    match error:
        case AnswerError():
            status, code, message = error.status, error.code, error.message
            retry_after: float | None = error.retry_after
        case ApiError():
            status = error.status if error.status in _codes else 400 if error.status < 500 else 500
            status = 400 if status == 422 else status
            code, message, retry_after = _codes[status], error.message, error.retry_after
        case Unanswered():
            status, code, message, retry_after = 503, 14, "the cluster did not answer", 5
        case SettingError():
            log.error("%s", error)
            status, code, message, retry_after = (
                500,
                13,
                "this function is not set up rightly; its log says how",
                None,
            )
        case ClientDisconnect():
            status, code, message, retry_after = 400, 1, "the body broke off", None
        case SpecError():
            status, code, message, retry_after = 400, 3, str(error), None
        case _:
            # Its message may quote what must not be logged: the places it passed say enough.
            places = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
            log.error("%s, a defect of Triggerfish, at\n%s", type(error).__name__, places)
            status, code, message, retry_after = 500, 13, "internal error", None
    headers = {} if retry_after is None else {"Retry-After": str(max(1, round(retry_after)))}
    return Answer(status, ({"code": code} if code else {}) | {"message": message}, headers)


def _match(pattern: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    names = {}
    for expected, found in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            if not found:
                return None
            names[expected[1:-1]] = found
        elif expected != found:
            return None
    return names
