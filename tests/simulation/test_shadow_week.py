"""A week of 50 CronWorkflows beside Argo's controller, in shadow: no false alarm, each planted one found.

Argo is a model of its own here: what its controller does at a slot, with the state as it then is, and how
its sync counts what has ended. Conditions are evaluated in Python, not by our expressions.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

import pytest

from triggerfish.cron.explaining.shadow import KEPT, Observation, differences
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.planning.steps import Situation

BEGIN = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
WEEK = 7 * 24 * 60
LONG_AGO = BEGIN - timedelta(days=30)
RULES = Rules()
THROTTLE = (
    "{{= cronworkflow.lastScheduledTime == nil || (now() - cronworkflow.lastScheduledTime).Minutes() > 100 }}"
)


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Argo:
    """One CronWorkflow, as Argo's controller runs it; ``every`` are the minutes between two slots."""

    name: str
    chance: random.Random
    every: int
    policy: str = "Allow"
    when: str = ""
    allows: Callable[["Argo", datetime], bool] = lambda self, slot: True
    stop: str = ""
    stops: Callable[["Argo"], bool] = lambda self: False
    refused: str = ""
    template: str = ""
    fails: float = 0.2
    longest: int = 40
    suspend: bool = False
    written: datetime = LONG_AGO
    succeeded: int = 0
    failed: int = 0
    phase: str = ""
    last: datetime | None = None
    active: set[str] = field(default_factory=set)
    children: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    version: int = 1
    planted: dict[datetime, bool] = field(default_factory=dict)
    conditions: list[dict[str, str]] = field(default_factory=list)

    def later(self, at: datetime, do: Callable[[datetime], None]) -> None:
        heappush(self.events, (at, len(self.events) + self.version * 1000, do))

    def until(self, now: datetime) -> None:
        while self.events and self.events[0][0] <= now:
            at, _, do = heappop(self.events)
            do(at)
            self.version += 1

    def run(self, slot: datetime) -> None:
        """What ``woc.run`` does, in its order; a planted slot does the contrary."""
        if slot in self.planted:
            if self.planted[slot]:
                self._create(slot)
            return
        if self.refused == "SpecError":
            self._condition("SpecError")
            return
        if self.stop and self.stops(self):
            self.phase = "Stopped"
        if self.suspend or self.phase == "Stopped" or not self.allows(self, slot):
            return
        if self.policy == "Forbid" and self.active:
            return
        if self.refused:
            self._condition(self.refused)
            return
        self._create(slot)

    def _condition(self, kind: str) -> None:
        self.conditions = [{"type": kind, "status": "True", "message": "no"}]

    def _create(self, slot: datetime) -> None:
        name = f"{self.name}-{int(slot.timestamp())}"
        created = slot + self.chance.randint(0, 8) * SECOND
        self.children[name] = {
            "metadata": {
                "namespace": "team",
                "name": name,
                "uid": name,
                "resourceVersion": "1",
                "creationTimestamp": stamp(created),
                "labels": {"workflows.argoproj.io/cron-workflow": self.name},
                "ownerReferences": [
                    {"kind": "CronWorkflow", "controller": True, "uid": self.name, "name": self.name}
                ],
            }
        }
        self.active.add(name)
        self.phase, self.last = "Active", slot
        ends = created + self.chance.randint(5, self.longest * 60) * SECOND
        self.later(ends, lambda at: self._end(name, at))

    def _end(self, name: str, at: datetime) -> None:
        phase = "Failed" if self.chance.random() < self.fails else "Succeeded"
        labels = {"workflows.argoproj.io/phase": phase, "workflows.argoproj.io/completed": "true"}
        self.children[name]["metadata"]["labels"] |= labels
        self.children[name]["metadata"]["resourceVersion"] = "2"
        # The sync comes every ten seconds.
        self.later(at + self.chance.randint(0, 10) * SECOND, lambda _: self._count(name, phase))

    def _count(self, name: str, phase: str) -> None:
        self.active.discard(name)
        self.succeeded += phase == "Succeeded"
        self.failed += phase == "Failed"
        ended = [
            each
            for each, body in sorted(self.children.items())
            if body["metadata"]["labels"].get("workflows.argoproj.io/phase") == phase
            and each not in self.active
        ]
        for old in ended[: -3 if phase == "Succeeded" else -1]:
            del self.children[old]

    def set_suspended(self, at: datetime, suspend: bool) -> None:
        self.suspend, self.written = suspend, at

    def cron(self, earlier: CronWorkflow | None) -> CronWorkflow:
        spec: dict[str, Any] = {
            "schedules": [f"*/{self.every} * * * *" if self.every < 60 else f"0 */{self.every // 60} * * *"],
            "concurrencyPolicy": self.policy,
            "suspend": self.suspend,
            "workflowSpec": {"workflowTemplateRef": {"name": self.template}}
            if self.template
            else {"entrypoint": "m", "templates": [{"name": "m"}]},
        }
        if self.when:
            spec["when"] = self.when
        if self.stop:
            spec["stopStrategy"] = {"expression": self.stop}
        managed = {"time": stamp(self.written), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
        body = {
            "metadata": {
                "namespace": "team",
                "name": self.name,
                "uid": self.name,
                "resourceVersion": str(self.version),
                "creationTimestamp": stamp(LONG_AGO),
                "managedFields": [managed],
                "annotations": {"cronworkflows.argoproj.io/last-used-schedule": spec["schedules"][0]},
            },
            "spec": spec,
            "status": {
                "active": [{"uid": uid, "name": uid} for uid in sorted(self.active)],
                "succeeded": self.succeeded,
                "failed": self.failed,
                "phase": self.phase,
                "conditions": self.conditions,
                "lastScheduledTime": stamp(self.last) if self.last else None,
            },
        }
        return CronWorkflow.of(body, Rules(defaults={}), earlier=earlier)

    def slots(self) -> Iterator[datetime]:
        for minute in range(0, WEEK, self.every):
            yield BEGIN + minute * MINUTE


def kinds(chance: random.Random) -> Iterator[Argo]:
    """Fifty of them: every kind of condition, stops, policies, refusals."""
    for number in range(50):
        more: dict[str, Any] = [
            {},
            {"policy": "Forbid", "longest": 150},
            {"policy": "Replace"},
            {
                "when": THROTTLE,
                "allows": lambda self, slot: self.last is None or slot - self.last > 100 * MINUTE,
            },
            {"when": "{{= cronworkflow.failed < 10 }}", "allows": lambda self, slot: self.failed < 10},
            {"stop": "cronworkflow.succeeded >= 20", "stops": lambda self: self.succeeded >= 20},
            {"stop": "cronworkflow.failed >= 5", "stops": lambda self: self.failed >= 5, "policy": "Forbid"},
            {"refused": "SubmissionError"},
            {"refused": "SpecError", "template": "gone"},
            {
                "when": "{{= cronworkflow.succeeded % 2 == 0 }}",
                "allows": lambda self, slot: self.succeeded % 2 == 0,
            },
        ][number % 10]
        every = chance.choice([60, 60, 120, 30])
        yield Argo(f"cron-{number}", random.Random(chance.random()), every, **more)


def week(crons: list[Argo], chance: random.Random, *, cold: bool) -> list[tuple[str, datetime]]:
    """All differences that a shadow tick of each minute tells, by CronWorkflow and slot."""
    told = []
    for argo in crons:
        for slot in argo.slots():
            argo.later(slot, argo.run)
        if argo.suspend is False and not argo.planted:
            for _ in range(6):
                at = BEGIN + chance.randint(0, WEEK * 60) * SECOND
                argo.later(at, lambda now, argo=argo: argo.set_suspended(now, True))
                back = at + chance.randint(10, 40_000) * SECOND
                argo.later(back, lambda now, argo=argo: argo.set_suspended(now, False))
        observed: list[Observation] = []
        version, cron, family = 0, None, Children()
        for minute in range(WEEK):
            now = BEGIN + minute * MINUTE + chance.randint(0, 10) * SECOND
            argo.until(now)
            if argo.version != version:
                version, cron = argo.version, argo.cron(cron)
                family = Children(child for body in argo.children.values() if (child := Child.of(body)))
            assert cron is not None
            if minute % argo.every <= 2:  # in the minutes before any other no slot was due
                situation = Situation(cron, family, now, RULES, now)
                for entry in differences(situation, () if cold else observed):
                    assert entry.slot
                    told.append((argo.name, entry.slot))
            observed = [*observed, Observation(now, cron, family)][-KEPT:]
    return told


@pytest.mark.parametrize(
    ("seed", "cold"), [pytest.param(1, False, id="warm"), pytest.param(2, True, id="cold")]
)
def test_fifty_of_them_without_a_false_alarm(seed: int, cold: bool) -> None:
    chance = random.Random(seed)
    crons = list(kinds(chance))
    assert week(crons, chance, cold=cold) == []
    ran = sum(argo.succeeded + argo.failed for argo in crons)
    assert ran > 2000
    assert sum(argo.phase == "Stopped" for argo in crons) >= 5


def at(day: int, hour: int) -> datetime:
    return BEGIN + timedelta(days=day, hours=hour)


@pytest.mark.parametrize(
    ("more", "planted"),
    [
        pytest.param({}, {at(1, 5): False, at(3, 7): False}, id="it did not run"),
        pytest.param({"suspend": True}, {at(2, 5): True}, id="it ran though suspended"),
        pytest.param(
            {"when": "false", "allows": lambda self, slot: False},
            {at(2, 5): True},
            id="though a condition is false",
        ),
        pytest.param(
            {"stop": "cronworkflow.succeeded >= 3", "stops": lambda self: self.succeeded >= 3, "fails": 0},
            {at(4, 5): True},
            id="though it had stopped",
        ),
        pytest.param(
            {"policy": "Forbid", "longest": 1},
            {at(1, 5): False},
            id="under Forbid, with nothing in its way",
        ),
        pytest.param(
            {
                "when": THROTTLE.replace("100", "200"),
                "allows": lambda self, slot: self.last is None or slot - self.last > 200 * MINUTE,
            },
            {at(1, 1): True},
            id="before its throttle had passed",
        ),
    ],
)
def test_each_planted_difference_is_found(more: dict[str, Any], planted: dict[datetime, bool]) -> None:
    chance = random.Random(7)
    argo = Argo("planted", random.Random(3), 60, planted=planted, **({"longest": 20} | more))
    assert week([argo], chance, cold=False) == [("planted", slot) for slot in planted]
