"""The kinds are served, and keep every field that Triggerfish reads or writes."""

from __future__ import annotations

from typing import Any

from triggerfish.cli.doctor.diagnosis import Diagnoses, Doctor
from triggerfish.cli.doctor.patient import Patient
from triggerfish.cli.doctor.resources import DEFINITIONS
from triggerfish.errors import ApiError
from triggerfish.kube.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CRON_WORKFLOWS,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOW_TEMPLATES,
    WORKFLOWS,
    Resource,
)

NAME = "definitions"

_fields: dict[Resource, tuple[str, ...]] = {
    WORKFLOWS: ("spec", "spec.workflowTemplateRef", "spec.shutdown", "status.phase"),
    CRON_WORKFLOWS: (
        *(
            f"spec.{name}"
            for name in (
                "schedules",
                "timezone",
                "suspend",
                "concurrencyPolicy",
                "startingDeadlineSeconds",
                "successfulJobsHistoryLimit",
                "failedJobsHistoryLimit",
                "stopStrategy",
                "when",
                "workflowMetadata",
                "workflowSpec",
            )
        ),
        *(
            f"status.{name}"
            for name in ("active", "conditions", "failed", "lastScheduledTime", "phase", "succeeded")
        ),
    ),
    WORKFLOW_TEMPLATES: ("spec",),
    CLUSTER_WORKFLOW_TEMPLATES: ("spec",),
    WORKFLOW_EVENT_BINDINGS: (
        "spec.event.selector",
        "spec.submit.workflowTemplateRef",
        "spec.submit.arguments",
    ),
}
# Ours and Argo's keep their status in the object itself: a status subresource would swallow what ticks write.
_own_status = (CRON_WORKFLOWS,)
_apply = "kubectl apply --server-side --force-conflicts -f infra/crds/argoproj.io_{plural}.yaml"


async def examine(patient: Patient, doctor: Doctor) -> Diagnoses:
    """Each kind in turn."""
    for resource, fields in _fields.items():
        name = f"{resource.plural}.{resource.group}"
        command = _apply.format(plural=resource.plural)
        try:
            body = await patient.client.get(DEFINITIONS, None, name)
        except ApiError as error:
            if error.status == 403:
                if not await _is_served(patient, resource):
                    yield doctor.error(
                        f"{resource.kind} is not served: its CRD is missing", command, name=name
                    )
                continue
            if error.status != 404:
                raise
            yield doctor.error(f"the CRD {name} is missing", command, name=name)
            continue
        version = _version(body, resource.version)
        if version is None:
            yield doctor.error(f"the CRD {name} does not serve {resource.version}", command, name=name)
            continue
        schema = (version.get("schema") or {}).get("openAPIV3Schema") or {}
        if lost := [path for path in fields if not _keeps(schema, path)]:
            yield doctor.error(f"the CRD {name} is too old: it drops {', '.join(lost)}", command, name=name)
        if resource in _own_status and "status" in (version.get("subresources") or {}):
            yield doctor.error(
                f"the CRD {name} has a status subresource: what a tick writes into the status is dropped",
                command,
                name=name,
            )


async def _is_served(patient: Patient, resource: Resource) -> bool:
    """Asked by a list of one, by who may not read CRDs: only a kind that is not there is 404."""
    try:
        async for _ in patient.client.pages(resource, patient.scope, limit=1, metadata_only=True):
            break
    except ApiError as error:
        return error.status != 404
    return True


def _version(body: Any, name: str) -> Any:
    versions = (body.get("spec") or {}).get("versions") or ()
    return next((each for each in versions if each.get("name") == name and each.get("served")), None)


def _keeps(schema: Any, path: str) -> bool:
    """Whether an object of that schema keeps that field, and does not prune it."""
    for name in path.split("."):
        if schema.get("x-kubernetes-preserve-unknown-fields"):
            return True
        properties = schema.get("properties") or {}
        if name not in properties:
            return bool(schema.get("additionalProperties"))
        schema = properties[name]
    return True
