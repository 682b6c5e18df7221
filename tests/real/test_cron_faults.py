"""The simulation of the tick on real processes, a real network and a real API server; the same judge.

Slots are seconds apart, so that a story of half a minute has many; ticks overlap, meet faults, and die.
"""

import asyncio
import contextlib
import itertools
import os
import random
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import yaml
from tests.contract.clusters import cron_workflow
from tests.real.apiserver import ApiServer, call
from tests.real.proxy import NETWORK, Proxy
from tests.real.test_events_faults import Network
from tests.simulation.cron_judge import judge
from tests.simulation.cron_story import COMPLETED, PHASE
from tests.simulation.history import Call
from tests.simulation.server import NAMESPACES
from tests.support import functions
from tests.support.deployed import kubeconfig
from tests.support.real import Real

from triggerfish.cron.manifest.cron_workflow import Rules
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.tokens import Fixed
from triggerfish.kube.transport import Identified, Pool, Server
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

pytestmark = pytest.mark.real
_numbers = itertools.count(1)
DEADLINE = 3
LIFE = Rules.of(Settings(tick_deadline_seconds=DEADLINE)).life.total_seconds()


@dataclass
class Instance:
    """One process of the function behind its own prefix; one tick at a time, each with its own name."""

    name: str
    start: object
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    user: str = ""
    url: str = ""
    process: object = None

    def begin(self) -> None:
        function = self.stack.enter_context(self.start(self.name))
        self.url, self.process = function.url, function.process

    def kill(self) -> None:
        """Without a word: the server's master first, that it starts no other worker, then its worker."""
        master = self.process.pid
        workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        self.process.kill()
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)

    async def restart(self) -> None:
        """The process dies, whatever it is doing, and another takes its place."""
        self.kill()
        await asyncio.to_thread(self.stack.close)
        await asyncio.to_thread(self.begin)


