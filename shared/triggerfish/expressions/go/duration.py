"""Go's Duration: a span in nanoseconds, written and read as Go does."""

from __future__ import annotations

from dataclasses import dataclass

from triggerfish.expressions.limits import Failure

SECOND = 1_000_000_000
_MAXIMUM = (1 << 63) - 1
_UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": SECOND}
_UNITS |= {"m": 60 * SECOND, "h": 3600 * SECOND}


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


def parse_duration(text: str) -> Duration:
    """``time.ParseDuration``: ``1h30m``, ``-1.5s``, ``300ms``. Raises ``Failure``."""
    wrong = Failure(f'time: invalid duration "{text}"')
    rest = text
    negative = rest[:1] == "-"
    if rest[:1] in ("-", "+"):
        rest = rest[1:]
    if rest == "0":
        return Duration(0)
    if not rest:
        raise wrong
    total = 0
    while rest:
        digits = _digits(rest)
        rest = rest[len(digits) :]
        fraction = ""
        if rest[:1] == ".":
            fraction = _digits(rest[1:])
            rest = rest[1 + len(fraction) :]
        if not digits and not fraction:
            raise wrong
        unit = _unit(rest)
        if not unit:
            raise Failure(f'time: missing unit in duration "{text}"')
        if unit not in _UNITS:
            raise Failure(f'time: unknown unit "{unit}" in duration "{text}"')
        rest = rest[len(unit) :]
        scale = _UNITS[unit]
        total += int(digits or "0") * scale
        if fraction:
            total += int(fraction[:30]) * scale // 10 ** len(fraction[:30])
        if total > _MAXIMUM + (1 if negative else 0):
            raise wrong
    return Duration(-total if negative else total)


def _digits(text: str) -> str:
    end = 0
    while end < len(text) and "0" <= text[end] <= "9":
        end += 1
    if end > 40:
        raise Failure(f'time: invalid duration "{text[:60]}"')
    return text[:end]


def _unit(text: str) -> str:
    end = 0
    while end < len(text) and text[end] != "." and not "0" <= text[end] <= "9":
        end += 1
    return text[:end]
