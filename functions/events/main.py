"""The events function: webhooks, events and submissions, on every path and method."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from triggerfish import settings
from triggerfish.http.router import Answer, Route, Router
from triggerfish.runtime import logs
from triggerfish.runtime.clock import Clock

_router: Router | None = None


def _opened() -> Router:
    # Not at import: the server forks its workers after it, and a wrong setting is to be an answer.
    global _router
    if _router is None:
        logs.configure()
        read = settings.from_process()
        _router = Router(read, Clock(), more_routes=_console() if read.console == "on" else ())
    return _router


def _console() -> tuple[Route, ...]:
    # Not imported by functions that do not serve it.
    from triggerfish.console.routes import Console

    return Console().routes()


@functions_framework.aio.http
async def events(request: Request) -> Response:
    """Answer one request."""
    answer: Answer = await _opened().answer(request)
    return Response(answer.content, answer.status, answer.headers, answer.media_type)
