"""Clocks that jump and objects that are replaced: no slot is lost, and none runs twice.

No faults here, and no two ticks at once: what happens is in the seed, and so are the answers.
"""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests.simulation.model import Model
from tests.simulation.server import NAMESPACES

from triggerfish.cron.manifest import believed
from triggerfish.cron.manifest.children import slot_of
from triggerfish.cron.planning import plan
from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.wire import Request
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

START = datetime(2026, 3, 2, 10, 0, 30, tzinfo=UTC)
MINUTES = 20
POLICIES = ("Allow", "Forbid", "Replace")
RUN = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}


class Frozen(Clock):
    """Sleeps in no time."""

    async def sleep(self, seconds: float) -> None:
        return


class Story:
    """One CronWorkflow of every minute, a tick in each; its Workflows end before the next one."""

    def __init__(self, seed: int, policy: str, *, expiring: bool) -> None:
        self.chance = random.Random(f"{seed} {policy}")
        self.model = Model(now=START, seed=seed)
        self.model.put(NAMESPACES, None, {"metadata": {"name": "team"}})
        self.memory = tick.Memory(Calendars(Frozen()))
        self.expiring = expiring
        spec = {"schedules": ["* * * * *"], "concurrencyPolicy": policy, "workflowSpec": RUN}
        self.manifest = {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "spec": spec}
        self.model.put(CRON_WORKFLOWS, "team", {"metadata": {"name": "job"}, "spec": spec}, user="kubectl")
        self.started: Counter[datetime] = Counter()
        self.policy = policy
        self.early: set[datetime] = set()
        self.ended = 0
        self.replaced = False

    def tick(self, at: datetime) -> None:
        self.model.now = at
        memory = self.memory if self.chance.random() < 0.5 else None
        before = len(self.model.history.entries)
        asyncio.run(tick.run(Client(self.model), Settings(), Frozen(), memory=memory))
        for entry in self.model.history.entries[before:]:
            if entry.wrote and entry.call.resource is WORKFLOWS and entry.before is None:
                self.started[slot_of(entry.after["metadata"]["name"], "job")] += 1

    def finish(self) -> None:
        """All end; a TTL may delete them at once."""
        for workflow in self.model.objects(WORKFLOWS):
            metadata = workflow["metadata"]
            if metadata["labels"].get("workflows.argoproj.io/completed") == "true":
                continue
            labels = {"workflows.argoproj.io/phase": "Succeeded", "workflows.argoproj.io/completed": "true"}
            name, end = metadata["name"], self.model.now.strftime("%Y-%m-%dT%H:%M:%SZ")
            patch = {"metadata": {"labels": labels}, "status": {"finishedAt": end}}
            self.model.edit(WORKFLOWS, "team", name, patch, user="argo")
            self.ended += 1
            if self.expiring and self.chance.random() < 0.5 and self.replaced:
                self.model.remove(WORKFLOWS, "team", name, user="ttl")

    def replace(self) -> None:
        """As ``kubectl replace`` with another image: annotations and status are gone."""
        (cron,) = self.model.objects(CRON_WORKFLOWS)
        version = cron["metadata"]["resourceVersion"]
        spec = {**self.manifest["spec"], "workflowSpec": {**RUN, "priority": self.chance.randrange(100)}}
        metadata = {"name": "job", "namespace": "team", "resourceVersion": version}
        body = {**self.manifest, "metadata": metadata, "spec": spec}
        answer = self.model.do(Request("PUT", CRON_WORKFLOWS.path("team", "job"), body=body), "kubectl")
        assert answer.status == 200, answer.body

    @property
    def counted(self) -> int:
        return self.model.objects(CRON_WORKFLOWS)[0]["status"]["succeeded"]

    def wrong(self) -> list[str]:
        """What was lost or ran twice, of the slots that came in real time.

        Under Replace a slot gives way to the next one, if that has run while the clock was ahead.
        """
        slots = [START.replace(second=0) + timedelta(minutes=minute) for minute in range(1, MINUTES + 1)]
        lost = [slot for slot in slots if not self.started[slot]]
        if self.policy == "Replace":
            lost = [slot for slot in lost if slot + timedelta(minutes=1) not in self.early]
        found = [f"{slot:%H:%M} was lost" for slot in lost]
        return found + [f"{slot:%H:%M} ran again" for slot, count in self.started.items() if count > 1]


def jumping(seed: int, policy: str) -> list[str]:
    """The API server's clock is ahead for some ticks, and mended."""
    story = Story(seed, policy, expiring=False)
    ahead = {story.chance.randrange(2, MINUTES - 2): story.chance.choice([5, 60, 60 * 24]) for _ in range(3)}
    for minute in range(1, MINUTES + 1):
        at = START.replace(second=2) + timedelta(minutes=minute)
        if minute in ahead:
            known = set(story.started)
            story.tick(at + timedelta(minutes=ahead[minute]))
            story.early |= set(story.started) - known
            story.model.now = at
            story.finish()
        story.tick(at + timedelta(seconds=story.chance.randrange(40)))
        story.finish()
    story.tick(START.replace(second=5) + timedelta(minutes=MINUTES + 1))
    wrong = story.wrong()
    if story.counted != story.ended:
        wrong.append(f"succeeded is {story.counted}, the truth is {story.ended}")
    return wrong


def swapping(seed: int, policy: str) -> list[str]:
    """It is replaced now and then, between slot and tick or after it."""
    story = Story(seed, policy, expiring=True)
    for minute in range(1, MINUTES + 1):
        slot = START.replace(second=0) + timedelta(minutes=minute)
        if minute > 5 and story.chance.random() < 0.3:
            story.replaced = True
            story.model.now = slot + timedelta(seconds=story.chance.choice([-20, 1]))
            story.replace()
        story.tick(slot + timedelta(seconds=story.chance.choice([2, 20])))
        story.model.now = slot + timedelta(seconds=30)
        story.finish()
    return story.wrong()


def first_wrong(tell, seeds=range(12)) -> list[str]:
    return next((wrong for seed in seeds for policy in POLICIES if (wrong := tell(seed, policy))), [])


@pytest.mark.parametrize("tell", [jumping, swapping])
def test_no_slot_is_lost_and_none_runs_twice(tell):
    assert first_wrong(tell, range(25)) == []


# The planner's own code is taken apart here; there is no seam for that, and there should not be.


def test_the_judge_sees_that_marks_are_believed_blindly(monkeypatch):
    monkeypatch.setattr(plan, "believed", lambda cron, *_: believed.Believed(cron))
    assert first_wrong(jumping)


def test_the_judge_sees_that_a_replaced_one_is_taken_for_new(monkeypatch):
    monkeypatch.setattr(believed, "_after_replace", lambda cron, *_: cron)
    assert first_wrong(swapping)
