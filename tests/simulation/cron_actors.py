"""Who else acts on the API: Argo's controllers, the TTL, and people. All drawn from the world's seed."""

import copy
from datetime import UTC

from tests.simulation.cron_world import World

from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOW_TEMPLATES, WORKFLOWS

CRON_LABEL = "workflows.argoproj.io/cron-workflow"
PHASE = "workflows.argoproj.io/phase"
COMPLETED = "workflows.argoproj.io/completed"


class WorkflowController:
    """Runs the Workflows: some seconds pending, some running, then an end; terminated ones end soon.

    ``lasting`` draws how long one runs, ``failing`` is the share that fails, ``expiring`` of those whose TTL
    deletes them soon after, besides those of which their own ``ttlStrategy`` says so.
    """

    def __init__(self, world: World, *, lasting=(2.0, 150.0), failing=0.3, expiring=0.0) -> None:
        self.world, self.lasting, self.failing, self.expiring = world, lasting, failing, expiring
        self.plans: dict[str, float] = {}
        self.resting = False
        self._look()

    def _look(self) -> None:
        world = self.world
        for workflow in () if self.resting else world.model.objects(WORKFLOWS):
            self._act(workflow)
        world.after(1.0, self._look)

    def _act(self, workflow) -> None:
        metadata, labels = workflow["metadata"], workflow["metadata"].get("labels") or {}
        if labels.get(COMPLETED) == "true":
            return
        uid = metadata["uid"]
        ends = self.plans.setdefault(uid, self.world.time + self.world.chance.uniform(*self.lasting))
        shutdown = (workflow.get("spec") or {}).get("shutdown")
        if shutdown:
            ends = self.plans[uid] = min(ends, self.world.time + 2.0)
        if self.world.time < ends:
            if not labels.get(PHASE):
                self._move(workflow, "Running", done=False)
            return
        failed = shutdown or self.world.chance.random() < self.failing
        self._move(workflow, "Failed" if failed else "Succeeded", done=True)
        strategy = (workflow.get("spec") or {}).get("ttlStrategy")
        if strategy:
            self.world.after(strategy["secondsAfterCompletion"], lambda: self._expire(metadata))
        elif self.world.chance.random() < self.expiring:
            self.world.after(self.world.chance.uniform(0.0, 90.0), lambda: self._expire(metadata))

    def _move(self, workflow, phase, *, done) -> None:
        metadata = workflow["metadata"]
        status = {"phase": phase}
        if done:
            status["finishedAt"] = self.world.model.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        labels = {PHASE: phase, COMPLETED: "true" if done else "false"}
        patch = {"metadata": {"labels": labels}, "status": status}
        self.world.model.edit(WORKFLOWS, metadata["namespace"], metadata["name"], patch, user="argo")

    def _expire(self, metadata) -> None:
        for workflow in self.world.model.objects(WORKFLOWS, metadata["namespace"]):
            gone = workflow["metadata"]
            if gone["uid"] == metadata["uid"] and "deletionTimestamp" not in gone:
                self.world.model.remove(WORKFLOWS, gone["namespace"], gone["name"], user="ttl")


