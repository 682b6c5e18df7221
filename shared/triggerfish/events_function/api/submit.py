"""A submission by hand: read, plan, apply, and nothing else. All of it as the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triggerfish import annotations as keys
from triggerfish.errors import AnswerError, ApiError, SpecError
from triggerfish.events_function.api import checks
from triggerfish.events_function.creation import WorkflowCreator
from triggerfish.kube.client import Client
from triggerfish.kube.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CRON_WORKFLOWS,
    WORKFLOW_TEMPLATES,
    WORKFLOWS,
    Resource,
)
from triggerfish.workflows import labels, submitted
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.objects import Json
from triggerfish.workflows.options import Options
from triggerfish.workflows.submitted import TemplateRef

# Every kind that can be submitted, by the names that Argo's API and command line take for it.
KINDS: Mapping[str, Resource] = {
    **dict.fromkeys(("cronworkflow", "cronworkflows", "cwf", "cronwf"), CRON_WORKFLOWS),
    **dict.fromkeys(("workflowtemplate", "workflowtemplates", "wftmpl"), WORKFLOW_TEMPLATES),
    **dict.fromkeys(
        ("clusterworkflowtemplate", "clusterworkflowtemplates", "cwftmpl", "cwft", "clusterwftmpl"),
        CLUSTER_WORKFLOW_TEMPLATES,
    ),
}


@dataclass(frozen=True, slots=True)
class Submission:
    """``identity`` are 32 bytes: noise, or, when ``repeatable``, the same for the same sent again."""

    namespace: str
    body: Any
    made_for: Creator
    identity: bytes
    repeatable: bool
    instance_id: str
    now: datetime


async def submit(creator: WorkflowCreator, submission: Submission) -> Json:
    """A Workflow from a template of the cluster: the object, as it was made."""
    body = _object(submission.body)
    options = Options.read(body.get("submitOptions"))
    name = body.get("resourceName")
    if not isinstance(name, str) or not name:
        raise SpecError("resourceName", "there is no name", "name what to submit")
    workflow, known = await _read(creator.client, submission, str(body.get("resourceKind")), name)
    template = next(iter(known.values()), {})
    arguments = (template.get("spec") or {}).get("arguments") or {}
    workflow = options.applied(workflow, submission.made_for, arguments.get("artifacts") or [])
    if missing := submitted.missing_parameters(template, workflow):
        path = f"spec.arguments.{missing[0]}"
        raise AnswerError(400, 3, f"{path}.value or {path}.valueFrom is required")
    await checks.workflow(creator.client, submission.namespace, workflow, known)
    if options.dry_run:
        metadata = {"namespace": submission.namespace, **workflow["metadata"]}
        return {**workflow, "metadata": metadata}
    return await _create(creator, submission, workflow, server_dry_run=options.server_dry_run)


async def create(creator: WorkflowCreator, submission: Submission) -> Json:
    """``{"workflow": {…}}`` as it is, made for the caller: the object, as it was made."""
    body = _object(submission.body)
    workflow = body.get("workflow")
    if not isinstance(workflow, dict):
        raise AnswerError(400, 3, "workflow body not specified")
    metadata = checks.metadata(workflow.get("metadata") or {}, "workflow.metadata")
    if not metadata.get("name") and not metadata.get("generateName"):
        raise SpecError("workflow.metadata.name", "there is no name", "write metadata.name or generateName")
    if submission.instance_id:
        metadata["labels"] = {**(metadata.get("labels") or {}), keys.INSTANCE_ID: submission.instance_id}
    kind = {"apiVersion": WORKFLOWS.api_version, "kind": WORKFLOWS.kind}
    workflow = Options().applied(
        {"spec": {}, **workflow, **kind, "metadata": metadata}, submission.made_for, []
    )
    await checks.workflow(creator.client, submission.namespace, workflow)
    if _dry_run(body.get("createOptions")):
        return workflow
    return await _create(creator, submission, workflow, server_dry_run=body.get("serverDryRun") is True)


def _dry_run(options: Any) -> bool:
    return isinstance(options, dict) and bool(options.get("dryRun"))


async def _create(
    creator: WorkflowCreator, submission: Submission, workflow: Json, *, server_dry_run: bool
) -> Json:
    workflow, naming = submitted.named(workflow, submission.identity, repeatable=submission.repeatable)
    namespace = submission.namespace
    if server_dry_run:
        return await creator.client.create(WORKFLOWS, namespace, workflow, dry_run=True)
    created = await creator.create(namespace, workflow, naming)
    if created.new and "uid" in created.workflow["metadata"]:
        return created.workflow
    try:
        return await creator.client.get(WORKFLOWS, namespace, created.name)
    except ApiError:
        # It exists, and its reader may create but not get: what was asked for is as good an answer.
        return created.workflow


async def _read(
    client: Client, submission: Submission, kind: str, name: str
) -> tuple[Json, dict[TemplateRef, Json]]:
    """The Workflow to start from, and the template that it refers to, if it does."""
    resource = KINDS.get(kind.lower())
    if resource is None:
        raise AnswerError(400, 3, f"resource kind {kind[:63]!r} is not supported for submitting")
    if resource is CRON_WORKFLOWS:
        cron = await client.get(CRON_WORKFLOWS, submission.namespace, name)
        _check_instance(cron, CRON_WORKFLOWS.kind, submission.instance_id)
        return submitted.from_cron(cron, submission.now, submission.instance_id), {}
    ref = TemplateRef(name, cluster_scope=not resource.namespaced)
    template = await client.get(resource, submission.namespace if resource.namespaced else None, name)
    _check_instance(template, ref.kind, submission.instance_id)
    return submitted.from_template(ref, template, submission.instance_id), {ref: template}


def _check_instance(found: Json, kind: str, instance_id: str) -> None:
    if not labels.belongs(found["metadata"].get("labels") or {}, instance_id):
        raise AnswerError(404, 5, f"{kind} {found['metadata']['name']!r} belongs to another instance")


def _object(body: Any) -> Json:
    if not isinstance(body, dict):
        raise AnswerError(400, 3, "the body is not a JSON object")
    return body
