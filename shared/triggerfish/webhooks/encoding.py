"""The content of a body behind its ``Content-Encoding``, read after its sender proved the bytes as sent."""

from __future__ import annotations

import zlib
from dataclasses import replace

from triggerfish.errors import AnswerError
from triggerfish.webhooks.delivery import Delivery

CONTENT_ENCODING = "content-encoding"
# RFC 9110 8.4.1.3: a recipient takes x-gzip for gzip.
_gzip = ("gzip", "x-gzip")
_most_members = 16
_gzip_with_header = 16 + zlib.MAX_WBITS


def plain(delivery: Delivery, most: int) -> Delivery:
    """The same delivery, its body inflated, without the header that says so. Errors as ``inflated``."""
    given = delivery.values(CONTENT_ENCODING)
    if not given:
        return delivery
    headers = tuple(pair for pair in delivery.headers if pair[0] != CONTENT_ENCODING)
    return replace(delivery, headers=headers, body=inflated(", ".join(given), delivery.body, most))


def inflated(encoding: str, body: bytes, most: int) -> bytes:
    """``body`` as it was before ``encoding``, the value of ``Content-Encoding``: gzip, identity or nothing.

    ``AnswerError``: 415 for any other encoding, 400 when the bytes are not what it says, 413 when more than
    ``most`` bytes come of them; no more than these are ever made.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in _gzip:
        raise AnswerError(
            415, 3, f"Content-Encoding {encoding[:40]!r} is not read here: send gzip, or the body as it is"
        )
    found = b""
    try:
        # A file of gzip may have several members, one after the other; thousands of empty ones are no file.
        for _ in range(_most_members):
            member = zlib.decompressobj(_gzip_with_header)
            found += member.decompress(body, most + 1 - len(found))
            if len(found) > most:
                raise AnswerError(
                    413, 3, f"the body is longer than {most} bytes without its Content-Encoding"
                )
            if not member.eof:
                break
            body = member.unused_data
            if not body:
                return found
    except zlib.error:
        pass
    raise AnswerError(400, 3, "Content-Encoding is gzip, but the body is not")
