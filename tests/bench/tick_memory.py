"""A process of its own: the memory of a function that ticks. Prints JSON; sizes in MB."""

import asyncio
import json
from pathlib import Path

from triggerfish import settings
from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.cluster import Cluster
from triggerfish.runtime.clock import Clock

TICKS = 4


def peak() -> float:
    # Not getrusage: after fork and exec that begins with what the parent had.
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


async def main() -> None:
    chosen = settings.from_process()
    cluster = await Cluster.open(chosen, Clock(), timeout=60.0)
    memory = tick.Memory(Calendars(Clock()))
    started = peak()
    for _ in range(TICKS):
        summary = await tick.run(cluster.own, chosen, Clock(), memory=memory)
    await cluster.close()
    found = {"started": started, "peak": peak(), "ticks": TICKS, "evaluated": summary.evaluated}
    print(json.dumps(found))


asyncio.run(main())
