"""What resumes a Workflow: Argo's controller looks at ``spec.suspend`` and at nodes of suspend templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from triggerfish.errors import AnswerError
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.objects import Json


def resumed(workflow: Json, actor: Creator, now: datetime) -> Json:
    """A guarded merge patch, empty when nothing of the Workflow is suspended.

    A node that waits in a suspend template has succeeded, with the defaults of what was to be supplied.
    ``AnswerError``: 400 for an output without a default, 501 when the nodes cannot be read here: Argo
    compresses long lists of them, or keeps them in a database.
    """
    status = workflow.get("status") or {}
    if status.get("compressedNodes") or status.get("offloadNodeStatusVersion"):
        raise AnswerError(
            501,
            12,
            "the nodes of this workflow are compressed: use argo-server, or argo without it",
        )
    nodes = {
        name: _succeeded(node, actor, now)
        for name, node in (status.get("nodes") or {}).items()
        if node.get("type") == "Suspend" and node.get("phase") == "Running"
    }
    change: Json = {"spec": {"suspend": None}} if (workflow.get("spec") or {}).get("suspend") else {}
    if nodes:
        change["status"] = {"nodes": nodes}
    if change:
        change["metadata"] = {"resourceVersion": workflow["metadata"]["resourceVersion"]}
    return change


def _succeeded(node: Mapping[str, Any], actor: Creator, now: datetime) -> Json:
    # As Argo's server prints a map of Go.
    parts = (("Email", actor.email), ("PreferredUsername", actor.preferred_username), ("User", actor.subject))
    by = " ".join(f"{key}:{value}" for key, value in parts if value)
    messages = (node.get("message"), f"Resumed by: map[{by}]" if by else "")
    change: Json = {
        "phase": "Succeeded",
        "message": "; ".join(message for message in messages if message),
        "finishedAt": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    outputs = node.get("outputs") or {}
    if parameters := outputs.get("parameters"):
        change["outputs"] = {"parameters": [_supplied(parameter) for parameter in parameters]}
    return change


def _supplied(parameter: Json) -> Json:
    source = parameter.get("valueFrom") or {}
    if "supplied" not in source:
        return parameter
    if source.get("default") is None:
        name = parameter.get("name")
        message = f"raw output parameter {name!r} has not been set and does not have a default value"
        raise AnswerError(400, 9, message)
    kept = {key: value for key, value in parameter.items() if key != "valueFrom"}
    return {**kept, "value": source["default"]}
