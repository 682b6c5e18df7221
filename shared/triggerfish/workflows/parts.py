"""Parts of a Workflow's spec, read from JSON whose types nobody has checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from triggerfish.workflows.submitted import TemplateRef

NOTHING: Mapping[str, Any] = {}
"""The object without fields."""


def tasks(template: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The steps and tasks of a template, each with its path and the words that name it."""
    for index, group in enumerate(items(template.get("steps"))):
        within = isinstance(group, list)
        for number, step in enumerate(group if isinstance(group, list) else (group,)):
            if isinstance(step, dict):
                path = f"steps[{index}]" + (f"[{number}]" if within else "")
                yield path, f"step {text(step.get('name'))!r}", step
    seen = set()
    for index, task in enumerate(items(mapping(template.get("dag")).get("tasks"))):
        name = text(mapping(task).get("name"))
        if isinstance(task, dict) and name not in seen:
            seen.add(name)
            yield f"dag.tasks[{index}]", f"task {name!r}", task


def reference(given: object) -> TemplateRef:
    """The template object that a reference names."""
    found = mapping(given)
    return TemplateRef(text(found.get("name")), found.get("clusterScope") is True)


def parameters_of(holder: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The parameters among its arguments, by name."""
    return named(mapping(holder.get("arguments")).get("parameters"))


def first_with_a_value(*specs: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The Workflow's parameters by name: of the first spec that gives a value, else of the first."""
    found: dict[str, Mapping[str, Any]] = {}
    for spec in specs:
        for name, each in parameters_of(spec).items():
            if name not in found or (has_value(each) and not has_value(found[name])):
                found[name] = each
    return found


def named(given: object) -> Mapping[str, Mapping[str, Any]]:
    """Items of a list by their name; of two of one name the first."""
    found: dict[str, Mapping[str, Any]] = {}
    for each in items(given):
        if isinstance(each, dict):
            found.setdefault(text(each.get("name")), each)
    return found


def has_value(parameter: Mapping[str, Any]) -> bool:
    """True when the parameter has a value of its own, wherever that comes from."""
    return any(parameter.get(key) is not None for key in ("value", "default", "valueFrom"))


def plain(value: object) -> str:
    """As Argo's AnyString: a number or a boolean is the text that JSON has of it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_made(name: str) -> bool:
    """Return whether a name holds an expression, so that nobody knows it yet."""
    return "{{" in name


def items(value: object) -> list[Any]:
    """The list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def mapping(value: object) -> Mapping[str, Any]:
    """The object; an empty one for anything else."""
    return value if isinstance(value, dict) else NOTHING


def text(value: object) -> str:
    """The text; an empty one for anything else."""
    return value if isinstance(value, str) else ""
