"""The Workflow that an event, or a caller, submits from a template: plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from triggerfish import annotations as keys
from triggerfish.workflows import scheduled
from triggerfish.workflows.endings import without_state
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.names import Naming, delivery_suffix, random_suffix, with_suffix
from triggerfish.workflows.objects import API_VERSION, Json

# A header's value may be of any length; no sender's id is longer.
_longest_id = 200


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
        return keys.CLUSTER_WORKFLOW_TEMPLATE if self.cluster_scope else keys.WORKFLOW_TEMPLATE


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a submission says about a Workflow's metadata, its expressions evaluated."""

    name: str = ""
    generate_name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


def referenced(template: Json) -> Json:
    """Return what of a template a Workflow is made from that refers to it: little, however large it is."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    given = spec.get("workflowMetadata") or {}
    instance = (metadata.get("labels") or {}).get(keys.INSTANCE_ID)
    return {
        "metadata": {"labels": {} if instance is None else {keys.INSTANCE_ID: instance}},
        "spec": {
            "workflowMetadata": {key: given[key] for key in ("labels", "annotations") if given.get(key)},
            "arguments": {"parameters": [{"name": name} for name in _wanted(template)]},
        },
    }


def from_template(ref: TemplateRef, template: Json, instance_id: str) -> Json:
    """A Workflow that runs the template: only a reference to it, whatever the template's spec holds.

    The labels and annotations of its ``spec.workflowMetadata`` are copied; the instance id is set over them.
    """
    metadata = (template.get("spec") or {}).get("workflowMetadata") or {}
    reference: Json = {"name": ref.name} | ({"clusterScope": True} if ref.cluster_scope else {})
    given = {ref.label: ref.name, **without_state(metadata.get("labels"))}
    if instance_id:
        given[keys.INSTANCE_ID] = instance_id
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


def from_cron(cron: Json, now: datetime, instance_id: str) -> Json:
    """A run of a CronWorkflow by hand, now: its child like any other, but named by chance."""
    workflow = scheduled.workflow(cron, now, instance_id)
    metadata = {key: value for key, value in workflow["metadata"].items() if key != "name"}
    return {**workflow, "metadata": {**metadata, "generateName": f"{cron['metadata']['name']}-"}}


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
    given = {**made["labels"], **without_state(metadata.labels)}
    for key in keys.CREATORS:
        given.pop(key, None)
    given |= creator.labels | {keys.WORKFLOW_EVENT_BINDING: binding}
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
    given = {
        parameter.get("name")
        for parameter in (workflow["spec"].get("arguments") or {}).get("parameters") or []
    }
    return [str(name) for name in _wanted(template) if name not in given]


def _wanted(template: Json) -> list[Any]:
    """The names of the parameters to which the template gives no value."""
    arguments = (template.get("spec") or {}).get("arguments") or {}
    return [
        parameter.get("name")
        for parameter in arguments.get("parameters") or []
        if parameter.get("value") is None
        and parameter.get("valueFrom") is None
        and parameter.get("default") is None
    ]


def named(workflow: Json, identity: bytes, *, repeatable: bool, delivery_id: str = "") -> tuple[Json, Naming]:
    """``workflow`` with a name, where it says none, and marked as made by the delivery ``identity``.

    ``identity`` are 32 bytes; ``repeatable``: the same delivery has the same again, else they are noise.
    ``delivery_id`` is what its sender calls it; only the hash tells deliveries apart.
    """
    metadata = workflow["metadata"]
    annotations = {**(metadata.get("annotations") or {}), keys.DELIVERY: identity.hex()[:32]}
    if delivery_id:
        annotations[keys.DELIVERY_ID] = delivery_id[:_longest_id]
    name, naming = metadata.get("name") or "", Naming.FIXED
    if not name:
        naming = Naming.DERIVED if repeatable else Naming.RANDOM
        suffix = delivery_suffix(identity) if repeatable else random_suffix(identity)
        name = with_suffix(metadata["generateName"], suffix)
    return {**workflow, "metadata": {**metadata, "name": name, "annotations": annotations}}, naming


def renamed(workflow: Json, noise: bytes) -> Json:
    """The same with another random name, of at least 8 random bytes: somebody has the first."""
    metadata = workflow["metadata"]
    name = with_suffix(metadata["generateName"], random_suffix(noise))
    return {**workflow, "metadata": {**metadata, "name": name}}
