"""Numbers and bools read from texts as package strconv reads them; None where it errs."""

from __future__ import annotations

import math
import re

_MINIMUM, _MAXIMUM = -(2**63), 2**63 - 1
_BOOLS = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True)
_BOOLS |= dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False)


def parse_bool(text: str) -> bool | None:
    """strconv.ParseBool."""
    return _BOOLS.get(text)


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
