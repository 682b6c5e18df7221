"""One CronWorkflow's way through a tick: its plan carried out call by call, planned again on a conflict."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.merging import End
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.planning import history, record, remembering
from triggerfish.cron.planning.actions import Closed, Created, CreateRefused, Result, Unfinished
from triggerfish.cron.planning.due import Due
from triggerfish.cron.planning.plan import plan
from triggerfish.cron.planning.reasons import Skip, SkipReason
from triggerfish.cron.planning.steps import Plan
from triggerfish.cron.planning.summary import Entry, Summary
from triggerfish.cron_function import creation
from triggerfish.cron_function.access import Access
from triggerfish.cron_function.tidying import tidy, unless_gone
from triggerfish.errors import ApiError, KubeError, SpecError, Unanswered
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.workflows.endings import TERMINATE
from triggerfish.workflows.objects import Json

# Owns what ticks record: an entry of ``managedFields`` has one time for all that its manager writes.
MANAGER = "triggerfish-cron"
_plans_after_conflict = 3


class Conflict(Exception):  # noqa: N818  what it says is the state, not a fault
    """The CronWorkflow is not what the plan was made for."""


@dataclass(slots=True)
class Execution:
    """``begin`` starts what is to be started, ``finish`` records it: first all begin, then all finish.

    Slots that pass while the CronWorkflow rests are told if they were due after ``told_until``. It was read
    at ``read_at``.
    """

    access: Access
    by: datetime
    summary: Summary
    cron: CronWorkflow
    children: Children
    told_until: datetime
    read_at: datetime
    plan: Plan = field(init=False)
    results: dict[datetime, Result] = field(default_factory=dict)
    told: dict[datetime, Entry] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    conflicts: int = 0
    failed: bool = False
    due: Due = field(init=False)

    def __post_init__(self) -> None:
        self.look()
        self.due = self.plan.due
        for doubt in self.plan.doubts:
            self.summary.note(Entry("corrected", self.cron.key, detail=doubt))

    def look(self, problem: SpecError | None = None) -> None:
        """Plan for what the CronWorkflow and its children now are; ``problem`` is one of its templates."""
        made = plan(self.cron, self.children, self.summary.now, self.access.rules, self.by, problem)
        self.plan = replace(made, ends=self.ends) if self.ends else made
        for skip in self.plan.skips:
            if not skip.reason.rests or self._is_news(skip.slot):
                self._tell(skip.slot, Entry.skipped(self.cron.key, skip))

    @property
    def idle(self) -> bool:
        """Nothing to start and nothing to write."""
        made, state = self.plan, self.cron.recorded
        return not (
            made.start.slots
            or made.terminate
            or made.again
            or record.patch(made, {})
            or history.releases(made, state)
            or history.over_limit(made, state)
        )

    def note_told(self) -> None:
        """Add to the summary what came due, what became of it, and what is due next."""
        due, summary, timetable = self.due, self.summary, self.cron.spec.timetable
        if self.plan.findings.rests:
            summary.due += sum(slot.due > self.told_until for slot in due.candidates)
        else:
            summary.due += len(due.candidates) + len(due.skips)
        coming = due.coming
        if due and timetable and (slot := timetable.coming(summary.now)[0]):
            coming = slot.due
        summary.expect(self.cron, coming)
        summary.entries += self.told.values()
        for entry in self.told.values():
            if entry.reason is SkipReason.TOO_COSTLY:
                summary.costly[self.cron.key] = self.cron.uid, entry.detail

    async def guarded(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do one step. A CronWorkflow that fails is never in another's way."""
        try:
            await step()
        except KubeError as error:
            self.failed = True
            self._tell_results(str(error))
            # The CronWorkflow may have been deleted meanwhile: then there is nothing left to do.
            if not (isinstance(error, ApiError) and error.status == 404):
                self.summary.fail(self.cron.key, error)
        except Exception as error:  # whatever is wrong in here, the neighbours run
            self.failed = True
            self.summary.break_off(self.cron.key, error)

    async def begin(self) -> None:
        """Validate, claim, terminate, create."""
        if (self.plan.due or self.plan.start.slots) and (problem := await self.access.problem(self.cron)):
            self.look(problem)
        while self.plan.claim or self._may_have_run:
            try:
                if self.plan.claim:
                    answer = await self._patch(self.plan.claim.body)
                    self.plan = self.plan.claimed(answer["metadata"]["resourceVersion"])
                else:
                    await self._look_once_more()
            except Conflict:
                await self._plan_again()
            else:
                break
        templates, undecided = self.access.templates, self.cron.spec.exact is None
        if (
            self.plan.start.slots
            and undecided
            and await templates.is_short_lived(self.cron, self.access.rules)
        ):
            self.plan = replace(self.plan, exact=True)
        for running in self.plan.terminate:
            request = partial(self.access.patch_child, self.cron.namespace, running.name, TERMINATE)
            if await unless_gone(request):
                self.summary.note(Entry("terminated", self.cron.key, child=running.name))
        for create in self.plan.creates:
            result = self.results[create.slot] = await creation.create(self.access, self.cron, create)
            if isinstance(result, Created) and not result.existed:
                self.summary.started(create.slot, self.access.clock.now())
                self._tell(create.slot, Entry("created", self.cron.key, create.slot, child=create.name))
            if isinstance(result, Unfinished):
                # Slots are recorded in order, so those after this one wait as well.
                self.summary.retry = True
                break
        self._tell_results()

    async def finish(self) -> None:
        """Record, then tidy up."""
        while True:
            patch = record.patch(self.plan, self.results)
            if patch and (untold := remembering.untold(self.plan)):
                await self._ask(untold)
                patch = record.patch(self.plan, self.results)
            # For what there is to tidy up, the record must be known to stand as it was meant.
            untidy = history.waits(self.cron.spec, self.plan.situation.children)
            state = self.plan.recorded
            try:
                if patch and untidy:
                    state = RecordedState.of(await self._patch(patch.body, whole=True))
                elif patch:
                    await self._patch(patch.body)
            except Conflict:
                await self._plan_again()
                await self.begin()
                continue
            stuck = any(isinstance(result, Unfinished) for result in self.results.values())
            if stuck or not self.plan.again:
                break
            await self._read_again()
            await self.begin()
        if untidy:
            await tidy(self.access, self.plan, state, self.summary)

    async def _ask(self, failed: Iterable[Child]) -> None:
        """How these runs have failed: the lists of metadata say no more than that they did."""
        for child in failed:
            self.ends[child.uid] = await creation.end(self.access, child)
        self.plan = replace(self.plan, ends=self.ends)

    async def _plan_again(self) -> None:
        self.conflicts += 1
        if self.conflicts > _plans_after_conflict:
            raise Unanswered(f"{self.cron.key} changed {self.conflicts} times while it was planned")
        await self._read_again()

    async def _read_again(self) -> None:
        """In the tick's own order: the CronWorkflow first, its children second."""
        fresh = await self.access.parse(await self._current())
        self.cron = fresh.read_after(self.cron, self.read_at)
        self.children = await self.access.children_of(self.cron)
        self.results = {}
        self.look(await self.access.problem(self.cron))

    @property
    def _may_have_run(self) -> bool:
        """Return whether a child of ours may have been recorded and deleted between the two lists.

        A claim would tell. Without one: no tick deletes a child, or lets one go, that is younger than a
        tick's life, so only a slot older than that is in doubt.
        """
        timetable = self.cron.spec.timetable
        if timetable is None or self.plan.held:
            return False
        now = self.access.clock.now() - timedelta(seconds=self.summary.skew)
        return any(timetable.due(slot) <= now - self.access.rules.life for slot in self.plan.start.slots)

    async def _look_once_more(self) -> None:
        """Nothing was recorded up to now, so no child was deleted before its slot was decided."""
        if (await self._current())["metadata"]["resourceVersion"] != self.cron.version:
            raise Conflict

    async def _current(self) -> Json:
        """The CronWorkflow as it now is."""
        return await self.access.current(self.cron.namespace, self.cron.name)

    def _is_news(self, slot: datetime) -> bool:
        """Return whether no earlier tick of this process has told of a slot that passed without a record."""
        timetable = self.cron.spec.timetable
        return timetable is None or timetable.due(slot) > self.told_until

    def _tell(self, slot: datetime, entry: Entry) -> None:
        """What became of a slot; the later plan is right, but a child that was made stays made."""
        if slot not in self.told or self.told[slot].what != "created":
            self.told[slot] = entry

    def _tell_results(self, problem: str = "") -> None:
        for slot in self.plan.start.slots:
            match self.results.get(slot, Unfinished(problem)):
                case CreateRefused(message):
                    self._tell(slot, Entry("failed", self.cron.key, slot, SkipReason.REFUSED, message))
                case Closed(message):
                    skip = Skip(slot, SkipReason.DELETING, message)
                    self._tell(slot, Entry.skipped(self.cron.key, skip))
                case Unfinished(problem):
                    skip = Skip(slot, SkipReason.OUT_OF_TIME, problem)
                    self._tell(slot, Entry.skipped(self.cron.key, skip))
                case Created():
                    # Made by somebody else: not ours to tell, and no reason to tell anything else.
                    if slot in self.told and self.told[slot].what != "created":
                        del self.told[slot]

    async def _patch(self, body: Json, *, whole: bool = False) -> Json:
        """Its metadata after that patch, or the ``whole`` of it: the answer may be long."""
        patch = partial(
            self.access.client.patch,
            CRON_WORKFLOWS,
            self.cron.namespace,
            self.cron.name,
            body,
            manager=MANAGER,
            metadata_only=not whole,
        )
        try:
            return await self.access.call(patch)
        except ApiError as error:
            if error.status == 409:
                raise Conflict from None
            raise
