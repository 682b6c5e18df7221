"""One kind of value to another: ``int(x)``, ``string(x)``, ``timestamp(x)``."""

from __future__ import annotations

import re

from triggerfish.expressions.cel.functions.registry import function
from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.cel.operators import unsigned, whole
from triggerfish.expressions.cel.times import (
    SECOND,
    CelDuration,
    Timestamp,
    duration,
    read_duration,
    read_timestamp,
    timestamp,
)
from triggerfish.expressions.cel.values import Uint, Value, kind
from triggerfish.expressions.go.format import float_text
from triggerfish.expressions.go.values import encode
from triggerfish.expressions.limits import Failure

_INT, _UINT = re.compile(r"[+-]?[0-9]+"), re.compile(r"[0-9]+")
_DOUBLE = re.compile(
    r"[+-]?(?:(?:D\.?D?|\.D)(?:e[+-]?D)?|inf|infinity|nan)".replace("D", "(?:[0-9]+(?:_[0-9]+)*)"),
    re.IGNORECASE,
)
_HEX_DOUBLE = re.compile(r"[+-]?0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)p[+-]?[0-9]+", re.IGNORECASE)
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


def _wrong(value: Value, to: str) -> Failure:
    return Failure(f"this {kind(value)} cannot be converted to {to}")


@function("bool(bool) -> bool", "bool(string) -> bool")
def bool_(_run: Account, value: Value) -> bool:
    """A bool, also of ``'true'`` and ``'false'``."""
    if isinstance(value, bool):
        return value
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise _wrong(value, "bool")


@function(*(f"int({sort}) -> int" for sort in ("int", "uint", "double", "string", "timestamp", "duration")))
def int_(_run: Account, value: Value) -> int:
    """An int: of a double without its fraction, of a timestamp the seconds since 1970."""
    sort = type(value)
    if sort is int:
        return value  # type: ignore[no-any-return]
    if sort is float:
        # As Go does it: the bounds themselves are out.
        if not -9223372036854775808.0 < value < 9223372036854775808.0:
            raise Failure("integer overflow")
        return int(value)
    if sort is str:
        if not _INT.fullmatch(value) or len(value) > 100:
            raise _wrong(value, "int")
        number = int(value)
        if not -(1 << 63) <= number < 1 << 63:
            raise _wrong(value, "int")
        return number
    if sort is Timestamp:
        return int(value.nanoseconds // SECOND)
    return int(value.nanoseconds) if sort is CelDuration else whole(int(value))


@function(*(f"uint({sort}) -> uint" for sort in ("uint", "int", "double", "string")))
def uint_(_run: Account, value: Value) -> Uint:
    """A uint: of a double without its fraction."""
    sort = type(value)
    if sort is Uint:
        return value  # type: ignore[no-any-return]
    if sort is float:
        if not 0 <= value < 18446744073709551616.0:
            raise Failure("unsigned integer overflow")
        return Uint(value)
    if sort is str:
        if not _UINT.fullmatch(value) or len(value) > 100 or int(value) >= 1 << 64:
            raise _wrong(value, "uint")
        return Uint(value)
    return unsigned(value)


@function(*(f"double({sort}) -> double" for sort in ("double", "int", "uint", "string")))
def double_(_run: Account, value: Value) -> float:
    """A double."""
    if not isinstance(value, str):
        return float(value)
    if len(value) > 1_000:
        raise _wrong(value, "double")
    if _HEX_DOUBLE.fullmatch(value):
        try:
            return float.fromhex(value)
        except OverflowError:
            raise _wrong(value, "double") from None
    if not _DOUBLE.fullmatch(value):
        raise _wrong(value, "double")
    number = float(value)
    if number in (float("inf"), float("-inf")) and "n" not in value.lower():
        raise _wrong(value, "double")
    return number


_PRINTED = ("string", "bool", "int", "uint", "double", "bytes", "timestamp", "duration", "IP", "CIDR")


@function(*(f"string({sort}) -> string" for sort in _PRINTED))
def string_(run: Account, value: Value) -> str:
    """A text: numbers as Go writes them, bytes as UTF-8."""
    sort = type(value)
    if sort is str:
        return value  # type: ignore[no-any-return]
    if sort is bool:
        return "true" if value else "false"
    if sort is float:
        return float_text(value)
    if sort is bytes:
        run.text(len(value))
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            raise Failure("invalid UTF-8 in bytes, cannot convert to string") from None
    return str(int(value)) if isinstance(value, int) else str(value)


@function("bytes(bytes) -> bytes", "bytes(string) -> bytes")
def bytes_(run: Account, value: bytes | str) -> bytes:
    """The bytes of a text in UTF-8."""
    if isinstance(value, bytes):
        return value
    run.text(len(value))
    return encode(value)


@function(*(f"timestamp({sort}) -> timestamp" for sort in ("timestamp", "string", "int")))
def timestamp_(_run: Account, value: Value) -> Timestamp:
    """A timestamp: of RFC 3339, or of seconds since 1970."""
    if isinstance(value, str):
        return read_timestamp(value)
    return value if isinstance(value, Timestamp) else timestamp(value * SECOND)


@function(*(f"duration({sort}) -> duration" for sort in ("duration", "string", "int")))
def duration_(_run: Account, value: Value) -> CelDuration:
    """A duration: of a text such as 1h30m, or of nanoseconds."""
    if isinstance(value, str):
        return read_duration(value)
    return value if isinstance(value, CelDuration) else duration(value)
