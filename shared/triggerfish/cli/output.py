"""Rows for people or for programs: a table on a terminal, tabs in a pipe, JSON or YAML."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console

from triggerfish.cli.tables import filled, layout, lines, table

Row = Mapping[str, Any]


class Form(StrEnum):
    """The form of an answer."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[
    Form, typer.Option("--output", "-o", help="A table for people, or every field as JSON or YAML.")
]


def console() -> Console:
    """Standard output; what is not a terminal gets neither colour nor wrapped lines."""
    if not Console().is_terminal:
        return Console(highlight=False, no_color=True, width=10_000, soft_wrap=True)
    # Of the terminal, or as COLUMNS says, also on one that can do nothing else.
    size = shutil.get_terminal_size()
    return Console(highlight=False, width=size.columns, height=size.lines)


def show(
    rows: Sequence[Row], form: Form, *, columns: Sequence[str], empty: str, lesser: Sequence[str] = ()
) -> None:
    """Print the rows: all their fields as JSON or YAML, ``columns`` of them as a table.

    ``empty`` is the sentence for no rows; ``lesser`` are the columns that a narrow terminal leaves out, the
    first of them first. Where standard output is no terminal, cells are parted by tabs, one row a line.
    """
    if form is Form.JSON:
        print(dumped_json([_plain(row) for row in rows]))
    elif form is Form.YAML:
        print(dumped_yaml([_plain(row) for row in rows]))
    elif not rows:
        print(empty)
    elif not (out := console()).is_terminal:
        for line in lines(rows, columns):
            print("\t".join(line))
    else:
        found = layout(rows, *filled(rows, columns, lesser), out.width)
        out.print(table(rows, found))
        if found.left_out:
            print(
                f"The terminal is too narrow for: {', '.join(found.left_out)}; -o yaml prints everything",
                file=sys.stderr,
            )


def dumped_json(value: Any) -> str:
    """JSON for programs, without a line feed at its end."""
    return json.dumps(value, indent=1, ensure_ascii=False)


def dumped_yaml(value: Any) -> str:
    """YAML for programs, without a line feed at its end."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True).rstrip()


def moment(at: datetime | None, zone: tzinfo) -> str | None:
    """A time in that zone, to the second, with its offset, which is ``Z`` in UTC."""
    if at is None:
        return None
    text = at.astimezone(zone).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if str(zone) == "UTC" else text


def seconds(late: timedelta | None) -> str:
    """A duration in whole seconds; empty for None."""
    return "" if late is None else f"{int(late.total_seconds())}s"


def _plain(row: Row) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value is not None and value not in ("", [])}
