"""Go's Duration: a span in nanoseconds, written and read as Go does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from triggerfish.expressions.limits import Failure

SECOND = 1_000_000_000
_MAXIMUM = (1 << 63) - 1
UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": SECOND}
UNITS |= {"m": 60 * SECOND, "h": 3600 * SECOND}

_pattern = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]*)")
_example = "write numbers with units, such as 1h30m"
_too_long = "it is longer than 292 years"


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span in nanoseconds, in the range of an int64."""

    nanoseconds: int

    def __str__(self) -> str:
        """As Go writes it: ``1h30m0s``, ``1.5s``, ``20µs``, ``0s``."""
        span = abs(self.nanoseconds)
        sign = "-" if self.nanoseconds < 0 else ""
        if span < SECOND:
            if span == 0:
                return "0s"
            unit, name = (
                (1, "ns") if span < 1_000 else (1_000, "µs") if span < 1_000_000 else (1_000_000, "ms")
            )
            return f"{sign}{_decimal(span, unit)}{name}"
        minutes, rest = divmod(span, 60 * SECOND)
        text = f"{_decimal(rest, SECOND)}s"
        if minutes:
            hours, minutes = divmod(minutes, 60)
            text = f"{minutes}m{text}"
            if hours:
                text = f"{hours}h{text}"
        return sign + text


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = str(rest).zfill(len(str(unit)) - 1).rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)


class NotADuration(ValueError):  # noqa: N818  what it says is the state
    """Go refuses the text: ``str()`` is a sentence for people, ``go`` what Go says before "duration"."""

    def __init__(self, sentence: str, go: str = "invalid") -> None:
        super().__init__(sentence)
        self.go = go


def nanoseconds(text: str, units: Mapping[str, int] = UNITS) -> int:
    """``time.ParseDuration``: ``1h30m``, ``-1.5s``, ``300ms``. Raises ``NotADuration``."""
    negative = text.startswith("-")
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    if not rest:
        raise NotADuration("it is empty")
    total, place = 0, 0
    while place < len(rest):
        whole, fraction, unit, place = _part(rest, place)
        if not (whole or fraction):
            raise NotADuration(_example)
        if not unit:
            raise NotADuration(_example, "missing unit in")
        if unit not in units:
            raise NotADuration(
                f"unknown unit {unit[:20]!r}; units are h, m, s, ms, us, ns", f'unknown unit "{unit}" in'
            )
        total += _scaled(whole, fraction, units[unit])
        # The one number that has no positive twin.
        if total > _MAXIMUM + negative:
            raise NotADuration(_too_long)
    return -total if negative else total


def parse_duration(text: str) -> Duration:
    """The same as a value of an expression. Raises ``Failure`` in Go's words."""
    try:
        return Duration(nanoseconds(text))
    except NotADuration as error:
        raise Failure(f'time: {error.go} duration "{text}"') from None


def _part(text: str, start: int) -> tuple[str, str, str, int]:
    """Digits, digits after a point, a unit, each maybe empty, and where the next part begins."""
    found = _pattern.match(text, start)
    assert found  # noqa: S101  every text matches, the empty one too
    return found[1], found[2] or "", found[3], found.end()


def _scaled(whole: str, fraction: str, unit: int) -> int:
    # Go reads as many digits of a fraction as an int64 holds, and the whole number must fit one.
    digits = whole.lstrip("0")
    if len(digits) > len(str(_MAXIMUM)):
        raise NotADuration(_too_long)
    fraction = fraction[:18]
    return int(digits or 0) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
