"""The cron function: called every minute, by others or by itself, it makes Workflows of what is due."""

from triggerfish.runtime import collecting

# Before all else is imported, most of which stays.
collecting.start()

from functools import cache

import functions_framework.aio
from starlette.requests import Request
from uvicorn_worker import UvicornWorker

from triggerfish.cron_function import starting
from triggerfish.cron_function.app import CronApp
from triggerfish.http.connection import bounded_worker
from triggerfish.http.sending import WholeAnswer

# The worker that gunicorn starts next: what a connection may cost before anybody has proved anything.
bounded_worker(UvicornWorker)
# Settings that are wrong end the process here, before it listens.
starting.start()


@cache
def _opened() -> CronApp:
    # Not at import: the server forks its workers after it.
    return starting.opened()


@functions_framework.aio.http
async def cron(request: Request) -> WholeAnswer:
    """Answer one request."""
    return WholeAnswer(await _opened().answer(request))
