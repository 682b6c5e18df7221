"""What attacks cost the neighbour, and what the bounds cost everybody."""

import asyncio
import statistics
import threading
import time

import pytest
from tests.isolation.attacks import ATTACKS
from tests.isolation.ticking import cron, ticking
from tests.support.ticks import Patient, put, run, team_model

from triggerfish.cron.planning import conditions
from triggerfish.cron_function import tick
from triggerfish.expressions import Budget
from triggerfish.kube.calendars import Calendars

CRONS, ROUNDS = 300, 9
WHEN = (
    "{{= cronworkflow.failed == 0 && len(cronworkflow.name) > 2 }} && '{{cronworkflow.namespace}}' == 'team'"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with ticking(tmp_path_factory.mktemp("ticking")) as found:
        yield found


def until_the_slot(place, neighbour):
    """Seconds from the minute to the neighbour's Workflow, and the longest answer of /healthz meanwhile."""
    status, _ = place.cluster.request("POST", "/clock", {"advance": 60})
    assert status == 200
    start, longest = time.perf_counter(), 0.0
    ticker = threading.Thread(target=place.tick)
    ticker.start()
    seconds = None
    while seconds is None or ticker.is_alive():
        asked = time.perf_counter()
        assert place.function.send("GET", "/healthz", timeout=30).status == 200
        longest = max(longest, time.perf_counter() - asked)
        if seconds is None and place.runs(neighbour):
            seconds = time.perf_counter() - start
        time.sleep(0.02)
    ticker.join()
    return seconds, longest


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_slot_under_attack(place, record, attack):
    tenant, neighbour = place.cluster.new_namespace(), place.cluster.new_namespace()
    place.put(neighbour, cron("mine"))
    attack.plant(place, tenant)
    seconds, longest = until_the_slot(place, neighbour)
    place.clean(tenant)
    place.clean(neighbour)
    record(f"tick, {attack.name}: the neighbour's slot", seconds, "s", at_most=10)
    record(f"tick, {attack.name}: /healthz", 1000 * longest, "ms", at_most=500)
    record(f"tick, {attack.name}: memory so far", place.memory / 1e6, "MB", at_most=250)


class Free(Budget):
    """Counts nothing."""

    def grant(self, source, most):
        return most

    def take(self, steps):
        pass

    def pay(self, steps):
        pass


def seconds_of_a_tick(made):
    """Processor time of a tick in which so many conditions are asked."""

    async def ticks():
        model, memory = team_model(), tick.Memory(Calendars(Patient()))
        for number in range(CRONS):
            put(model, f"job-{number}", when=WHEN)
        await run(model, 2, memory=memory)
        start = time.process_time()
        summary = await run(model, 62, memory=memory)
        assert summary.count("created") == CRONS
        return time.process_time() - start

    before = conditions.tick_budget
    conditions.tick_budget = made
    try:
        return asyncio.run(ticks())
    finally:
        conditions.tick_budget = before


def test_what_a_budget_costs_of_a_tick(record):
    def free():
        return Free(1 << 60, "nobody")

    seconds_of_a_tick(free)
    pairs = []
    for number in range(ROUNDS):
        # In turns: the machine's speed drifts within a run.
        order = (conditions.tick_budget, free) if number % 2 else (free, conditions.tick_budget)
        found = {each: seconds_of_a_tick(each) for each in order}
        pairs.append(found[conditions.tick_budget] / found[free])
    share = 100 * (statistics.median(pairs) - 1)
    record("a budget's share of a tick", share, "%", at_most=3, detail=f"{CRONS} conditions, {ROUNDS} pairs")
