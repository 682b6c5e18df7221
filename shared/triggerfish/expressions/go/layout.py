"""Go's layouts: a time written by the example ``Mon Jan 2 15:04:05 MST 2006``.

Source of the rules: the Go standard library, time/format.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from triggerfish.expressions.go.calendar import MONTHS, WEEKDAYS, Wall

RFC3339 = "2006-01-02T15:04:05Z07:00"
RFC3339_NANO = "2006-01-02T15:04:05.999999999Z07:00"

_CHUNK = re.compile(
    r"""January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST
    |0[1-6]|002|15|1|2006|2|_2(?!006)|__2|3|4|5|PM|pm
    |-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07
    |[.,](?:0+|9+)(?![0-9])""",
    re.VERBOSE,
)


@lru_cache(maxsize=256)
def chunks(layout: str) -> tuple[str, ...]:
    """Literal text and chunks in turn, literal first and last."""
    parts: list[str] = []
    end = 0
    for found in _CHUNK.finditer(layout):
        parts += layout[end : found.start()], found.group()
        end = found.end()
    return (*parts, layout[end:])


def _offset(chunk: str, offset: int) -> str:
    if chunk[0] == "Z" and offset == 0:
        return "Z"
    minutes = abs(offset) // 60
    sign = "-" if offset <= -60 else "+"
    colon = ":" if ":" in chunk else ""
    text = f"{sign}{minutes // 60:02d}"
    if len(chunk) > 3:
        text += f"{colon}{minutes % 60:02d}"
    if len(chunk.replace(":", "")) == 7:
        text += f"{colon}{abs(offset) % 60:02d}"
    return text


def _fraction(chunk: str, nanosecond: int) -> str:
    digits = f"{nanosecond:09d}"[: len(chunk) - 1].ljust(len(chunk) - 1, "0")
    if chunk[1] == "9":
        digits = digits.rstrip("0")
        return chunk[0] + digits if nanosecond and digits else ""
    return chunk[0] + digits


def _year(year: int) -> str:
    return f"-{-year:04d}" if year < 0 else f"{year:04d}"


_WRITE: dict[str, Callable[[Wall], str]] = {
    "January": lambda w: MONTHS[w.month - 1],
    "Jan": lambda w: MONTHS[w.month - 1][:3],
    "Monday": lambda w: WEEKDAYS[w.weekday],
    "Mon": lambda w: WEEKDAYS[w.weekday][:3],
    "MST": lambda w: w.zone or _offset("-0700", w.offset),
    "01": lambda w: f"{w.month:02d}",
    "02": lambda w: f"{w.day:02d}",
    "03": lambda w: f"{(w.hour % 12) or 12:02d}",
    "04": lambda w: f"{w.minute:02d}",
    "05": lambda w: f"{w.second:02d}",
    "06": lambda w: f"{abs(w.year) % 100:02d}",
    "002": lambda w: f"{w.yearday:03d}",
    "15": lambda w: f"{w.hour:02d}",
    "1": lambda w: str(w.month),
    "2006": lambda w: _year(w.year),
    "2": lambda w: str(w.day),
    "_2": lambda w: f"{w.day:2d}",
    "__2": lambda w: f"{w.yearday:3d}",
    "3": lambda w: str((w.hour % 12) or 12),
    "4": lambda w: str(w.minute),
    "5": lambda w: str(w.second),
    "PM": lambda w: "PM" if w.hour >= 12 else "AM",
    "pm": lambda w: "pm" if w.hour >= 12 else "am",
}


class Shown(Protocol):
    """A time that is shown somewhere (``go.time.Time``)."""

    def wall(self) -> Wall:
        """The time as a clock on the wall shows it."""


def layout(time: Shown, form: str) -> str:
    """``time.Format(form)``."""
    wall = time.wall()
    parts = list(chunks(form))
    for index in range(1, len(parts), 2):
        chunk = parts[index]
        if chunk in _WRITE:
            parts[index] = _WRITE[chunk](wall)
        elif chunk[0] in ".,":
            parts[index] = _fraction(chunk, wall.nanosecond)
        else:
            parts[index] = _offset(chunk, wall.offset)
    return "".join(parts)