class CronSync:
    """Argo's cron controller with no workers: every ten seconds it writes whole statuses, unguarded.

    It reads from a cache that lags behind, so it may write what is no longer so.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.cache = copy.deepcopy(self._objects())
        world.after(10.0, self._sync)

    def _objects(self):
        return {cron["metadata"]["uid"]: cron for cron in self.world.model.objects(CRON_WORKFLOWS)}

    def _sync(self) -> None:
        for uid, cron in self._objects().items():
            self._one(self.cache.get(uid, cron), cron["metadata"])
        self.cache = copy.deepcopy(self._objects())
        self.world.after(10.0, self._sync)

    def _one(self, cron, metadata) -> None:
        status = copy.deepcopy(cron.get("status") or {})
        active = status.get("active") or []
        children = {
            child["metadata"]["uid"]: child["metadata"]
            for child in self.world.model.objects(WORKFLOWS, metadata["namespace"])
            if any(o["uid"] == metadata["uid"] for o in child["metadata"].get("ownerReferences") or ())
        }
        kept = [ref for ref in active if ref["uid"] in children and not _ended(children[ref["uid"]])]
        for ref in active:
            ended = children.get(ref["uid"])
            if ended and _ended(ended):
                counter = "succeeded" if ended["labels"][PHASE] == "Succeeded" else "failed"
                status[counter] = status.get(counter, 0) + 1
        known = {ref["uid"] for ref in kept}
        kept += [
            {"uid": uid, "name": child["name"], "namespace": child["namespace"], "kind": "Workflow"}
            for uid, child in children.items()
            if uid not in known and not _ended(child)
        ]
        if kept != active:
            patch = {"status": {**status, "active": kept}}
            self.world.model.edit(CRON_WORKFLOWS, metadata["namespace"], metadata["name"], patch, user="argo")


def _ended(metadata) -> bool:
    return (metadata.get("labels") or {}).get(COMPLETED) == "true"


class People:
    """Edit, suspend and resume CronWorkflows, and submit by hand, at any moment."""

    def __init__(self, world: World, names, *, every: float) -> None:
        self.world, self.names, self.every = world, names, every
        self.stopped = False
        world.after(world.chance.expovariate(1 / every), self._act)

    def stop(self) -> None:
        """No more edits; what is suspended goes on, and what is wrong is put right."""
        self.stopped = True

    def _act(self) -> None:
        if self.stopped:
            return
        chance = self.world.chance
        namespace, name = chance.choice(self.names)
        acts = [self._suspend, self._policy, self._schedule, self._label, self._submit, self._other]
        acts += [self._deadline, self._zone]
        chance.choice(acts)(namespace, name)
        self.world.after(chance.expovariate(1 / self.every), self._act)

    def _edit(self, namespace, name, patch) -> None:
        self.world.model.edit(CRON_WORKFLOWS, namespace, name, patch, user="kubectl")

    def _spec(self, namespace, name):
        for cron in self.world.model.objects(CRON_WORKFLOWS, namespace):
            if cron["metadata"]["name"] == name:
                return cron
        raise AssertionError(name)

    def _suspend(self, namespace, name) -> None:
        now = self._spec(namespace, name)["spec"].get("suspend", False)
        # A removal leaves no time of the edit.
        end = self.world.chance.choice([False, None])
        self._edit(namespace, name, {"spec": {"suspend": end if now else True}})

    def _policy(self, namespace, name) -> None:
        if not name.startswith("fixed"):
            policy = self.world.chance.choice(["Allow", "Forbid", "Replace", "Maybe"])
            self._edit(namespace, name, {"spec": {"concurrencyPolicy": policy}})

    def _schedule(self, namespace, name) -> None:
        given = self.world.chance.choice([["* * * * *"], ["*/2 * * * *"], ["*/3 * * * *", "*/5 * * * *"]])
        self._edit(namespace, name, {"spec": {"schedules": given}})

    def _deadline(self, namespace, name) -> None:
        seconds = self.world.chance.choice([None, 0, 200, 600])
        self._edit(namespace, name, {"spec": {"startingDeadlineSeconds": seconds}})

    def _zone(self, namespace, name) -> None:
        # Whole hours from UTC: the slots of each schedule are the same ones.
        zone = self.world.chance.choice(["UTC", "Europe/Berlin", "America/New_York", None])
        self._edit(namespace, name, {"spec": {"timezone": zone}})

    def _label(self, namespace, name) -> None:
        namespace, name = self.names[4]
        go = self.world.chance.choice(["yes", "no", "what"])
        self._edit(namespace, name, {"metadata": {"labels": {"go": go}}})

    def _other(self, namespace, name) -> None:
        self._edit(
            namespace, name, {"spec": {"workflowSpec": {"priority": self.world.chance.randrange(100)}}}
        )

    def _submit(self, namespace, name) -> None:
        cron = self._spec(namespace, name)["metadata"]
        owner = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "CronWorkflow",
            "name": name,
            "uid": cron["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }
        metadata = {"generateName": f"{name}-", "labels": {CRON_LABEL: name}, "ownerReferences": [owner]}
        self.world.model.put(WORKFLOWS, namespace, {"metadata": metadata, "spec": {}}, user="kubectl")


class TemplateAuthors:
    """Create, break, mend and delete the template that a CronWorkflow refers to, at any moment."""

    MAIN = ({"name": "main", "suspend": {}},)

    def __init__(self, world: World, namespace: str, name: str, *, every: float) -> None:
        self.world, self.place, self.every = world, (namespace, name), every
        self.stopped = False
        world.after(world.chance.expovariate(1 / every), self._act)

    def stop(self) -> None:
        """It is there in the end, and right."""
        self.stopped = True
        self._delete()
        self._create("main")

    def _act(self) -> None:
        if self.stopped:
            return
        act = self.world.chance.choice(["create", "break", "delete"])
        if act != "create":
            self._delete()
        if act != "delete":
            self._create("main" if act == "create" else "gone")
        self.world.after(self.world.chance.expovariate(1 / self.every), self._act)

    def _create(self, entrypoint: str) -> None:
        namespace, name = self.place
        if not self.world.model.objects(WORKFLOW_TEMPLATES, namespace):
            spec = {"entrypoint": entrypoint, "templates": list(self.MAIN)}
            body = {"metadata": {"name": name}, "spec": spec}
            self.world.model.put(WORKFLOW_TEMPLATES, namespace, body, user="kubectl")

    def _delete(self) -> None:
        namespace, name = self.place
        if self.world.model.objects(WORKFLOW_TEMPLATES, namespace):
            self.world.model.remove(WORKFLOW_TEMPLATES, namespace, name, user="kubectl")


class Deleter:
    """Deletes CronWorkflows in the middle of their story, and creates some again by the same name.

    Some are held for a while by a finalizer. Their Workflows go some time after them, or stay.
    """

    def __init__(self, world: World, make, names) -> None:
        self.world, self.make, self.names = world, make, names
        for name in names:
            world.at(world.chance.uniform(100.0, 900.0), lambda name=name: self._delete(*name))

    def _delete(self, namespace, name) -> None:
        chance = self.world.chance
        if chance.random() < 0.7:
            hold = {"metadata": {"finalizers": ["example.com/hold"]}}
            self.world.model.edit(CRON_WORKFLOWS, namespace, name, hold, user="kubectl")
            free = {"metadata": {"finalizers": None}}
            edit = self.world.model.edit
            wait = chance.uniform(10.0, 300.0)
            self.world.after(wait, lambda: edit(CRON_WORKFLOWS, namespace, name, free, user="kubectl"))
            self.world.after(wait, lambda: self._gone(namespace, name))
        self.world.model.remove(CRON_WORKFLOWS, namespace, name, user="kubectl")
        if not any(each["metadata"]["name"] == name for each in self.world.model.objects(CRON_WORKFLOWS)):
            self._gone(namespace, name)

    def _gone(self, namespace, name) -> None:
        chance = self.world.chance
        if chance.random() < 0.7:
            self.world.after(chance.uniform(0.0, 60.0), lambda: self.make(namespace, name))
        if chance.random() < 0.7:
            self.world.after(chance.uniform(0.0, 90.0), self.world.model.collect_garbage)
