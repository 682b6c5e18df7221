"""`triggerfish suspend` and `resume` as the tick sees them, on the model of the API."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.simulation.model import Model

from triggerfish.cron.manifest import suspension
from triggerfish.cron.manifest.children import slot_of
from triggerfish.cron.manifest.suspension import Suspension
from triggerfish.cron_function import tick
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

TEN = datetime(2026, 3, 2, 10, 0, 30, tzinfo=UTC)


@pytest.fixture
def model() -> Model:
    """A CronWorkflow of every minute, which a tick has seen at ten."""
    found = Model()
    found.now = TEN - timedelta(seconds=20)
    body = {
        "metadata": {"name": "job"},
        "spec": {
            "schedules": ["* * * * *"],
            "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
        },
    }
    found.put(CRON_WORKFLOWS, "default", body)
    ticked(found, TEN - timedelta(seconds=10))
    return found


def ticked(model: Model, at: datetime) -> None:
    model.now = at
    asyncio.run(tick.run(Client(model), Settings(), Clock()))


def minutes(model: Model, first: int, last: int) -> None:
    """Ticks, one a minute, two seconds after each slot."""
    for minute in range(first, last + 1):
        ticked(model, TEN.replace(minute=minute, second=2))


def patched(model: Model, at: datetime, patch) -> None:
    model.now = at
    model.edit(CRON_WORKFLOWS, "default", "job", patch, user="kubectl")


def ran(model: Model) -> list[int]:
    return sorted(slot_of(each["metadata"]["name"], "job").minute for each in model.objects(WORKFLOWS))


def test_it_goes_on_by_itself_and_nothing_passed_is_caught_up_with(model):
    patched(model, TEN, Suspension(TEN, TEN.replace(minute=5, second=0), "ada", "rest").patch)
    minutes(model, 1, 7)
    assert ran(model) == [5, 6, 7]


def test_while_it_lasts_no_tick_writes_but_the_first(model):
    patched(model, TEN, Suspension(TEN, TEN.replace(hour=11), "ada").patch)
    minutes(model, 1, 2)
    before = len(model.history.writes(CRON_WORKFLOWS))
    minutes(model, 3, 6)
    assert len(model.history.writes(CRON_WORKFLOWS)) == before


@pytest.mark.parametrize("until", [None, TEN.replace(hour=11)], ids=["without an end", "with an end"])
def test_after_a_resume_the_next_slot_runs(model, until):
    patched(model, TEN, Suspension(TEN, until, "ada").patch)
    minutes(model, 1, 3)
    (cron,) = model.objects(CRON_WORKFLOWS)
    at = TEN.replace(minute=3)
    patched(model, at, suspension.resume(cron, at))
    minutes(model, 4, 5)
    assert ran(model) == [4, 5]
