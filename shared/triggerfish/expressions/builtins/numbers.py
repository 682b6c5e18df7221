"""Numbers, conversions, ``len`` and ``type``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from triggerfish.expressions.builtins.implementations import Implementations
from triggerfish.expressions.go.arithmetic import to_int
from triggerfish.expressions.go.format import text_of
from triggerfish.expressions.go.strconv import parse_float
from triggerfish.expressions.go.values import AnyMap, Uint8, is_number, type_name, wrap
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

family = Implementations()

_NAMED = {"time.Time": "time.Time", "time.Duration": "time.Duration", "*time.Location": "time.Location"}
_NAMED |= {
    "time.Month": "time.Month",
    "time.Weekday": "time.Weekday",
    "<nil>": "nil",
    "float64": "float",
    "uint8": "uint",
}
_NAMED |= {"[]uint8": "array", "[]interface {}": "array", "[2]interface {}": "array"}
_NAMED |= dict.fromkeys(
    ("map[string]interface {}", "map[string]string", "map[interface {}]interface {}"), "map"
)


@family("len")
def _len(run: ExpressionRun, value: Any) -> int:
    if isinstance(value, (list, tuple, str, bytes, Mapping, AnyMap)):
        return len(value)
    raise Failure(f"invalid argument for len (type {type_name(value)})")


@family("type")
def _type(run: ExpressionRun, value: Any, json: bool) -> str:  # noqa: FBT001  the registry's protocol
    if json and is_number(value) and not isinstance(value, Uint8):
        return "float"
    name = type_name(value)
    return _NAMED.get(name, name)


@family("abs")
def _abs(run: ExpressionRun, value: Any) -> Any:
    if is_number(value):
        return wrap(abs(value)) if isinstance(value, int) else abs(value)
    raise Failure(f"invalid argument for abs (type {type_name(value)})")


def _as_float(name: str, value: Any) -> float:
    if is_number(value):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    raise Failure(f"invalid argument for {name} (type {type_name(value)})")


@family("ceil")
def _ceil(run: ExpressionRun, value: Any) -> float:
    number = _as_float("ceil", value)
    return math.copysign(float(math.ceil(number)), number) if _has_fraction(number) else number


@family("floor")
def _floor(run: ExpressionRun, value: Any) -> float:
    number = _as_float("floor", value)
    return float(math.floor(number)) if _has_fraction(number) else number


@family("round")
def _round(run: ExpressionRun, value: Any) -> float:
    number = _as_float("round", value)
    if not _has_fraction(number):
        return number
    whole = math.trunc(number)
    away = abs(number - whole) >= 0.5
    return math.copysign(float(abs(whole) + away), number)


def _has_fraction(number: float) -> bool:
    return math.isfinite(number) and not number.is_integer()


_INTEGER = re.compile(r"[+-]?[0-9]{1,40}\Z")


@family("int")
def _int(run: ExpressionRun, value: Any) -> int:
    if isinstance(value, str):
        if _INTEGER.match(value) and wrap(number := int(value)) == number:
            return number
        raise Failure(f"invalid operation: int({value[:40]})")
    return to_int(value)


@family("float")
def _float(run: ExpressionRun, value: Any) -> float:
    if isinstance(value, str):
        number = parse_float(value)
        if number is None:
            raise Failure(f"invalid operation: float({value[:40]})")
        return number
    if is_number(value):
        return _as_float("float", value)
    raise Failure(f"invalid operation: float({type_name(value)})")


@family("string")
def _string(run: ExpressionRun, value: Any) -> str:
    text = text_of(run, value)
    run.text(len(text))
    return text
