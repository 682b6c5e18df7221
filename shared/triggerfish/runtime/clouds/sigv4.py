"""AWS Signature Version 4: the headers of a signed request, and the URL of a presigned one.

Source: the AWS General Reference, "Signature Version 4 signing process". Pure: the time is an argument.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

_algorithm = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """One set of keys; ``session`` is empty for those of a user, which never end."""

    access: str
    secret: str = field(repr=False)
    session: str = field(default="", repr=False)


def signed(
    keys: AwsKeys,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    region: str,
    service: str,
    now: datetime,
) -> dict[str, str]:
    """The headers to send: those given, and the signature over them, the path, the query and the body."""
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    parts = urlsplit(url)
    wanted = {**headers, "Host": parts.netloc, "X-Amz-Date": stamp}
    if keys.session:
        wanted["X-Amz-Security-Token"] = keys.session
    text = _query(parse_qsl(parts.query, keep_blank_values=True))
    names, request = _canonical(method, parts.path, text, wanted, hashlib.sha256(body).hexdigest())
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    signature = _signature(keys, stamp, scope, request)
    wanted["Authorization"] = (
        f"{_algorithm} Credential={keys.access}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return wanted


def presigned(
    keys: AwsKeys,
    url: str,
    headers: Mapping[str, str],
    *,
    region: str,
    service: str,
    now: datetime,
    seconds: int,
) -> str:
    """A GET's URL with the signature in its query, good for ``seconds``; ``headers`` must be sent with it."""
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    parts = urlsplit(url)
    wanted = {**headers, "Host": parts.netloc}
    names = ";".join(sorted(name.lower() for name in wanted))
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | {
        "X-Amz-Algorithm": _algorithm,
        "X-Amz-Credential": f"{keys.access}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": names,
    }
    if keys.session:
        query["X-Amz-Security-Token"] = keys.session
    text = _query(query.items())
    _, request = _canonical("GET", parts.path, text, wanted, hashlib.sha256(b"").hexdigest())
    signature = _signature(keys, stamp, scope, request)
    return f"{parts.scheme}://{parts.netloc}{parts.path or '/'}?{text}&X-Amz-Signature={signature}"


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join("=".join(pair) for pair in sorted((quote(k, "-_.~"), quote(v, "-_.~")) for k, v in pairs))


def _canonical(
    method: str, path: str, query: str, headers: Mapping[str, str], payload: str
) -> tuple[str, str]:
    """The names of the signed headers, and the canonical request."""
    lower = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    names = ";".join(sorted(lower))
    lines = "".join(f"{name}:{lower[name]}\n" for name in sorted(lower))
    place = quote(path or "/", "/-_.~")
    return names, "\n".join([method, place, query, lines, names, payload])


def _signature(keys: AwsKeys, stamp: str, scope: str, request: str) -> str:
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, "\n".join([_algorithm, stamp, scope, digest]).encode(), "sha256").hexdigest()
