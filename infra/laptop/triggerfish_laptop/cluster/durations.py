"""Spans of time as people give them to the embedded cluster."""

from __future__ import annotations

from datetime import timedelta

from triggerfish.expressions.go import duration

_units = {**duration.UNITS, "d": 86_400 * duration.SECOND, "w": 7 * 86_400 * duration.SECOND}


def span(text: str) -> timedelta | None:
    """``2h``, ``1h30m``, ``90s``: as Go writes them, and days and weeks as well; None for any other text."""
    try:
        return timedelta(microseconds=duration.nanoseconds(text, _units) / 1000)
    except duration.NotADuration:
        return None
