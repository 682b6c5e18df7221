"""The tick: read, plan, apply, and nothing else. What to do is decided in ``triggerfish.cron``."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from triggerfish import annotations as keys
from triggerfish.cron.explaining.shadow import KEPT, Observation, differences
from triggerfish.cron.manifest.children import NONE, Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.cron.planning import history
from triggerfish.cron.planning.order import in_turns
from triggerfish.cron.planning.quiet import Quiet
from triggerfish.cron.planning.shard import ALL, Shard
from triggerfish.cron.planning.summary import Summary
from triggerfish.cron_function.access import Access
from triggerfish.cron_function.execution import Execution
from triggerfish.cron_function.sharing import plan_in_turns
from triggerfish.errors import ApiError, KubeError, Unanswered
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.workers import each
from triggerfish.settings import Settings
from triggerfish.workflows import labels
from triggerfish.workflows.objects import Json

_in_flight = 64
_microseconds = 999_999
_minute = timedelta(minutes=1)
_lead = timedelta(seconds=2)


@dataclass(slots=True)
class Memory:
    """What a warm instance need not do again: it serves one shard of one cluster.

    A CronWorkflow as it was parsed is good for as long as its ``resourceVersion`` stands; one in
    ``calendared`` for as long as the texts of its calendars do, too. ``told`` is up to
    when the slots of one that rests have been told, ``ticked`` the time of the last tick and ``read`` when it
    had read, ``observed`` what the last ones saw (``MODE=shadow``).
    """

    calendars: Calendars
    parsed: dict[str, CronWorkflow] = field(default_factory=dict)
    calendared: dict[str, tuple[CronWorkflow, Mapping[str, str]]] = field(default_factory=dict)
    quiet: dict[str, Quiet] = field(default_factory=dict)
    told: dict[str, datetime] = field(default_factory=dict)
    ticked: datetime | None = None
    read: datetime | None = None
    observed: dict[str, deque[Observation]] = field(default_factory=dict)

    async def parse(self, body: Json, access: Access) -> CronWorkflow:
        """The CronWorkflow in this JSON."""
        metadata = body["metadata"]
        if Timetable.calendars(body):
            texts = await access.calendars_of(body)
            earlier = self.calendared.get(metadata["uid"])
            if earlier and earlier[0].version == metadata["resourceVersion"] and earlier[1] == texts:
                return earlier[0]
            found = await access.read(body, texts)
            if earlier and self.read:
                found = found.read_after(earlier[0], self.read)
            self.calendared[found.uid] = found, texts
            return found
        known = self.parsed.get(metadata["uid"])
        if known is None or known.version != metadata["resourceVersion"]:
            earlier_one, known = known, CronWorkflow.of(body, access.rules, earlier=known)
            if earlier_one and self.read:
                known = known.read_after(earlier_one, self.read)
            self.parsed[known.uid] = known
        return known

    def keep(self, crons: Iterable[CronWorkflow], read: datetime) -> None:
        """Forget all others; they were read at that time."""
        self.read = read
        self.parsed = {cron.uid: cron for cron in crons}
        self.calendared = {uid: known for uid, known in self.calendared.items() if uid in self.parsed}
        self.observed = {uid: seen for uid, seen in self.observed.items() if uid in self.parsed}
        self.quiet = {uid: quiet for uid, quiet in self.quiet.items() if uid in self.parsed}
        self.told = {uid: until for uid, until in self.told.items() if uid in self.parsed}

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


async def run(
    client: Client,
    settings: Settings,
    clock: Clock,
    *,
    shard: Shard = ALL,
    memory: Memory | None = None,
) -> Summary:
    """One tick over the CronWorkflows of this shard. A ``KubeError`` says that they could not even be read.

    ``memory`` is what the instance remembers of earlier ticks of this shard.
    """
    with _uncollected():
        return await _run(client, settings, clock, shard, memory or Memory(Calendars(clock)))


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: what a tick makes it needs to its end, so a search finds nothing.

    It would cost a tick that starts a thousand runs a fifth of its processor time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _run(client: Client, settings: Settings, clock: Clock, shard: Shard, memory: Memory) -> Summary:
    ends = clock.monotonic() + settings.tick_deadline_seconds
    access = Access(client, clock, ends, Rules.of(settings), memory.calendars)
    namespace = settings.managed_namespace or None
    crons, unread, read_at, skew = await _read_crons(access, settings, shard, memory)
    now = await _on_the_minute(clock, read_at)
    children = await access.children(namespace, keys.CRON_WORKFLOW)
    summary = Summary(now, evaluated=len(crons), skew=skew.total_seconds())
    for key, problem in unread.items():
        summary.break_off(key, problem)
    # Two ticks of one second must not take each other's claims for their own.
    by = now + timedelta(microseconds=1 + int(clock.jitter() * (_microseconds - 1)))

    shadowing = settings.mode == "shadow"

    def execution_of(cron: CronWorkflow) -> Execution | None:
        """What there is to do for one CronWorkflow; None for nothing."""
        family = children.get(cron.uid, NONE)
        quiet = memory.quiet.get(cron.uid)
        if quiet and not shadowing and quiet.lasts(cron, family, now):
            summary.expect(cron, quiet.coming)
            return None
        try:
            execution = Execution(access, by, summary, cron, family, memory.told_until(cron, now), read_at)
            if shadowing:
                observed = memory.observed.setdefault(cron.uid, deque(maxlen=KEPT))
                summary.entries += differences(execution.plan.situation, tuple(observed))
                observed.append(Observation(now, cron, family))
                return None
            if not execution.idle:
                return execution
        except Exception as error:  # one that cannot be planned must not stop the others
            summary.break_off(cron.key, error)
            return None
        memory.note_told(execution, now)
        if quiet := Quiet.after(execution.plan):
            memory.quiet[cron.uid] = quiet
        return None

    executions: list[Execution] = []
    planned: asyncio.Queue[Execution | None] = asyncio.Queue()

    def plan(cron: CronWorkflow) -> None:
        if clock.monotonic() >= ends:
            summary.break_off(cron.key, Unanswered("the tick ran out of time"))
        elif execution := execution_of(cron):
            executions.append(execution)
            planned.put_nowait(execution)

    async def plan_all() -> None:
        share = settings.tick_deadline_seconds / 4
        await plan_in_turns(in_turns(crons, now), plan, clock, share=share)
        for _ in range(_in_flight):
            planned.put_nowait(None)

    async def begin_planned() -> None:
        while execution := await planned.get():
            await begin(execution)

    async def begin(execution: Execution) -> None:
        await execution.guarded(execution.begin)

    async def finish(execution: Execution) -> None:
        if not execution.failed:
            await execution.guarded(execution.finish)
        memory.note_told(execution, now)

    # Creates of all CronWorkflows go first: a slot should not wait for another's record.
    async with asyncio.TaskGroup() as group:
        group.create_task(plan_all())
        for _ in range(_in_flight):
            group.create_task(begin_planned())
    await each(executions, finish, at_once=_in_flight)
    if not shadowing:
        await _release_orphans(access, crons, children, shard, summary)
    memory.ticked = now
    summary.complete = not summary.left
    return summary


async def _read_crons(
    access: Access, settings: Settings, shard: Shard, memory: Memory
) -> tuple[list[CronWorkflow], dict[str, Exception], datetime, timedelta]:
    """Those of this shard, those that cannot be read, the API server's time at first, our clock less its."""
    selector, namespace = labels.selector(settings.instance_id), settings.managed_namespace or None

    async def read() -> tuple[list[CronWorkflow], dict[str, Exception], datetime, timedelta]:
        crons: list[CronWorkflow] = []
        unread: dict[str, Exception] = {}
        date = ours = None
        async for page in access.client.pages(CRON_WORKFLOWS, namespace, labels=selector):
            ours = ours or access.clock.now()
            date = date or page.date
            for body in page.items:
                key = body["metadata"]["namespace"], body["metadata"]["name"]
                if not shard.holds(*key):
                    continue
                try:
                    crons.append(await memory.parse(body, access))
                except Exception as error:  # nor one that cannot be read
                    unread["/".join(key)] = error
        ours = ours or access.clock.now()
        now = date or ours.replace(microsecond=0)
        return crons, unread, now, ours - now

    crons, unread, now, skew = await access.whole(read)
    memory.keep(crons, now)
    return crons, unread, now, skew


