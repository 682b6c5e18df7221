"""The simulated workflow controller's decisions: where a Workflow stands at a time. Pure; nothing runs.

It stands in for Argo's workflow controller on a laptop: phases, labels and status fields are those that Argo
sets, but no container is started. How long a Workflow takes and how it ends is the annotation
``triggerfish.dev/simulate: "90s,Failed"``; without it, it succeeds after the cluster's usual time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from triggerfish import annotations as keys
from triggerfish.errors import SpecError
from triggerfish.workflows.endings import ENDS, SUCCEEDED
from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.durations import span

RUNNING = "Running"


@dataclass(frozen=True, slots=True)
class Reaction:
    """The next thing to do: a merge patch, deletion, or nothing until ``again`` (None: until it changes)."""

    patch: Json | None = None
    delete: bool = False
    again: datetime | None = None

    @property
    def phase(self) -> str:
        """The phase that the patch sets, empty when it sets none."""
        status = (self.patch or {}).get("status") or {}
        return str(status.get("phase", ""))


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a Workflow: the seconds it takes (None: until somebody acts), the phase it ends in."""

    seconds: float | None
    phase: str
    message: str = ""


def seconds(text: str) -> float | None:
    """``90s``, ``1m30s`` or a bare number of seconds; None for any other text."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    found = span(text)
    return None if found is None else found.total_seconds()


def script(workflow: Json, spec: Mapping[str, Any], usual: float) -> Course:
    """The course of this Workflow; ``spec`` is its own merged with its template's, ``usual`` in seconds."""
    text = (workflow["metadata"].get("annotations") or {}).get(keys.SIMULATE, "")
    lasting: float | None = usual + _suspended(spec)
    phase, message = SUCCEEDED, ""
    for part in filter(None, (part.strip() for part in text.split(","))):
        if part in ENDS:
            phase = part
        elif (found := seconds(part)) is not None:
            lasting = found
        else:
            phase, lasting = "Error", 0.0
            message = (
                f"annotation {keys.SIMULATE}: {part!r} is neither a duration (90s)"
                f" nor one of {', '.join(ENDS)}"
            )
    if phase == "Failed" and not message:
        message = "child failed (simulated)"
    if not text and _waits(workflow, spec):
        lasting = None
    limit = spec.get("activeDeadlineSeconds")
    if isinstance(limit, int) and (lasting is None or limit < lasting):
        return Course(float(limit), "Failed", "Max duration limit exceeded")
    return Course(lasting, phase, message)


def step(
    workflow: Json,
    template: Json | None,
    now: datetime,
    usual: float,
    began: datetime | None = None,
    wrong: SpecError | None = None,
) -> Reaction:
    """The reaction of the simulated controller to a Workflow now.

    ``template`` is the object that its ``workflowTemplateRef`` names, None when there is none. ``began`` is
    when it started to run, if that is known better than by its status, which has whole seconds. ``wrong`` is
    what Argo would refuse of it before it runs.
    """
    spec = _merged(workflow, template)
    status = workflow.get("status") or {}
    phase = status.get("phase") or ""
    if phase in ENDS:
        return _expire(spec, status, phase, now)
    if "workflowTemplateRef" in workflow.get("spec", {}) and template is None:
        reference = workflow["spec"]["workflowTemplateRef"]
        plural = "clusterworkflowtemplates" if reference.get("clusterScope") else "workflowtemplates"
        return _end(status, "Error", f'{plural}.argoproj.io "{reference.get("name", "")}" not found', now)
    shutdown = workflow.get("spec", {}).get("shutdown")
    if shutdown:
        return _end(status, "Failed", f"Stopped with strategy '{shutdown}'", now)
    if not phase:
        if wrong is not None:
            return _end(status, "Failed", f"invalid spec: {wrong}", now)
        patch = _moved("Pending", {"progress": "0/1"})
        wanted = spec.get("workflowMetadata") or {}
        patch["metadata"]["labels"] = {**(wanted.get("labels") or {}), **patch["metadata"]["labels"]}
        pods = {keys.POD_NAME_FORMAT: "v2"}
        patch["metadata"]["annotations"] = {**(wanted.get("annotations") or {}), **pods}
        if template is not None:
            patch["status"]["storedWorkflowTemplateSpec"] = template.get("spec") or {}
        return Reaction(patch)
    if phase == "Pending":
        return _run(workflow, spec, now)
    return _running(workflow, spec, began or _time(status.get("startedAt"), now), now, usual)


def _running(
    workflow: Json, spec: Mapping[str, Any], began: datetime, now: datetime, usual: float
) -> Reaction:
    plan = script(workflow, spec, usual)
    if spec.get("suspend") or plan.seconds is None:
        return Reaction()
    until = began + timedelta(seconds=plan.seconds)
    if now < until:
        return Reaction(again=until)
    return _end(workflow["status"], plan.phase, plan.message, now)


