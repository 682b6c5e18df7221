"""The events function over HTTP: its routes, opened with the first request that needs the cluster."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from triggerfish.errors import AnswerError
from triggerfish.events_function.narration import Narration
from triggerfish.events_function.routes import ROUTES, ServiceHandler, ServiceRoute, found, unserved
from triggerfish.http.messages import Answer, Call, Incoming
from triggerfish.http.operating import metrics_routes, operating_routes
from triggerfish.http.router import Handler, Observer, Route, Router
from triggerfish.runtime import collecting, heap
from triggerfish.runtime.callers import CallerPolicy
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.once import Once
from triggerfish.runtime.parsing_room import most_parsed_bytes, weight_of_json
from triggerfish.runtime.tracers import tracer_of
from triggerfish.runtime.tracing import Tracer
from triggerfish.settings import Settings
from triggerfish.webhooks.encoding import CONTENT_ENCODING
from triggerfish.workflows.objects import is_name, is_namespace

if TYPE_CHECKING:
    from triggerfish.events.refusals import Refusal
    from triggerfish.events_function.metrics import EventMetrics
    from triggerfish.events_function.service import Service
    from triggerfish.http.readiness import Readiness
    from triggerfish.kube.client import Client

Opener = Callable[[Settings, Clock], Coroutine[Any, Any, "Service"]]


class EventsApp:
    """Answers the events function's requests; nothing is ever raised.

    ``opener`` makes the service when the first request needs it: what a cold start can do without is not even
    imported before. ``more_routes`` are served besides its own.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        opener: Opener | None = None,
        *,
        more_routes: tuple[ServiceRoute, ...] = (),
    ) -> None:
        self._settings, self._clock = settings, clock
        self._metrics = _metrics(settings)
        self._tracer = tracer_of(settings, "triggerfish-events")
        opened = opener or (lambda settings, clock: _open(settings, clock, self._metrics))
        self._service = Once(lambda: opened(settings, clock))
        self._opened: Service | None = None
        self._readiness: Readiness | None = None
        routes = operating_routes(self._ready)
        # Strangers reach this function: without a token of its own nobody is shown what it does.
        routes += metrics_routes(self._metrics, CallerPolicy(settings.metrics_token), clock)
        for route in (*ROUTES, *more_routes):
            routes.append(Route(route.method, route.pattern, self._served(route)))
        self._router = Router(
            routes,
            clock,
            body_bytes=settings.max_body_bytes,
            observers=[
                Narration(clock, self._refused),
                *([self._metrics] if self._metrics else []),
                *_notes(self._tracer),
            ],
            unknown_path=unserved,
        )

    async def answer(self, incoming: Incoming) -> Answer:
        """Return what the caller gets, within eight seconds."""
        if self._tracer is None:
            return await self._router.answer(incoming)
        # Not imported where nobody wants traces.
        from triggerfish.events_function import traced

        return await traced.answer(self._router, self._tracer, incoming)

    def _refused(self, refusal: Refusal) -> None:
        # Nothing is opened for one that was refused before anybody else came.
        if self._opened is not None:
            self._opened.refused(refusal)

    async def _ready(self) -> Answer:
        if self._readiness is None:
            from triggerfish.events_function.rights import needed
            from triggerfish.http.readiness import Readiness

            scopes = self._settings.scopes
            self._readiness = Readiness(self._own, needed(self._settings), scopes, self._clock)
        return await self._readiness.answer()

    async def _own(self) -> Client:
        return (await self._service.get()).api.own

    def _served(self, route: ServiceRoute) -> Handler:
        handler: ServiceHandler | None = None

        async def serve(call: Call) -> Answer:
            nonlocal handler
            self._check(call.path)
            self._opened = service = await self._service.get()
            if handler is None:
                handler = found(route)
            if route.places:
                return await handler(service, call)
            namespace = call.path.get("namespace", "")
            encoded = bool(call.delivery.values(CONTENT_ENCODING))
            weight = most_parsed_bytes if encoded else weight_of_json(call.delivery.body)
            with service.unproved.place(namespace):
                async with service.unproved_room.hold(namespace, weight):
                    return await handler(service, call)

        return serve

    def _check(self, names: Mapping[str, str]) -> None:
        """Names are checked before any URL of the API is built of them."""
        namespace, name = names.get("namespace"), names.get("name")
        if namespace is not None:
            if not is_namespace(namespace):
                raise AnswerError(404, 5, "there is no such namespace")
            if not self._settings.manages(namespace):
                raise AnswerError(403, 7, "this function does not manage this namespace")
        if name is not None and not is_name(name):
            raise AnswerError(404, 5, "there is no such object")


def _notes(tracer: Tracer | None) -> list[Observer]:
    if tracer is None:
        return []
    from triggerfish.events_function.traced import SpanNotes

    return [SpanNotes()]


def _metrics(settings: Settings) -> EventMetrics | None:
    if settings.metrics == "off":
        return None
    from triggerfish.events_function.metrics import EventMetrics

    return EventMetrics(settings.instance_id, settings.managed_namespace)


async def _open(settings: Settings, clock: Clock, metrics: EventMetrics | None) -> Service:
    from triggerfish.events_function.service import Service

    service = await Service.open(settings, clock, metrics)
    collecting.serve()
    heap.give_back()
    return service
