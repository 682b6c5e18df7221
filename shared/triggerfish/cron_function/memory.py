"""What a warm instance keeps of CronWorkflows, in bounded memory; what finds no room is read in its turn."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson

from triggerfish.cron.explaining.shadow import Observation
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.cron.planning.asleep import Asleep
from triggerfish.cron.planning.quiet import Quiet
from triggerfish.cron.schedules.exclusions import ReadEvents
from triggerfish.cron_function.execution import Execution
from triggerfish.kube.calendars import Calendars, Stamps
from triggerfish.kube.warnings import Warnings
from triggerfish.workflows.objects import Json

_minute = timedelta(minutes=1)
#: Bytes of JSON of a CronWorkflow that is kept from one tick to the next.
most_of_one = 64 << 10
#: What all of them may weigh in memory, and those of one namespace.
most_of_all, most_of_namespace = 88 << 20, 72 << 20
# What a parsed CronWorkflow weighs, without its JSON; each of its schedules; its status, by byte of JSON.
_of_each, _of_schedule, _of_status_byte, _usual_status = 4 << 10, 1 << 10, 24, 512


@dataclass(frozen=True, slots=True)
class Deferred:
    """A CronWorkflow that is read when its turn comes: it is large, or one of very many, or has calendars.

    ``source`` is its JSON, None where even that is too much to be kept.
    """

    namespace: str
    name: str
    uid: str
    version: str
    source: bytes | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"


Listed = CronWorkflow | Deferred | Asleep


@dataclass(slots=True)
class Allowance:
    """The memory that one tick may use for CronWorkflows, shared among namespaces."""

    held: Counter[str] = field(default_factory=Counter)
    total: int = 0

    def takes(self, namespace: str, weight: int) -> bool:
        """Whether there is room for that; if so, it is used up."""
        if self.total + weight > most_of_all or self.held[namespace] + weight > most_of_namespace:
            return False
        self.total += weight
        self.held[namespace] += weight
        return True


@dataclass(frozen=True, slots=True)
class _Kept:
    cron: CronWorkflow
    weight: int
    stamps: Stamps = ()


@dataclass(slots=True)
class Memory:
    """What a warm instance need not do again: it serves one shard of one cluster.

    A CronWorkflow as it was parsed is good for as long as its ``resourceVersion`` stands, and those of its
    calendars do. Of those that are ``asleep`` just that is kept; ``awake`` has the versions of those that
    were woken by their children. ``told`` is up to when the slots of one that rests have been told,
    ``ticked`` the time of the last tick, ``read`` when the last one had read, ``read_before`` the one before.
    ``observed`` is what the last ones saw (``MODE=shadow``), ``warnings`` who tells of them.
    """

    calendars: Calendars
    parsed: dict[str, _Kept] = field(default_factory=dict)
    asleep: dict[str, Asleep] = field(default_factory=dict)
    awake: dict[str, str] = field(default_factory=dict)
    large: dict[str, Deferred] = field(default_factory=dict)
    quiet: dict[str, Quiet] = field(default_factory=dict)
    told: dict[str, datetime] = field(default_factory=dict)
    ticked: datetime | None = None
    warnings: Warnings | None = None
    read: datetime | None = None
    read_before: datetime | None = None
    observed: dict[str, deque[Observation]] = field(default_factory=dict)

    def listed(self, body: Json, rules: Rules, room: Allowance, by: datetime | None = None) -> Listed:
        """The CronWorkflow in this JSON, as it stands in a list: parsed, or left for later.

        Of one that sleeps at ``by`` just that is kept; None: each is to be looked at.
        """
        metadata = body["metadata"]
        uid, version = metadata["uid"], metadata["resourceVersion"]
        slept = self.asleep.get(uid)
        may_sleep = by is not None and self.awake.get(uid) != version
        if slept and by and may_sleep and slept.version == version and by < slept.until:
            return slept
        if (large := self.large.get(uid)) and large.version == version:
            return large
        named = Timetable.calendars(body)
        known = self.parsed.get(uid)
        if known and known.cron.version == version:
            stands = not named or known.stamps == self.calendars.stamps(metadata["namespace"], named)
            if stands and room.takes(known.cron.namespace, known.weight):
                return known.cron
        source = orjson.dumps(body)
        weight = _weight(body, len(source))
        late = Deferred(metadata["namespace"], metadata["name"], uid, version)
        if len(source) > most_of_one:
            self.large[uid] = late
            return late
        if named:
            taken = room.takes(late.namespace, weight)
            return Deferred(late.namespace, late.name, uid, version, source) if taken else late
        earlier = known.cron if known and not known.stamps else None
        cron = _read_after(CronWorkflow.of(body, rules, earlier=earlier), earlier or slept, self.read)
        if by and may_sleep and (sleeps := Asleep.of(cron, by)):
            self.asleep[uid] = sleeps
            self.quiet.pop(uid, None)
            self.told.pop(uid, None)
            return sleeps
        if not room.takes(late.namespace, weight):
            return late
        self.parsed[uid] = _Kept(cron, weight)
        return cron

    def wake(self, cron: Asleep) -> Deferred:
        """At this version it does not sleep again; its JSON was not kept."""
        self.awake[cron.uid] = cron.version
        return Deferred(cron.namespace, cron.name, cron.uid, cron.version)

    def note_read(self, late: Deferred, cron: CronWorkflow, body: Json) -> CronWorkflow:
        """One that was read in its turn; it is kept if there was room for it."""
        known = self.parsed.get(late.uid)
        cron = _read_after(cron, known.cron if known else self.asleep.get(late.uid), self.read_before)
        named = Timetable.calendars(body)
        stamps = self.calendars.stamps(cron.namespace, named)
        if late.source is not None and stamps is not None and cron.uid == late.uid:
            weight = _weight(body, len(late.source)) + _weight_of_calendars(cron)
            self.parsed[cron.uid] = _Kept(cron, weight, stamps)
        return cron

    def keep(self, crons: Iterable[Listed], read: datetime) -> None:
        """Forget all others; they were read at that time."""
        self.read, self.read_before = read, self.read
        kept = {cron.uid: cron for cron in crons}
        # One that is read in its turn is not held beside that, but for its calendars.
        self.parsed = {
            uid: known
            for uid, known in self.parsed.items()
            if (cron := kept.get(uid)) is known.cron or (isinstance(cron, Deferred) and cron.source)
        }
        self.asleep = {uid: slept for uid, slept in self.asleep.items() if kept.get(uid) is slept}
        self.awake = {uid: woken for uid, woken in self.awake.items() if uid in kept}
        self.large = {uid: late for uid, late in self.large.items() if kept.get(uid) is late}
        self.observed = {uid: seen for uid, seen in self.observed.items() if uid in kept}
        self.quiet = {uid: quiet for uid, quiet in self.quiet.items() if uid in kept}
        self.told = {uid: until for uid, until in self.told.items() if uid in kept}

    def told_until(self, cron: CronWorkflow, now: datetime) -> datetime:
        """Up to when slots that nobody records have been told; a cold instance tells those of a minute."""
        return self.told.get(cron.uid) or self.ticked or now - _minute

    def note_told(self, execution: Execution, now: datetime) -> None:
        """Let it say what it has to tell, and remember that it did."""
        execution.note_told()
        if execution.plan.findings.rests:
            self.told[execution.cron.uid] = now
        else:
            self.told.pop(execution.cron.uid, None)


def _read_after(
    cron: CronWorkflow, earlier: CronWorkflow | Asleep | None, read: datetime | None
) -> CronWorkflow:
    if earlier is None or read is None:
        return cron
    return cron.edited_after(read) if isinstance(earlier, Asleep) else cron.read_after(earlier, read)


def _weight_of_calendars(cron: CronWorkflow) -> int:
    timetable = cron.spec.timetable
    found = timetable.exclusions if timetable else ()
    return sum(each.weight for each in found if isinstance(each, ReadEvents))


def _weight(body: Json, size: int) -> int:
    """About how many bytes of memory a CronWorkflow takes that has ``size`` bytes of JSON."""
    spec = body.get("spec")
    schedules = spec.get("schedules") if isinstance(spec, dict) else None
    status = len(orjson.dumps(body.get("status")))
    return (
        _of_each
        + size
        + _of_schedule * (len(schedules) if isinstance(schedules, list) else 1)
        + _of_status_byte * max(0, status - _usual_status)
    )