async def _on_the_minute(clock: Clock, now: datetime) -> datetime:
    """The full minute, waited for, when ``now`` is just before it; else ``now``.

    A scheduler that calls on the minute may be a moment ahead of the API server, whose times are cut to
    seconds: without this, the slot of that minute would wait for the next tick.
    """
    left = _minute - timedelta(seconds=now.second)
    if left > _lead:
        return now
    await clock.sleep(left.total_seconds())
    return now + left


async def _release_orphans(
    access: Access,
    crons: Iterable[CronWorkflow],
    children: Mapping[str, Children],
    shard: Shard,
    summary: Summary,
) -> None:
    """A finalizer whose CronWorkflow is gone has nobody to serve."""
    known = {cron.uid for cron in crons}
    held = [child for uid, family in children.items() if uid not in known for child in family if child.held]

    async def free(child: Child) -> None:
        try:
            if await _is_gone(access, child):
                body = history.release(child).body
                await access.call(lambda: access.client.patch(WORKFLOWS, child.namespace, child.name, body))
        except KubeError as error:
            if not (isinstance(error, ApiError) and error.status in (404, 409)):
                summary.fail(f"{child.namespace}/{child.cron}", error)

    await each(
        [child for child in held if shard.holds(child.namespace, child.cron)], free, at_once=_in_flight
    )


async def _is_gone(access: Access, child: Child) -> bool:
    """Whether the child's CronWorkflow is: it may only be another instance's."""
    try:
        owner = await access.call(lambda: access.client.get(CRON_WORKFLOWS, child.namespace, child.cron))
    except ApiError as error:
        if error.status == 404:
            return True
        raise
    return bool(owner["metadata"]["uid"] != child.owner)
