"""The cron function: a minute scheduler calls it, and what is due becomes Workflows."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response
from uvicorn_worker import UvicornWorker

from triggerfish import settings
from triggerfish.cron_function.app import CronApp
from triggerfish.http.connection import bounded_worker
from triggerfish.runtime import logs
from triggerfish.runtime.clock import Clock

# The worker that gunicorn starts next: what a connection may cost before anybody has proved anything.
bounded_worker(UvicornWorker)

_app: CronApp | None = None


def _opened() -> CronApp:
    # Not at import: the server forks its workers after it, and a wrong setting is to be an answer.
    global _app
    if _app is None:
        logs.configure()
        _app = CronApp(settings.from_process(), Clock())
    return _app


@functions_framework.aio.http
async def cron(request: Request) -> Response:
    """Answer one request."""
    answer = await _opened().answer(request)
    return Response(answer.content, answer.status, answer.headers, answer.media_type)
