"""The defaults that Argo's controller gives every Workflow (``workflowDefaults`` of its configuration)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triggerfish.workflows.objects import Json


def merged(spec: Mapping[str, Any], defaults: Mapping[str, Any]) -> Json:
    """The spec with what ``defaults``, another spec, has besides; what both have is the spec's.

    Objects are merged field by field, and lists whose items have names (parameters, templates) by name, as
    Kubernetes' strategic merge does; of any other list the spec's own stands.
    """
    found = dict(defaults)
    for name, value in spec.items():
        found[name] = _both(value, found.get(name))
    return found


def _both(value: Any, default: Any) -> Any:
    if value is None:
        return default
    if isinstance(value, dict) and isinstance(default, dict):
        return merged(value, default)
    if isinstance(value, list) and isinstance(default, list) and _are_named(value) and _are_named(default):
        by_name = {each["name"]: each for each in default}
        own = {each["name"] for each in value}
        return [
            *(_both(each, by_name.get(each["name"])) for each in value),
            *(each for each in default if each["name"] not in own),
        ]
    return value


def _are_named(items: list[Any]) -> bool:
    return all(isinstance(each, dict) and isinstance(each.get("name"), str) for each in items)
