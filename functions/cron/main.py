"""The cron function: a minute scheduler calls it, and what is due becomes Workflows."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from triggerfish import settings
from triggerfish.cron_function.app import Asked, Ticker
from triggerfish.runtime import logs
from triggerfish.runtime.clock import Clock

_ticker: Ticker | None = None


def _opened() -> Ticker:
    # Not at import: the server forks its workers after it, and a wrong setting is to be an answer.
    global _ticker
    if _ticker is None:
        logs.configure()
        _ticker = Ticker(settings.from_process(), Clock())
    return _ticker


@functions_framework.aio.http
async def cron(request: Request) -> Response:
    """Answer one request."""
    headers = request.headers
    asked = Asked(
        request.method,
        request.url.path,
        request.url.query,
        tuple(headers.getlist("authorization")),
        dict(headers),
    )
    answer = await _opened().answer(asked)
    return Response(answer.body, answer.status, dict(answer.headers), answer.media_type)
