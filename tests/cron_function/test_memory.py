"""What an instance keeps of CronWorkflows is bounded, and one namespace cannot use it all up."""

import asyncio

import pytest
from tests.support.ticks import Patient, put, team_model

from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.planning.shard import ALL
from triggerfish.cron_function import memory
from triggerfish.cron_function.access import Access
from triggerfish.cron_function.memory import Allowance, Deferred, Memory
from triggerfish.cron_function.reading import read_crons
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.settings import Settings


def body(name="job", namespace="team", version="1", notes=None, **spec):
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"{namespace}-{name}",
            "resourceVersion": version,
            "creationTimestamp": "2026-11-23T12:00:00Z",
            "annotations": notes or {},
        },
        "spec": {"schedules": ["* * * * *"], "workflowSpec": {}, **spec},
    }


@pytest.fixture
def kept():
    return Memory(Calendars(Patient()))


def listed(kept, bodies):
    room = Allowance()
    found = [kept.listed(each, Rules(), room) for each in bodies]
    kept.keep(found, Patient().now())
    return found


def test_a_usual_one_is_parsed_once_a_version(kept):
    [first] = listed(kept, [body()])
    [again] = listed(kept, [body()])
    [changed] = listed(kept, [body(version="2")])
    assert isinstance(first, CronWorkflow)
    assert again is first
    assert changed.version == "2"


def test_a_large_one_is_not_held(kept):
    [found] = listed(kept, [body(workflowSpec={"x": "y" * 70_000})])
    assert found == Deferred("team", "job", "team-job", "1")
    assert not kept.parsed


@pytest.mark.parametrize(
    "more",
    [
        {"workflowSpec": {"x": "y" * 60_000}},
        {"schedules": ["* * * * *"] * 900},
    ],
    ids=["long", "many schedules"],
)
def test_many_that_are_just_within_the_bound_find_no_room(kept, more, monkeypatch):
    monkeypatch.setattr(memory, "most_of_namespace", 1 << 20)
    found = listed(kept, [body(f"job-{number}", **more) for number in range(100)])
    parsed = [each for each in found if isinstance(each, CronWorkflow)]
    assert 0 < len(parsed) < 20
    assert all(each.source is None for each in found if isinstance(each, Deferred))
    assert len(kept.parsed) == len(parsed)


def test_a_status_full_of_nothing_has_its_weight(kept, monkeypatch):
    monkeypatch.setattr(memory, "most_of_namespace", 1 << 20)
    bodies = [{**body(f"job-{number}"), "status": {"active": [{}] * 5_000}} for number in range(20)]
    assert sum(isinstance(each, CronWorkflow) for each in listed(kept, bodies)) < 5


def test_a_namespace_leaves_room_for_others(kept, monkeypatch):
    monkeypatch.setattr(memory, "most_of_namespace", 1 << 20)
    monkeypatch.setattr(memory, "most_of_all", 2 << 20)
    bodies = [body(f"job-{number}", workflowSpec={"x": "y" * 60_000}) for number in range(200)]
    found = listed(kept, [*bodies, body("mine", "zzz")])
    assert isinstance(found[-1], CronWorkflow)


def test_all_namespaces_together_have_a_bound(kept, monkeypatch):
    monkeypatch.setattr(memory, "most_of_all", 1 << 20)
    bodies = [body(f"job-{number}", f"ns-{number}", workflowSpec={"x": "y" * 60_000}) for number in range(50)]
    assert sum(isinstance(each, CronWorkflow) for each in listed(kept, bodies)) < 20


def test_one_with_calendars_waits_until_they_are_read(kept):
    [found] = listed(kept, [body(notes={"triggerfish.dev/exclude": "ics:holidays"})])
    assert isinstance(found, Deferred)
    assert found.source


def test_what_is_gone_is_forgotten(kept):
    listed(kept, [body("a"), body("b"), body("c", workflowSpec={"x": "y" * 70_000})])
    listed(kept, [body("a")])
    assert [*kept.parsed] == ["team-a"]
    assert not kept.large


async def test_others_are_served_while_a_page_is_read():
    """A page may have hundreds of large ones: between two of them, whoever waits has his turn."""

    class Slow(Patient):
        def monotonic(self):
            self.slept.append(0.003)
            return super().monotonic()

    model, served = team_model(), []
    for number in range(20):
        put(model, f"job-{number}")
    clock = Slow()
    access = Access(Client(model), clock, 1e9, Rules(), Calendars(clock))

    async def other():
        while True:
            served.append(1)
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    await read_crons(access, Settings(), ALL, Memory(Calendars(clock)))
    task.cancel()
    assert len(served) > 6
