"""CronWorkflows and Workflows as JSON, in few words, for tests of the core. The day is 23 November 2026."""

from datetime import UTC, datetime, timedelta

from triggerfish import annotations as keys
from triggerfish.cron.manifest import recorded_state
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.planning.actions import Created
from triggerfish.cron.planning.plan import plan

RULES = Rules()
BY = timedelta(microseconds=123)


def at(text: str) -> datetime:
    """``12:00`` or ``12:00:05`` of that day."""
    return datetime.fromisoformat(f"2026-11-23T{text}+00:00").astimezone(UTC)


def stamp(text: str) -> str:
    return at(text).strftime("%Y-%m-%dT%H:%M:%SZ")


def manifest(notes=None, status=None, labels=None, metadata=None, **spec) -> dict:
    """One that has run every minute since 11:00 and is settled up to 11:59, unless told otherwise."""
    settled = {
        keys.LAST_USED_SCHEDULE: "* * * * *",
        keys.DECIDED: stamp("11:59"),
    }
    body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {
            "namespace": "team",
            "name": "job",
            "uid": "u1",
            "resourceVersion": "7",
            "creationTimestamp": stamp("11:00"),
            "labels": labels or {},
            "annotations": settled | (notes or {}),
        }
        | (metadata or {}),
        "spec": {"schedules": ["* * * * *"], "workflowSpec": {"entrypoint": "main"}} | spec,
        "status": {"lastScheduledTime": stamp("11:59"), "succeeded": 0, "failed": 0, "phase": "Active"}
        | (status or {}),
    }
    if keys.SEEN not in (notes or {}):
        read = CronWorkflow.of(body, RULES)
        body["metadata"]["annotations"][keys.SEEN] = f"{stamp('11:00')} {read.fingerprint(read.recorded)}"
    body["metadata"]["annotations"] = {k: v for k, v in body["metadata"]["annotations"].items() if v}
    return body


def cron(notes=None, status=None, labels=None, metadata=None, **spec) -> CronWorkflow:
    return CronWorkflow.of(manifest(notes, status, labels, metadata, **spec), RULES)


def workflow(slot=None, phase="Running", *, name="", uid="", created="", finalizers=(), **more) -> dict:
    """The child of the slot ``12:00``, or one submitted by hand."""
    name = name or (f"job-{int(at(slot).timestamp())}" if slot else "job-x7f2k")
    done = phase in ("Succeeded", "Failed", "Error")
    metadata = {
        "namespace": "team",
        "name": name,
        "uid": uid or f"uid-{slot or name}",
        "resourceVersion": "9",
        "creationTimestamp": stamp(created or slot or "11:30"),
        "labels": {
            "workflows.argoproj.io/cron-workflow": "job",
            "workflows.argoproj.io/phase": phase,
            "workflows.argoproj.io/completed": "true" if done else "false",
        },
        "ownerReferences": [{"kind": "CronWorkflow", "name": "job", "uid": "u1", "controller": True}],
        "finalizers": list(finalizers),
    }
    return {"metadata": metadata, **more}


def family(*workflows) -> Children:
    return Children(child for each in workflows if (child := Child.of(each)))


def active(*slots) -> dict:
    """A status whose ``active`` has the children of these slots."""
    return {"active": [recorded_state.reference(Child.of(workflow(slot))) for slot in slots]}


def planned(it: CronWorkflow, *workflows, now: str = "12:00:03"):
    """Its plan at that time, with these Workflows there."""
    return plan(it, family(*workflows), at(now), RULES, at(now) + BY)


def done(made):
    """What every create of the plan answers when all goes well."""
    return {
        create.slot: Created(Child.of(workflow(create.slot.strftime("%H:%M:%S")))) for create in made.creates
    }


def told(made) -> str:
    """The plan in a line: ``claim, end job-…, run 12:00, skip 11:58 missed``; empty when nothing is to do."""
    words = ["claim"] if made.claim else []
    words += [f"end {each.name.removeprefix('job-')}" for each in made.terminate]
    words += [f"run {create.slot:%H:%M}" for create in made.creates]
    words += [f"skip {skip.slot:%H:%M} {skip.reason.value}" for skip in made.skips]
    return ", ".join(words)
