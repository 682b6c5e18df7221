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

from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import METADATA_ONLY
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.wire import Request
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.workers import each
from triggerfish.settings import Settings

DUE, IDLE, IN_FLIGHT = 1_000, 10_000, 64
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
class Counted:
    """A transport that counts."""

    inner: object
    calls: int = 0

    async def send(self, request, *, timeout):
        self.calls += 1
        return await self.inner.send(request, timeout=timeout)


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


async def next_minute():
    """The API server's Date is cut to seconds, and may be one behind."""
    await asyncio.sleep(60 - time.time() % 60 + 1.2)


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
            counted = Counted(client.transport)
            watched = type(client)(counted, client.timeout, client.identity)
            start = time.perf_counter()
            summary = await tick.run(watched, each_, clock, memory=memory)
            found[each_.decision_record].append((time.perf_counter() - start, counted.calls))
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
