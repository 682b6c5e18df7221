"""A process of its own: what a function costs that ticks over many CronWorkflows. Prints JSON.

``bare``, ``first``, ``warm`` and ``due`` are seconds of its processor time: the two lists that a tick makes
with nothing done, its first tick, a later one, and one with slots due (0 where none are). ``wall`` is how
long the first one took, ``peak`` the most memory so far in MB.
"""

import asyncio
import json
import os
import time
from pathlib import Path

import orjson

from triggerfish import settings
from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import METADATA_ONLY
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.wire import Request
from triggerfish.runtime.clock import Clock

ROUNDS = 3


def peak() -> float:
    # Not getrusage: after fork and exec that begins with what the parent had.
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


async def bare_lists(client, namespace):
    for resource, accept in ((CRON_WORKFLOWS, "application/json"), (WORKFLOWS, METADATA_ONLY)):
        token = ""
        while True:
            query = (("limit", "500"), *([("continue", token)] if token else []))
            request = Request("GET", resource.path(namespace), query, accept=accept)
            token = orjson.loads((await client.transport.send(request, timeout=120.0)).body)["metadata"]
            token = token.get("continue") or ""
            if not token:
                break


async def spent(work):
    """Seconds of processor time and of the clock, and what came of it."""
    began, start = time.process_time(), time.perf_counter()
    found = await work
    return time.process_time() - began, time.perf_counter() - start, found


async def main() -> None:
    chosen = settings.from_process()
    cluster = await Cluster.open(chosen, Clock(), timeout=120.0)
    memory, due = tick.Memory(Calendars(Clock())), int(os.environ["DUE"])

    def ticked():
        return spent(tick.run(cluster.own, chosen, Clock(), memory=memory))

    figures = {"bare": 1e9, "warm": 1e9, "due": 1e9 if due else 0.0, "created": 0}
    figures["first"], figures["wall"], summary = await ticked()
    figures["evaluated"], figures["left"], figures["peak"] = summary.evaluated, summary.left, peak()
    for _ in range(ROUNDS):
        if due:
            await asyncio.sleep(60 - time.time() % 60 + 1.2)
        used, _, summary = await ticked()
        name = "due" if due else "warm"
        figures[name] = min(figures[name], used)
        figures["created"] += summary.count("created")
        figures["bare"] = min(
            figures["bare"], (await spent(bare_lists(cluster.own, chosen.managed_namespace)))[0]
        )
    figures["peak_later"] = peak()
    await cluster.close()
    print(json.dumps(figures))


asyncio.run(main())
