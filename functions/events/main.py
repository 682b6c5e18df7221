"""The events function: webhooks, events and submissions, on every path and method."""

from triggerfish.runtime import collecting

# Before all else is imported, most of which stays.
collecting.start()

from functools import cache
from importlib import import_module

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import StreamingResponse
from uvicorn_worker import UvicornWorker

from triggerfish.events_function import starting
from triggerfish.events_function.app import EventsApp
from triggerfish.http.connection import bounded_worker
from triggerfish.http.sending import WholeAnswer

# The worker that gunicorn starts next: what a connection may cost before anybody has proved anything.
bounded_worker(UvicornWorker)
# Settings that are wrong end the process here, before it listens.
starting.start()


@cache
def _opened() -> EventsApp:
    # Not at import: the server forks its workers after it, and the console is not imported without need.
    return starting.opened(lambda: import_module("triggerfish.console.routes").routes())


@functions_framework.aio.http
async def events(request: Request) -> WholeAnswer | StreamingResponse:
    """Answer one request."""
    answer = await _opened().answer(request)
    if answer.stream is not None:
        return StreamingResponse(answer.stream, answer.status, answer.headers, answer.media_type)
    return WholeAnswer(answer)
