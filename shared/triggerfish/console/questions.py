"""Values of a request's query, checked."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from triggerfish.errors import AnswerError
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Call
from triggerfish.workflows.objects import is_name, is_namespace


def one(call: Call, key: str) -> str:
    """The one value of ``key``; ``AnswerError`` 400 when there is none, or more than one."""
    found = values(call, key)
    if len(found) != 1:
        raise AnswerError(400, 3, f"the query must have {key} exactly once")
    return found[0]


def values(call: Call, key: str) -> list[str]:
    """All values of ``key``, in order."""
    return [value for name, value in call.query if name == key]


def namespace(call: Call, service: Service) -> str | None:
    """The namespace that is asked for, else the first that is managed; None for all."""
    given = values(call, "namespace")
    namespace = given[0] if given and given[0] else service.settings.scopes[0]
    if not namespace:
        return None
    if not is_namespace(namespace):
        raise AnswerError(404, 5, "there is no such namespace")
    return require_managed(namespace, service)


def identity(text: str, service: Service) -> tuple[str, str]:
    """``namespace/name``, both checked; ``AnswerError`` 400 for anything else."""
    namespace, _, name = text.partition("/")
    if not (is_namespace(namespace) and is_name(name)):
        raise AnswerError(400, 3, f"{text[:80]!r} is not namespace/name")
    return require_managed(namespace, service), name


def require_managed(namespace: str, service: Service) -> str:
    """``namespace`` itself; ``AnswerError`` 403 when it is not managed here."""
    if not service.settings.manages(namespace):
        raise AnswerError(403, 7, "this function does not manage this namespace")
    return namespace


def instant(text: str) -> datetime:
    """Seconds since 1970 as a time; ``AnswerError`` 400 for anything else."""
    try:
        seconds = float(text)
        return datetime.fromtimestamp(seconds if math.isfinite(seconds) else math.inf, UTC)
    except (ValueError, OverflowError, OSError):
        raise AnswerError(400, 3, "an instant is a number of seconds since 1970") from None
