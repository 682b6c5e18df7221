"""Structural schemas: which fields an object may have, of which type, and with which defaults.

A schema is the JSON that stands in a CustomResourceDefinition; the fixed kinds have theirs in the same form.
What a schema does not know is dropped, unless it says ``x-kubernetes-preserve-unknown-fields``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.status import Cause, invalid_value, not_supported, required, type_invalid

_preserve = "x-kubernetes-preserve-unknown-fields"
_anything: Json = {"type": "object", _preserve: True}
_always = ("apiVersion", "kind", "metadata")
_types: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


@dataclass(frozen=True, slots=True)
class Schema:
    """One structural schema; without any JSON it takes every object as it is."""

    json: Mapping[str, Any] = field(default_factory=lambda: _anything)

    def prune(self, value: Json) -> tuple[Json, list[str]]:
        """The object without the fields that the schema does not know, and the paths of those.

        The answer shares what it could keep with ``value``, which stays as it was.
        """
        unknown: list[str] = []
        properties = self.json.get("properties", {})
        kept = {}
        for key, item in value.items():
            if key in _always:
                kept[key] = item
            elif key in properties:
                kept[key] = _prune(properties[key], item, key, unknown)
            elif _keeps(self.json):
                kept[key] = item
            else:
                unknown.append(key)
        return kept, unknown

    def default(self, value: Json) -> None:
        """Fill in defaults, in place."""
        for key, part in self.json.get("properties", {}).items():
            if key in _always:
                continue
            if key not in value and "default" in part:
                value[key] = part["default"]
            if key in value:
                value[key] = _defaulted(part, value[key])

    def problems(self, value: Json) -> list[Cause]:
        """The places where the object breaks the schema."""
        causes = [required(key) for key in self.json.get("required", ()) if key not in value]
        for key, part in self.json.get("properties", {}).items():
            if key not in _always and key in value:
                causes += _problems(part, value[key], key)
        return causes


def _keeps(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get(_preserve)) or not ("properties" in schema or "additionalProperties" in schema)


def _prune(schema: Mapping[str, Any], value: Any, path: str, unknown: list[str]) -> Any:
    if isinstance(value, dict):
        properties = schema.get("properties")
        extra = schema.get("additionalProperties")
        if properties is None and not isinstance(extra, dict):
            return value
        kept = {}
        for key, item in value.items():
            if properties is not None and key in properties:
                kept[key] = _prune(properties[key], item, f"{path}.{key}", unknown)
            elif isinstance(extra, dict):
                kept[key] = _prune(extra, item, f"{path}.{key}", unknown)
            elif schema.get(_preserve) or (schema.get("x-kubernetes-embedded-resource") and key in _always):
                kept[key] = item
            else:
                unknown.append(f"{path}.{key}")
        return kept
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        items = schema["items"]
        return [_prune(items, item, f"{path}[{index}]", unknown) for index, item in enumerate(value)]
    return value


def _defaulted(schema: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, dict) and schema.get("properties"):
        value = dict(value)
        for key, part in schema["properties"].items():
            if key not in value and "default" in part:
                value[key] = part["default"]
            if key in value:
                value[key] = _defaulted(part, value[key])
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        value = [_defaulted(schema["items"], item) for item in value]
    return value


def _problems(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Cause]:
    if value is None and schema.get("nullable"):
        return
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, bool) or not isinstance(value, int | str):
            yield type_invalid(path, value, f"{path} in body must be of type integer,string")
        return
    wanted = schema.get("type", "")
    if wanted and not _is(value, wanted):
        shown = _names.get(type(value), "null")
        yield type_invalid(path, shown, f'{path} in body must be of type {wanted}: "{shown}"')
        return
    if "enum" in schema and value not in schema["enum"]:
        yield not_supported(path, value, [str(choice) for choice in schema["enum"]])
    yield from _bounds(schema, value, path)
    if isinstance(value, dict):
        for key in schema.get("required", ()):
            if key not in value:
                yield required(f"{path}.{key}")
        properties = schema.get("properties", {})
        extra = schema.get("additionalProperties")
        for key, item in value.items():
            if key in properties:
                yield from _problems(properties[key], item, f"{path}.{key}")
            elif isinstance(extra, dict):
                yield from _problems(extra, item, f"{path}.{key}")
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _problems(schema["items"], item, f"{path}[{index}]")


def _bounds(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Cause]:
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield invalid_value(path, value, f"{path} in body should match '{schema['pattern']}'")
        if len(value) < schema.get("minLength", 0):
            yield invalid_value(
                path, value, f"{path} in body should be at least {schema['minLength']} chars long"
            )
        if len(value) > schema.get("maxLength", len(value)):
            yield invalid_value(
                path, value, f"{path} in body should be at most {schema['maxLength']} chars long"
            )
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            why = f"{path} in body should be greater than or equal to {schema['minimum']}"
            yield invalid_value(path, value, why)
        if value > schema.get("maximum", value):
            why = f"{path} in body should be less than or equal to {schema['maximum']}"
            yield invalid_value(path, value, why)
    elif isinstance(value, list) and len(value) < schema.get("minItems", 0):
        why = f"{path} in body should have at least {schema['minItems']} items"
        yield invalid_value(path, len(value), why)


def _is(value: Any, wanted: str) -> bool:
    if wanted in ("integer", "number"):
        whole = isinstance(value, float) and value.is_integer()
        return not isinstance(value, bool) and (isinstance(value, _types[wanted]) or whole)
    return isinstance(value, _types.get(wanted, (object,)))
