"""Manifests around whose runs something happens: each says where it is from and what is right."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from tests.simulation.model import Model
from tests.simulation.server import NAMESPACES
from tests.support.ticks import Patient

from triggerfish import annotations as keys
from triggerfish.cron.explaining.explain import Outcome, stories
from triggerfish.cron.manifest import suspension
from triggerfish.cron.manifest.children import slot_of
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.suspension import Suspension
from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOW_TEMPLATES, WORKFLOWS
from triggerfish.settings import Settings

SAMPLES = Path(__file__).parent.parent / "samples" / "crons"


class Case:
    """One file, applied at a time, and the ticks that come."""

    def __init__(self, name: str, at: str) -> None:
        self.body, *self.others = yaml.safe_load_all((SAMPLES / f"{name}.yaml").read_text("utf-8"))
        self.name = self.body["metadata"]["name"]
        self.model = Model(now=moment(at))
        self.model.put(NAMESPACES, None, {"metadata": {"name": "team"}})
        self.memory = tick.Memory(Calendars(Patient()))
        self.model.put(CRON_WORKFLOWS, "team", self.body, user="kubectl")

    async def tick(self, *times: str) -> list[tuple[str, str]]:
        """What was skipped in these ticks, with why."""
        told = []
        for at in times:
            self.model.now = moment(at)
            summary = await tick.run(Client(self.model), Settings(), Patient(), memory=self.memory)
            told += [(f"{each.slot:%H:%M}", each.reason.value) for each in summary.entries if each.reason]
        return told

    def edit(self, at: str, patch) -> None:
        self.model.now = moment(at)
        self.model.edit(CRON_WORKFLOWS, "team", self.name, patch, user="kubectl")

    @property
    def cron(self):
        return self.model.objects(CRON_WORKFLOWS, "team")[0]

    @property
    def ran(self) -> list[str]:
        slots = [slot_of(each["metadata"]["name"], self.name) for each in self.model.objects(WORKFLOWS)]
        return sorted(f"{slot:%H:%M}" for slot in slots)


def moment(text: str) -> datetime:
    """``12:00:05``, or with days before it: ``+30 12:00:05``."""
    days, _, time = text.rpartition(" ")
    return datetime.fromisoformat(f"2026-11-23T{time}+00:00").astimezone(UTC) + timedelta(days=int(days or 0))


def minutes(first: int, last: int, hour: int = 12) -> list[str]:
    return [f"{hour}:{minute:02}:02" for minute in range(first, last + 1)]


@pytest.mark.parametrize("name", ["04-last-scheduled-in-future", "05-decided-in-future"])
async def test_a_time_ahead_does_not_silence(name):
    case = Case(name, "12:00:30")
    assert await case.tick(*minutes(1, 5)) == []
    assert case.ran == ["12:01", "12:02", "12:03", "12:04", "12:05"]
    assert case.cron["status"]["lastScheduledTime"] == "2026-11-23T12:05:00Z"
    assert case.cron["metadata"]["annotations"][keys.DECIDED] == "2026-11-23T12:05:00Z"


async def test_07_a_claim_is_no_licence_to_be_late():
    case = Case("07-claim-after-long-outage", "01:00:00")
    await case.tick("01:30:00")
    slot = "2026-11-23T02:00:00Z"
    case.edit("02:00:00", {"metadata": {"annotations": {keys.CLAIM: f"{slot} {slot}"}}})
    assert await case.tick("14:00:00") == [("02:00", "missed")]
    assert case.ran == []
    assert keys.CLAIM not in case.cron["metadata"]["annotations"]


async def test_09_what_is_being_deleted_starts_nothing():
    case = Case("09-being-deleted", "12:00:30")
    case.model.remove(CRON_WORKFLOWS, "team", case.name)
    assert await case.tick(*minutes(1, 2)) == [("12:01", "deleting"), ("12:02", "deleting")]
    assert case.ran == []


@pytest.mark.parametrize("seen", [True, False], ids=["a tick has seen the end", "before a tick"])
async def test_10_explain_knows_that_it_was_suspended(seen):
    case = Case("10-suspend-over-slots-explain", "12:00:00")
    await case.tick("12:05:02")
    case.edit("12:07:00", Suspension(moment("12:07:00"), None, "ada", "rest").patch)
    told = await case.tick("12:10:02", "12:15:02")
    assert told == [("12:10", "suspended"), ("12:15", "suspended")]
    case.edit("12:17:00", suspension.resume(case.cron, moment("12:17:00")))
    if seen:
        assert await case.tick("12:18:02") == []
    assert case.ran == ["12:05"]
    read = CronWorkflow.of(case.cron, Rules())
    now = moment("12:21:00")
    found = {f"{each.slot:%H:%M}": each for each in stories(read, [], moment("12:05:00"), now, now)}
    assert [found[slot].outcome for slot in ("12:10", "12:15")] == [Outcome.SKIPPED] * 2
    assert all("suspended" in found[slot].reason for slot in ("12:10", "12:15"))
    assert "suspended" not in found["12:20"].reason
    assert await case.tick("12:20:02") == [("12:20", "forbid")]


async def test_11_the_second_edit_of_a_second_counts():
    case = Case("11-two-edits-one-second", "11:00:00")
    await case.tick("11:01:00")
    case.edit("12:09:30", {"spec": {"schedules": ["10 12 * * *"]}})
    await case.tick("12:09:30")
    case.edit("12:09:30", {"spec": {"schedules": ["11 12 * * *"]}})
    assert await case.tick("12:11:02") == []
    assert case.ran == ["12:11"]


async def test_15_a_suspended_slot_is_counted_once():
    case = Case("15-suspended-counted-thrice", "12:00:30")
    told = await case.tick(*minutes(1, 4))
    assert told == [(f"12:0{minute}", "suspended") for minute in (1, 2, 3, 4)]


async def test_52_a_slot_that_ran_is_not_caught_up_with():
    case = Case("52-etc-gmt-1-daily", "04:00:00")
    await case.tick("05:06:02", "07:01:00")
    assert case.ran == ["05:06"]


async def test_57_a_month_without_a_tick():
    case = Case("57-long-suspension", "12:00:30")
    await case.tick("12:01:02")
    told = await case.tick("+30 12:00:02")
    assert ("12:02", "missed") in told
    assert case.ran[-1] == "12:01"
    assert "12:00" in case.ran


def condition(case: Case, kind: str) -> str:
    found = case.cron["status"].get("conditions") or ()
    return "".join(each["message"] for each in found if each["type"] == kind)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("01-template-missing-stop", "WorkflowTemplate 'later' was not found", id="01"),
        pytest.param("02-workflowspec-empty", "spec.workflowSpec.entrypoint: there is none", id="02"),
        pytest.param("20-template-parameters", "WorkflowTemplate 'build' was not found", id="20"),
    ],
)
async def test_what_could_not_run_is_told_before_a_run(name, said):
    case = Case(name, "12:00:30")
    assert await case.tick(*minutes(1, 3)) == [(f"12:0{minute}", "spec-error") for minute in (1, 2, 3)]
    assert case.ran == []
    assert said in condition(case, "SpecError")
    assert (case.cron["status"].get("failed"), case.cron["status"].get("phase")) == (0, "")


async def test_01_it_runs_once_the_template_is_there():
    case = Case("01-template-missing-stop", "12:00:30")
    await case.tick(*minutes(1, 3))
    spec = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
    case.model.put(WORKFLOW_TEMPLATES, "team", {"metadata": {"name": "later"}, "spec": spec})
    assert await case.tick("12:04:02") == []
    assert (case.ran, condition(case, "SpecError")) == (["12:04"], "")


async def test_20_a_template_whose_parameter_has_no_value():
    case = Case("20-template-parameters", "12:00:30")
    case.model.put(WORKFLOW_TEMPLATES, "team", case.others[0])
    assert await case.tick("12:01:02") == [("12:01", "spec-error")]
    assert "there is no value for revision" in condition(case, "SpecError")


async def test_13_a_zone_that_yaml_has_made_false():
    case = Case("13-timezone-yaml-no", "05:00:30")
    await case.tick("05:01:02", "+1 05:00:02")
    assert case.ran == []
    assert condition(case, "SpecError").startswith("spec.timezone: false is not a text")


async def test_19_a_hundred_schedules():
    case = Case("19-many-schedules", "00:00:30")
    assert await case.tick("00:01:02", "00:02:02") == []
    assert case.ran == ["00:01", "00:02"]


async def test_50_a_name_of_52_characters():
    case = Case("50-name-52", "12:00:30")
    await case.tick("12:01:02")
    assert [len(each["metadata"]["name"]) for each in case.model.objects(WORKFLOWS)] == [63]


async def test_58_one_instant_of_four_schedules_runs_once():
    case = Case("58-duplicate-instants", "12:00:30")
    await case.tick(*minutes(1, 4))
    assert case.ran == ["12:01", "12:02", "12:03", "12:04"]


async def test_60_a_label_that_the_api_server_refuses():
    case = Case("60-label-invalid", "12:00:30")
    neighbour = yaml.safe_load((SAMPLES / "50-name-52.yaml").read_text("utf-8"))
    case.model.put(CRON_WORKFLOWS, "team", neighbour, user="kubectl")
    assert await case.tick("12:01:02") == [("12:01", "refused")]
    (made,) = case.model.objects(WORKFLOWS)
    assert made["metadata"]["name"].startswith(neighbour["metadata"]["name"])
    said = next(
        each["status"]["conditions"][0]
        for each in case.model.objects(CRON_WORKFLOWS, "team")
        if each["metadata"]["name"] == case.name
    )
    assert said["type"] == "SubmissionError"
    assert 'Invalid value: "a b"' in said["message"]


def test_each_file_is_a_test():
    tests = Path(__file__).parent.parent
    here = (tests / "cron_function/test_cases.py").read_text() + (tests / "cli/test_cases.py").read_text()
    numbers = {path.name[:2] for path in SAMPLES.glob("*.yaml")}
    assert [number for number in sorted(numbers) if f'"{number}' not in here] == []
