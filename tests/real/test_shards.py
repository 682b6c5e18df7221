"""Shards on a real API server: each CronWorkflow is one's, and their number may change while ticks run."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from tests.contract.clusters import RealCluster, cron_workflow
from tests.real.apiserver import ApiServer
from tests.simulation.server import NAMESPACES
from tests.support.transports import Dated

from triggerfish.cron.planning.shard import Shard
from triggerfish.cron.planning.summary import Summary
from triggerfish.cron_function import tick
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

pytestmark = pytest.mark.real
_numbers = itertools.count(1)
# After whatever is created here, so that no slot is older than its CronWorkflow.
START = datetime(2030, 3, 1, 10, 0, 20, tzinfo=UTC)


@dataclass
class Field:
    """A namespace full of CronWorkflows, and what its ticks wrote."""

    namespace: str
    admin: Client
    dated: Dated

    async def fill(self, count: int, schedule: str) -> None:
        async def put(numbers: range) -> None:
            for number in numbers:
                body = cron_workflow(f"cron-{number}", schedules=[schedule])
                await self.admin.create(CRON_WORKFLOWS, self.namespace, body)

        await asyncio.gather(*(put(range(first, count, 16)) for first in range(16)))

    async def ticks(self, *shards: str) -> list[Summary]:
        """One tick for each shard, all at once."""
        client, settings = Client(self.dated), Settings(managed_namespace=self.namespace)
        runs = (tick.run(client, settings, Clock(), shard=Shard.of(text)) for text in shards)
        return await asyncio.gather(*runs)

    async def workflows(self) -> list[str]:
        pages = self.admin.pages(WORKFLOWS, self.namespace, metadata_only=True)
        return [item["metadata"]["name"] async for page in pages for item in page.items]


@pytest.fixture
async def field(real_server: ApiServer) -> AsyncIterator[Field]:
    cluster, namespace = RealCluster(real_server), f"shards-{next(_numbers)}"
    await cluster.admin.create(NAMESPACES, None, {"metadata": {"name": namespace}})
    yield Field(namespace, cluster.admin, Dated(cluster.admin.transport, START))
    await cluster.close()


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_four_shards_share_them_all(field: Field, count: int) -> None:
    await field.fill(count, "@yearly")
    summaries = await field.ticks("1/4", "2/4", "3/4", "4/4")
    evaluated = [summary.evaluated for summary in summaries]
    assert sum(evaluated) == count
    assert all(abs(each - count / 4) < count / 20 for each in evaluated), evaluated
    # Each note of a first sight is written by one of them, and once.
    names = (f"cron-{number}" for number in range(count))
    assert field.dated.wrote == {("PATCH", CRON_WORKFLOWS.path(field.namespace, name)): 1 for name in names}


@pytest.mark.parametrize("count", [100, pytest.param(2_000, marks=pytest.mark.soak)])
async def test_adding_shards_while_ticks_run_loses_and_repeats_nothing(field: Field, count: int) -> None:
    await field.fill(count, "* * * * *")
    two, three = ("1/2", "2/2"), ("1/3", "2/3", "3/3")
    await field.ticks(*two)
    started = set(await field.workflows())
    slots = []
    # Old and new schedulers side by side for a while, then one of the old is already gone.
    for jobs in (two, (*two, *three), ("2/2", *three), three):
        field.dated.now = field.dated.now.replace(second=0) + timedelta(minutes=1, seconds=5)
        slots.append(int(field.dated.now.replace(second=0).timestamp()))
        await field.ticks(*jobs)
    made = set(await field.workflows()) - started
    assert made == {f"cron-{number}-{slot}" for number in range(count) for slot in slots}
    created = sum(times for (method, _), times in field.dated.wrote.items() if method == "POST")
    assert created == len(made) + len(started)
