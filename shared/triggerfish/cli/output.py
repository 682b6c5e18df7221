"""Rows for people or for programs: a table, JSON or YAML. Colour only on a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]


class Form(StrEnum):
    """How to show what was found."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[Form, typer.Option("--output", "-o", help="A table for people, or JSON or YAML.")]

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


def console() -> Console:
    """Standard output; what is not a terminal gets neither colour nor wrapped lines."""
    found = Console(highlight=False)
    return (
        found if found.is_terminal else Console(highlight=False, no_color=True, width=10_000, soft_wrap=True)
    )


def show(rows: Sequence[Row], form: Form, *, columns: Sequence[str], empty: str) -> None:
    """The rows, all their fields for programs, ``columns`` of them for people.

    ``empty`` is what people read when there are none.
    """
    if form is Form.JSON:
        print(json.dumps([_plain(row) for row in rows], indent=1, ensure_ascii=False))
    elif form is Form.YAML:
        print(yaml.safe_dump([_plain(row) for row in rows], sort_keys=False, allow_unicode=True), end="")
    elif not rows:
        print(empty)
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column.replace("_", " ").upper(), no_wrap=True)
        for row in rows:
            table.add_row(*(_cell(row.get(column)) for column in columns))
        console().print(table)


def moment(at: datetime | None, zone: tzinfo) -> str | None:
    """A time in that zone, to the second, with its offset."""
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None


def seconds(late: timedelta | None) -> str:
    """A duration in whole seconds; empty for None."""
    return "" if late is None else f"{int(late.total_seconds())}s"


def _cell(value: Any) -> Text:
    text = "" if value is None else str(value)
    return Text(text, style=_colours.get(text, ""))


def _plain(row: Row) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value not in (None, "")}
