"""Deliveries under faults: each (delivery, binding) makes one Workflow, and 200 means that it is there.

The judge reads the API's history and the answers that senders got, and nothing else.
"""

from collections import Counter, defaultdict

import pytest
from tests.simulation.events_world import World
from tests.simulation.history import Fault

from triggerfish.kube.resources import WORKFLOWS

CALLS = {
    "get secrets",
    "create serviceaccounts/token",
    "list workfloweventbindings",
    "get workflowtemplates",
    "create workflows",
    "get workflows",
    "list workflows",
    "patch workflows",
    "create events",
}
BINDING = "workflows.argoproj.io/workflow-event-binding"
KEY = "triggerfish.dev/concurrency-key"


def identity(workflow):
    """(delivery, binding) of a Workflow."""
    (parameter,) = workflow["spec"]["arguments"]["parameters"]
    return int(parameter["value"]), workflow["metadata"]["labels"][BINDING]


def judge(world):
    entries = world.model.history.entries
    created = defaultdict(list)
    for index, entry in enumerate(entries):
        if entry.wrote and entry.call.resource is WORKFLOWS and entry.before is None:
            created[identity(entry.after)].append(index)
    assert not [found for found, times in created.items() if len(times) > 1], "made twice"
    for delivery in world.sent:
        assert delivery.done
        for status, body, seen in delivery.answers:
            # 409 is the simulation's own: no API server answers it to a list.
            assert status in {200, 403, 409, 429, 500, 503}, body
            if status == 200:
                judge_answer(delivery, body, seen, created)
    judge_terminations(entries)
    judge_rest(world)


def judge_answer(delivery, body, seen, created):
    told = {binding["name"]: binding for binding in body["bindings"]}
    assert {name for name, binding in told.items() if binding["matched"]} == delivery.bindings
    for name in delivery.bindings:
        binding = told[name]
        made = created.get((delivery.number, name))
        if "workflow" in binding:
            assert (made or [seen])[0] < seen, (
                f"{name} of delivery {delivery.number} was not there at its 200"
            )
        else:
            # Only Forbid may leave one out, and says which run was in the way.
            assert name == "forbid"
            assert "workflow" in binding["reason"]


def judge_terminations(entries):
    """Replace never ends a run for the sake of an older one, Forbid none but a later one."""
    made = defaultdict(set)
    for entry in entries:
        if not (entry.wrote and entry.call.resource is WORKFLOWS):
            continue
        number, binding = identity(entry.after)
        group = entry.after["metadata"]["labels"].get(KEY)
        if entry.call.verb == "patch" and entry.call.user != "controller":
            others = made[group] - {number}
            if binding == "replace":
                assert any(other > number for other in others), f"{number} ended, and nothing newer is there"
            else:
                assert others, f"{number} ended, and nothing else is there"
        made[group].add(number)


def judge_rest(world):
    """At rest no key has two unfinished runs, and Replace's is the newest that was made."""
    groups = defaultdict(list)
    for workflow in world.model.objects(WORKFLOWS):
        labels = workflow["metadata"]["labels"]
        if KEY in labels:
            groups[labels[KEY]].append(workflow)
    assert groups
    for workflows in groups.values():
        running = [
            identity(workflow)
            for workflow in workflows
            if workflow["spec"].get("shutdown") != "Terminate"
            and "workflows.argoproj.io/completed" not in workflow["metadata"]["labels"]
        ]
        assert len(running) <= 1
        if running and running[0][1] == "replace":
            assert running[0] == max(identity(workflow) for workflow in workflows)


def judge_coverage(world):
    faults = {fault.value for fault in Fault}
    missing = {(fault, call) for fault in faults for call in CALLS} - world.model.history.pairs()
    assert not missing, missing
    assert world.crashes
    assert Counter(status for sent in world.sent for status, _, _ in sent.answers)[500]


async def test_a_thousand_deliveries_each_make_their_workflows_once():
    world = World(1_000, seed=1)
    await world.run()
    judge(world)
    judge_coverage(world)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2))
async def test_ten_thousand_deliveries(seed):
    world = World(10_000, seed=seed)
    await world.run()
    judge(world)
    judge_coverage(world)
