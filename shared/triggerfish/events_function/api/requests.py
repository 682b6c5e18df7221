"""What the handlers of Argo's REST API read of a call."""

from __future__ import annotations

from typing import Any

from triggerfish.errors import AnswerError, AnswerTooLong
from triggerfish.events import occurrences
from triggerfish.events_function.api import checks
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Call
from triggerfish.kube.client import Client
from triggerfish.kube.resources import Resource
from triggerfish.webhooks.encoding import plain
from triggerfish.workflows.objects import Json

Query = tuple[tuple[str, str], ...]

# Bytes of a list that is answered.
most_listed_bytes = 8 << 20
_short_bytes, _long_weight = 1 << 20, 24 << 20
_list_options = (
    "labelSelector",
    "fieldSelector",
    "limit",
    "continue",
    "resourceVersion",
    "resourceVersionMatch",
)


def body(service: Service, call: Call) -> Any:
    """The JSON of the body, without its encoding; ``AnswerError`` 400, 413 or 415."""
    return occurrences.parse(plain(call.delivery, service.settings.max_body_bytes).body)


def part(service: Service, call: Call, key: str) -> Json:
    """The object under ``key`` of the body, which a caller wants to have made or looked at.

    Its metadata is what it should be; ``AnswerError`` 400 when it is not.
    """
    whole = body(service, call)
    found = whole.get(key) if isinstance(whole, dict) else None
    if not isinstance(found, dict):
        raise AnswerError(400, 3, f"the body has no {key}")
    return {**found, "metadata": checks.metadata(found.get("metadata"), f"{key}.metadata")}


def namespace(service: Service, call: Call) -> str | None:
    """The namespace of the path; without one the managed namespace, None for all."""
    return call.path.get("namespace") or service.settings.only_namespace


async def listing(
    service: Service, client: Client, resource: Resource, namespace: str | None, query: Query
) -> Json:
    """A page of a list, as the caller may see it; ``AnswerError`` 400 for one that is too long.

    Long ones are read a few at a time, as they take many times as much once they are read.
    """
    try:
        return await client.listing(resource, namespace, query, most=_short_bytes)
    except AnswerTooLong:
        pass
    async with service.unproved_room.hold(namespace or "", _long_weight):
        try:
            return await client.listing(resource, namespace, query, most=most_listed_bytes)
        except AnswerTooLong:
            raise AnswerError(
                400,
                3,
                f"the list has more than {most_listed_bytes >> 20} MiB: ask for fewer at once with"
                " listOptions.limit, or for those of a label",
            ) from None


def list_options(call: Call) -> Query:
    """The ``listOptions.*`` of the query, under the names of the Kubernetes API."""
    given = ((name.removeprefix("listOptions."), value) for name, value in call.query)
    return tuple((name, value) for name, value in given if name in _list_options and value)


def asked(call: Call, name: str) -> str:
    """The last value of ``name`` in the query, empty when there is none."""
    return next((value for key, value in reversed(call.query) if key == name), "")
