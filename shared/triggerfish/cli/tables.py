"""Rows as a table that fits: wrapped where there is prose, and without its lesser columns where it is narrow.

Nothing is cut. What is no terminal has no width, and gets every column on one line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

# What is read as text, wrapped at its words; the rest is copied from the screen, and stays in one piece.
_prose = frozenset({"reason", "why", "note", "names", "schedules", "selector", "workflows"})
_enough = 24
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
    """How the rows fit into ``width``: columns of ``lesser`` are left out, in that order, until they do.

    Prose wants no more than 24 letters. Where even that is too much, every column wraps.
    """
    wanted = {column: _wanted(rows, column) for column in columns}
    shown, left_out = list(columns), []
    for column in lesser:
        if _total(shown, wanted) <= width:
            break
        shown.remove(column)
        left_out.append(column)
    fits = _total(shown, wanted) <= width
    return Layout(tuple(shown), _prose.intersection(shown) if fits else frozenset(shown), tuple(left_out))


def table(rows: Sequence[Mapping[str, Any]], found: Layout) -> Table:
    """The rows, laid out so."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in found.shown:
        made.add_column(_heading(column), no_wrap=column not in found.wrapped, overflow="fold")
    for row in rows:
        made.add_row(*(_cell(row.get(column)) for column in found.shown))
    return made


def _wanted(rows: Sequence[Mapping[str, Any]], column: str) -> int:
    longest = max(len(_cell(row.get(column))) for row in rows)
    return max(len(_heading(column)), min(longest, _enough) if column in _prose else longest)


def _total(shown: Sequence[str], wanted: Mapping[str, int]) -> int:
    return sum(wanted[column] for column in shown) + _gap * (len(shown) - 1)


def _heading(column: str) -> str:
    return column.replace("_", " ").upper()


def _cell(value: Any) -> Text:
    text = "" if value is None else str(value)
    return Text(text, style=_colours.get(text, ""))
