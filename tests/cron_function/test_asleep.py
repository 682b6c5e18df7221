"""Those that sleep: nothing of them is held but a few times, and children or an edit wake them."""

from datetime import timedelta

import pytest
from tests.support.ticks import NOON, Patient, calls, children, finish, put, run, team_model

from triggerfish import annotations as keys
from triggerfish.cron_function import memory as memories
from triggerfish.cron_function.memory import Memory
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS

HALF_PAST = {"schedules": ["30 * * * *"]}


@pytest.fixture
def model():
    return team_model()


@pytest.fixture
def memory():
    return Memory(Calendars(Patient()))


async def noted(model, **more):
    """A CronWorkflow whose timetable a tick has noted, and which is due at half past."""
    put(model, **(HALF_PAST | more))
    await run(model, 10)
    return len(model.history.entries)


async def test_a_first_tick_holds_none_of_them(model, memory):
    for number in range(20):
        put(model, f"job-{number}", schedules=[f"{30 + number} * * * *"])
    await run(model, 10)
    before = len(model.history.entries)
    summary = await run(model, 20, memory=memory)
    assert calls(model, before) == ["list cronworkflows", "list workflows"]
    assert (summary.evaluated, summary.next_due) == (20, NOON + timedelta(minutes=30))
    assert (len(memory.asleep), len(memory.parsed), len(memory.quiet)) == (20, 0, 0)


async def test_they_use_up_no_room(model, memory, monkeypatch):
    monkeypatch.setattr(memories, "most_of_all", 0)
    before = await noted(model)
    assert (await run(model, 20, memory=memory)).left == 0
    assert calls(model, before) == ["list cronworkflows", "list workflows"]


async def test_its_slot_runs(model, memory):
    await noted(model)
    await run(model, 20, memory=memory)
    before = len(model.history.entries)
    assert (await run(model, 30 * 60 + 1, memory=memory)).count("created") == 1
    assert calls(model, before)[:3] == ["list cronworkflows", "list workflows", "create workflows"]
    assert not memory.asleep


@pytest.mark.parametrize("seconds", [30 * 60 - 1, 30 * 60 - 2])
async def test_one_that_is_due_at_the_minute_for_which_the_tick_waits_is_not_asleep(model, memory, seconds):
    before = await noted(model)
    assert (await run(model, seconds, memory=memory)).count("created") == 1
    assert calls(model, before)[:3] == ["list cronworkflows", "list workflows", "create workflows"]


async def test_a_workflow_that_somebody_submitted_wakes_it_once(model, memory):
    before = await noted(model)
    owner = model.objects(CRON_WORKFLOWS)[0]["metadata"]
    reference = {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "controller": True}
    metadata = {
        "name": "job-abcde",
        "labels": {keys.CRON_WORKFLOW: "job"},
        "ownerReferences": [reference | {"name": "job", "uid": owner["uid"]}],
    }
    model.put(WORKFLOWS, "team", {"metadata": metadata, "spec": {}})
    await run(model, 20, memory=memory)
    assert model.objects(CRON_WORKFLOWS)[0]["status"]["active"][0]["name"] == "job-abcde"
    assert calls(model, before).count("get cronworkflows") == 1
    finish(model, "job-abcde")
    await run(model, 80, memory=memory)
    assert model.objects(CRON_WORKFLOWS)[0]["status"]["succeeded"] == 1
    assert calls(model, before).count("get cronworkflows") == 1


async def test_one_that_its_children_keep_awake_is_not_read_at_each_tick(model, memory):
    before = await noted(model)
    owner = model.objects(CRON_WORKFLOWS)[0]["metadata"]
    reference = {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "controller": True}
    for number in range(5):  # more than the limits keep, but nobody has counted so many as that
        labels = {keys.CRON_WORKFLOW: "job", keys.COMPLETED: "true", keys.PHASE: "Succeeded"}
        metadata = {
            "name": f"job-{number}",
            "labels": labels,
            "ownerReferences": [reference | {"name": "job", "uid": owner["uid"]}],
        }
        model.put(WORKFLOWS, "team", {"metadata": metadata, "spec": {}})
    for seconds in (20, 30, 40):
        await run(model, seconds, memory=memory)
    assert calls(model, before).count("get cronworkflows") == 1
    await run(model, 90, memory=memory)
    assert len(children(model)) == 3


async def test_an_edit_wakes_it(model, memory):
    await noted(model)
    await run(model, 20, memory=memory)
    model.now = NOON + timedelta(seconds=40)
    model.edit(CRON_WORKFLOWS, "team", "job", {"spec": {"schedules": ["* * * * *"]}}, user="kubectl")
    assert (await run(model, 62, memory=memory)).count("created") == 1


@pytest.mark.parametrize(("warm", "created"), [(True, 1), (False, 0)])
async def test_what_is_taken_away_counts_from_the_last_reading(model, memory, warm, created):
    # A removal leaves no time: who read it before knows more than the CronWorkflow says.
    await noted(model, notes={keys.EXCLUDE: "2026-11-23"})
    await run(model, 20, memory=memory)
    model.edit(CRON_WORKFLOWS, "team", "job", {"metadata": {"annotations": {keys.EXCLUDE: None}}})
    summary = await run(model, 30 * 60 + 100, memory=memory if warm else None)
    assert summary.count("created") == created


async def test_what_is_gone_is_forgotten(model, memory):
    await noted(model)
    await run(model, 20, memory=memory)
    memory.awake["gone"] = "1"
    model.remove(CRON_WORKFLOWS, "team", "job")
    await run(model, 30, memory=memory)
    assert (memory.asleep, memory.awake) == ({}, {})


async def test_a_shadow_looks_at_each_of_them(model, memory):
    await noted(model)
    await run(model, 20, memory=memory, mode="shadow")
    assert len(memory.observed) == 1
    assert not memory.asleep
