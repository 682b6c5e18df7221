"""The Workflow that a CronWorkflow makes for one slot: plain JSON, as Argo's controller makes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from triggerfish import annotations as keys
from triggerfish.workflows.endings import without_state
from triggerfish.workflows.objects import API_VERSION, Json


def name(cron: str, slot: datetime) -> str:
    """``<cron name>-<unix seconds of the slot>``: nobody makes two Workflows for one slot."""
    return f"{cron}-{int(slot.timestamp())}"


def workflow(cron: Mapping[str, Any], slot: datetime, instance_id: str = "", *, exact: bool = False) -> Json:
    """The child of ``slot``; ``spec.workflowSpec`` passes through untouched.

    The instance id is the CronWorkflow's own, else ``instance_id``. ``exact``: it carries a finalizer until
    it is recorded.
    """
    metadata, spec = cron["metadata"], cron["spec"]
    own = metadata.get("labels") or {}
    given = {keys.CRON_WORKFLOW: metadata["name"]}
    instance = own.get(keys.INSTANCE_ID) or instance_id
    if instance:
        given[keys.INSTANCE_ID] = instance
    given |= {key: own[key] for key in keys.CREATORS if key in own}
    notes = {keys.SCHEDULED_TIME: slot.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    extra = spec.get("workflowMetadata") or {}
    made: Json = {
        "name": name(metadata["name"], slot),
        "namespace": metadata["namespace"],
        "labels": given | without_state(extra.get("labels")),
        "annotations": notes | (extra.get("annotations") or {}),
        "ownerReferences": [_owner(metadata)],
    }
    finalizers = [*(extra.get("finalizers") or ()), *((keys.EXACT,) if exact else ())]
    if finalizers:
        made["finalizers"] = finalizers
    return {
        "apiVersion": API_VERSION,
        "kind": "Workflow",
        "metadata": made,
        "spec": spec.get("workflowSpec") or {},
    }


def _owner(metadata: Mapping[str, Any]) -> Json:
    return {
        "apiVersion": API_VERSION,
        "kind": "CronWorkflow",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
