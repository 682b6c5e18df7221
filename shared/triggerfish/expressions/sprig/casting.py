"""github.com/spf13/cast as sprig uses it: anything to a number, 0 when it cannot be read as one."""

from __future__ import annotations

import math
import re
from typing import Any

from triggerfish.expressions.sprig.kinds import Int64, int64

_MINIMUM, _MAXIMUM = -(2**63), 2**63 - 1


def to_int64(value: Any) -> Int64:
    """cast.ToInt64: floats are cut towards zero, strings read with Go's prefixes, "3.0" as 3, the rest 0."""
    if isinstance(value, bool):
        return Int64(value)
    if isinstance(value, int):
        return int64(value)
    if isinstance(value, float):
        # What amd64 answers when the float does not fit.
        if math.isnan(value) or not _MINIMUM <= value < 2.0**63:
            return Int64(_MINIMUM)
        return Int64(int(value))
    if isinstance(value, str):
        number = parse_int(_without_zero_decimals(value), base=0)
        return Int64(0 if number is None else number)
    return Int64(0)


def to_int(value: Any) -> int:
    """cast.ToInt."""
    return int(to_int64(value))


def to_float64(value: Any) -> float:
    """cast.ToFloat64."""
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, str):
        number = parse_float(value)
        return 0.0 if number is None else number
    return 0.0


def _without_zero_decimals(text: str) -> str:
    return re.sub(r"\.0+\Z", "", text, count=1) if re.search(r"\.0+\Z", text) else text


_DIGITS = {
    2: re.compile("[01]+"),
    8: re.compile("[0-7]+"),
    10: re.compile("[0-9]+"),
    16: re.compile("[0-9a-fA-F]+"),
}
_PREFIXES = {"0x": 16, "0b": 2, "0o": 8}


def parse_int(text: str, *, base: int) -> int | None:
    """strconv.ParseInt with 64 bits; None where Go errs. Base 0 reads the prefix and underscores."""
    sign, digits = (
        ("-", text[1:]) if text[:1] == "-" else ("", text.removeprefix("+") if text[:1] == "+" else text)
    )
    if base == 0:
        base = 10
        lowered = digits[:2].lower()
        if not _underscores_separate(digits):
            return None
        if lowered in _PREFIXES:
            base, digits = _PREFIXES[lowered], digits[2:]
        elif digits[:1] == "0" and len(digits) > 1:
            base, digits = 8, digits[1:]
        digits = digits.replace("_", "")
    if len(digits) > 80 and digits.lstrip("0")[80:]:
        return None
    if not _DIGITS[base].fullmatch(digits):
        return None
    number = int(sign + digits, base)
    return number if _MINIMUM <= number <= _MAXIMUM else None


def _underscores_separate(number: str) -> bool:
    """Go's rule: an underscore stands between two digits, or after the prefix 0x, 0b, 0o."""
    if "_" not in number:
        return True
    prefixed = number[:2].lower() in _PREFIXES
    body = "0" + number[2:] if prefixed else number
    digit = "[0-9a-fA-F]" if number[:2].lower() == "0x" else "[0-9]"
    return re.fullmatch(rf"(_(?<={digit}_)(?={digit})|[^_])*", body) is not None


_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_HEX = re.compile(r"[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+")
_SPECIAL = re.compile(r"[+-]?(inf|infinity)|nan", re.IGNORECASE)


def parse_float(text: str) -> float | None:
    """strconv.ParseFloat with 64 bits; None where Go answers an error, out of range among them."""
    if len(text) > 5000 or not text.isascii():
        return None
    if _SPECIAL.fullmatch(text):
        return float(text)
    if "_" in text:
        if not _underscores_separate(text.lstrip("+-")):
            return None
        text = text.replace("_", "")
    try:
        if _DECIMAL.fullmatch(text):
            number = float(text)
        elif _HEX.fullmatch(text):
            number = float.fromhex(text)
        else:
            return None
    except OverflowError:
        return None
    return None if math.isinf(number) else number
