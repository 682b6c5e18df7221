"""The events function: webhooks, events and submissions, on every path and method."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from uvicorn_worker import UvicornWorker

from triggerfish import settings
from triggerfish.events_function.app import EventsApp
from triggerfish.events_function.routes import ServiceRoute
from triggerfish.http.connection import bounded_worker
from triggerfish.runtime import logs
from triggerfish.runtime.clock import Clock

# The worker that gunicorn starts next: what a connection may cost before anybody has proved anything.
bounded_worker(UvicornWorker)

_app: EventsApp | None = None


def _opened() -> EventsApp:
    # Not at import: the server forks its workers after it, and a wrong setting is to be an answer.
    global _app
    if _app is None:
        logs.configure()
        read = settings.from_process()
        _app = EventsApp(read, Clock(), more_routes=_console() if read.console == "on" else ())
    return _app


def _console() -> tuple[ServiceRoute, ...]:
    # Not imported by functions that do not serve it.
    from triggerfish.console.routes import routes

    return routes()


@functions_framework.aio.http
async def events(request: Request) -> Response:
    """Answer one request."""
    answer = await _opened().answer(request)
    if answer.stream is not None:
        return StreamingResponse(answer.stream, answer.status, answer.headers, answer.media_type)
    return Response(answer.content, answer.status, answer.headers, answer.media_type)
