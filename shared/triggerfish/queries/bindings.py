"""PURE. Event bindings: their parts as texts, and the evaluation of a selector as JSON."""

from __future__ import annotations

from triggerfish import annotations as keys
from triggerfish import expressions
from triggerfish.errors import ExpressionError
from triggerfish.events import binding as bindings
from triggerfish.workflows.objects import Json

_longest = 300
_dialects = ("expr", "cel")


def fields(body: Json, default_dialect: bindings.Dialect) -> Json:
    """The parts of a binding as texts: what is not as it should be is left empty."""
    spec, notes = _map(body, "spec"), _map(_map(body, "metadata"), "annotations")
    submit = _map(spec, "submit")
    template = _map(submit, "workflowTemplateRef").get("name")
    selector = _map(spec, "event").get("selector")
    given = _map(submit, "arguments").get("parameters")
    lines = [
        f"{each.get('name', '')} = {' '.join(str(_map(each, 'valueFrom').get('event', '')).splitlines())}"
        for each in (given if isinstance(given, list) else ())
        if isinstance(each, dict)
    ]
    return {
        "selector": selector if isinstance(selector, str) else "",
        "parameters": "\n".join(lines),
        "template": template if isinstance(template, str) else "",
        "dialect": notes.get(keys.DIALECT) if notes.get(keys.DIALECT) in _dialects else default_dialect,
    }


def as_json(part: expressions.Explanation) -> Json:
    """An explanation as JSON: ``value`` is JSON text, cut when it is long."""
    made: Json = {"text": part.text, "reached": part.reached, "parts": [as_json(each) for each in part.parts]}
    if part.note:
        made["note"] = part.note
    if part.error is not None:
        return made | {"error": part.error}
    try:
        text = expressions.to_json(part.value)
    except ExpressionError as error:
        text = error.message
    return made | {"value": text if len(text) <= _longest else text[: _longest - 1] + "…"}


def _map(parent: Json, key: str) -> Json:
    found = parent.get(key)
    return found if isinstance(found, dict) else {}
