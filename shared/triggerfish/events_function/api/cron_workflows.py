"""CronWorkflows by hand, in the shapes of Argo's REST API. All of it as the caller: RBAC decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triggerfish import annotations as keys
from triggerfish.errors import AnswerError, SpecError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.workflows import labels
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.objects import Json, is_name

Query = tuple[tuple[str, str], ...]


async def listed(client: Client, namespace: str | None, query: Query, instance_id: str) -> Json:
    """A page of them, of one namespace or of all; only those of this instance."""
    given = [value for name, value in query if name == "labelSelector"]
    selector = ",".join([*given, labels.selector(instance_id)])
    rest = [pair for pair in query if pair[0] != "labelSelector"]
    return await client.listing(CRON_WORKFLOWS, namespace, (*rest, ("labelSelector", selector)))


async def one(client: Client, namespace: str, name: str, instance_id: str) -> Json:
    """The object; 404 when it is not there, or another instance's."""
    found = await client.get(CRON_WORKFLOWS, namespace, name)
    if not labels.belongs(found["metadata"].get("labels") or {}, instance_id):
        raise AnswerError(404, 5, f'cronworkflows.argoproj.io "{name}" belongs to another instance')
    return found


async def create(client: Client, namespace: str, body: Any, creator: Creator, instance_id: str) -> Json:
    """``{"cronWorkflow": {…}}``: the object as it was made."""
    cron = _cron(body)
    metadata = {**_part(cron, "metadata")}
    given = _texts(metadata, "labels")
    own = {key: value for key, value in given.items() if key not in (*keys.CREATORS, keys.ACTION)}
    own |= creator.labels | ({keys.INSTANCE_ID: instance_id} if instance_id else {})
    return await client.create(CRON_WORKFLOWS, namespace, _whole(cron, {**metadata, "labels": own}))


async def update(
    client: Client, namespace: str, name: str | None, body: Any, actor: Creator, instance_id: str
) -> Json:
    """``{"cronWorkflow": {…}}`` in place of what is there; its name is the path's or its own.

    What ticks have recorded stays: ``argo cron update`` sends a file, which knows nothing of it.
    """
    cron = _cron(body)
    metadata = _part(cron, "metadata")
    name = name or metadata.get("name")
    if not isinstance(name, str) or not is_name(name):
        raise SpecError("cronWorkflow.metadata.name", "there is no name")
    current = await one(client, namespace, name, instance_id)
    before = current["metadata"]
    # Who made it, and for whom, is not changed by an edit, nor is whether it has stopped for good.
    kept = (*keys.CREATORS, keys.INSTANCE_ID, keys.CRON_COMPLETED)
    given = {key: text for key, text in _texts(metadata, "labels").items() if key not in keys.ACTORS}
    metadata = {
        "resourceVersion": before["resourceVersion"],
        **{key: value for key, value in metadata.items() if value is not None},
        "name": name,
        "labels": _keeping(given, _texts(before, "labels"), kept) | actor.acted("Update"),
        "annotations": _keeping(
            _texts(metadata, "annotations"), _texts(before, "annotations"), tuple(keys.RECORDED)
        ),
    }
    whole = {key: value for key, value in _whole(cron, metadata).items() if key != "status"}
    status = {"status": current["status"]} if "status" in current else {}
    return await client.replace(CRON_WORKFLOWS, namespace, name, whole | status)


async def delete(client: Client, namespace: str, name: str, instance_id: str) -> Json:
    """Gone: an empty object."""
    found = await one(client, namespace, name, instance_id)
    await client.delete(CRON_WORKFLOWS, namespace, name, uid=found["metadata"]["uid"])
    return {}


async def set_suspended(
    client: Client, namespace: str, name: str, instance_id: str, *, suspended: bool
) -> Json:
    """The object, after ``spec.suspend`` is that."""
    await one(client, namespace, name, instance_id)
    return await client.patch(CRON_WORKFLOWS, namespace, name, {"spec": {"suspend": suspended}})


def _cron(body: Any) -> Json:
    cron = body.get("cronWorkflow") if isinstance(body, dict) else None
    if not isinstance(cron, dict):
        raise SpecError("cronWorkflow", "there is no CronWorkflow in the body")
    return cron


def _whole(cron: Json, metadata: Json) -> Json:
    kind = {"apiVersion": CRON_WORKFLOWS.api_version, "kind": CRON_WORKFLOWS.kind}
    return {**cron, **kind, "metadata": metadata}


def _part(parent: Json, key: str) -> Json:
    value = parent.get(key)
    if not isinstance(value, dict):
        raise SpecError(f"cronWorkflow.{key}", "this is not an object")
    return value


def _texts(metadata: Json, name: str) -> Mapping[str, str]:
    given = metadata.get(name)
    return given if isinstance(given, dict) else {}


def _keeping(given: Mapping[str, str], before: Mapping[str, str], kept: tuple[str, ...]) -> dict[str, str]:
    """``given``, in which the keys to be kept are what they were ``before``."""
    own = {key: text for key, text in given.items() if key not in kept}
    return own | {key: before[key] for key in kept if key in before}