def _run(workflow: Json, spec: Mapping[str, Any], now: datetime) -> Reaction:
    name = workflow["metadata"]["name"]
    nodes = {
        f"{name}-{index}" if index else name: {
            "id": f"{name}-{index}" if index else name,
            "name": f"{name}.{template.get('name', '')}" if index else name,
            "displayName": template.get("name", "") if index else name,
            "type": _node_type(template),
            "templateName": template.get("name", ""),
            "phase": "Running",
            "startedAt": _text(now),
        }
        for index, template in enumerate(_reached(spec))
    }
    fields: Json = {
        "startedAt": _text(now),
        "finishedAt": None,
        "conditions": [{"type": "PodRunning", "status": "True"}],
        "progress": "0/1",
    }
    if nodes:
        fields["nodes"] = nodes
    return Reaction(_moved(RUNNING, fields))


def _end(status: Mapping[str, Any], phase: str, message: str, now: datetime) -> Reaction:
    done = phase == SUCCEEDED
    fields: Json = {
        "startedAt": status.get("startedAt") or _text(now),
        "finishedAt": _text(now),
        "progress": "1/1" if done else "0/1",
        "message": message or None,
        "conditions": [{"type": "PodRunning", "status": "False"}, {"type": "Completed", "status": "True"}],
        "resourcesDuration": {"cpu": 0, "memory": 0},
    }
    nodes = {
        key: {"phase": phase, "finishedAt": _text(now)}
        for key, node in (status.get("nodes") or {}).items()
        if not node.get("finishedAt")
    }
    if nodes:
        fields["nodes"] = nodes
    return Reaction(_moved(phase, fields))


def _moved(phase: str, fields: Json) -> Json:
    labels = {keys.PHASE: phase, keys.COMPLETED: "true" if phase in ENDS else "false"}
    return {"metadata": {"labels": labels}, "status": {"phase": phase, **fields}}


def _expire(spec: Mapping[str, Any], status: Mapping[str, Any], phase: str, now: datetime) -> Reaction:
    strategy = spec.get("ttlStrategy") or {}
    own = strategy.get("secondsAfterSuccess" if phase == SUCCEEDED else "secondsAfterFailure")
    lasting = strategy.get("secondsAfterCompletion") if own is None else own
    if not isinstance(lasting, int):
        return Reaction()
    until = _time(status.get("finishedAt"), now) + timedelta(seconds=lasting)
    return Reaction(delete=True) if now >= until else Reaction(again=until)


def _merged(workflow: Json, template: Json | None) -> Json:
    """The spec that runs: the template's, overridden by the Workflow's own."""
    own = workflow.get("spec") or {}
    return {**(template or {}).get("spec", {}), **own} if template is not None else own


def _reached(spec: Mapping[str, Any]) -> list[Json]:
    """The entry template and those that its steps or tasks name."""
    known = {template.get("name"): template for template in spec.get("templates") or () if template}
    entry = known.get(spec.get("entrypoint"))
    if entry is None:
        return []
    found = [entry]
    for name in _named(entry):
        if name in known and known[name] not in found:
            found.append(known[name])
    return found


def _named(template: Mapping[str, Any]) -> Iterator[str]:
    for group in template.get("steps") or ():
        # A group is a list, or in older manifests {"steps": [...]}.
        for item in group.get("steps", ()) if isinstance(group, dict) else group:
            yield item.get("template", "")
    for task in (template.get("dag") or {}).get("tasks") or ():
        yield task.get("template", "")


def _suspensions(spec: Mapping[str, Any]) -> list[Json]:
    return [template for template in _reached(spec) if "suspend" in template]


def _suspended(spec: Mapping[str, Any]) -> float:
    """Seconds that suspend templates with a duration add."""
    found = (seconds(str((item["suspend"] or {}).get("duration", "0"))) for item in _suspensions(spec))
    return sum(item or 0.0 for item in found)


def _waits(workflow: Json, spec: Mapping[str, Any]) -> bool:
    """True when a suspend template without a duration has not been resumed."""
    nodes = ((workflow.get("status") or {}).get("nodes") or {}).values()
    resumed = {node.get("templateName") for node in nodes if node.get("phase") in ENDS}
    return any(
        not (item["suspend"] or {}).get("duration") and item.get("name") not in resumed
        for item in _suspensions(spec)
    )


def _node_type(template: Mapping[str, Any]) -> str:
    kinds = {"suspend": "Suspend", "steps": "Steps", "dag": "DAG"}
    return next((kind for key, kind in kinds.items() if key in template), "Pod")


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(text: Any, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return otherwise
