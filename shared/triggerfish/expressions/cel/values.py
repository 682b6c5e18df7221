"""JSON to CEL's values and back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from celpy import celtypes

from triggerfish.errors import ExpressionError
from triggerfish.expressions.go.duration import Duration
from triggerfish.expressions.go.time import Time

Value = Any
"""A value of celpy.celtypes, or None."""


def to_cel(value: Any) -> Value:
    """A JSON value, a time or a duration as CEL's; numbers without a fraction are int, the others double."""
    if value is None:
        return None
    if isinstance(value, bool):
        return celtypes.BoolType(value)
    if isinstance(value, int):
        # Beyond int64 a double, as JSON's numbers are anyway.
        return celtypes.IntType(value) if -(2**63) <= value < 2**63 else celtypes.DoubleType(value)
    if isinstance(value, float):
        # A JSON text that was read by Go's rules has floats alone.
        return (
            celtypes.IntType(int(value))
            if value.is_integer() and abs(value) < 2.0**53
            else celtypes.DoubleType(value)
        )
    if isinstance(value, str):
        return celtypes.StringType(value)
    if isinstance(value, Mapping):
        return celtypes.MapType({celtypes.StringType(key): to_cel(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return celtypes.ListType([to_cel(item) for item in value])
    if isinstance(value, Time):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            seconds=value.seconds, microseconds=value.nanosecond // 1000
        )
        return celtypes.TimestampType(moment)
    if isinstance(value, Duration):
        return celtypes.DurationType(timedelta(microseconds=value.nanoseconds // 1000))
    raise ExpressionError(f"a {type(value).__name__} has no place in a CEL expression")


def from_cel(value: Value) -> Any:
    """A result as plain JSON: timestamps and durations as text, bytes as base64."""
    if value is None:
        return None
    if isinstance(value, (bool, celtypes.BoolType)):
        return bool(value)
    if isinstance(value, (celtypes.TimestampType, celtypes.DurationType)):
        return str(value)
    # The library's sums and products are plain Python's.
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return "".join(value)
    if isinstance(value, bytes):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, list):
        return [from_cel(item) for item in value]
    if isinstance(value, celtypes.MapType) and not isinstance(value, celtypes.MessageType):
        return {_key(key): from_cel(item) for key, item in value.items()}
    raise ExpressionError("the expression gives no JSON value, but a type or a message")


def _key(key: Value) -> str:
    plain = from_cel(key)
    if isinstance(plain, bool):
        return str(plain).lower()
    return plain if isinstance(plain, str) else str(plain)


def weight(value: Value, most: int) -> int:
    """How many values there are in this one, counted no further than ``most``."""
    if not isinstance(value, (list, dict)):
        return 1
    count, level = 1, [value]
    while level and count < most:
        item = level.pop()
        inner = item.values() if isinstance(item, dict) else item
        count += len(item)
        level.extend(one for one in inner if isinstance(one, (list, dict)))
    return count
