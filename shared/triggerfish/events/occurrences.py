"""The events in a request's body: one as plain JSON, or CloudEvents in any of their three modes.

https://github.com/cloudevents/spec: binary (attributes in ``ce-*`` headers), structured, batch. In each mode
the attributes end up in ``metadata`` as ``ce-*``, and the data is the payload.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import orjson

from triggerfish.errors import AnswerError
from triggerfish.hosts.times import seconds

_required = ("specversion", "id", "source", "type")
_structured = "application/cloudevents+json"
_batch = "application/cloudevents-batch+json"
most_in_batch = 100
# Elements of lists, entries of maps, and lists and maps themselves.
most_values = 200_000
_blanks = b" \t\r\n"
# An escape: a pair of surrogates, half of one, or any other.
_escape = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)",
    re.DOTALL,
)
_half = len(b"\\ud800")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event as its sender wrote it.

    ``attributes`` are the ``ce-*`` names and values. ``id`` is empty where the sender gave none, else the
    same on a redelivery. ``identity`` are the bytes that tell it from any other: the source and id of a
    CloudEvent, whatever else differs, else the body. ``occurred`` is in seconds since 1970.
    """

    payload: Any
    identity: bytes
    id: str = ""
    occurred: float | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


def read(headers: Mapping[str, str], body: bytes) -> list[Occurrence]:
    """Return what the body holds. ``headers`` by lower-cased name.

    ``AnswerError`` 400 when it is not what it says it is. Anything but CloudEvents is JSON, whatever its
    Content-Type says: curl's says that it is a form.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _structured:
        return [_event(parse(body))]
    if kind == _batch:
        events = parse(body)
        if not isinstance(events, list):
            raise _bad("a batch of CloudEvents is a list")
        if len(events) > most_in_batch:
            raise _bad(f"a batch has at most {most_in_batch} events, this one has {len(events)}")
        return [_event(event) for event in events]
    if "ce-specversion" in headers:
        attributes = {
            name.removeprefix("ce-"): unquote(value)
            for name, value in headers.items()
            if name.startswith("ce-")
        }
        return [_occurrence(attributes, _data(kind, body))]
    return [Occurrence(parse(body), body)]


def parse(body: bytes) -> Any:
    """The JSON value; a body that is empty or blank is null, half a surrogate pair is U+FFFD, as in Go.

    ``AnswerError`` 400 for anything else: NaN, ``{} {}``, or more than 1,024 levels; 413 for more values than
    any host sends, which would take a hundred megabytes, and everybody's time.
    """
    if not body.strip(_blanks):
        return None
    if _values(body) > most_values:
        raise AnswerError(413, 3, f"the body has more than {most_values} values")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        try:
            # Rare enough to look for it only then.
            return orjson.loads(_escape.sub(_whole, body))
        except orjson.JSONDecodeError:
            raise _bad(f"the body is not JSON: {error}") from None


def _values(body: bytes) -> int:
    """About how many values the JSON has; commas and brackets in texts are none."""
    if len(body) <= most_values or _marks(body) <= most_values:
        return 0
    parts = body.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
    return _marks(b"".join(parts[::2]))


def _marks(text: bytes) -> int:
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def _whole(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if len(escape[0]) == _half else escape[0]


def _event(event: Any) -> Occurrence:
    if not isinstance(event, dict):
        raise _bad("a CloudEvent is an object")
    attributes = {}
    for name, value in event.items():
        if name in ("data", "data_base64") or value is None:
            continue
        if isinstance(value, bool):
            attributes[name.lower()] = "true" if value else "false"
        elif isinstance(value, str | int):
            attributes[name.lower()] = str(value)
        else:
            raise _bad(
                f"the CloudEvent's attribute {name[:40]!r} is neither text nor a whole number nor a boolean"
            )
    if "data_base64" in event:
        try:
            raw = base64.b64decode(event["data_base64"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise _bad("the CloudEvent's data_base64 is not base64") from None
        kind = attributes.get("datacontenttype", "").partition(";")[0].strip().lower()
        payload = _data(kind or "application/octet-stream", raw)
    else:
        payload = event.get("data")
    return _occurrence(attributes, payload)


def _occurrence(attributes: dict[str, str], payload: Any) -> Occurrence:
    for name in _required:
        if not attributes.get(name):
            raise _bad(f"the CloudEvent has no {name}")
    return Occurrence(
        payload,
        orjson.dumps([attributes["source"], attributes["id"]]),
        f"{attributes['source']} {attributes['id']}",
        seconds(attributes.get("time")),
        {f"ce-{name}": value for name, value in attributes.items()},
    )


def _data(kind: str, body: bytes) -> Any:
    if not kind or kind.endswith(("/json", "+json")):
        return parse(body)
    if kind.startswith("text/"):
        return body.decode("utf-8", "replace")
    return base64.b64encode(body).decode("ascii")


def _bad(message: str) -> AnswerError:
    return AnswerError(400, 3, message)
