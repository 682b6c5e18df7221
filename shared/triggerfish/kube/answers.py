"""What the API server answers, as values: objects, pages of lists, refusals."""

from __future__ import annotations

import email.utils
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from triggerfish.errors import ApiError, Unanswered
from triggerfish.kube.wire import Response
from triggerfish.workflows.objects import Json


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. ``date`` is the API server's clock (its Date header), None when it sent none."""

    items: list[Json]
    resource_version: str
    next: str
    date: datetime | None


def page_of(response: Response) -> Page:
    """The page of a list."""
    body = object_of(response.body)
    metadata = body.get("metadata") or {}
    # The API server answers null for an empty metadata-only list.
    items = body.get("items") or []
    return Page(items, metadata.get("resourceVersion", ""), metadata.get("continue") or "", date(response))


def object_of(body: bytes) -> Json:
    """The JSON object in a body; ``Unanswered`` where there is none."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        # Something between us and the API server answered: what became of the request nobody knows.
        raise Unanswered("the answer is not a JSON object: is there a proxy before the API server?")
    return value


def refusal(response: Response) -> ApiError:
    """The error in an answer that is not 2xx, whatever stands in its body."""
    try:
        status: Any = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        status = None
    if not isinstance(status, dict):
        status = {}
    reason = str(status.get("reason") or "")
    message = str(status.get("message") or response.body[:200].decode("utf-8", "replace"))
    after = response.headers.get("retry-after", "")
    seconds = float(after) if after.isascii() and after.isdigit() else None
    details = status.get("details")
    given = details.get("causes") if isinstance(details, dict) else None
    causes = given if isinstance(given, list) else []
    reasons = tuple(str(cause.get("reason") or "") for cause in causes if isinstance(cause, dict))
    return ApiError(response.status, reason, message, retry_after=seconds, causes=reasons)


def date(response: Response) -> datetime | None:
    """The ``Date`` header as a time in UTC, None when there is none that can be read."""
    try:
        moment = email.utils.parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    return moment.astimezone(UTC)
