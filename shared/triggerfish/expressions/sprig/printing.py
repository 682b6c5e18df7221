"""Go's fmt for the values of an expression: ``%v``, and numbers as fmt and encoding/json write them."""

from __future__ import annotations

import math
from typing import Any

from triggerfish.expressions.sprig.kinds import type_of


def strval(value: Any) -> str:
    """sprig's strval: a string as it is, everything else by ``%v``."""
    return value if isinstance(value, str) else sprint(value)


def sprint(value: Any) -> str:
    """``fmt.Sprintf("%v", value)``; maps in the order of their keys."""
    if value is None:
        return "<nil>"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, list):
        return "[" + " ".join(map(sprint, value)) + "]"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{sprint(value[key])}" for key in sorted(value)) + "]"
    return "<func>" if type_of(value) == "func()" and callable(getattr(value, "call", None)) else str(value)


def float_text(number: float) -> str:
    """``%v`` of a float64: the shortest digits that read back, an exponent below -4 and from 6 on."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    sign, digits, exponent = _decimal(number)
    if exponent < -4 or exponent >= 6:
        return sign + scientific(digits, exponent)
    return sign + plain(digits, exponent)


def json_float(number: float) -> str:
    """A float64 as encoding/json writes it; ValueError for NaN and infinities."""
    if math.isnan(number) or math.isinf(number):
        raise ValueError(f"json: unsupported value: {float_text(number)}")
    sign, digits, exponent = _decimal(number)
    if number and not 1e-6 <= abs(number) < 1e21:
        text = scientific(digits, exponent)
        return sign + (text[:-2] + text[-1] if text[-4:-1] == "e-0" else text)
    return sign + plain(digits, exponent)


def _decimal(number: float) -> tuple[str, str, int]:
    """Sign, shortest digits without trailing zeros, and the decimal exponent of the first."""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    place = len(whole) - 1 + int(exponent or 0)
    stripped = digits.lstrip("0")
    place -= len(digits) - len(stripped)
    stripped = stripped.rstrip("0")
    return "-" if math.copysign(1, number) < 0 else "", stripped or "0", place if stripped else 0


def scientific(digits: str, exponent: int) -> str:
    """``d.ddde±dd``."""
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def plain(digits: str, exponent: int) -> str:
    """The number without an exponent."""
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    if len(digits) <= exponent + 1:
        return digits + "0" * (exponent + 1 - len(digits))
    return digits[: exponent + 1] + "." + digits[exponent + 1 :]
