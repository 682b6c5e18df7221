"""One tick's work on each CronWorkflow: planned in turns, carried out beside those of other namespaces."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import orjson

from triggerfish.cron.explaining.shadow import KEPT, Observation, differences
from triggerfish.cron.manifest.children import NONE, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.planning.asleep import Asleep
from triggerfish.cron.planning.health import trouble
from triggerfish.cron.planning.order import in_turns
from triggerfish.cron.planning.quiet import Quiet
from triggerfish.cron.planning.summary import Summary
from triggerfish.cron_function.access import Access
from triggerfish.cron_function.execution import Execution
from triggerfish.cron_function.memory import Deferred, Listed, Memory
from triggerfish.cron_function.sharing import plan_in_turns
from triggerfish.errors import ApiError, Unanswered
from triggerfish.runtime.shares import Shares
from triggerfish.workflows.objects import Json

in_flight = 64
#: CronWorkflows that are read in their turn, at once: each may be large.
_read_at_once = 2


@dataclass(slots=True)
class Decider:
    """Decides about CronWorkflows at ``summary.now``, and does it.

    ``by`` names this tick in its claims; ``read_at`` is when they were listed, ``share`` how many seconds of
    planning a namespace has before all others. ``shadowing``: only say what it would do.
    """

    access: Access
    memory: Memory
    summary: Summary
    children: Mapping[str, Children]
    by: datetime
    read_at: datetime
    share: float
    shadowing: bool
    _work: Shares = field(init=False, default_factory=lambda: Shares(in_flight))
    _readings: Shares = field(init=False, default_factory=lambda: Shares(_read_at_once))

    async def decide(self, crons: Iterable[Listed]) -> None:
        """Plan for each, create what is due, record it. A slot does not wait for another's record."""
        async with self._work, self._readings:
            ordered = in_turns(crons, self.summary.now)
            await plan_in_turns(ordered, self._plan, self.access.clock, share=self.share)

    def _plan(self, cron: Listed) -> None:
        if self.access.clock.monotonic() >= self.access.ends:
            self.summary.break_off(cron.key, Unanswered("the tick ran out of time"))
        elif isinstance(cron, Asleep):
            self._look_at(cron, self.children.get(cron.uid, NONE))
        elif not _may_have_changed(cron) and (quiet := self._quiet(cron)):
            self.summary.wait_for(quiet.coming)
            if quiet.trouble:
                self.summary.unwell(cron.namespace, quiet.trouble)
        elif isinstance(cron, Deferred):
            self._readings.put(cron.namespace, partial(self._read, cron))
        elif execution := self._execution(cron, self.children.get(cron.uid, NONE)):
            self._work.put(cron.namespace, partial(self._begin, execution))

    def _look_at(self, cron: Asleep, family: Children) -> None:
        """One that sleeps, unless its children wake it: then it is read again."""
        if not cron.lasts(family, self.summary.now):
            self._readings.put(cron.namespace, partial(self._read, self.memory.wake(cron)))
            return
        self.summary.wait_for(cron.coming)
        if trouble_found := cron.trouble(family):
            self.summary.unwell(cron.namespace, trouble_found)

    def _quiet(self, cron: Listed) -> Quiet | None:
        quiet = self.memory.quiet.get(cron.uid)
        lasts = quiet and quiet.lasts(cron.version, self.children.get(cron.uid, NONE), self.summary.now)
        return quiet if lasts and not self.shadowing else None

    def _execution(self, cron: CronWorkflow, family: Children, *, kept: bool = True) -> Execution | None:
        """What there is to do for one CronWorkflow; None for nothing. ``kept``: it may be remembered."""
        now, memory, summary = self.summary.now, self.memory, self.summary
        try:
            told = memory.told_until(cron, now)
            execution = Execution(self.access, self.by, summary, cron, family, told, self.read_at)
            if self.shadowing:
                observed = memory.observed.get(cron.uid) or deque(maxlen=KEPT)
                summary.entries += differences(execution.plan.situation, tuple(observed))
                if kept:
                    memory.observed[cron.uid] = observed
                    observed.append(Observation(now, cron, family))
                return None
            if not execution.idle:
                return execution
        except Exception as error:  # one that cannot be planned must not stop the others
            summary.break_off(cron.key, error)
            return None
        memory.note_told(execution, now)
        self._note_trouble(execution)
        if quiet := Quiet.after(execution.plan):
            memory.quiet[cron.uid] = quiet
        return None

    async def _begin(self, execution: Execution) -> None:
        await execution.guarded(execution.begin)
        self._work.put(execution.cron.namespace, partial(self._finish, execution), last=True)

    async def _finish(self, execution: Execution) -> None:
        if not execution.failed:
            await execution.guarded(execution.finish)
        self.memory.note_told(execution, self.summary.now)
        self._note_trouble(execution)

    def _note_trouble(self, execution: Execution) -> None:
        if found := trouble(execution.plan):
            self.summary.unwell(execution.cron.namespace, found)

    # -- those that are read in their turn -----------------------------------------------------------

    async def _read(self, late: Deferred) -> None:
        """Read one, and decide; a large one is done here to its end, so that few are in memory at once."""
        try:
            body = await self._body(late)
            cron = self.memory.note_read(late, await self.access.parse(body), body)
            del body
            family = self.children.get(late.uid, NONE)
            if (cron.uid, cron.version) != (late.uid, late.version):
                family = await self.access.children_of(cron)
            execution = self._execution(cron, family, kept=late.source is not None)
        except Exception as error:  # whatever is wrong with it, the neighbours run
            # It may have been deleted meanwhile.
            if not (isinstance(error, ApiError) and error.status == 404):
                self.summary.break_off(late.key, error)
            return
        if execution and late.source is not None:
            self._work.put(late.namespace, partial(self._begin, execution))
        elif execution:
            await execution.guarded(execution.begin)
            await self._finish(execution)

    async def _body(self, late: Deferred) -> Json:
        if late.source is None:
            return await self.access.current(late.namespace, late.name)
        body: Json = orjson.loads(late.source)
        return body


def _may_have_changed(cron: Listed) -> bool:
    """Whether its calendars must be asked for: another slot may come before the one that is waited for."""
    return isinstance(cron, Deferred) and cron.source is not None
