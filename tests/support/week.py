"""CronWorkflows ticked every minute: by the planner against a model, and by a plain reference.

The reference shares nothing with the planner: it reads schedules field by field, minute by minute, keeps
lists, and follows the contract's order of one run. Both give a journal: what happened at each tick.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.planning import history, record
from triggerfish.cron.planning.actions import Created, Result
from triggerfish.cron.planning.plan import plan
from triggerfish.cron.planning.steps import Plan
from triggerfish.workflows.objects import Json

MINUTE = timedelta(minutes=1)
# The scheduler calls a few seconds after the minute.
LATE = timedelta(seconds=5)
# A short record: how long one is kept is shown elsewhere, and a long one takes half of the time here.
RULES = Rules(record_bytes=1024)


@dataclass(frozen=True)
class Case:
    """A CronWorkflow, told to both sides: ``edits`` switch ``suspend`` a moment before some ticks."""

    name: str
    schedules: tuple[str, ...]
    zone: str = ""
    policy: str = "Allow"
    minutes: int = 3
    kept: tuple[int, int] = (3, 1)
    exclude: str = ""
    pause_after: int = 0
    stop_after: int = 0
    when_none_failed: bool = False
    edits: tuple[tuple[datetime, bool], ...] = ()

    def life(self, name: str) -> tuple[timedelta, str]:
        """How long a child runs and how it ends: by chance, but by its name."""
        digest = hashlib.sha256(name.encode()).digest()
        return timedelta(minutes=2 + digest[0] % self.minutes), "Failed" if digest[1] < 50 else "Succeeded"


@dataclass
class Entry:
    """What a tick did for one CronWorkflow, and how it then stood."""

    started: list[str] = field(default_factory=list)
    skipped: list[tuple[datetime, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    succeeded: int = 0
    failed: int = 0
    active: list[str] = field(default_factory=list)
    phase: str = ""
    scheduled: datetime | None = None


def ticks(start: datetime, count: int) -> Iterator[datetime]:
    """Every minute from ``start`` on, each a little late."""
    return (start + minute * MINUTE + LATE for minute in range(count))


class Planned:
    """One CronWorkflow and its Workflows as JSON, and the planner's plans carried out on them."""

    def __init__(self, case: Case, start: datetime) -> None:
        self.case, self.version = case, 1
        self.workflows: dict[str, Json] = {}
        self.ends: dict[str, tuple[datetime, str]] = {}
        self.read: dict[str, Child] = {}
        self.told: set[datetime] = set()
        self.edits = dict(case.edits)
        notes = {"triggerfish.dev/exclude": case.exclude, "triggerfish.dev/pause-after-failures": ""}
        if case.pause_after:
            notes["triggerfish.dev/pause-after-failures"] = str(case.pause_after)
        spec: Json = {
            "schedules": list(case.schedules),
            "timezone": case.zone,
            "concurrencyPolicy": case.policy,
            "successfulJobsHistoryLimit": case.kept[0],
            "failedJobsHistoryLimit": case.kept[1],
            "workflowSpec": {},
        }
        if case.stop_after:
            spec["stopStrategy"] = {"expression": f"cronworkflow.failed >= {case.stop_after}"}
        if case.when_none_failed:
            spec["when"] = "{{= cronworkflow.failed == 0 }}"
        self.body: Json = {
            "metadata": {
                "name": case.name,
                "namespace": "team",
                "uid": case.name,
                "resourceVersion": "1",
                "creationTimestamp": stamp(start - LATE),
                "annotations": {key: value for key, value in notes.items() if value},
            },
            "spec": spec,
        }
        self._read()
        self.children = Children()
        self.plans = 0

    def _read(self) -> None:
        self.cron = CronWorkflow.of(self.body, RULES)

    def _patch(self, body: Json) -> None:
        assert body["metadata"]["resourceVersion"] == str(self.version)
        self.version += 1
        self.body = merged(self.body, body)
        self.body["metadata"]["resourceVersion"] = str(self.version)
        self._read()

    def _edit(self, now: datetime) -> None:
        for at in [at for at in self.edits if at <= now]:
            entry = {"time": stamp(at), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
            self.body["metadata"]["managedFields"] = [entry]
            self.body["spec"]["suspend"] = self.edits.pop(at)
            self.version += 1
            self.body["metadata"]["resourceVersion"] = str(self.version)
            self._read()

    def _look(self, *changed: str) -> None:
        for name in changed:
            child = Child.of(self.workflows[name]) if name in self.workflows else None
            if child:
                self.read[name] = child
            else:
                del self.read[name]
        self.children = Children(self.read.values())

    def tick(self, now: datetime) -> Entry:
        entry = Entry()
        self._edit(now)
        self._end(now)
        made, state = self._plan(now), self.cron.recorded
        while True:
            # What rests is not recorded, so each tick within the grace tells its slots again.
            new = [skip for skip in made.skips if skip.slot not in self.told]
            entry.skipped += [(skip.slot, skip.reason.value) for skip in new]
            self.told |= {skip.slot for skip in new}
            if made.claim:
                self._patch(made.claim.body)
                made = made.claimed(str(self.version))
            for terminate in made.terminate:
                self.ends[terminate.name] = (now + timedelta(seconds=30), "Failed")
                entry.ended.append(terminate.name)
            outcomes: dict[datetime, Result] = {}
            for create in made.creates:
                outcomes[create.slot] = Created(Child.of(self._create(create.name, create.body, now)))
                entry.started.append(create.name)
            patch = record.patch(made, outcomes)
            state = made.cron.recorded
            if patch:
                self._patch(patch.body)
                state = RecordedState.of(self.body)
            if not made.again:
                break
            made = self._plan(now)
        if history.over_limit(made, state):
            finished = [each for each in self.workflows.values() if "status" in each]
            owned = history.ended_of(made.cron.uid, finished)
            for delete in history.excess(made, state, owned):
                del self.workflows[delete.name]
                entry.deleted.append(delete.name)
            self._look(*entry.deleted)
        entry.succeeded, entry.failed, entry.phase = state.succeeded, state.failed, state.phase
        entry.active = sorted(each["name"] for each in state.active)
        entry.scheduled = state.last_scheduled
        return entry

    def _plan(self, now: datetime) -> Plan:
        self.plans += 1
        return plan(self.cron, self.children, now, RULES, now + timedelta(microseconds=self.plans % 999_999))

    def _create(self, name: str, body: Json, now: datetime) -> Json:
        assert name not in self.workflows
        metadata = {**body["metadata"], "uid": name, "creationTimestamp": stamp(now), "resourceVersion": "1"}
        self.workflows[name] = {**body, "metadata": metadata}
        duration, phase = self.case.life(name)
        self.ends[name] = (now + duration, phase)
        self._look(name)
        return self.workflows[name]

    def _end(self, now: datetime) -> None:
        done = [name for name, (at, _) in self.ends.items() if at <= now]
        for name in done:
            at, phase = self.ends.pop(name)
            labels = {"workflows.argoproj.io/phase": phase, "workflows.argoproj.io/completed": "true"}
            self.workflows[name]["metadata"]["labels"] |= labels
            self.workflows[name]["status"] = {"phase": phase, "finishedAt": stamp(at)}
        if done:
            self._look(*done)


class Reference:
    """The same CronWorkflow by the contract's words alone."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.zone = ZoneInfo(case.zone or "UTC")
        self.running: dict[str, tuple[datetime, str]] = {}
        self.finished: list[tuple[datetime, str, str]] = []
        self.succeeded = self.failed = self.in_a_row = 0
        self.phase = ""
        self.scheduled: datetime | None = None
        self.suspended = False
        self.edits = dict(case.edits)

    def tick(self, now: datetime) -> Entry:
        entry = Entry()
        for at in [at for at in self.edits if at <= now]:
            self.suspended = self.edits.pop(at)
        for name, (at, phase) in sorted(self.running.items()):
            if at <= now:
                del self.running[name]
                self.finished.append((at, name, phase))
                self.succeeded += phase == "Succeeded"
                self.failed += phase != "Succeeded"
                self.in_a_row = 0 if phase == "Succeeded" else self.in_a_row + 1
        slot = now - LATE
        due = self._is_slot(slot)
        if self._stops():
            self.phase = "Stopped"
        if due:
            reason = self._skip()
            if reason:
                entry.skipped.append((slot, reason))
            else:
                self._start(slot, now, entry)
        for phases, keep in ((("Succeeded",), self.case.kept[0]), (("Failed",), self.case.kept[1])):
            # A child stays until it is a minute old, and until its slot is decided; these always are.
            those = sorted((each for each in self.finished if each[2] in phases), reverse=True)
            for each in those[keep:]:
                self.finished.remove(each)
                entry.deleted.append(each[1])
        entry.succeeded, entry.failed, entry.phase = self.succeeded, self.failed, self.phase
        entry.active, entry.scheduled = sorted(self.running), self.scheduled
        return entry

    def _skip(self) -> str:
        case = self.case
        if self.suspended:
            return "suspended"
        if self.phase == "Stopped":
            return "stopped"
        if case.pause_after and self.in_a_row >= case.pause_after:
            return "paused"
        if case.when_none_failed and self.failed:
            return "condition-false"
        if case.policy == "Forbid" and self.running:
            return "forbid"
        return ""

    def _stops(self) -> bool:
        return bool(self.case.stop_after) and self.failed >= self.case.stop_after

    def _start(self, slot: datetime, now: datetime, entry: Entry) -> None:
        name = f"{self.case.name}-{int(slot.timestamp())}"
        if self.case.policy == "Replace":
            for other in sorted(self.running):
                self.running[other] = (now + timedelta(seconds=30), "Failed")
                entry.ended.append(other)
        duration, phase = self.case.life(name)
        self.running[name] = (now + duration, phase)
        entry.started.append(name)
        self.phase, self.scheduled = "Active", slot

    def _is_slot(self, at: datetime) -> bool:
        local = at.astimezone(self.zone)
        if self.case.exclude and local.date().isoformat() == self.case.exclude:
            return False
        return any(matches(schedule, local) for schedule in self.case.schedules)


@cache
def _slot_minutes(schedules: tuple[str, ...], zone: str, start: datetime, count: int) -> frozenset[int]:
    info = ZoneInfo(zone or "UTC")
    local = ((minute, (start + minute * MINUTE).astimezone(info)) for minute in range(count))
    return frozenset(minute for minute, at in local if any(matches(each, at) for each in schedules))


def slot_minutes(case: Case, start: datetime, count: int) -> set[int]:
    """Which minutes from ``start`` on fit a schedule, before anything holds them back."""
    return set(_slot_minutes(case.schedules, case.zone, start, count))


def matches(schedule: str, local: datetime) -> bool:
    """Whether the five fields fit: numbers, ranges, lists, stars and steps alone."""
    minute, hour, day, month, weekday = schedule.split()
    on_day, on_weekday = fits(day, local.day, 1), fits(weekday, local.isoweekday() % 7, 0)
    both = "*" in (day, weekday)
    return (
        fits(minute, local.minute, 0)
        and fits(hour, local.hour, 0)
        and fits(month, local.month, 1)
        and (on_day and on_weekday if both else on_day or on_weekday)
    )


def fits(text: str, value: int, least: int) -> bool:
    """Whether one field allows the value."""
    for part in text.split(","):
        span, _, step = part.partition("/")
        low, dash, high = span.partition("-")
        first = least if low == "*" else int(low)
        last = 99 if low == "*" or (step and not dash) else int(high or low)
        if first <= value <= last and (value - first) % int(step or 1) == 0:
            return True
    return False


def merged(target: Json, patch: Json) -> Json:
    """JSON merge patch (RFC 7386)."""
    result = dict(target)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(result.get(key) or {}, value)
        else:
            result[key] = value
    return result


def stamp(at: datetime) -> str:
    """RFC 3339, as Kubernetes writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


SCHEDULES = (
    (("* * * * *",), ""),
    (("*/5 * * * *",), "Europe/Berlin"),
    (("*/15 8-18 * * 1-5", "30 2 * * *"), "Europe/Berlin"),
    (("0 * * * *",), "America/New_York"),
    (("7 */2 * * *", "37 */3 * * *"), "Asia/Kathmandu"),
    (("30 2 * * *", "30 1 * * *"), "Europe/London"),
    (("0,1,2,3 9 * * 0",), "Africa/Johannesburg"),
    (("*/2 0-5 25,26 10 *",), "Europe/Paris"),
    (("15 10 24 * 2",), ""),
    (("3-59/7 * * * *",), "America/St_Johns"),
)


def cases(start: datetime) -> list[Case]:
    """Fifty: each schedule with each policy, and with each of the things that hold runs back."""
    noon = start + timedelta(days=2, hours=12, seconds=-20)
    made = []
    for index, (schedules, zone) in enumerate(SCHEDULES):
        given: Json = {"schedules": schedules, "zone": zone}
        made += [
            Case(f"allow-{index}", **given, minutes=4, kept=(5, 2)),
            Case(f"forbid-{index}", **given, policy="Forbid", minutes=9),
            Case(f"replace-{index}", **given, policy="Replace", minutes=30, kept=(1, 1)),
            Case(f"rests-{index}", **given, edits=((noon, True), (noon + timedelta(days=1, hours=3), False))),
            _held_back(index, given, (start + timedelta(days=3)).date().isoformat()),
        ]
    return made


def _held_back(index: int, given: Json, day: str) -> Case:
    """In turn: a day excluded, a pause after failures, a stop strategy, a condition."""
    match index % 4:
        case 0:
            return Case(f"pauses-{index}", **given, policy="Forbid", pause_after=3)
        case 1:
            return Case(f"excluded-{index}", **given, exclude=day)
        case 2:
            return Case(f"stops-{index}", **given, stop_after=4)
    return Case(f"when-{index}", **given, when_none_failed=True)
