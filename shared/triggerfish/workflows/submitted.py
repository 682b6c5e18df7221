"""The Workflow that an event, or a caller, submits from a template: plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from triggerfish.workflows import labels
from triggerfish.workflows.labels import Creator

Json = dict[str, Any]

API_VERSION = "argoproj.io/v1alpha1"


@dataclass(frozen=True, slots=True)
class TemplateRef:
    """A WorkflowTemplate of the event's namespace, or a ClusterWorkflowTemplate."""

    name: str
    cluster_scope: bool = False

    @property
    def kind(self) -> str:
        """``WorkflowTemplate`` or ``ClusterWorkflowTemplate``."""
        return "ClusterWorkflowTemplate" if self.cluster_scope else "WorkflowTemplate"

    @property
    def label(self) -> str:
        """The label that names the template on its Workflows."""
        return labels.CLUSTER_WORKFLOW_TEMPLATE if self.cluster_scope else labels.WORKFLOW_TEMPLATE


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a submission says about a Workflow's metadata, its expressions evaluated."""

    name: str = ""
    generate_name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


def from_template(ref: TemplateRef, template: Json, instance_id: str) -> Json:
    """A Workflow that runs the template: only a reference to it, whatever the template's spec holds.

    The labels and annotations of its ``spec.workflowMetadata`` are copied; the instance id is set over them.
    """
    metadata = (template.get("spec") or {}).get("workflowMetadata") or {}
    reference: Json = {"name": ref.name} | ({"clusterScope": True} if ref.cluster_scope else {})
    given = {ref.label: ref.name, **(metadata.get("labels") or {})}
    if instance_id:
        given[labels.INSTANCE_ID] = instance_id
    return {
        "apiVersion": API_VERSION,
        "kind": "Workflow",
        "metadata": {
            "generateName": f"{ref.name}-",
            "labels": given,
            "annotations": dict(metadata.get("annotations") or {}),
        },
        "spec": {"workflowTemplateRef": reference},
    }


def for_event(
    workflow: Json,
    metadata: Metadata,
    parameters: Iterable[tuple[str, str]],
    creator: Creator,
    binding: str,
) -> Json:
    """``workflow`` (of ``from_template``) as a binding submits it: metadata, arguments, who and why.

    Nothing overrides the creator's labels and the binding's name.
    """
    made: Json = workflow["metadata"]
    given = {**made["labels"], **metadata.labels}
    for key in labels.CREATOR_LABELS:
        given.pop(key, None)
    given |= creator.labels | {labels.WORKFLOW_EVENT_BINDING: binding}
    result = {
        **made,
        "generateName": metadata.generate_name or made["generateName"],
        "labels": given,
        "annotations": {**made["annotations"], **metadata.annotations},
    }
    if metadata.name:
        result["name"] = metadata.name
    spec = workflow["spec"]
    values = [{"name": name, "value": value} for name, value in parameters]
    if values:
        spec = {**spec, "arguments": {"parameters": values}}
    return {**workflow, "metadata": result, "spec": spec}


def missing_parameters(template: Json, workflow: Json) -> list[str]:
    """The parameters that the template wants and neither it nor the Workflow gives."""
    arguments = (template.get("spec") or {}).get("arguments") or {}
    given = {
        parameter.get("name")
        for parameter in (workflow["spec"].get("arguments") or {}).get("parameters") or []
    }
    return [
        str(parameter.get("name"))
        for parameter in arguments.get("parameters") or []
        if parameter.get("value") is None
        and parameter.get("valueFrom") is None
        and parameter.get("default") is None
        and parameter.get("name") not in given
    ]
