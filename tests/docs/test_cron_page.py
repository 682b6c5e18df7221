"""docs/cron.md says what is so: its examples are run, its tables are complete."""

import asyncio
import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.simulation.model import Model

from triggerfish import annotations as keys
from triggerfish.cron.manifest.children import slot_of
from triggerfish.cron.planning.reasons import SkipReason
from triggerfish.cron_function import tick
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "cron.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables under a heading."""
    text = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|-")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def put(model: Model, name: str = "job", notes=None, **spec) -> None:
    body = {"workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}, **spec}
    metadata = {"name": name, "annotations": notes or {}}
    model.put(CRON_WORKFLOWS, "default", {"metadata": metadata, "spec": body})


def run(model: Model, at: datetime, **settings):
    model.now = at
    return asyncio.run(tick.run(Client(model), Settings(**settings), Clock()))


def children(model: Model) -> list[str]:
    return [each["metadata"]["name"] for each in model.objects(WORKFLOWS)]


def finish(model: Model) -> None:
    for name in children(model):
        labels = {"workflows.argoproj.io/phase": "Succeeded", "workflows.argoproj.io/completed": "true"}
        model.edit(WORKFLOWS, "default", name, {"metadata": {"labels": labels}})


def test_every_reason_has_its_row():
    named = {row[0].strip("`"): row[1] for row in rows("Why a slot did not run")[1:]}
    assert named == {reason.value: reason.sentence for reason in SkipReason}


def test_every_annotation_has_its_row():
    named = [row[0].strip("`") for row in rows("Annotations") if row[0].startswith("`")]
    authored = {keys.CATCH_UP, keys.CATCH_UP_LIMIT, keys.PAUSE_AFTER_FAILURES, keys.EXACT, keys.DIALECT}
    assert sorted(named) == sorted(authored | keys.RECORDED | set(keys.TIMETABLE))
    assert {keys.OUTCOMES, keys.DECISIONS} < keys.RECORDED


@pytest.mark.parametrize("row", rows("When the clock changes")[1:], ids=lambda row: f"{row[3]} {row[2]}")
def test_each_change_of_the_clock_is_as_the_page_says(row):
    schedule, zone, notes, start, end, expected = row
    model = Model(now=datetime.fromisoformat(start))
    named, _, value = notes.strip("`").partition(": ")
    put(model, notes={named: value} if named else None, schedules=[schedule.strip("`")], timezone=zone)
    at, found = model.now, set()
    while at < datetime.fromisoformat(end):
        at += timedelta(minutes=1)
        run(model, at + timedelta(seconds=2))
        found |= set(children(model))
        finish(model)
    slots = sorted(slot_of(name, "job") for name in found)
    assert ", ".join(slot.strftime("%Y-%m-%dT%H:%MZ") for slot in slots) == expected


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("policy", "new_one_starts", "old_one_is_told_to_end"),
    [("Allow", True, False), ("Forbid", False, False), ("Replace", True, True)],
)
def test_each_policy_is_as_the_page_says(policy, new_one_starts, old_one_is_told_to_end):
    model = Model(now=NOON)
    put(model, schedules=["* * * * *"], concurrencyPolicy=policy)
    run(model, NOON + timedelta(seconds=62))
    run(model, NOON + timedelta(seconds=122))
    first, *second = model.objects(WORKFLOWS)
    assert bool(second) == new_one_starts
    assert (first["spec"].get("shutdown") == "Terminate") == old_one_is_told_to_end


@pytest.mark.parametrize(
    ("catch_up", "late", "made"),
    [
        pytest.param("none", 28, [], id="none"),
        pytest.param("latest", 28, ["13:20"], id="latest"),
        pytest.param("all", 28, ["13:00", "13:10", "13:20"], id="all"),
        pytest.param("latest", 31, ["13:30"], id="latest, but another is on time"),
    ],
)
def test_missed_slots_are_caught_up_as_the_page_says(catch_up, late, made):
    model = Model(now=NOON)
    notes = {"triggerfish.dev/catch-up": catch_up}
    put(model, notes=notes, schedules=["*/10 * * * *"], startingDeadlineSeconds=2_000)
    for minutes in (10, 20, 30, 40, 50):
        run(model, NOON + timedelta(minutes=minutes, seconds=2))
    before = set(children(model))
    run(model, NOON + timedelta(hours=1, minutes=late))
    after = sorted(slot_of(name, "job") for name in set(children(model)) - before)
    assert [slot.strftime("%H:%M") for slot in after] == made


def test_moving_from_argo_runs_nothing_twice_and_nothing_it_ran():
    model = Model(now=NOON)
    put(model, schedules=["* * * * *"])
    # Argo ran 12:01, recorded it, and its Workflow is gone already.
    status = {"lastScheduledTime": "2026-11-23T12:01:00Z", "active": [], "succeeded": 1, "phase": "Active"}
    notes = {keys.LAST_USED_SCHEDULE: "* * * * *"}
    model.edit(CRON_WORKFLOWS, "default", "job", {"status": status, "metadata": {"annotations": notes}})
    writes = len(model.history.writes(CRON_WORKFLOWS))
    shadow = run(model, NOON + timedelta(seconds=125), mode="shadow")
    assert (len(model.history.writes(CRON_WORKFLOWS)), children(model)) == (writes, [])
    assert shadow.entries == []
    # A minute later Argo has not run 12:02.
    shadow = run(model, NOON + timedelta(seconds=185), mode="shadow")
    assert [(entry.what, entry.slot.minute) for entry in shadow.entries] == [("differs", 2)]
    assert children(model) == []
    summary = run(model, NOON + timedelta(seconds=175))
    assert [slot_of(name, "job").minute for name in children(model)] == [2]
    assert summary.json()["created"] == 1


def test_moving_back_leaves_what_argo_goes_on_from():
    model = Model(now=NOON)
    put(model, schedules=["* * * * *"], timezone="Europe/Berlin")
    run(model, NOON + timedelta(seconds=62))
    [cron] = model.objects(CRON_WORKFLOWS)
    assert cron["status"]["lastScheduledTime"] == "2026-11-23T12:01:00Z"
    assert [each["name"] for each in cron["status"]["active"]] == children(model)
    assert cron["metadata"]["annotations"][keys.LAST_USED_SCHEDULE] == "CRON_TZ=Europe/Berlin * * * * *"


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_answer_of_a_tick_has_the_fields_of_the_example():
    [example] = examples("json")
    summary = run(Model(now=NOON), NOON + timedelta(seconds=2)).json()
    told = json.loads(example)
    assert list(told) == list(summary)
    assert set(told["skipped"]) <= {reason.value for reason in SkipReason}


def test_the_command_takes_the_finalizer_off():
    [command] = examples("console")
    *words, patch = shlex.split(command)
    assert words == ["kubectl", "patch", "workflow", "$WORKFLOW", "--type", "merge", "-p"]
    model = Model(now=NOON)
    put(model, notes={keys.EXACT: "true"}, schedules=["* * * * *"])
    run(model, NOON + timedelta(seconds=62))
    [name] = children(model)
    model.remove(WORKFLOWS, "default", name)
    assert children(model) == [name]
    model.edit(WORKFLOWS, "default", name, json.loads(patch))
    assert children(model) == []


def test_the_page_names_both_settings_of_argos_controller():
    assert re.search(r"`--cron-workflow-workers=0`", PAGE)
    assert re.search(r"`CRON_SYNC_PERIOD=8760h`", PAGE)
