"""Two ticks over one CronWorkflow, in the orders in which their calls can meet, with a death at any call.

`make test` walks the first branches of the tree of orders, `make soak` all of it.
"""

import asyncio
import itertools

import pytest
from tests.simulation.cron_judge import judge
from tests.simulation.cron_world import World
from tests.simulation.history import Fault
from tests.simulation.server import NAMESPACES

from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.settings import Settings

POLICIES = ("Allow", "Forbid", "Replace")
# A tick makes five calls, or a few more after a conflict.
DEATHS = [(number, fault) for number in range(7) for fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)]


class Path:
    """Choices made so far, and how many there were at each step: one branch of the tree of orders."""

    def __init__(self, choices):
        self.choices, self.widths = list(choices), []

    def choose(self, width):
        step = len(self.widths)
        self.widths.append(width)
        if step == len(self.choices):
            self.choices.append(0)
        return self.choices[step]

    def next(self):
        """The next branch in the order of a depth-first walk; None after the last."""
        for step in reversed(range(len(self.widths))):
            if self.choices[step] + 1 < self.widths[step]:
                return Path([*self.choices[:step], self.choices[step] + 1])
        return None


async def told(policy, path, death):
    """The story of that order: what was wrong with it, and how many children its slot got."""
    world = World(0, faulty=0.0)
    world.model.put(NAMESPACES, None, {"metadata": {"name": "team"}})
    spec = {
        "schedules": ["* * * * *"],
        "concurrencyPolicy": policy,
        "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
    }
    world.model.put(CRON_WORKFLOWS, "team", {"metadata": {"name": "job"}, "spec": spec}, user="kubectl")
    await world.advance(62.0)
    runs = [world.tick(Settings()) for _ in range(2)]
    calls = dict.fromkeys((run.user for run in runs), 0)
    while not all(run.task.done() for run in runs):
        await world._settle()
        waiting = sorted(
            (each for each in world._waiting if not each.turn.done()), key=lambda each: each.call.user
        )
        if not waiting:
            if world._sleepers:
                world._move(world._sleepers[0][0])
            continue
        chosen = waiting[path.choose(len(waiting))] if len(waiting) > 1 else waiting[0]
        user = chosen.call.user
        dies = death and user == runs[0].user and calls[user] == death[0]
        calls[user] += 1
        chosen.turn.set_result(death[1] if dies else None)
    for run in runs:
        await run.task
    for at in (125.0, 185.0):
        await world.advance(at)
        last = world.tick(Settings())
        await world.finish(last)
    names = [life["metadata"]["name"] for life in world.model.objects(WORKFLOWS)]
    return judge(world.model.history, last=last.user), names.count("job-1772445660")


def every_order(policy, death=None, *, most=None):
    """Walk the whole tree, or the first branches of it; how many there were."""
    path, count = Path([]), 0
    while path and (most is None or count < most):
        wrong, children = asyncio.run(told(policy, path, death))
        assert not wrong, (policy, death, path.choices, wrong)
        # After a death under Replace the next slot may stand for it, as the judge knows.
        assert children == 1 or (death and policy == "Replace"), (policy, death, path.choices)
        path, count = path.next(), count + 1
    return count


@pytest.mark.parametrize("policy", POLICIES)
def test_two_ticks_in_many_orders(policy):
    assert every_order(policy, most=100) >= 70


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("death", DEATHS, ids=lambda death: f"{death[1].value} call {death[0] + 1}")
def test_one_of_two_ticks_dies(policy, death):
    assert every_order(policy, death, most=5) >= 1


@pytest.mark.soak
@pytest.mark.parametrize(("policy", "death"), list(itertools.product(POLICIES, [None, *DEATHS])))
def test_every_order_and_every_death(policy, death):
    assert every_order(policy, death) >= 1
