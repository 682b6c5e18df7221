"""A template's spec with placeholders for what its caller gives, so that the rest can be validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triggerfish.workflows import parts
from triggerfish.workflows.objects import Json

# An entrypoint that only an expression could know: one without any is judged by its templates alone.
_nowhere = "{{nowhere}}"


def template(spec: Mapping[str, Any]) -> Json:
    """The spec of a template as if it ran: its parameters have values, and it begins somewhere."""
    found = filled(spec)
    if not found.get("entrypoint") and not found.get("workflowTemplateRef"):
        found["entrypoint"] = _nowhere
    return found


def filled(spec: Mapping[str, Any]) -> Json:
    """The spec with some value for each parameter that has none, also for the inputs of its entrypoint."""
    arguments = parts.mapping(spec.get("arguments"))
    given = [each for each in parts.items(arguments.get("parameters")) if isinstance(each, dict)]
    names = {str(each.get("name")) for each in given}
    inputs = [
        {"name": each.get("name")}
        for one in parts.items(spec.get("templates"))
        if isinstance(one, dict) and one.get("name") == spec.get("entrypoint")
        for each in parts.items(parts.mapping(one.get("inputs")).get("parameters"))
        if isinstance(each, dict) and str(each.get("name")) not in names
    ]
    parameters = [
        each if parts.has_value(each) else {**each, "value": _some(each)} for each in (*given, *inputs)
    ]
    return {**spec, "arguments": {**arguments, "parameters": parameters}}


def _some(parameter: Mapping[str, Any]) -> Any:
    allowed = parts.items(parameter.get("enum"))
    return allowed[0] if allowed else ""
