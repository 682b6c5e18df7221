"""The tick against a cluster: how close it comes to the bare calls that it makes, in one run."""

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import pytest
from tests.bench.conftest import ON

from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import METADATA_ONLY
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.wire import Request
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.workers import each
from triggerfish.settings import Settings
from triggerfish.workflows import scheduled

DUE, IDLE, IN_FLIGHT = 1_000, 10_000, 64
# All of them must fit into the minute that is due.
ROUNDS = 3 if ON == "real" else 5
SPEC = {
    "entrypoint": "main",
    "serviceAccountName": "runner",
    "templates": [
        {
            "name": "main",
            "container": {"image": "alpine:3.23", "command": ["sh", "-c"], "args": ["echo hello; sleep 60"]},
        }
    ],
}
MEMORY = Path(__file__).with_name("tick_memory.py")


@dataclass(slots=True)
class Timed:
    """A transport that notes when the last create was answered, and counts."""

    inner: object
    last: float = 0.0
    calls: int = 0

    async def send(self, request, *, timeout):
        self.calls += 1
        response = await self.inner.send(request, timeout=timeout)
        if request.method == "POST":
            self.last = time.perf_counter()
        return response


def settings(cluster, namespace, **more):
    return Settings(kubeconfig=str(cluster.kubeconfig), managed_namespace=namespace, **more)


def manifest(index, schedule, policy):
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": f"cron-{index}", "labels": {"team": "data"}},
        "spec": {"schedules": [schedule], "concurrencyPolicy": policy, "workflowSpec": SPEC},
    }


async def fill(client, namespace, count, schedule, policy="Allow"):
    async def make(index):
        await client.create(CRON_WORKFLOWS, namespace, manifest(index, schedule, policy))

    await each(range(count), make, at_once=IN_FLIGHT)


async def raw_creates(client, namespace, count):
    """Seconds that so many creates of a child take, as many at once as a tick makes, owner and all."""
    owner = await client.create(CRON_WORKFLOWS, namespace, manifest(0, "0 0 1 1 *", "Allow"))
    body = scheduled.workflow(owner, Clock().now())

    async def make(index):
        metadata = {**body["metadata"], "name": f"raw-{index}"}
        await client.create(WORKFLOWS, namespace, {**body, "metadata": metadata})

    start = time.perf_counter()
    await each(range(count), make, at_once=IN_FLIGHT)
    return time.perf_counter() - start


async def next_minute():
    """The API server's Date is cut to seconds, and may be one behind."""
    await asyncio.sleep(60 - time.time() % 60 + 1.2)


async def due_ticks(cluster, policy):
    """Of each round, seconds of the raw creates, of a tick until its last create, and of all of it."""
    clock, places = Clock(), [cluster.new_namespace() for _ in range(ROUNDS)]
    memories = [tick.Memory(Calendars(clock)) for _ in places]
    opened = await Cluster.open(settings(cluster, ""), clock)
    client, rounds = opened.own, []
    try:
        await next_minute()
        for namespace, memory in zip(places, memories, strict=True):
            await fill(client, namespace, DUE, "* * * * *", policy)
            # As any tick before would have, this one notes every timetable.
            assert (await tick.run(client, settings(cluster, namespace), clock, memory=memory)).due == 0
        await next_minute()
        for namespace, memory in zip(places, memories, strict=True):
            bare = await raw_creates(client, cluster.new_namespace(), DUE)
            timed = Timed(client.transport)
            watched = type(client)(timed, client.timeout, client.identity)
            start = time.perf_counter()
            summary = await tick.run(watched, settings(cluster, namespace), clock, memory=memory)
            rounds.append((bare, timed.last - start, time.perf_counter() - start))
            assert (summary.count("created"), summary.retry) == (DUE, False), summary.json()
        return rounds
    finally:
        await opened.close()


