"""Arithmetic by Go's rules: ints of 64 bits, floats, strings, times and durations."""

from __future__ import annotations

import math
from typing import Any

from triggerfish.expressions.go.calendar import Month, Weekday
from triggerfish.expressions.go.duration import Duration
from triggerfish.expressions.go.time import Time
from triggerfish.expressions.go.values import (
    Uint8,
    exactly_whole,
    float_to_int,
    is_number,
    join_text,
    type_name,
    whole,
    wrap,
)
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

__all__ = [
    "add",
    "divide",
    "minus",
    "modulo",
    "multiply",
    "power",
    "span",
    "subtract",
    "to_int",
]


def _wrong(a: Any, symbol: str, b: Any) -> Failure:
    return Failure(f"invalid operation: {type_name(a)} {symbol} {type_name(b)}")


def add(run: ExpressionRun, a: Any, b: Any) -> Any:
    """``a + b``: numbers, strings, times and durations."""
    if is_number(a) and is_number(b):
        return _number(a + b)
    if isinstance(a, str) and isinstance(b, str):
        run.text(len(a) + len(b))
        return join_text(a, b)
    if isinstance(a, Duration):
        if isinstance(b, Duration):
            return Duration(wrap(a.nanoseconds + b.nanoseconds))
        if isinstance(b, Time):
            return b.plus(a.nanoseconds)
    if isinstance(a, Time) and isinstance(b, Duration):
        return a.plus(b.nanoseconds)
    raise _wrong(a, "+", b)


def subtract(a: Any, b: Any) -> Any:
    """``a - b``: numbers, times and durations."""
    if is_number(a) and is_number(b):
        return _number(a - b)
    if isinstance(a, Time):
        if isinstance(b, Time):
            return a.minus(b)
        if isinstance(b, Duration):
            return a.plus(-b.nanoseconds)
    if isinstance(a, Duration) and isinstance(b, Duration):
        return Duration(wrap(a.nanoseconds - b.nanoseconds))
    raise _wrong(a, "-", b)


def multiply(a: Any, b: Any) -> Any:
    """``a * b``: numbers; a duration times an int is a duration, times a float64 a float64."""
    if is_number(a) and is_number(b):
        return _number(a * b)
    if isinstance(a, Duration) and isinstance(b, Duration):
        return Duration(wrap(a.nanoseconds * b.nanoseconds))
    for span, factor in ((a, b), (b, a)):
        if isinstance(span, Duration) and is_number(factor):
            if isinstance(factor, float):
                return span.nanoseconds * factor
            return Duration(wrap(span.nanoseconds * factor))
    raise _wrong(a, "*", b)


def _number(value: Any) -> Any:
    return wrap(value) if isinstance(value, int) else value


def divide(a: Any, b: Any) -> float:
    """``a / b``: always a float64; by zero it is infinite, or not a number."""
    if not (is_number(a) and is_number(b)):
        raise _wrong(a, "/", b)
    x, y = float(a), float(b)
    if y == 0:
        if x == 0 or x != x:
            return math.nan
        return math.copysign(math.inf, x) * math.copysign(1.0, y)
    return x / y


def modulo(a: Any, b: Any) -> int:
    """``a % b``: the remainder has the sign of ``a``."""
    if not (is_number(a) and is_number(b)):
        raise _wrong(a, "%", b)
    x, y = exactly_whole(a, "%"), exactly_whole(b, "%")
    if y == 0:
        raise Failure("integer divide by zero")
    rest = abs(x) % abs(y)
    return -rest if x < 0 else rest


def power(a: Any, b: Any) -> float:
    """``a ** b``: always a float64, by ``math.Pow``."""
    for value in (a, b):
        if not is_number(value):
            raise Failure(f"invalid operation: float({type_name(value)})")
    x, y = float(a), float(b)
    try:
        special = math.pow(x, y)
    except OverflowError:
        special = -math.inf if x < 0 and y % 2 == 1 else math.inf
    except ValueError:
        if x != 0:
            return math.nan
        special = math.copysign(math.inf, x) if y % 2 == 1 else math.inf
    if y == -0.5:
        return 1 / math.sqrt(x) if x > 0 else special
    if x in (0, 1) or y in (0, 1, -1, 0.5) or not all(map(math.isfinite, (x, y, special))):
        return special
    return _power(x, y)


def _power(x: float, y: float) -> float:
    """Go's own algorithm, whose last digits are not those of the C library."""
    fraction, whole_part = math.modf(abs(y))
    answer, exponent = 1.0, 0
    if fraction:
        if fraction > 0.5:
            fraction -= 1
            whole_part += 1
        answer = math.exp(fraction * math.log(x))
    mantissa, shift = math.frexp(x)
    turns = int(whole_part)
    while turns:
        if abs(shift) > 1 << 12:
            exponent += shift
            break
        if turns & 1:
            answer *= mantissa
            exponent += shift
        mantissa *= mantissa
        shift <<= 1
        if mantissa < 0.5:
            mantissa += mantissa
            shift -= 1
        turns >>= 1
    if y < 0:
        answer, exponent = 1 / answer, -exponent
    return math.ldexp(answer, max(-5000, min(exponent, 5000)))


def minus(value: Any) -> Any:
    """``-value``."""
    if isinstance(value, Uint8):
        return Uint8(-value % 256)
    if is_number(value):
        return _number(-value)
    raise Failure(f"invalid operation: - {type_name(value)}")


def span(run: ExpressionRun, first: Any, last: Any) -> list[int]:
    """``first..last``, both included; empty when the last comes first."""
    start, stop = whole(first), whole(last)
    run.elements(max(0, stop - start + 1))
    return list(range(start, stop + 1))


def to_int(value: Any) -> int:
    """``int(value)``."""
    if isinstance(value, float):
        return float_to_int(value)
    if isinstance(value, (Month, Weekday)):
        return value.number
    if isinstance(value, Duration):
        return value.nanoseconds
    if is_number(value):
        return int(value)
    raise Failure(f"invalid operation: int({type_name(value)})")
