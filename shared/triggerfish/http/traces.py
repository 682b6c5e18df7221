"""The id of the trace that a request belongs to, as its caller or a front end says it."""

from __future__ import annotations

import re
from collections.abc import Iterable

# https://www.w3.org/TR/trace-context/#traceparent-header
_w3c = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
# https://cloud.google.com/trace/docs/trace-context#legacy-http-header
_google = re.compile(rb"(?!0{32})([0-9a-fA-F]{32})(?:/[0-9]+)?(?:;o=[0-9])?")


def trace_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """32 hex digits of ``traceparent``, else of ``X-Cloud-Trace-Context``; empty without a valid one.

    The names of the headers are in lower case, as ASGI has them.
    """
    given = dict(headers)
    if (value := given.get(b"traceparent")) and (match := _w3c.fullmatch(value.strip())):
        return match[1].decode()
    if (value := given.get(b"x-cloud-trace-context")) and (match := _google.fullmatch(value.strip())):
        return match[1].decode().lower()
    return ""
