"""Go's ``time.ParseDuration``, which ``@every`` is written in."""

from __future__ import annotations

import re

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5
    "μs": 1_000,  # U+03BC
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"([0-9]*)(?:(\.)([0-9]*))?([^0-9.]+)")
_LIMIT = 2**63


def nanoseconds(text: str) -> int:
    """The duration in nanoseconds. Raises ``ValueError`` with a sentence when Go would refuse it."""
    negative = text.startswith("-")
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    if not rest:
        raise ValueError("it is empty")
    total, place = 0, 0
    while place < len(rest):
        part = _PART.match(rest, place)
        if part is None or not (part[1] or part[3]):
            raise ValueError("write numbers with units, such as 1h30m")
        if part[4] not in _UNITS:
            raise ValueError(f"unknown unit {part[4][:20]!r}; units are h, m, s, ms, us, ns")
        total += _scaled(part[1], part[3] or "", _UNITS[part[4]])
        if total > _LIMIT:
            raise ValueError("it is longer than 292 years")
        place = part.end()
    if total == _LIMIT and not negative:
        raise ValueError("it is longer than 292 years")
    return -total if negative else total


def _scaled(whole: str, fraction: str, unit: int) -> int:
    # Go reads as many digits of a fraction as an int64 holds, and the whole number must fit one.
    digits = whole.lstrip("0")
    if len(digits) > 19 or int(digits or 0) * unit > _LIMIT:
        raise ValueError("it is longer than 292 years")
    fraction = fraction[:18]
    return int(digits or 0) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
