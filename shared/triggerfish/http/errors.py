"""What a caller reads when something fails: ``{code, message}``, in the shape of Argo's REST API."""

from __future__ import annotations

import logging
import traceback

from starlette.requests import ClientDisconnect

from triggerfish.errors import AnswerError, ApiError, SettingError, SpecError, Unanswered
from triggerfish.http.messages import Answer

log = logging.getLogger("triggerfish.http")

# The gRPC code for each HTTP status, as Argo's server pairs them.
_codes = {400: 3, 401: 16, 403: 7, 404: 5, 408: 1, 409: 6, 422: 3, 429: 8, 500: 13, 503: 14, 504: 4}


def refusal(error: Exception) -> Answer:
    """The answer that an error becomes; without the code where Argo gives none."""
    headers: dict[str, str] = {}
    retry_after: float | None = None
    match error:
        case AnswerError():
            status, code, message = error.status, error.code, error.message
            retry_after, headers = error.retry_after, dict(error.headers)
        case ApiError():
            status = error.status if error.status in _codes else 400 if error.status < 500 else 500
            status = 400 if status == 422 else status
            code, message, retry_after = _codes[status], error.message, error.retry_after
        case Unanswered():
            status, code, message, retry_after = 503, 14, error.told, 5
        case SettingError():
            log.error("%s", error)
            status, code, message = 500, 13, "this function is misconfigured; its log says why"
        case ClientDisconnect():
            status, code, message = 400, 1, "the body ended early"
        case SpecError():
            status, code, message = 400, 3, str(error)
        case _:
            # Its message may quote what must not be logged: the places it passed say enough.
            places = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
            log.error("%s, a defect of Triggerfish, at\n%s", type(error).__name__, places)
            status, code, message = 500, 13, "internal error"
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, round(retry_after)))
    return Answer(status, ({"code": code} if code else {}) | {"message": message}, headers)
