"""Rows as a table that fits: wrapped where there is prose, and without its lesser columns where it is narrow.

Nothing is cut. Output that is not a terminal has no width, and gets every column on one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

# What is read as text, wrapped at its words; the rest is copied from the screen, and stays in one piece.
_prose = frozenset({"reason", "why", "note", "names", "schedules", "selector", "workflows"})
# These are useless in pieces.
_times = frozenset(
    {"slot", "starts", "decided", "last", "next", "at", "created", "finished", "minute", "until"}
)
_enough, _least = 24, 10
_gap = 2

_colours = {
    "ok": "green",
    "on time": "green",
    "ran": "green",
    "late": "yellow",
    "skipped": "yellow",
    "excluded": "yellow",
    "gap": "yellow",
    "unknown": "cyan",
    "coming": "cyan",
    "missed": "red",
    "twice": "red",
    "failed": "red",
    "invalid": "red",
    "failing": "red",
    "error": "red",
    "paused": "red",
    "stopped": "yellow",
    "suspended": "yellow",
    "active": "green",
    "Succeeded": "green",
    "Failed": "red",
    "Error": "red",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns are shown, which of them may wrap, and which are left out."""

    shown: tuple[str, ...]
    wrapped: frozenset[str]
    left_out: tuple[str, ...]


def layout(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], lesser: Sequence[str], width: int
) -> Layout:
    """Fit the rows into ``width``: columns of ``lesser`` are left out, in that order, until they do.

    Prose wants no more than 24 letters. Where even that is too much it gets less, then names wrap, then all.
    """
    shown, left_out = list(columns), []
    for column in lesser:
        if _total(rows, shown, _prose, _enough) <= width:
            break
        shown.remove(column)
        left_out.append(column)
    for wrapped in (_prose, frozenset(shown) - _times):
        if _total(rows, shown, wrapped, _least) <= width:
            break
    else:
        wrapped = frozenset(shown)
    return Layout(tuple(shown), wrapped.intersection(shown), tuple(left_out))


def table(rows: Sequence[Mapping[str, Any]], found: Layout) -> Table:
    """The rows, laid out so."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in found.shown:
        made.add_column(_heading(column), no_wrap=column not in found.wrapped, overflow="fold")
    for row in rows:
        made.add_row(*(_cell(row.get(column)) for column in found.shown))
    return made


def filled(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], lesser: Sequence[str]
) -> tuple[list[str], list[str]]:
    """The columns and the lesser columns, without those of the lesser that are empty in every row."""
    idle = {column for column in lesser if not any(str(_cell(row.get(column))) for row in rows)}
    return [each for each in columns if each not in idle], [each for each in lesser if each not in idle]


def lines(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[list[str]]:
    """The heading and the rows as texts, each in one line, for programs that read lines."""
    yield [_heading(column) for column in columns]
    for row in rows:
        yield [" ".join(str(_cell(row.get(column))).split()) for column in columns]


def _total(
    rows: Sequence[Mapping[str, Any]], shown: Sequence[str], wrapped: frozenset[str], least: int
) -> int:
    """The width of the columns that are shown, when the wrapped ones have ``least`` at most."""
    return _gap * (len(shown) - 1) + sum(
        min(_longest(rows, column), least) if column in wrapped else _longest(rows, column)
        for column in shown
    )


def _longest(rows: Sequence[Mapping[str, Any]], column: str) -> int:
    return max(len(_heading(column)), *(len(_cell(row.get(column))) for row in rows))


def _heading(column: str) -> str:
    return column.replace("_", " ").upper()


def _cell(value: Any) -> Text:
    text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return Text(text, style=_colours.get(text, ""))
