"""Tables of ``kubectl get``: objects as rows of a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from triggerfish.expressions.jsonpath.query import values
from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.registry import Column, ServedResource

_plain = re.compile(r"(\.[A-Za-z_][A-Za-z0-9_]*)+")
_name_description = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources "
    "may allow a client to request the generation of an appropriate name automatically."
)


def metadata_only(value: Json) -> Json:
    """An object without all but its metadata."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": value["metadata"],
    }


def table(
    resource: ServedResource, values: Iterable[Json], list_metadata: Json, now: datetime, include: str
) -> Json:
    """The Table of some objects; ``include`` is None, Metadata or Object, as the query asks."""
    columns = resource.columns or (AGE,)
    definitions = [_definition(Column("Name", _unused, description=_name_description, format="name"))]
    definitions += [_definition(column) for column in columns]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": list_metadata,
        "columnDefinitions": definitions,
        "rows": [_row(value, columns, now, include) for value in values],
    }


def _unused(value: Json) -> Any:
    return value["metadata"]["name"]


def _definition(column: Column) -> Json:
    return {
        "name": column.name,
        "type": "string" if column.type == "date" else column.type,
        "format": column.format,
        "description": column.description,
        "priority": column.priority,
    }


def _row(value: Json, columns: Iterable[Column], now: datetime, include: str) -> Json:
    cells = [value["metadata"]["name"]]
    for column in columns:
        cell = column.cell(value)
        cells.append(age(cell, now) if column.type == "date" and cell is not None else cell)
    row: Json = {"cells": cells}
    if include == "Object":
        row["object"] = value
    elif include != "None":
        row["object"] = metadata_only(value)
    return row


def age(since: Any, now: datetime) -> str:
    """The age of a time, as kubectl writes it; ``<unknown>`` when it is none."""
    if not since:
        return "<unknown>"
    try:
        moment = datetime.fromisoformat(str(since).replace("Z", "+00:00"))
    except ValueError:
        return "<invalid>"
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return human_duration(int((now - moment).total_seconds()))


def human_duration(seconds: int) -> str:
    """Seconds in two units at most: 45s, 3m20s, 12m, 5h10m, 2d3h, 40d, 3y12d."""
    if seconds < -1:
        return "<invalid>"
    if seconds < 0:
        return "0s"
    if seconds < 120:
        return f"{seconds}s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 10:
        return f"{minutes}m" + (f"{rest}s" if rest else "")
    if minutes < 180:
        return f"{minutes}m"
    hours, rest = divmod(minutes, 60)
    if hours < 8:
        return f"{hours}h" + (f"{rest}m" if rest else "")
    if hours < 48:
        return f"{hours}h"
    days, rest = divmod(hours, 24)
    if days < 8:
        return f"{days}d" + (f"{rest}h" if rest else "")
    if days < 730:
        return f"{days}d"
    years, rest = divmod(days, 365)
    return f"{years}y" + (f"{rest}d" if rest and years < 8 else "")


def printer_column(definition: Json) -> Column:
    """A CustomResourceDefinition's ``additionalPrinterColumns`` entry."""
    kind = definition["type"]
    return Column(
        definition["name"],
        _cell(definition["jsonPath"], kind),
        kind,
        definition.get("description", ""),
        definition.get("format", ""),
        definition.get("priority", 0),
    )


def _cell(path: str, kind: str) -> Callable[[Json], Any]:
    find = _simple(path) if _plain.fullmatch(path) else _jsonpath(path)

    def read(value: Json) -> Any:
        # What stands at the path may be of another type than the column's: then the cell stays empty.
        found = find(value)
        if not found or found[0] is None:
            return None
        first = found[0]
        if kind in ("integer", "number", "boolean"):
            return first if isinstance(first, int | float) else None
        if len(found) > 1:
            return ",".join(map(str, found))
        return first if isinstance(first, str) else orjson.dumps(first).decode()

    return read


def _simple(path: str) -> Callable[[Json], list[Any]]:
    """``.status.phase``: a path of names only, as nearly all are."""
    names = path.split(".")[1:]

    def find(value: Json) -> list[Any]:
        here: Any = value
        for name in names:
            if not isinstance(here, dict) or name not in here:
                return []
            here = here[name]
        return [here]

    return find


def _jsonpath(path: str) -> Callable[[Json], list[Any]]:
    """Any other path; one that cannot be read finds nothing."""
    return lambda value: values(value, "$" + path)


AGE = Column("Age", lambda value: value["metadata"].get("creationTimestamp", ""), "date")
