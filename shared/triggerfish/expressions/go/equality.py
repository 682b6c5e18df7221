"""Equality and order by Go's rules, for values of any type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from triggerfish.expressions.go.duration import Duration
from triggerfish.expressions.go.provenance import own
from triggerfish.expressions.go.time import Time
from triggerfish.expressions.go.values import AnyMap, NilList, is_nil, is_number, type_name
from triggerfish.expressions.limits import DEPTH, Failure, exceeded
from triggerfish.expressions.run import ExpressionRun

__all__ = [
    "at_least",
    "at_most",
    "equal",
    "equal_json",
    "less",
    "more",
]


def equal(run: ExpressionRun, a: Any, b: Any, depth: int = 0) -> bool:
    """``a == b``: numbers by value, lists element by element, maps only with the very same types in them."""
    kind = type(a)
    if kind is str:
        if len(a) > 63 and type(b) is str and len(a) == len(b):
            run.spend_text(a, 10)
        return bool(a == b)
    if is_number(a):
        return is_number(b) and bool(a == b)
    if isinstance(a, list) and isinstance(b, list):
        if depth > DEPTH:
            raise exceeded(f"{DEPTH} nested lists and maps")
        run.spend(50 + 10 * len(a))
        return len(a) == len(b) and all(equal(run, x, y, depth + 1) for x, y in zip(a, b, strict=True))
    if isinstance(a, (Time, Duration)):
        return kind is type(b) and bool(a == b)
    if is_nil(a) and is_nil(b):
        return True
    return deep(run, a, b)


def equal_json(run: ExpressionRun, a: Any, b: Any) -> bool:
    """``==`` of two values of the environment, where all numbers are of one type."""
    if isinstance(a, (list, Mapping)) and isinstance(b, (list, Mapping)):
        return equal(run, own(run, a), own(run, b))
    return equal(run, a, b)


def deep(run: ExpressionRun, a: Any, b: Any, depth: int = 0) -> bool:
    """``reflect.DeepEqual``: 1 and 1.0 are two things here."""
    if isinstance(a, (str, bool, int, float)) or a is None:
        return _same_scalar(a, b)
    if depth > DEPTH:
        raise exceeded(f"{DEPTH} nested lists and maps")
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        run.spend(50 + 10 * len(a))
        return len(a) == len(b) and all(
            key in b and deep(run, item, b[key], depth + 1) for key, item in a.items()
        )
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        run.spend(50 + 10 * len(a))
        return (
            isinstance(a, tuple) == isinstance(b, tuple)
            and isinstance(a, NilList) == isinstance(b, NilList)
            and len(a) == len(b)
            and all(deep(run, x, y, depth + 1) for x, y in zip(a, b, strict=True))
        )
    if isinstance(a, AnyMap) and isinstance(b, AnyMap):
        run.spend(50 + 10 * len(a))
        return len(a) == len(b) and all(
            key in b and deep(run, item, b.get(key), depth + 1) for key, item in a.items()
        )
    return type(a) is type(b) and bool(a == b)


def _same_scalar(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    for kind in (str, int, float):
        if isinstance(a, kind):
            return isinstance(b, kind) and bool(a == b)
    return a is b


def _ordered(
    symbol: str, compare: Callable[[Any, Any], bool]
) -> Callable[[ExpressionRun | None, Any, Any], bool]:
    def ordered(run: ExpressionRun | None, a: Any, b: Any) -> bool:
        if is_number(a) and is_number(b):
            return compare(a, b)
        if run is not None and isinstance(a, str) and isinstance(b, str) and len(a) > 1023:
            run.spend_text(b, 8)
        for kind in (str, Time, Duration):
            if isinstance(a, kind) and isinstance(b, kind):
                return compare(_total(a), _total(b))
        raise Failure(f"invalid operation: {type_name(a)} {symbol} {type_name(b)}")

    return ordered


def _total(value: Any) -> Any:
    if isinstance(value, Time):
        return value.total
    return value.nanoseconds if isinstance(value, Duration) else value


less = _ordered("<", lambda a, b: bool(a < b))
more = _ordered(">", lambda a, b: bool(a > b))
at_most = _ordered("<=", lambda a, b: bool(a <= b))
at_least = _ordered(">=", lambda a, b: bool(a >= b))
