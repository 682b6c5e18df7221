"""Numbers and values as Go's fmt writes them: ``string(x)``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from triggerfish.expressions.go.values import AnyMap, Method
from triggerfish.expressions.limits import DEPTH, Failure, exceeded
from triggerfish.expressions.run import ExpressionRun

#: From here on fmt writes a float with an exponent.
_EXPONENT = 6


def _digits(number: float) -> tuple[str, int]:
    """The shortest digits that read back as this positive float, and where the point stands among them."""
    text = repr(number)
    mantissa, _, exponent = text.partition("e")
    before, _, after = mantissa.partition(".")
    if after == "0":
        after = ""
    digits = (before + after).lstrip("0")
    point = len(before) + int(exponent or "0") - (len(before + after) - len(digits))
    return digits.rstrip("0") or "0", point


def float_text(number: float, *, plain_below: int = _EXPONENT, plain_from: int = -4) -> str:
    """``strconv.FormatFloat(number, 'g', -1, 64)``; an exponent outside the two bounds is written as one."""
    if not math.isfinite(number):
        return "NaN" if number != number else "+Inf" if number > 0 else "-Inf"
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    if number == 0:
        return sign + "0"
    digits, point = _digits(abs(number))
    exponent = point - 1
    if plain_from <= exponent < plain_below:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        if len(digits) <= point:
            return sign + digits.ljust(point, "0")
        return f"{sign}{digits[:point]}.{digits[point:]}"
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def text_of(run: ExpressionRun, value: Any, depth: int = 0) -> str:
    """``fmt.Sprintf("%v", value)``."""
    if isinstance(value, str):
        run.spend_text(value)
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return float_text(value)
    if depth > DEPTH:
        raise exceeded(f"{DEPTH} nested lists and maps")
    if isinstance(value, (list, tuple, bytes)):
        run.spend(10 + 10 * len(value))
        return "[" + " ".join([text_of(run, item, depth + 1) for item in value]) + "]"
    if isinstance(value, (Mapping, AnyMap)):
        run.spend(10 + 20 * len(value))
        pairs = sorted(value.items(), key=_key_order)
        return (
            "map["
            + " ".join(
                [f"{text_of(run, key, depth + 1)}:{text_of(run, item, depth + 1)}" for key, item in pairs]
            )
            + "]"
        )
    if isinstance(value, Method):
        raise Failure(f"{value.name} is a method: call it")
    run.spend(60)  # times are the dearest
    return str(value)


def _key_order(pair: tuple[Any, Any]) -> tuple[int, Any]:
    key = pair[0]
    if key is None:
        return (0, 0)
    if isinstance(key, (bool, int, float)):
        return (1, key) if not isinstance(key, bool) else (2, key)
    return (3, key) if isinstance(key, str) else (4, str(key))
