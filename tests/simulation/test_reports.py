"""Statuses under faults: each commit ends with its newest run's state, and never has an older one's after it.

The judge reads the API's history and what arrived at the host, and nothing of ours: who the newest run is and
how it stands, it works out by itself.
"""

from dataclasses import dataclass, field

import pytest
from tests.simulation.reports_world import MINUTE, PHASE, WAYS, Delivery, World

from triggerfish.kube.resources import WORKFLOWS

# A pass has 50 s, what it sends may take 5 s more, and so may its way.
KNOWN_BY_THEN = 61.0
REPORT = "triggerfish.dev/report"
BINDING = "workflows.argoproj.io/workflow-event-binding"
STATES = {"Succeeded": "success", "Failed": "failure", "Error": "error"}


@dataclass
class Run:
    """A Workflow by the history: ``created`` is the second of its creation, ``last`` how it was last."""

    name: str
    place: str
    created: str
    at: float
    first: float
    last: dict = field(default_factory=dict)

    @property
    def state(self) -> str:
        phase = self.last["metadata"]["labels"].get(PHASE)
        if phase in ("Failed", "Error") and self.last["spec"].get("shutdown"):
            return "error"  # GitHub's for what was stopped
        return STATES.get(phase, "pending")


def runs_of(world):
    """Every reported run, by its name; one that was gone, and came again with its delivery, is a new one."""
    runs, born = {}, {}
    for entry in world.model.history.writes(WORKFLOWS):
        body = entry.after or entry.before
        name = body["metadata"]["name"]
        at = (entry.call.at - world.model_start).total_seconds()
        born.setdefault(name, at)
        if REPORT not in body["metadata"]["annotations"]:
            # The credentials could not be read when it was made, which keeps nothing from running.
            continue
        if entry.before is None:
            (parameter,) = body["spec"]["arguments"]["parameters"]
            place = f"{parameter['value']} ci/{body['metadata']['labels'][BINDING]}"
            runs[name] = Run(name, place, body["metadata"]["creationTimestamp"], at, born[name])
        if entry.after is not None:
            runs[name].last = entry.after
    return runs


def newest(runs, place):
    """The newest of a place: those of the same second are equally new."""
    own = [run for run in runs.values() if run.place == place]
    last = max(run.created for run in own)
    return [run for run in own if run.created == last]


def judge(world):
    runs = runs_of(world)
    assert runs
    for place in {run.place for run in runs.values()}:
        # That a delivery came to nothing is no run's state.
        told = [each for each in world.posted if each.place == place and each.run]
        best = newest(runs, place)
        assert told, f"nothing was told of {place}"
        (run,) = [run for run in best if run.name == told[-1].run] or [None]
        assert run, f"{place} shows {told[-1]}, and its newest run is {best}"
        # Of those of one second, another may have ended since for the sake of the one that is shown.
        states = {each.state for each in best}
        assert told[-1].state in states, f"{place} shows {told[-1]}, and {run.name} is {run.state}"
        judge_order(place, told, runs)
    judge_words(world, runs)


def judge_order(place, told, runs):
    for each in told:
        # Nobody tells another commit's run.
        assert runs[each.run].place == place
        for run in runs.values():
            is_newer = run.place == place and run.created > runs[each.run].created
            assert not (is_newer and each.at > run.at + KNOWN_BY_THEN), f"{each} came after {run.name}"


def judge_words(world, runs):
    """What was superseded says by whom: a run of the same branch that was there then."""
    for each in world.posted:
        assert each.run or each.state == "error"
        before, _, by = each.description.partition("superseded by ")
        if not before and by in runs:
            assert len({int(run.place[:2], 16) % 2 for run in (runs[by], runs[each.run])}) == 1
            assert runs[by].first <= each.at


def judge_rest(world):
    """At rest no report is open, and what has outlived its time is gone."""
    left = [workflow["metadata"]["name"] for workflow in world.model.objects(WORKFLOWS)]
    assert left == []


async def simulate(seed, minutes, share=0.08):
    world = World(seed, minutes, share)
    await world.run()
    judge(world)
    await world.rest()
    judge_rest(world)
    return world


async def test_each_commit_shows_its_newest_run_whatever_goes_wrong():
    ways, crashes, superseded = set(), 0, 0
    for seed in range(6):
        world = await simulate(seed, 10)
        ways |= world.ways
        crashes += world.crashes
        superseded += sum("superseded" in each.description for each in world.posted)
    assert ways == set(WAYS)
    assert crashes
    assert superseded


async def test_without_faults_each_state_is_told_once_or_twice():
    world = await simulate(99, 8, share=0.0)
    runs = runs_of(world)
    assert len(world.posted) <= 5 * len(runs)


async def test_the_tick_alone_reports_where_nothing_happens_after_an_answer():
    """Cloud Run takes the processor away once a delivery is answered."""
    world = World(1, share=0.0)
    delivery = Delivery(1, "01" * 20)
    await world.events.send(delivery)
    assert delivery.taken
    world.events.die()
    await world.advance(MINUTE)
    assert world.posted == []
    seen = []
    for phase in ("Pending", "Running", "Succeeded"):
        for workflow in world.model.objects(WORKFLOWS):
            world._move(workflow, phase)
        await world.tick(world.crons[0])
        seen.append({(each.place, each.state) for each in world.posted[-2:]})
    places = [f"{delivery.sha} ci/build", f"{delivery.sha} ci/deploy"]
    assert seen == [{(place, state) for place in places} for state in ("pending", "pending", "success")]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 140))
async def test_each_commit_shows_its_newest_run_for_an_hour(seed):
    await simulate(seed, 40, share=0.03 + seed % 5 * 0.03)
