"""Shards: each CronWorkflow belongs to exactly one, and their number may change while ticks run."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.contract.clusters import cron_workflow
from tests.simulation.model import Model

from triggerfish.cron.planning.shard import Shard
from triggerfish.cron_function import tick
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

START = datetime(2026, 3, 2, 10, 0, 20, tzinfo=UTC)
COUNT = 10_000


@dataclass(frozen=True)
class ModelClock(Clock):
    """The model's time."""

    model: Model = field(kw_only=True)

    def now(self) -> datetime:
        return self.model.now

    def monotonic(self) -> float:
        # Else a tick would end early, and leave the rest to the next one, on a machine that is busy.
        return self.model.now.timestamp()


def filled(count: int, schedule: str) -> Model:
    model = Model(now=START)
    for number in range(count):
        model.put(CRON_WORKFLOWS, "default", cron_workflow(f"cron-{number}", schedules=[schedule]))
    return model


async def ticks(model: Model, *shards: str) -> list:
    """One tick for each shard, all at once."""
    client, clock = Client(model), ModelClock(model=model)
    runs = (tick.run(client, Settings(), clock, shard=Shard.of(text)) for text in shards)
    return await asyncio.gather(*runs)


async def test_four_shards_share_ten_thousand() -> None:
    model = filled(COUNT, "@yearly")
    summaries = await ticks(model, "1/4", "2/4", "3/4", "4/4")
    evaluated = [summary.evaluated for summary in summaries]
    assert sum(evaluated) == COUNT
    assert all(abs(each - COUNT / 4) < COUNT / 40 for each in evaluated), evaluated
    written = Counter(entry.after["metadata"]["name"] for entry in model.history.writes(CRON_WORKFLOWS))
    assert set(written.values()) == {1}, "its creation; a first sight need not be noted yet"
    # A few minutes before its slot each is noted by one of them, and once.
    model.now = datetime(2027, 1, 1, tzinfo=UTC) - timedelta(minutes=4)
    await ticks(model, "1/4", "2/4", "3/4", "4/4")
    written = Counter(entry.after["metadata"]["name"] for entry in model.history.writes(CRON_WORKFLOWS))
    assert set(written.values()) == {2}, "its creation, and one shard's note"


async def test_adding_shards_while_ticks_run_loses_and_repeats_nothing() -> None:
    model = filled(300, "* * * * *")
    two, three = ("1/2", "2/2"), ("1/3", "2/3", "3/3")
    await ticks(model, *two)
    slots = []
    # Old and new schedulers side by side for a while, then one of the old is already gone.
    for jobs in (two, (*two, *three), ("2/2", *three), three, three):
        model.now = model.now.replace(second=0) + timedelta(minutes=1, seconds=5)
        slots.append(int(model.now.replace(second=0).timestamp()))
        await ticks(model, *jobs)
    made = Counter(
        entry.after["metadata"]["name"]
        for entry in model.history.writes(WORKFLOWS)
        if entry.call.verb == "create" and entry.after
    )
    assert made == {f"cron-{number}-{slot}": 1 for number in range(300) for slot in slots}
