"""Suspensions and pauses, and their ends, as the tick sees them, on the model of the API."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.simulation.model import Model

from triggerfish.cron.explaining.explain import stories
from triggerfish.cron.manifest import suspension
from triggerfish.cron.manifest.children import slot_of
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.suspension import Suspension
from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
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


def ticked(model: Model, at: datetime, memory: tick.Memory | None = None) -> list[str]:
    """What it told."""
    model.now = at
    summary = asyncio.run(tick.run(Client(model), Settings(), Clock(), memory=memory))
    return [f"{each.slot:%H:%M} {each.reason.value}" for each in summary.entries if each.reason]


def minutes(model: Model, first: int, last: int) -> None:
    """Ticks, one a minute, two seconds after each slot."""
    for minute in range(first, last + 1):
        ticked(model, TEN.replace(minute=minute, second=2))


def patched(model: Model, at: datetime, patch) -> None:
    model.now = at
    model.edit(CRON_WORKFLOWS, "default", "job", patch, user="kubectl")


def ran(model: Model) -> list[int]:
    slots = (slot_of(each["metadata"]["name"], "job") for each in model.objects(WORKFLOWS))
    return sorted(slot.minute for slot in slots if slot)


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


def test_a_suspension_that_was_taken_away_is_not_dated_by_an_older_write(model):
    patched(model, TEN, {"spec": {"suspend": True}})
    minutes(model, 1, 1)
    patched(model, TEN.replace(minute=1), {"spec": {"workflowSpec": {"priority": 1}}})
    minutes(model, 2, 3)
    patched(model, TEN.replace(minute=3), {"spec": {"suspend": None}})
    minutes(model, 4, 5)
    assert ran(model) == [4, 5]


# -- pauses -------------------------------------------------------------------------------------------

FAILURES = "triggerfish.dev/failures-in-a-row"
LABELS = "workflows.argoproj.io/"


def ended(model: Model, at: datetime, name: str, phase: str) -> None:
    model.now = at
    labels = {f"{LABELS}phase": phase, f"{LABELS}completed": "true"}
    model.edit(WORKFLOWS, "default", name, {"metadata": {"labels": labels}}, user="argo")


@pytest.fixture
def paused(model) -> Model:
    """The same, paused since the run of 10:01 failed at half past."""
    notes = {"triggerfish.dev/pause-after-failures": "1"}
    patched(model, TEN, {"metadata": {"annotations": notes}})
    minutes(model, 1, 1)
    (child,) = model.objects(WORKFLOWS)
    ended(model, TEN.replace(minute=1), child["metadata"]["name"], "Failed")
    return model


def by_hand(model: Model, at: datetime) -> str:
    model.now = at
    (cron,) = model.objects(CRON_WORKFLOWS)
    owner = {"kind": "CronWorkflow", "name": "job", "uid": cron["metadata"]["uid"], "controller": True}
    owner["apiVersion"] = "argoproj.io/v1alpha1"
    labels = {f"{LABELS}cron-workflow": "job"}
    metadata = {"generateName": "job-", "labels": labels, "ownerReferences": [owner]}
    return model.put(WORKFLOWS, "default", {"metadata": metadata, "spec": {}})["metadata"]["name"]


def told_of(model: Model, now: datetime) -> dict[str, str]:
    (cron,) = model.objects(CRON_WORKFLOWS)
    found = stories(CronWorkflow.of(cron, Rules()), [], TEN, now, now)
    return {f"{each.slot:%M}": each.reason for each in found}


def test_no_tick_writes_while_it_is_paused_but_the_first(paused):
    minutes(paused, 2, 2)
    before = len(paused.history.writes(CRON_WORKFLOWS))
    minutes(paused, 3, 6)
    assert len(paused.history.writes(CRON_WORKFLOWS)) == before
    assert ran(paused) == [1]


def test_a_paused_slot_is_told_once_by_a_process(paused):
    memory = tick.Memory(Calendars(Clock()))
    told = [ticked(paused, TEN.replace(minute=minute, second=2), memory) for minute in range(2, 6)]
    assert told == [[f"10:0{minute} paused"] for minute in range(2, 6)]
    assert ticked(paused, TEN.replace(minute=5, second=40), memory) == []


def test_a_paused_slot_is_explained_while_it_lasts_and_afterwards(paused):
    minutes(paused, 2, 5)
    now = TEN.replace(minute=5)
    assert all("failed in a row" in told_of(paused, now)[slot] for slot in ("02", "03", "04", "05"))
    (cron,) = paused.objects(CRON_WORKFLOWS)
    patched(paused, now, suspension.resume(cron, now))
    for _ in ("before a tick", "after one"):
        assert all("failed in a row" in told_of(paused, now)[slot] for slot in ("02", "03", "04", "05"))
        minutes(paused, 6, 6)
    assert "failed in a row" not in told_of(paused, TEN.replace(minute=6))["06"]


@pytest.mark.parametrize("given", [None, False], ids=["suspend is not set", "suspend is false"])
def test_after_the_end_of_a_pause_nothing_that_passed_runs(paused, given):
    patched(paused, TEN.replace(minute=1, second=40), {"spec": {"suspend": given}})
    minutes(paused, 2, 3)
    (cron,) = paused.objects(CRON_WORKFLOWS)
    at = paused.now = TEN.replace(minute=3, second=10)
    paused.edit(CRON_WORKFLOWS, "default", "job", suspension.resume(cron, at), user="triggerfish")
    ticked(paused, at.replace(second=20))
    assert ran(paused) == [1]
    minutes(paused, 4, 5)
    assert ran(paused) == [1, 4, 5]
    assert FAILURES not in paused.objects(CRON_WORKFLOWS)[0]["metadata"]["annotations"]


@pytest.mark.parametrize(
    "most", ["5", None], ids=["it takes more failures", "it takes no notice of failures"]
)
def test_the_annotation_ends_a_pause(paused, most):
    minutes(paused, 2, 3)
    notes = {"triggerfish.dev/pause-after-failures": most}
    patched(paused, TEN.replace(minute=3), {"metadata": {"annotations": notes}})
    minutes(paused, 4, 5)
    assert ran(paused) == [1, 4, 5]


@pytest.mark.parametrize(
    ("second", "expected"), [(50, [1, 5, 6]), (1, [1, 6])], ids=["before a slot", "after it"]
)
def test_a_run_by_hand_that_succeeds_ends_a_pause(paused, second, expected):
    minutes(paused, 2, 3)
    name = by_hand(paused, TEN.replace(minute=3))
    minutes(paused, 4, 4)
    minute = 4 if second == 50 else 5
    ended(paused, TEN.replace(minute=minute, second=second), name, "Succeeded")
    minutes(paused, 5, 6)
    assert ran(paused) == expected
    assert "failed in a row" in told_of(paused, TEN.replace(minute=6))["04"]


def test_a_slot_that_was_told_paused_does_not_run_when_a_run_succeeds(paused):
    minutes(paused, 2, 3)
    name = by_hand(paused, TEN.replace(minute=3))
    minutes(paused, 4, 4)
    ended(paused, TEN.replace(minute=4, second=10), name, "Succeeded")
    ticked(paused, TEN.replace(minute=4, second=40))
    assert 4 not in ran(paused)
