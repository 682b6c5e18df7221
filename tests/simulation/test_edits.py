"""Edits of a timetable in the middle of an hour: by whom and how, and which slots run then.

Which run is said by hand: those of the old timetable before the edit, those of the new one after it.
"""

import asyncio
import copy
import json
from datetime import UTC, datetime

import pytest
from tests.simulation.model import Model
from tests.simulation.rules import merge

from triggerfish import annotations as keys
from triggerfish.cron.manifest.children import slot_of
from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.wire import Request
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

TEN = datetime(2026, 3, 2, 10, 0, 0, tzinfo=UTC)
RUN = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
FIVES = {"schedules": ["*/5 * * * *"]}
# Two minutes of ten o'clock in UTC, one that is ten o'clock in Kolkata.
ZONED = {"schedules": ["5,8 10 * * *", "41 15 * * *"]}
KOLKATA = {"timezone": "Asia/Kolkata"}
TODAY = {keys.EXCLUDE: "2026-03-02"}
# (spec, annotations) before and after the edit of 10:07:30, and the minutes that run.
EDITS = {
    "schedules": ((FIVES, {}), ({"schedules": ["*/3 * * * *"]}, {}), [5, 9, 12, 15]),
    "schedule becomes schedules": (
        ({"schedule": "*/5 * * * *"}, {}),
        ({"schedules": ["*/3 * * * *"]}, {}),
        [5, 9, 12, 15],
    ),
    "one schedule of two": (({"schedules": ["*/5 * * * *", "*/4 * * * *"]}, {}), (FIVES, {}), [4, 5, 10, 15]),
    "a zone": ((ZONED, {}), (ZONED | KOLKATA, {}), [5, 11]),
    "another zone": ((ZONED | KOLKATA, {}), (ZONED | {"timezone": "Etc/UTC"}, {}), [8]),
    "no zone": ((ZONED | KOLKATA, {}), (ZONED, {}), [8]),
    "suspend": ((FIVES, {}), (FIVES | {"suspend": True}, {}), [5]),
    "suspend: false": ((FIVES | {"suspend": True}, {}), (FIVES | {"suspend": False}, {}), [10, 15]),
    "no suspend": ((FIVES | {"suspend": True}, {}), (FIVES, {}), [10, 15]),
    "an exclusion": ((FIVES, {}), (FIVES, TODAY), [5]),
    "another exclusion": ((FIVES, TODAY), (FIVES, {keys.EXCLUDE: "2026-03-03"}), [10, 15]),
    "no exclusion": ((FIVES, TODAY), (FIVES, {}), [10, 15]),
    "an instant": ((FIVES, {}), (FIVES, {keys.AT: "2026-03-02T10:09:00Z"}), [5, 9, 10, 15]),
    "no instant": ((FIVES, {keys.AT: "2026-03-02T10:09:00Z"}), (FIVES, {}), [5, 10, 15]),
    "a first slot": ((FIVES, {}), (FIVES, {keys.NOT_BEFORE: "2026-03-02T10:12:00Z"}), [5, 15]),
    "no first slot": ((FIVES, {keys.NOT_BEFORE: "2026-03-02T10:12:00Z"}), (FIVES, {}), [10, 15]),
    "a last slot": ((FIVES, {}), (FIVES, {keys.NOT_AFTER: "2026-03-02T10:12:00Z"}), [5, 10]),
    "no last slot": ((FIVES, {keys.NOT_AFTER: "2026-03-02T10:03:00Z"}), (FIVES, {}), [10, 15]),
    "schedules of ours": ((FIVES, {}), (FIVES, {keys.SCHEDULES: "*/3 * * * *"}), [5, 9, 12, 15]),
    "no schedules of ours": ((FIVES, {keys.SCHEDULES: "*/3 * * * *"}), (FIVES, {}), [3, 6, 10, 15]),
    "nothing that says when": ((FIVES, {}), (FIVES | {"concurrencyPolicy": "Replace"}, {}), [5, 10, 15]),
}


