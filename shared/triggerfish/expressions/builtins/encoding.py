"""JSON and base64."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from triggerfish.expressions.builtins.implementations import Implementations
from triggerfish.expressions.builtins.strings import text
from triggerfish.expressions.go import json
from triggerfish.expressions.go.values import decode, encode
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

family = Implementations()

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


@family("toJSON")
def _to_json(run: ExpressionRun, value: Any) -> str:
    return json.write(run, value, "  ")


@family("fromJSON")
def _from_json(run: ExpressionRun, value: Any) -> Any:
    return json.read(run, text(value))


@family("toBase64")
def _to_base64(run: ExpressionRun, value: Any) -> str:
    data = encode(text(value))
    run.text(len(data) * 4 // 3)
    return base64.b64encode(data).decode("ascii")


@family("fromBase64")
def _from_base64(run: ExpressionRun, value: Any) -> str:
    run.spend(len(text(value)) >> 3)
    source = text(value).replace("\n", "").replace("\r", "")
    if len(source) % 4 or not _BASE64.fullmatch(source):
        raise Failure("illegal base64 data")
    return decode(binascii.a2b_base64(source))
