"""PURE. What can be submitted, with the parameters that a form asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from triggerfish import annotations as keys
from triggerfish.workflows import parts
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef

_cron = "CronWorkflow"

Bodies = Mapping[TemplateRef, Json]


def entries(found: Mapping[str, Sequence[Json]]) -> Iterator[Json]:
    """Each object of these kinds, by kind and name, with its ``parameters``."""
    templates: dict[TemplateRef, Json] = {}
    for kind, bodies in found.items():
        if kind != _cron:
            for body in bodies:
                ref = TemplateRef(body["metadata"]["name"], cluster_scope=kind == "ClusterWorkflowTemplate")
                templates[ref] = body
    for kind, bodies in found.items():
        for body in sorted(bodies, key=lambda each: str(each["metadata"]["name"])):
            yield _entry(kind, body, templates)


def _entry(kind: str, body: Json, templates: Bodies) -> Json:
    notes = parts.mapping(body["metadata"].get("annotations"))
    spec = parts.mapping(body.get("spec"))
    spec = parts.mapping(spec.get("workflowSpec")) if kind == _cron else spec
    return {
        "kind": kind,
        "name": body["metadata"]["name"],
        "title": parts.text(notes.get(keys.TITLE)),
        "description": parts.text(notes.get(keys.DESCRIPTION)),
        "parameters": list(_parameters(spec, templates)),
    }


def _parameters(spec: Mapping[str, Any], templates: Bodies) -> Iterator[Json]:
    """Those of the spec, then those of the template that it refers to, then the inputs of the entrypoint."""
    reference = spec.get("workflowTemplateRef")
    template = templates.get(parts.reference(reference)) if reference else None
    inner = parts.mapping((template or {}).get("spec"))
    found: dict[str, Mapping[str, Any]] = {}
    for each in (spec, inner):
        for name, parameter in parts.parameters_of(each).items():
            # What the template says about it counts where the spec says nothing.
            found[name] = {**parameter, **found.get(name, {})}
    entrypoint = parts.text(spec.get("entrypoint")) or parts.text(inner.get("entrypoint"))
    for each in (spec, inner):
        first = parts.named(each.get("templates")).get(entrypoint, parts.NOTHING)
        for name, parameter in parts.parameters_of({"arguments": first.get("inputs")}).items():
            found.setdefault(name, parameter)
    for name, parameter in found.items():
        if name:
            yield _field(name, parameter)


def _field(name: str, parameter: Mapping[str, Any]) -> Json:
    """``value`` is None where there is none, or where it is read when it runs (``from``)."""
    value = parameter.get("value")
    value = parameter.get("default") if value is None else value
    elsewhere = parameter.get("valueFrom") if value is None else None
    return {
        "name": name,
        "value": None if value is None else parts.plain(value),
        "from": _source(elsewhere) if elsewhere else "",
        "enum": [parts.plain(each) for each in parts.items(parameter.get("enum"))],
        "description": parts.text(parameter.get("description")),
        "required": not parts.has_value(parameter),
    }


def _source(given: object) -> str:
    reference = parts.mapping(parts.mapping(given).get("configMapKeyRef"))
    if not reference:
        return "a value that is read when it runs"
    return f"key {parts.text(reference.get('key'))} of ConfigMap {parts.text(reference.get('name'))}"