class World:
    """The real server behind the proxy, and what goes on around it."""

    def __init__(self, proxy: Proxy, namespace: str, seed: int) -> None:
        self.proxy, self.namespace, self.chance = proxy, namespace, random.Random(seed)
        self.instances: dict[str, Instance] = {}
        self.ticks = itertools.count()
        self.plans: dict[str, float] = {}
        proxy.names = lambda prefix: self.instances[prefix].user if prefix in self.instances else prefix

    def client(self, pool: Pool) -> Client:
        return Client(Identified(pool, Fixed(self.proxy.server.token), Clock()))

    async def crons(self) -> None:
        async with _pool(f"{self.proxy.url}/kubectl") as pool:
            for index, policy in enumerate(("Allow", "Forbid", "Replace") * 3):
                every = f"@every {self.chance.choice((2, 3, 5))}s"
                body = cron_workflow(f"{policy.lower()}-{index}", schedules=[every], concurrencyPolicy=policy)
                body["spec"]["successfulJobsHistoryLimit"] = self.chance.randrange(2, 5)
                if index % 3 == 2:
                    body["metadata"]["annotations"] = {"triggerfish.dev/exact": "true"}
                await self.client(pool).create(CRON_WORKFLOWS, self.namespace, body)

    async def tick(self, session: aiohttp.ClientSession, instance: Instance) -> str:
        instance.user = f"tick-{next(self.ticks)}"
        with contextlib.suppress(aiohttp.ClientError):
            async with session.post(instance.url) as answer:
                assert answer.status in (200, 500), await answer.text()
        return instance.user

    async def ticking(self, session: aiohttp.ClientSession, instance: Instance, until: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            await asyncio.sleep(self.chance.choice((0.0, 0.2, 0.7, 1.5)))
            tick = asyncio.create_task(self.tick(session, instance))
            if self.chance.random() < 0.12:
                await asyncio.sleep(self.chance.uniform(0.02, 0.3))
                await instance.restart()
            await tick

    async def controller(self) -> None:
        """What Argo's controller does to a Workflow, in less time."""
        loop = asyncio.get_running_loop()
        async with _pool(f"{self.proxy.url}/argo") as pool:
            client = self.client(pool)
            while True:
                page = await anext(client.pages(WORKFLOWS, self.namespace))
                for workflow in page.items:
                    metadata, labels = workflow["metadata"], workflow["metadata"].get("labels") or {}
                    if labels.get(COMPLETED) == "true":
                        continue
                    shutdown = workflow["spec"].get("shutdown")
                    lasts = self.chance.uniform(0.5, 7.0)
                    ends = self.plans.setdefault(metadata["uid"], loop.time() + lasts)
                    if loop.time() < ends and not shutdown:
                        continue
                    phase = "Failed" if shutdown or self.chance.random() < 0.3 else "Succeeded"
                    finished = page.date.strftime("%Y-%m-%dT%H:%M:%SZ")
                    patch = {
                        "metadata": {"labels": {PHASE: phase, COMPLETED: "true"}},
                        "status": {"phase": phase, "finishedAt": finished},
                    }
                    await client.patch(WORKFLOWS, self.namespace, metadata["name"], patch)
                await asyncio.sleep(0.5)


@contextlib.asynccontextmanager
async def _pool(url: str) -> AsyncIterator[Pool]:
    pool = Pool(Server(url))
    try:
        yield pool
    finally:
        await pool.close()


async def story(server: ApiServer, folder: Path, *, seed: int, seconds: float) -> None:
    """Ticks under faults for so long, then two without; then the judge."""
    namespace = f"cron-faults-{next(_numbers)}"
    call(server, "POST", NAMESPACES.path(), {"metadata": {"name": namespace}})
    with contextlib.closing(Real(server)) as real:
        config = yaml.safe_load(kubeconfig(real, "triggerfish-cron", folder).read_text())
    async with Proxy(server).running() as proxy:
        world = World(proxy, namespace, seed)

        def start(name: str) -> object:
            path = folder / f"{name}.kubeconfig"
            config["clusters"][0]["cluster"] = {"server": f"{proxy.url}/{name}"}
            path.write_text(yaml.safe_dump(config))
            settings = {"KUBECONFIG": str(path), "MANAGED_NAMESPACE": namespace}
            return functions.start("cron", {**settings, "TICK_DEADLINE_SECONDS": str(DEADLINE)})

        with contextlib.ExitStack() as stack:
            for name in ("cron-0", "cron-1", "cron-2"):
                world.instances[name] = Instance(name, start)
                stack.callback(world.instances[name].stack.close)
                await asyncio.to_thread(world.instances[name].begin)
            last = await _story(world, seconds)
        assert judge(proxy.history, last=last) == []
        assert {fault for fault, _ in proxy.history.pairs()} == {fault.value for fault in NETWORK}
        assert len(proxy.history.writes(WORKFLOWS)) > seconds


async def _story(world: World, seconds: float) -> str:
    proxy, chance = world.proxy, world.chance
    network = Network(random.Random(chance.random()), share=0.05)
    await world.crons()
    proxy.choose = lambda asked: network(asked) if _by_a_tick(asked) else None
    proxy.delay = lambda asked: chance.choice((0.0, 0.0, 0.0, 0.03, 0.3)) if _by_a_tick(asked) else 0.0
    controller = asyncio.create_task(world.controller())
    async with aiohttp.ClientSession() as session:
        until = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as group:
            for instance in world.instances.values():
                group.create_task(world.ticking(session, instance, until))
        proxy.choose, proxy.delay = (lambda asked: None), (lambda asked: 0.0)
        await asyncio.sleep(LIFE + 1)  # a claim that a dead tick left is renewed once it is old enough
        (first, *_) = world.instances.values()
        await world.tick(session, first)
        controller.cancel()
        await asyncio.gather(controller, return_exceptions=True)
        return await world.tick(session, first)


def _by_a_tick(asked: Call) -> bool:
    return asked.user.startswith("tick")


async def test_ticks_through_a_faulty_network_run_each_slot_once(
    real_server: ApiServer, tmp_path: Path
) -> None:
    await story(real_server, tmp_path, seed=1, seconds=15)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
async def test_minutes_of_ticks(real_server: ApiServer, tmp_path: Path, seed: int) -> None:
    await story(real_server, tmp_path, seed=seed, seconds=120)