class Story:
    """One CronWorkflow, and a tick at the third second of each minute."""

    def __init__(self, given, *, warm: bool) -> None:
        self.model = Model(now=TEN.replace(second=20))
        self.memory = tick.Memory(Calendars(Clock())) if warm else None
        self.manifest = manifest(*given)
        self._send("POST", None, self.manifest)

    def ticks(self, first: int, last: int) -> None:
        for minute in range(first, last + 1):
            self.model.now = TEN.replace(minute=minute, second=2)
            asyncio.run(tick.run(Client(self.model), Settings(), Clock(), memory=self.memory))

    @property
    def stored(self):
        (found,) = self.model.objects(CRON_WORKFLOWS)
        return copy.deepcopy(found)

    def patch(self, new) -> None:
        """``kubectl patch``: what changes, and nothing else."""
        self.model.edit(CRON_WORKFLOWS, "default", "job", changes(self.manifest, new), user="kubectl-patch")

    def apply(self, new) -> None:
        """``kubectl apply``: the manifest is noted as well."""
        patch = changes(self.manifest, new)
        patch = merge(patch, {"metadata": {"annotations": {keys.LAST_APPLIED: json.dumps(new)}}})
        self.model.edit(CRON_WORKFLOWS, "default", "job", patch, user="kubectl-client-side-apply")

    def update(self, new) -> None:
        """``kubectl edit``, or a PUT of the object as it was read."""
        self._send("PUT", "job", merge(self.stored, changes(self.manifest, new)))

    def replace(self, new) -> None:
        """``kubectl replace``: what ticks have written is gone."""
        version = self.stored["metadata"]["resourceVersion"]
        self._send("PUT", "job", merge(new, {"metadata": {"resourceVersion": version}}))

    def _send(self, verb, name, body) -> None:
        answer = self.model.do(Request(verb, CRON_WORKFLOWS.path("default", name), body=body), "kubectl")
        assert answer.status < 300, answer.body

    @property
    def ran(self) -> list[int]:
        """The minutes of all Workflows that were ever created."""
        made = [
            each.after["metadata"]["name"] for each in self.model.history.writes(WORKFLOWS) if not each.before
        ]
        return sorted(slot_of(name, "job").minute for name in made)


def manifest(spec, notes):
    metadata = {"name": "job", "namespace": "default", "annotations": dict(notes)}
    spec = {"workflowSpec": RUN, **spec}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": metadata, "spec": spec}


def changes(old, new):
    """The merge patch from one to the other."""
    patch = {key: None for key in old if key not in new}
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            if inner := changes(old[key], value):
                patch[key] = inner
        elif old.get(key) != value:
            patch[key] = value
    return patch


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("how", [Story.patch, Story.apply, Story.update, Story.replace])
@pytest.mark.parametrize("edit", EDITS)
def test_the_old_timetable_before_an_edit_the_new_one_after_it(edit, how, warm):
    before, after, expected = EDITS[edit]
    story = Story(before, warm=warm)
    story.ticks(1, 7)
    story.model.now = TEN.replace(minute=7, second=30)
    how(story, manifest(*after))
    story.ticks(8, 16)
    assert story.ran == expected


@pytest.mark.parametrize("edit", ["a zone", "another zone", "suspend: false", "an instant", "schedules"])
def test_an_edit_that_leaves_its_time_is_right_though_no_tick_came_for_minutes(edit):
    before, after, _ = EDITS[edit]
    story = Story(before, warm=False)
    story.ticks(1, 3)
    story.model.now = TEN.replace(minute=7, second=30)
    story.patch(manifest(*after))
    story.ticks(9, 9)
    expected = {"another zone": [8], "an instant": [9], "schedules": [9]}
    assert [minute for minute in story.ran if minute > 7] == expected.get(edit, [])


@pytest.mark.parametrize("how", [Story.patch, Story.update])
def test_a_warm_tick_knows_that_a_removal_came_after_the_last_one(how):
    """A tick has read it with its zone at 10:08:02, so that the slot of 10:08 lies before the edit."""
    before, after, _ = EDITS["no zone"]
    story = Story(before, warm=True)
    story.ticks(1, 8)
    story.model.now = TEN.replace(minute=8, second=20)
    how(story, manifest(*after))
    story.model.now = TEN.replace(minute=8, second=40)
    asyncio.run(tick.run(Client(story.model), Settings(), Clock(), memory=story.memory))
    assert story.ran == []
