"""What answers slowly in one namespace holds up nobody else's slot, nor its record."""

import asyncio

import pytest
from tests.simulation.server import NAMESPACES
from tests.support.ticks import NOON, Patient, put, run, team_model

from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS, CRON_WORKFLOWS, WORKFLOWS
from triggerfish.settings import Settings


class Hanging:
    """The API, where requests that ``holds`` wait until the neighbour's slot is recorded."""

    def __init__(self, model, holds):
        self.model, self.holds, self.recorded = model, holds, asyncio.Event()
        self.waited = 0

    async def send(self, request, *, timeout=10.0):
        if self.holds(request) and not self.recorded.is_set():
            self.waited += 1
            await self.recorded.wait()
        answer = await self.model.send(request, timeout=timeout)
        if (
            request.method == "PATCH"
            and "/namespaces/else/cronworkflows/" in request.path
            and not claims(request)
        ):
            self.recorded.set()
        return answer


def claims(request):
    return (
        "triggerfish.dev/claim" in request.body["metadata"].get("annotations", {})
        and "status" not in request.body
    )


def of_the_tenant(request):
    return "/namespaces/team/" in request.path


def writes(request):
    return of_the_tenant(request) and request.method in ("POST", "PATCH")


def creates(request):
    return of_the_tenant(request) and request.method == "POST"


@pytest.mark.parametrize("policy", ["Allow", "Forbid"])
@pytest.mark.parametrize("holds", [creates, writes, of_the_tenant])
@pytest.mark.parametrize("mine", ["aaa", "zzz"])
async def test_a_namespace_whose_calls_hang_holds_up_only_itself(policy, holds, mine):
    model = team_model()
    model.put(NAMESPACES, None, {"metadata": {"name": "else"}})
    for number in range(200):
        put(model, f"job-{number}", concurrencyPolicy=policy)
    put(model, mine, "else", concurrencyPolicy=policy)
    api = Hanging(model, holds)
    model.now = NOON.replace(minute=1, second=2)
    async with asyncio.timeout(60):  # it would never end
        summary = await tick.run(Client(api), Settings(), Patient())
    assert api.waited
    assert summary.count("created") == 201
    [child] = [each for each in model.objects(WORKFLOWS) if each["metadata"]["namespace"] == "else"]
    assert child["metadata"]["name"].startswith(mine)


async def test_calendars_that_hang_hold_up_only_their_own_namespace():
    model = team_model()
    model.put(NAMESPACES, None, {"metadata": {"name": "else"}})
    for number in range(20):
        put(model, f"job-{number}", notes={"triggerfish.dev/exclude": f"ics:c{number}"})
    put(model, "mine", "else")
    api = Hanging(model, lambda request: "/configmaps/" in request.path)
    model.now = NOON.replace(minute=1, second=2)
    async with asyncio.timeout(60):
        summary = await tick.run(Client(api), Settings(), Patient())
    assert api.waited
    assert summary.count("created") == 1
    wrong = [each["status"]["conditions"] for each in model.objects(CRON_WORKFLOWS) if "status" in each]
    assert sum("was not found" in str(conditions) for conditions in wrong) == 20


async def test_large_ones_that_hang_hold_up_only_their_own_namespace():
    model = team_model()
    model.put(NAMESPACES, None, {"metadata": {"name": "else"}})
    large = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}], "x": "y" * 100_000}
    for number in range(20):
        put(model, f"job-{number}", workflowSpec=large)
    put(model, "mine", "else", workflowSpec=large)
    api = Hanging(model, writes)
    model.now = NOON.replace(minute=1, second=2)
    async with asyncio.timeout(60):
        summary = await tick.run(Client(api), Settings(), Patient())
    assert (summary.count("created"), summary.left) == (21, 0)


