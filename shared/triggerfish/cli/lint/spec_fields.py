"""The fields that Argo's kinds have, at every level: one that is misspelt does nothing, and nobody says so.

``argo_fields.json`` beside this module is made of Argo's own description of its API.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from triggerfish.cli.lint.context import LintContext, at, near
from triggerfish.cli.lint.findings import Finding, Rule, Severity
from triggerfish.cli.lint.source import Manifest

UNKNOWN_FIELD = Rule(
    "unknown-field", Severity.WARNING, "No version of Argo knows this field: it does nothing."
)

_top = ("apiVersion", "kind", "metadata", "spec", "status")


def known(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """No field is misspelt, or stands where it does nothing."""
    table = _table()
    types = table["types"]
    body = manifest.body
    yield from _unknown(manifest, body, "", dict.fromkeys(_top, ""), types)
    waiting = [
        ("spec", body.get("spec"), table["kinds"].get(manifest.kind, "")),
        ("metadata", body.get("metadata"), table["metadata"]),
    ]
    seen: set[tuple[int, str]] = set()
    while waiting:
        path, value, kind = waiting.pop()
        # An alias of YAML may lead back to what it stands in.
        if not kind or not isinstance(value, dict | list) or (id(value), kind) in seen:
            continue
        seen.add((id(value), kind))
        if isinstance(value, list):
            inner = kind[1:-1] if kind.startswith("[") else ""
            waiting += [(f"{path}[{index}]", each, inner) for index, each in enumerate(value)]
        elif kind.startswith("{"):
            waiting += [(f"{path}.{name}", each, kind[1:-1]) for name, each in value.items()]
        elif not kind.startswith("["):
            fields = types[kind]
            yield from _unknown(manifest, value, path, fields, types)
            waiting += [(f"{path}.{name}", each, fields.get(str(name), "")) for name, each in value.items()]


def _unknown(
    manifest: Manifest,
    value: Mapping[Any, Any],
    path: str,
    fields: Mapping[str, str],
    types: Mapping[str, Any],
) -> Iterator[Finding]:
    for name in map(str, value):
        if name in fields or name.startswith("$"):
            continue
        field = f"{path}.{name}" if path else name
        below = [f"{path}.{each}.{name}" for each, kind in fields.items() if name in types.get(kind, ())]
        hint = f'; did you mean "{below[0]}"?' if below else near(name, fields)
        yield at(manifest, field, UNKNOWN_FIELD, f"there is no field {field}{hint or '; remove it'}")


@cache
def _table() -> Mapping[str, Any]:
    text = resources.files("triggerfish.cli.lint").joinpath("argo_fields.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found
