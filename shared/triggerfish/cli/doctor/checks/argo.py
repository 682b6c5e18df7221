"""Argo's own cron workers are off: while they run, both write the status and may count a run twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cli.doctor.diagnosis import Diagnoses, Doctor
from triggerfish.cli.doctor.patient import Patient
from triggerfish.cli.installed import DEPLOYMENTS, readable
from triggerfish.cron import times
from triggerfish.cron.manifest.children import Child
from triggerfish.errors import ApiError
from triggerfish.expressions.go import duration
from triggerfish.kube.resources import CONFIG_MAPS
from triggerfish.workflows.objects import Json

NAME = "argo"

_CONTROLLER = "workflow-controller"
_WORKERS = "--cron-workflow-workers"
_PERIOD = "CRON_SYNC_PERIOD"
_LONG = "8760h"
# Argo writes each status once a period; a day is as good as never.
_enough_seconds = 86400
# For a controller whose Deployment was not found: where Argo's own manifests put it.
_append = f'[{{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "{_WORKERS}=0"}}]'
_lately = timedelta(minutes=15)


async def examine(patient: Patient, doctor: Doctor) -> Diagnoses:
    """By its Deployment where that can be read, and by what it made lately."""
    if patient.cron.settings.mode == "shadow":
        return
    deployments = await readable(patient.client, DEPLOYMENTS, None, "")
    if deployments is None and patient.scope:
        deployments = await readable(patient.client, DEPLOYMENTS, patient.scope, "")
    for body in deployments or ():
        for index, container in _controllers(body):
            if not await _works_on_ours(patient, body, container):
                continue
            for each in _flags(doctor, body, index, container):
                yield each
    made = _made_lately(await patient.child_metadata(), patient.now)
    for cron, at in made.items():
        yield doctor.error(
            f"Argo's controller started a run of it at {times.rfc3339(at)}: its cron workers are on",
            f"kubectl -n argo patch deployment {_CONTROLLER} --type=json -p '{_append}'",
            namespace=cron.partition("/")[0],
            name=cron.partition("/")[2],
        )


def _controllers(body: Json) -> Iterator[tuple[int, Json]]:
    pod = ((body.get("spec") or {}).get("template") or {}).get("spec") or {}
    for index, container in enumerate(pod.get("containers") or ()):
        image = str(container.get("image") or "").rpartition("/")[2]
        command = [str(word) for word in container.get("command") or ()]
        if image.startswith(_CONTROLLER) or any(word.endswith(_CONTROLLER) for word in command[:1]):
            yield index, container


def _flags(doctor: Doctor, body: Json, index: int, container: Json) -> Iterator[Any]:
    namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
    where = {"namespace": namespace, "name": name}
    workers = _option(container, _WORKERS)
    if (body.get("spec") or {}).get("replicas", 1) == 0:
        return
    if workers != "0":
        said = f"{_WORKERS}={workers}" if workers else f"{_WORKERS} is not given, which means 8"
        arguments = [str(each) for each in container.get("args") or ()]
        kept = list(_without(arguments, _WORKERS))
        patch = [
            {
                "op": "add",
                "path": f"/spec/template/spec/containers/{index}/args",
                "value": [*kept, f"{_WORKERS}=0"],
            }
        ]
        yield doctor.error(
            f"Argo's controller starts CronWorkflows too: {said}",
            f"kubectl -n {namespace} patch deployment {name} --type=json -p '{json.dumps(patch)}'",
            **where,
        )
    period = _variable(container, _PERIOD)
    if period is not None and _seconds(period) < _enough_seconds:
        said = f"{_PERIOD}={period}" if period else f"{_PERIOD} is not set, which means 10 seconds"
        yield doctor.warning(
            f"Argo's controller writes the status of CronWorkflows: {said}",
            f"kubectl -n {namespace} set env deployment/{name} -c {container.get('name')} {_PERIOD}={_LONG}",
            **where,
        )


async def _works_on_ours(patient: Patient, body: Json, container: Json) -> bool:
    """Not when it is another instance's, or of another namespace."""
    namespace = body["metadata"]["namespace"]
    if _option(container, "--namespaced") not in (None, "false"):
        own = _option(container, "--managed-namespace") or namespace
        if patient.scope and patient.scope != own:
            return False
    name = _option(container, "--configmap") or f"{_CONTROLLER}-configmap"
    try:
        data = (await patient.client.get(CONFIG_MAPS, namespace, name)).get("data") or {}
    except ApiError as error:
        if error.status not in (403, 404):
            raise
        data = {}
    return _instance(data) == patient.cron.settings.instance_id


def _instance(data: Mapping[str, Any]) -> str:
    """Its ``instanceID``, by a key of its own, or within the text ``config``."""
    if "instanceID" in data:
        return str(data["instanceID"])
    for line in str(data.get("config") or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "instanceID":
            return value.strip().strip("'\"")
    return ""


def _option(container: Json, name: str) -> str | None:
    """The last value that an option is given; ``true`` for one without, None when it is not there."""
    words = [str(each) for each in (*(container.get("command") or ()), *(container.get("args") or ()))]
    found = None
    for index, word in enumerate(words):
        key, equals, value = word.partition("=")
        if key != name:
            continue
        following = words[index + 1] if index + 1 < len(words) else ""
        found = value if equals else (following if following and not following.startswith("-") else "true")
    return found


def _without(words: list[str], name: str) -> Iterator[str]:
    skipped = False
    for word in words:
        if skipped and not word.startswith("-"):
            skipped = False
            continue
        skipped = word == name
        if not skipped and not word.startswith(f"{name}="):
            yield word


def _variable(container: Json, name: str) -> str | None:
    """Its value, empty when it is not set; None when it comes from elsewhere."""
    for each in container.get("env") or ():
        if each.get("name") == name:
            return str(each["value"]) if "value" in each else None
    return ""


def _seconds(text: str) -> float:
    try:
        return duration.nanoseconds(text) / 1e9
    except ValueError:
        return 0.0


def _made_lately(children: list[Json], now: datetime) -> dict[str, datetime]:
    """The time of the latest run that Argo's controller started in the last minutes, by CronWorkflow."""
    found: dict[str, datetime] = {}
    for body in children:
        child = Child.of(body)
        if child is None or child.slot is None or now - child.created > _lately:
            continue
        if _maker(body).startswith(_CONTROLLER):
            key = f"{child.namespace}/{child.cron}"
            found[key] = max(child.created, found.get(key, child.created))
    return found


def _maker(body: Json) -> str:
    """The manager that wrote the label that only a CronWorkflow's run is created with."""
    for entry in body["metadata"].get("managedFields") or ():
        noted = ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get("f:labels") or {}
        if f"f:{keys.CRON_WORKFLOW}" in noted:
            return str(entry.get("manager") or "")
    return ""