@pytest.mark.parametrize("policy", ["Allow", "Forbid", "Replace"])
async def test_what_is_read_in_its_turn_is_decided_like_all_others(policy, monkeypatch):
    """A large CronWorkflow, and one for which there was no room, run each slot once."""
    monkeypatch.setattr("triggerfish.cron_function.memory.most_of_namespace", 20_000)
    model = team_model()
    put(model, "large", concurrencyPolicy=policy, workflowSpec={"templates": [], "x": "y" * 70_000})
    for number in range(10):
        put(model, f"job-{number}", concurrencyPolicy=policy)
    memory = tick.Memory(Calendars(Patient()))
    made = [
        (await run(model, seconds, memory=memory, validate="off")).count("created")
        for seconds in (62, 80, 122)
    ]
    assert made == ([11, 0, 11] if policy != "Forbid" else [11, 0, 0])
    assert len(memory.parsed) < 10
    slots = [each["metadata"]["name"] for each in model.objects(WORKFLOWS)]
    assert len(set(slots)) == len(slots)


async def test_a_large_one_at_rest_is_not_read_each_minute():
    model = team_model()
    put(model, "large", schedules=["0 0 1 1 *"], workflowSpec={"templates": [], "x": "y" * 70_000})
    memory = tick.Memory(Calendars(Patient()))
    for seconds in (62, 122):
        await run(model, seconds, memory=memory)
    before = len(model.history.entries)
    summary = await run(model, 182, memory=memory)
    assert [entry.call.kind_of_call for entry in model.history.entries[before:]] == [
        "list cronworkflows",
        "list workflows",
    ]
    assert summary.json()["nextDue"] == "2027-01-01T00:00:00Z"


async def test_one_that_was_deleted_meanwhile_is_no_failure():
    model = team_model()
    put(model, "large", workflowSpec={"templates": [], "x": "y" * 70_000})

    class Deleting:
        async def send(self, request, *, timeout=10.0):
            if request.path.endswith("/cronworkflows/large"):
                model.remove(CRON_WORKFLOWS, "team", "large")
            return await model.send(request, timeout=timeout)

    model.now = NOON.replace(minute=1, second=2)
    summary = await tick.run(Client(Deleting()), Settings(), Patient())
    assert (summary.left, summary.count("failed"), summary.complete) == (0, 0, True)


async def test_a_calendar_that_changes_lets_an_earlier_slot_run():
    """While nothing is due, calendars are still asked for: each five minutes."""

    class Passing(Patient):
        def monotonic(self):
            return (model.now - NOON).total_seconds() + super().monotonic()

    model = team_model()
    event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261123\r\nEND:VEVENT\r\n"
    ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{}END:VCALENDAR\r\n"
    data = {"metadata": {"name": "days"}, "data": {"days.ics": ics.format(event)}}
    model.put(CONFIG_MAPS, "team", data)
    put(model, schedules=["*/10 * * * *"], notes={"triggerfish.dev/exclude": "ics:days"})
    clock = Passing()
    memory = tick.Memory(Calendars(clock))
    for minute in (1, 2):
        await run(model, 60 * minute + 2, memory=memory, clock=clock)
    assert memory.quiet
    model.edit(CONFIG_MAPS, "team", "days", {"data": {"days.ics": ics.format("")}})
    created = [
        (await run(model, 60 * minute + 2, memory=memory, clock=clock)).count("created")
        for minute in range(3, 11)
    ]
    assert created == [0] * 7 + [1]


async def test_a_kept_calendar_costs_no_call():
    model = team_model()
    put(model, schedules=["*/10 * * * *"], notes={"triggerfish.dev/exclude": "ics:nowhere\nics:nowhere/x"})
    memory = tick.Memory(Calendars(Patient()))
    for minute in (1, 2):
        await run(model, 60 * minute + 2, memory=memory)
    before = len(model.history.entries)
    await run(model, 182, memory=memory)
    assert [entry.call.kind_of_call for entry in model.history.entries[before:]] == [
        "list cronworkflows",
        "list workflows",
    ]
