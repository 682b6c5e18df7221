"""What one process does: ticks over many CronWorkflows, idle or with some due each minute.

Processor time is that of the function's process alone, so it holds on a busy machine. `FLEET=1000,50000`
measures other numbers than the usual one.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bench.test_tick import SPEC

from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.workers import each
from triggerfish.settings import Settings

PROCESS = Path(__file__).with_name("fleet_process.py")
COUNTS = [int(count) for count in os.environ.get("FLEET", "10000").split(",")]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "America/Sao_Paulo"]
# The aims for ten thousand; for others they are in proportion.
CPU_SECONDS, MEGABYTES = 1.0, 100.0


def yearly(number):
    return {"schedules": [f"{number % 60} {number // 60 % 24} 28 2 *"]}


def rare(number):
    zone = ZONES[number % len(ZONES)]
    return {"schedules": [f"{number % 60} {number // 60 % 24} 29 2 *"], "timezone": zone}


async def fill(cluster, namespace, count, schedule, due=0):
    opened = await Cluster.open(Settings(kubeconfig=str(cluster.kubeconfig)), Clock(), timeout=120.0)

    async def make(number):
        spec = schedule(number) if number >= due else {"schedules": ["* * * * *"]}
        body = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "CronWorkflow",
            "metadata": {"name": f"cron-{number}", "labels": {"team": "data"}},
            "spec": {**spec, "workflowSpec": SPEC},
        }
        await opened.own.create(CRON_WORKFLOWS, namespace, body)

    try:
        await each(range(count), make, at_once=64)
    finally:
        await opened.close()


def figures(cluster, namespace, due=0):
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "KUBECONFIG": str(cluster.kubeconfig),
        "MANAGED_NAMESPACE": namespace,
        "TICK_DEADLINE_SECONDS": "55",
        "DUE": str(due),
    }
    command = [sys.executable, PROCESS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("schedule", [yearly, rare])
@pytest.mark.parametrize("count", COUNTS)
def test_a_first_tick(quiet, record, count, schedule):
    namespace = quiet.new_namespace()
    asyncio.run(fill(quiet, namespace, count, schedule))
    # The first process of all sees them for the first time; those after it find what it wrote.
    seen, found = figures(quiet, namespace), figures(quiet, namespace)
    assert (found["evaluated"], found["left"]) == (count, 0)
    name = f"{count:,} idle, {schedule.__name__}"
    detail = (
        f"{found['wall']:.2f} s of the clock; first sight {seen['first']:.2f} s of CPU;"
        f" its two lists {found['bare']:.2f} s, a later tick {found['warm']:.2f} s"
    )
    most = CPU_SECONDS * max(count / 10_000, 0.1)
    record(f"{name}: first tick, CPU", found["first"], "s", at_most=most, detail=detail)
    record(f"{name}: first tick, memory", found["peak"], "MB", at_most=max(MEGABYTES, 300 * count / 60_000))


@pytest.mark.parametrize("count", COUNTS)
def test_a_hundredth_is_due(quiet, record, count):
    namespace, due = quiet.new_namespace(), count // 100
    asyncio.run(fill(quiet, namespace, count, yearly, due))
    found = figures(quiet, namespace, due)
    assert found["created"] >= 2 * due
    detail = f"{found['due']:.2f} s, lists {found['bare']:.2f} s; {found['peak_later']:.0f} MB"
    name = f"{count:,}, {due} due: CPU of a tick / its two lists"
    record(name, found["due"] / found["bare"], "x", at_most=1.3, detail=detail)
