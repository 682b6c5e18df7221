"""cel-go's encoders, and Tekton's ``decodeb64``."""

from __future__ import annotations

import base64
import binascii

from triggerfish.expressions.cel.functions.registry import function
from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.go.values import encode
from triggerfish.expressions.limits import Failure


@function("base64.encode(bytes) -> string")
def base64_encode(run: Account, data: bytes) -> str:
    """The bytes in base64."""
    run.text(len(data) * 4 // 3)
    return base64.b64encode(data).decode()


@function("base64.decode(string) -> bytes")
def base64_decode(_run: Account, text: str) -> bytes:
    """The bytes of base64, with its padding or without."""
    data = encode(text).replace(b"\n", b"").replace(b"\r", b"")
    try:
        return base64.b64decode(
            data if data.endswith(b"=") else data + b"=" * (-len(data) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        raise Failure("illegal base64 data") from None


@function("string.decodeb64() -> string", "decodeb64(string) -> string")
def decode_base64(run: Account, text: str) -> str:
    """The text of base64."""
    return bytes(base64_decode(run, text)).decode("utf-8", "replace")
