"""The simulated workflow controller: applies the decisions of ``simulation`` as the clock goes on."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from triggerfish.errors import SpecError
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef
from triggerfish.workflows.validation import validate
from triggerfish_laptop.cluster import simulation
from triggerfish_laptop.cluster.answers import Presenter, Representation
from triggerfish_laptop.cluster.calls import ApiCall
from triggerfish_laptop.cluster.changes import Change, ChangeType, Key
from triggerfish_laptop.cluster.clock import WaitableClock
from triggerfish_laptop.cluster.deleting import deleted
from triggerfish_laptop.cluster.patches import MERGE_PATCH
from triggerfish_laptop.cluster.registry import Registry, ServedResource
from triggerfish_laptop.cluster.simulation import Reaction
from triggerfish_laptop.cluster.status import StatusError
from triggerfish_laptop.cluster.store import ObjectStore
from triggerfish_laptop.cluster.writing import Writer

WORKFLOWS = "workflows.argoproj.io"
_manager = "workflow-controller"


@dataclass(slots=True)
class SimulatedController:
    """Moves every Workflow along. ``usual`` is how many seconds one takes; ``say`` is told each new phase."""

    store: ObjectStore
    registry: Registry
    usual: float
    clock: WaitableClock
    say: Callable[[str], None]
    _due: list[tuple[datetime, Key]] = field(default_factory=list)
    _began: dict[str, datetime] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> asyncio.Task[None]:
        """Take up all Workflows there are, and every later change of one. Cancel the task to stop."""
        for key in self.store.collection(WORKFLOWS).keys:
            self._look(key, self.clock.now())
        self.store.listen(self._changed)
        self.clock.listen(self._woken.set)
        return asyncio.ensure_future(self._run())

    def _changed(self, resource: str, change: Change) -> None:
        if resource != WORKFLOWS:
            return
        if change.type is ChangeType.DELETED:
            self._began.pop(change.stored.value["metadata"]["uid"], None)
        else:
            self._look(change.stored.key, self.clock.now())

    def _look(self, key: Key, at: datetime) -> None:
        heapq.heappush(self._due, (at, key))
        self._woken.set()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            while self._due and self._due[0][0] <= self.clock.now():
                self._advance(heapq.heappop(self._due)[1])
                # Requests come first: a burst of Workflows must not hold them up.
                await asyncio.sleep(0)
            wait = self.clock.seconds_until(self._due[0][0]) if self._due else None
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _advance(self, key: Key) -> None:
        resource = self.registry.of_key(WORKFLOWS)
        current = self.store.collection(WORKFLOWS).objects.get(key)
        if resource is None or current is None:
            return
        now, uid = self.clock.now(), current.value["metadata"]["uid"]
        template = self._template(current.value)
        step = simulation.step(
            current.value, template, now, self.usual, self._began.get(uid), self._wrong(current.value)
        )
        if step.phase == simulation.RUNNING:
            self._began[uid] = now
        if step.delete:
            deleted(self.store, resource, current, "Background", self.clock.now())
        if step.patch is not None:
            self._patch(resource, key, step)
        elif step.again is not None:
            self._look(key, step.again)

    def _patch(self, resource: ServedResource, key: Key, step: Reaction) -> None:
        call = ApiCall("PATCH", "", {"fieldManager": _manager}, {}, "patch", *_path(resource), *key)
        show = Presenter(resource, Representation.WHOLE, "", self.clock.now())
        writer = Writer.of(self.store, resource, call, show, _unguarded)
        try:
            writer.patch(orjson.dumps(step.patch), MERGE_PATCH)
        except StatusError as error:
            self.say(f"workflow {key[0]}/{key[1]} cannot be moved to {step.phase}: {error} (simulated)")
            return
        self.say(f"workflow {key[0]}/{key[1]} {step.phase} (simulated)")

    def _wrong(self, workflow: Json) -> SpecError | None:
        """What Argo would refuse of a Workflow that has not begun."""
        if (workflow.get("status") or {}).get("phase"):
            return None
        read: dict[TemplateRef, Json | None] = {}
        while (said := validate(workflow.get("spec") or {}, read)).unread:
            read |= {ref: self._found(ref, workflow["metadata"]["namespace"]) for ref in said.unread}
        return said.wrong

    def _template(self, workflow: Json) -> Json | None:
        reference = (workflow.get("spec") or {}).get("workflowTemplateRef")
        if not reference:
            return None
        ref = TemplateRef(reference.get("name", ""), bool(reference.get("clusterScope")))
        return self._found(ref, workflow["metadata"]["namespace"])

    def _found(self, ref: TemplateRef, namespace: str) -> Json | None:
        collection = "clusterworkflowtemplates" if ref.cluster_scope else "workflowtemplates"
        place = "" if ref.cluster_scope else namespace
        found = self.store.collection(f"{collection}.argoproj.io").get(place, ref.name)
        return None if found is None else found.value


def _path(resource: ServedResource) -> tuple[str, str, str]:
    return resource.group, resource.version, resource.plural


def _unguarded(new: Json, old: Json | None) -> None:
    return
