"""A thousand due at once, on the function as it is deployed: from the call of the tick to the last child.

The children are counted by a watch, those of the tick as those of the raw creates beside it.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from statistics import median

import aiohttp
import pytest
import uvloop
from tests.bench.conftest import ON
from tests.bench.rows import Rounds
from tests.bench.test_tick import DUE, IN_FLIGHT, fill, manifest, next_minute, settings
from tests.support import functions, processor

from triggerfish.cron_function import tick
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.wire import Request
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.workers import each
from triggerfish.workflows import scheduled

# All ticks of a kind must fit into the minute that is due.
PLACES = 3


@dataclass
class Ticks:
    """Seconds and milliseconds of processor time, place by place."""

    raw: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@contextlib.asynccontextmanager
async def counted(client, namespace) -> AsyncIterator[asyncio.Task]:
    """A task that ends when the watch has told of all children, with the time."""
    watching = asyncio.Event()

    async def watch():
        left = DUE
        async with contextlib.aclosing(client.watch(WORKFLOWS, namespace, seconds=60)) as events:
            async for event in events:
                watching.set()
                left -= event is not None and event["type"] == "ADDED"
                if not left:
                    return time.perf_counter()
        raise AssertionError(f"{left} children have not come")

    task = asyncio.create_task(watch())
    try:
        await watching.wait()
        yield task
    finally:
        task.cancel()


async def raw_creates(client, namespace):
    """Seconds that creates of the children take, as many at once as a tick makes, owner and all."""
    owner = await client.create(CRON_WORKFLOWS, namespace, manifest(0, "0 0 1 1 *", "Allow"))
    body = scheduled.workflow(owner, Clock().now())

    async def make(index):
        metadata = {**body["metadata"], "name": f"raw-{index}"}
        await client.create(WORKFLOWS, namespace, {**body, "metadata": metadata})

    # The connections of the raw creates are open, as a warm tick's are.
    await each(range(DUE, DUE + IN_FLIGHT), make, at_once=IN_FLIGHT)
    await forget(client, namespace)
    async with counted(client, namespace) as last:
        start = time.perf_counter()
        await each(range(DUE), make, at_once=IN_FLIGHT)
        return await last - start


async def forget(client, namespace):
    """Without its Workflows."""
    await client.transport.send(Request("DELETE", WORKFLOWS.path(namespace)), timeout=30.0)


async def one_tick(client, cluster, namespace, function, session, ticks):
    ticks.raw.append(await raw_creates(client, cluster.new_namespace()))
    async with counted(client, namespace) as last:
        used = processor.seconds(function.process.pid)
        start = time.perf_counter()
        async with session.post(function.url) as answer:
            told = await answer.json()
        ticks.whole.append(time.perf_counter() - start)
        ticks.cpu.append((processor.seconds(function.process.pid) - used) * 1000)
        assert (told["created"], told["left"]) == (DUE, 0), told
        ticks.last.append(await last - start)


async def due_ticks(cluster, policy):
    """The first ticks of fresh processes, and those a minute later."""
    clock, places = Clock(), [cluster.new_namespace() for _ in range(PLACES)]
    fresh, warm = Ticks(), Ticks()
    async with contextlib.AsyncExitStack() as stack:
        opened = await Cluster.open(settings(cluster, ""), clock)
        stack.push_async_callback(opened.close)
        client = opened.own
        await next_minute()
        for namespace in places:
            await fill(client, namespace, DUE, "* * * * *", policy)
            # As any tick before would have, this one notes every timetable.
            assert (await tick.run(client, settings(cluster, namespace), clock)).due == 0
        given = {"KUBECONFIG": str(cluster.kubeconfig), "LOG_LEVEL": "ERROR"}
        running = [
            stack.enter_context(functions.start("cron", given | {"MANAGED_NAMESPACE": namespace}))
            for namespace in places
        ]
        session = await stack.enter_async_context(aiohttp.ClientSession())
        for ticks in (fresh, warm):
            await next_minute()
            for namespace, function in zip(places, running, strict=True):
                await one_tick(client, cluster, namespace, function, session, ticks)
            for namespace in places:
                await forget(client, namespace)
    return fresh, warm


TARGETS = (
    [("Allow", 1.3, 2.0), ("Forbid", 2.2, 3.7)]
    if ON == "real"
    else [("Allow", 1.5, None), ("Forbid", 3.0, None)]
)


@pytest.mark.parametrize(("policy", "most", "whole"), TARGETS)
def test_a_thousand_due_at_once(quiet, record, policy, most, whole):
    kinds = zip(("fresh", "warm"), uvloop.run(due_ticks(quiet, policy)), strict=True)
    for kind, ticks in kinds:
        cpu = median(ticks.cpu)
        for name, seconds, target in (("last child", ticks.last, most), ("all recorded", ticks.whole, whole)):
            found = Rounds(seconds, ticks.raw)
            record(
                f"1,000 due, {policy}, {kind} process: {name} / raw creates",
                found.ratio,
                "x",
                at_most=target,
                cpu=cpu,
                detail=found.detail("s", "raw"),
            )