@pytest.mark.parametrize(("policy", "most"), [("Allow", 1.5), ("Forbid", 3.0)])
def test_a_thousand_due_at_once(quiet, record, policy, most):
    rounds = asyncio.run(due_ticks(quiet, policy))
    # What is timed one after the other is compared: the machine's speed drifts within a run.
    bare, last, whole = sorted(rounds, key=lambda each_: each_[1] / each_[0])[ROUNDS // 2]
    detail = f"raw {bare:.2f} s, last child after {last:.2f} s, all recorded after {whole:.2f} s"
    record(f"1,000 due, {policy}: last child / raw creates", last / bare, "x", at_most=most, detail=detail)


async def recorded_ticks(cluster):
    """Seconds and calls of a tick that keeps decisions, and of one that keeps none: the best of two each."""
    clock = Clock()
    chosen = [settings(cluster, cluster.new_namespace(), decision_record=kept) for kept in (20, 0, 20, 0)]
    memories = [tick.Memory(Calendars(clock)) for _ in chosen]
    opened = await Cluster.open(settings(cluster, ""), clock, timeout=30.0)
    client, found = opened.own, {20: [], 0: []}
    try:
        await next_minute()
        for each_, memory in zip(chosen, memories, strict=True):
            await fill(client, each_.managed_namespace, DUE, "* * * * *")
            assert (await tick.run(client, each_, clock, memory=memory)).due == 0
        await next_minute()
        for each_, memory in zip(chosen, memories, strict=True):
            timed = Timed(client.transport)
            watched = type(client)(timed, client.timeout, client.identity)
            start = time.perf_counter()
            summary = await tick.run(watched, each_, clock, memory=memory)
            found[each_.decision_record].append((time.perf_counter() - start, timed.calls))
            assert summary.count("created") == DUE, summary.json()
        return min(found[20]), min(found[0])
    finally:
        await opened.close()


def test_the_record_of_decisions(quiet, record):
    (on, calls), (off, without) = asyncio.run(recorded_ticks(quiet))
    detail = f"{on:.2f} s, {calls} calls; without {off:.2f} s, {without} calls"
    record("1,000 due, decisions recorded / not", on / off, "x", at_most=1.1, detail=detail)
    record("1,000 due, decisions recorded: calls more", calls - without, "calls", at_most=0)


async def bare_lists(client, namespace):
    """The bytes of the two lists that a tick makes, and nothing done with them."""
    for resource, accept in ((CRON_WORKFLOWS, "application/json"), (WORKFLOWS, METADATA_ONLY)):
        token = ""
        while True:
            query = [("limit", "500"), *([("continue", token)] if token else [])]
            request = Request("GET", resource.path(namespace), tuple(query), accept=accept)
            body = (await client.transport.send(request, timeout=60.0)).body
            token = orjson.loads(body)["metadata"].get("continue") if b'"continue":"' in body else ""
            if not token:
                break


async def idle_tick(cluster, namespace):
    """Seconds of the two bare lists, and of an idle tick: the best of five each, taken in turns."""
    chosen = settings(cluster, namespace)
    opened = await Cluster.open(chosen, Clock(), timeout=60.0)
    try:
        client, memory = opened.own, tick.Memory(Calendars(Clock()))
        await fill(client, namespace, IDLE, "0 0 1 1 *")
        noted = Settings(**{**asdict(chosen), "tick_deadline_seconds": 300})
        await tick.run(client, noted, Clock(), memory=memory)
        bare, ticks = [], []
        for _ in range(5):
            start = time.perf_counter()
            await bare_lists(client, namespace)
            bare.append(time.perf_counter() - start)
            start = time.perf_counter()
            summary = await tick.run(client, chosen, Clock(), memory=memory)
            ticks.append(time.perf_counter() - start)
            assert (summary.evaluated, summary.due, summary.entries) == (IDLE, 0, [])
        return min(bare), min(ticks)
    finally:
        await opened.close()


def test_ten_thousand_idle(quiet, record):
    namespace = quiet.new_namespace()
    bare, spent = asyncio.run(idle_tick(quiet, namespace))
    detail = f"lists {bare:.2f} s, tick {spent:.2f} s"
    record("10,000 idle: tick / its two bare lists", spent / bare, "x", at_most=2.0, detail=detail)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "KUBECONFIG": str(quiet.kubeconfig),
        "MANAGED_NAMESPACE": namespace,
    }
    told = subprocess.run(
        [sys.executable, MEMORY], env=environment, capture_output=True, text=True, check=True
    )
    figures = json.loads(told.stdout)
    detail = (
        f"{figures['ticks']} ticks of {figures['evaluated']}; {figures['started']:.0f} MB before the first"
    )
    record("10,000 idle: memory of the process", figures["peak"], "MB", at_most=150.0, detail=detail)
