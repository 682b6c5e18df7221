"""A plan: what is decided about one CronWorkflow, the calls that follow, and the record of what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from triggerfish.cron.actions import (
    Create,
    Created,
    Delete,
    Outcome,
    Patch,
    Refused,
    Release,
    Terminate,
    Unfinished,
)
from triggerfish.cron.manifest import recorded as ledger
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.decisions import RAN, Decision, append
from triggerfish.cron.manifest.marks import Claim, Seen
from triggerfish.cron.manifest.recorded import Books
from triggerfish.cron.manifest.spec import Policy
from triggerfish.cron.planning import concurrency, history
from triggerfish.cron.planning.concurrency import Start
from triggerfish.cron.planning.due import Due, floor
from triggerfish.cron.planning.gates import Verdict
from triggerfish.cron.planning.reconcile import Unrecorded, reconciled
from triggerfish.cron.reasons import Skip, SkipReason
from triggerfish.workflows import scheduled
from triggerfish.workflows.objects import Json

_unfinished = Unfinished()


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision about one CronWorkflow may look at. ``by`` is this tick's mark in its claims."""

    cron: CronWorkflow
    children: Children
    now: datetime
    rules: Rules
    by: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """In this order: ``claim``, ``terminate``, ``creates``, ``record`` of what came of them, then tidying.

    ``start`` and ``skips`` say what becomes of the due slots, ``ran`` which have a child that no patch has
    noted. ``settles`` is the claim that the record clears; ``held`` that it
    is written, as ``version``. Slots due up to ``until`` are decided. ``again``:
    once this is recorded, there is more to decide.
    """

    situation: Situation
    opening: Books
    due: Due
    verdict: Verdict
    ran: tuple[datetime, ...] = ()
    start: Start = field(default_factory=Start)
    skips: tuple[Skip, ...] = ()
    claim: Patch | None = None
    held: Claim | None = None
    version: str = ""
    settles: Claim | None = None
    until: datetime | None = None
    again: bool = False

    @property
    def cron(self) -> CronWorkflow:
        """Whose plan it is."""
        return self.situation.cron

    @property
    def terminate(self) -> tuple[Terminate, ...]:
        """Children to end before any is created."""
        running = {child.name for child in self.start.terminate}
        if self.cron.spec.policy is Policy.REPLACE:
            running |= {child.name for child in concurrency.replaced(self.situation.children)}
        return tuple(Terminate(name) for name in sorted(running))

    @property
    def creates(self) -> tuple[Create, ...]:
        """Children to create, oldest first."""
        if not self.start.slots:
            return ()
        body, exact = self.cron.body, self.cron.spec.exact
        instance = self.situation.rules.instance_id
        return tuple(
            Create(
                slot,
                scheduled.name(self.cron.name, slot),
                scheduled.workflow(body, slot, instance, exact=exact),
            )
            for slot in self.start.slots
        )

    def claimed(self, version: str) -> Plan:
        """The same once its claim is written, which made the CronWorkflow that ``version``."""
        return replace(self, claim=None, held=self.settles, version=version)

    @property
    def books(self) -> Books:
        """What the CronWorkflow says now, its claim included."""
        return replace(self.cron.books, claim=self.held) if self.held else self.cron.books

    def record(self, outcomes: Mapping[datetime, Outcome]) -> Patch | None:
        """The patch that records all this; None when the CronWorkflow says it already."""
        return ledger.difference(self.version or self.cron.version, self.books, self.closing(outcomes))

    def closing(self, outcomes: Mapping[datetime, Outcome]) -> Books:
        """The books after what came of the creates.

        A slot without an outcome stays open, and all after it.
        """
        open_slots = {
            slot for slot in self.start.slots if isinstance(outcomes.get(slot, _unfinished), Unfinished)
        }
        settled = self.settles if self.settles and self.settles.slot not in open_slots else None
        decided = max(
            (each for each in (self.opening.decided, self._until(open_slots)) if each is not None),
            default=None,
        )
        opening = self.opening
        if decided != opening.decided:
            opening = replace(opening, decided=decided)
        books = reconciled(
            opening,
            self.situation.children.having(_made(outcomes)),
            Unrecorded(
                self.cron.spec.timetable,
                floor(self.cron),
                decided,
                settled.slot if settled else None,
            ),
        )
        if settled:
            books = replace(books, claim=None) if books.claim else books
        elif self.held:
            books = replace(books, claim=self.held)
        timetable = self.cron.spec.timetable
        for slot in self.ran:
            if timetable and decided and timetable.due(slot) <= decided:
                books = _with_outcome(books, slot, Created(None, existed=True))
        for slot in self.start.slots:
            books = _with_outcome(books, slot, outcomes.get(slot, _unfinished))
        return self._judged(self._remembered(books, outcomes))

    def _remembered(self, books: Books, outcomes: Mapping[datetime, Outcome]) -> Books:
        """With what was decided now, and why, for people to read later."""
        now, name, limit = self.situation.now, self.cron.name, self.situation.rules.decisions
        if not limit:
            return books
        fresh = [
            Decision(slot, RAN, now, scheduled.name(name, slot))
            for slot in (*self.ran, *self.start.slots)
            if slot in self.ran or isinstance(outcomes.get(slot), Created)
        ]
        fresh += [
            Decision(slot, SkipReason.REFUSED.value, now, outcome.message)
            for slot, outcome in outcomes.items()
            if isinstance(outcome, Refused)
        ]
        fresh += [
            Decision(skip.slot, skip.reason.value, now, skip.detail)
            for skip in self.skips
            if books.decided and skip.slot <= books.decided
        ]
        if not fresh:
            return books
        return replace(books, decisions=append(books.decisions, fresh, limit=limit))

    def _until(self, open_slots: set[datetime]) -> datetime | None:
        if not open_slots:
            return self.until
        if self.cron.spec.policy is not Policy.ALLOW:
            # The slot that is open stands for those before it: they are decided with it.
            return None
        candidates = self.due.candidates
        first = min((slot.due for slot in candidates if slot.at in open_slots), default=None)
        return max((slot.due for slot in candidates if first and slot.due < first), default=None)

    def _judged(self, books: Books) -> Books:
        if books.failures_in_a_row and not self.cron.spec.pause_after:
            books = replace(books, failures_in_a_row=0)
        stopped = self.verdict.stops or books.stopped
        if stopped and not (books.completed and books.phase == ledger.STOPPED):
            books = replace(books, phase=ledger.STOPPED, completed=True)
        if self.verdict.error:
            books = books.with_condition(ledger.SPEC_ERROR, str(self.verdict.error))
        elif books.conditions and not self.verdict.leaves(books.condition(ledger.SPEC_ERROR)):
            books = books.without_condition(ledger.SPEC_ERROR)
        if books.seen and (mark := self.cron.fingerprint(books)) != books.seen.fingerprint:
            books = replace(books, seen=Seen(books.seen.since, mark))
        return books

    def releases(self, books: Books) -> tuple[Release, ...]:
        """Finalizers to take off, once ``books`` are recorded."""
        return history.releases(self.cron.spec, books, self.situation.children, self._tidy_before)

    def prunes(self, books: Books) -> bool:
        """Whether the history must be looked at in full, once ``books`` are recorded."""
        return history.over_limit(self.cron.spec, books, self.situation.children, self._tidy_before)

    def excess(self, books: Books, workflows: list[Json]) -> tuple[Delete, ...]:
        """What the history limits do not keep of these finished Workflows, in full."""
        return history.excess(self.cron.spec, books, workflows, self.cron.uid, self._tidy_before)

    @property
    def _tidy_before(self) -> datetime:
        return self.situation.now - self.situation.rules.life


def _made(outcomes: Mapping[datetime, Outcome]) -> list[Child]:
    return [each.child for each in outcomes.values() if isinstance(each, Created) and each.child]


def _with_outcome(books: Books, slot: datetime, outcome: Outcome) -> Books:
    if isinstance(outcome, Refused):
        return books.with_condition(ledger.SUBMISSION_ERROR, outcome.message)
    if not isinstance(outcome, Created):
        return books
    books = books.without_condition(ledger.SUBMISSION_ERROR)
    latest = max(slot, books.last_scheduled or slot)
    phase = books.phase if books.stopped else ledger.ACTIVE
    return replace(books, last_scheduled=latest, phase=phase)
