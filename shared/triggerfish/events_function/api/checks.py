"""What Argo's server refuses before it makes an object. Templates are read as the caller.

A template that the caller may not read is not judged, nor what depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.schedules import exclusions
from triggerfish.errors import ApiError, SpecError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CLUSTER_WORKFLOW_TEMPLATES, WORKFLOW_TEMPLATES
from triggerfish.workflows import placeholders
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef
from triggerfish.workflows.validation import validate

Templates = dict[TemplateRef, Mapping[str, Any] | None]

_longest_name = 63
# Templates may refer to others without end, and each is a request.
_most_read = 50
_metadata_kinds: dict[str, type] = {
    "name": str,
    "generateName": str,
    "namespace": str,
    "labels": dict,
    "annotations": dict,
}


def metadata(given: Any, path: str) -> Json:
    """The metadata without what is null; ``SpecError`` when a part is not of its type."""
    if not isinstance(given, dict):
        raise SpecError(path, "this is not an object", "write one, with a name")
    for name, kind in _metadata_kinds.items():
        value = given.get(name)
        if value is not None and not isinstance(value, kind):
            raise SpecError(f"{path}.{name}", "this is not of its type")
        if isinstance(value, dict):
            for key, text in value.items():
                if not isinstance(text, str):
                    raise SpecError(f"{path}.{name}[{key}]", "this is not a text", "put it into quotes")
    # A client with types writes a creationTimestamp that is null.
    return {name: value for name, value in given.items() if value is not None}


async def workflow(
    client: Client, namespace: str | None, given: Json, known: Mapping[TemplateRef, Json] | None = None
) -> None:
    """``SpecError`` for a Workflow that could not run; ``known`` are templates that were read already."""
    _named(given)
    await _judge(client, namespace, _spec(given), "spec", dict(known or {}))


async def workflow_to_submit(client: Client, namespace: str | None, given: Json) -> None:
    """The same for one that gets its parameters when it is submitted, as a linter sees it."""
    _named(given)
    await _judge(client, namespace, placeholders.filled(_spec(given)), "spec", {}, lint=True)


async def template(client: Client, namespace: str | None, given: Json) -> None:
    """The same for a WorkflowTemplate or ClusterWorkflowTemplate: who runs it gives what it lacks."""
    _named(given)
    await _judge(client, namespace, placeholders.template(_spec(given)), "spec", {}, lint=True)


async def cron_workflow(client: Client, namespace: str | None, given: Json, rules: Rules) -> None:
    """The same for a CronWorkflow: its schedules and whatever else says when, and its Workflow."""
    metadata = {"uid": "", "resourceVersion": "", "name": "", **given["metadata"]}
    metadata["annotations"] = _without_calendars(metadata.get("annotations") or {})
    spec = _spec(given)
    if error := CronWorkflow.of({"metadata": metadata, "spec": spec}, rules).error:
        raise error
    inner = spec.get("workflowSpec")
    if not isinstance(inner, dict):
        raise SpecError("spec.workflowSpec", "there is none", "write the Workflow's spec there")
    await _judge(client, namespace, inner, "spec.workflowSpec", {})


def _without_calendars(notes: Mapping[str, str]) -> dict[str, str]:
    """The annotations without the calendars to leave out: ConfigMaps, which may be applied later."""
    entries = exclusions.entries(notes.get(keys.EXCLUDE, ""))
    kept = [entry for entry in entries if not exclusions.calendars(entry)]
    return {**notes, keys.EXCLUDE: "\n".join(kept)}


async def _judge(
    client: Client, namespace: str | None, spec: Json, path: str, templates: Templates, *, lint: bool = False
) -> None:
    """Validate, read what it lacks to know more, and validate again."""
    asked = set(templates)
    while True:
        found = validate(spec, templates, path=path)
        if found.wrong is not None:
            raise found.wrong
        unread = sorted(found.unread - asked, key=lambda ref: (ref.cluster_scope, ref.name))
        unread = unread[: _most_read - len(asked)]
        if not unread:
            return
        asked.update(unread)
        templates.update(await _read(client, namespace, unread, lint=lint))


async def _read(
    client: Client, namespace: str | None, refs: Iterable[TemplateRef], *, lint: bool
) -> Templates:
    read: Templates = {}
    for ref in refs:
        if namespace is None and not ref.cluster_scope:
            # A template of the cluster may refer to one of the namespace that it will run in.
            continue
        resource = CLUSTER_WORKFLOW_TEMPLATES if ref.cluster_scope else WORKFLOW_TEMPLATES
        try:
            found = await client.get(resource, None if ref.cluster_scope else namespace, ref.name)
        except ApiError as error:
            if error.status == 404:
                read[ref] = None
            elif error.status != 403:
                raise
            continue
        read[ref] = {**found, "spec": placeholders.filled(found.get("spec") or {})} if lint else found
    return read


def _named(given: Json) -> None:
    name = given["metadata"].get("name", "")
    if len(name) > _longest_name:
        problem = f"{len(name)} characters; a name has at most {_longest_name}"
        raise SpecError("metadata.name", problem, "shorten it")


def _spec(given: Json) -> Json:
    spec = given.get("spec")
    if not isinstance(spec, dict):
        raise SpecError("spec", "there is none", "write an object")
    return spec
