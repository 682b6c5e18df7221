"""What a tick does for one CronWorkflow, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from triggerfish.cron import books as ledger
from triggerfish.cron import concurrency, history
from triggerfish.cron.actions import (
    Create,
    Created,
    Delete,
    Json,
    Outcome,
    Patch,
    Refused,
    Release,
    Terminate,
    Unfinished,
)
from triggerfish.cron.books import Books
from triggerfish.cron.children import Child, Children
from triggerfish.cron.concurrency import Start
from triggerfish.cron.decisions import RAN, Decision, append
from triggerfish.cron.due import Due, due_slots, floor
from triggerfish.cron.marks import Claim, Seen
from triggerfish.cron.model import CronWorkflow, Policy, Rules
from triggerfish.cron.reasons import Skip, SkipReason
from triggerfish.cron.reconcile import Unrecorded, reconciled
from triggerfish.cron.verdicts import Verdict, verdict
from triggerfish.workflows import scheduled

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
    noted. ``settles`` is the claim that the record clears. Slots due up to ``until`` are decided. ``again``:
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
        cron = replace(self.cron, version=version, books=replace(self.cron.books, claim=self.settles))
        return replace(
            self,
            situation=replace(self.situation, cron=cron),
            opening=replace(self.opening, claim=self.settles),
            claim=None,
        )

    def record(self, outcomes: Mapping[datetime, Outcome]) -> Patch | None:
        """The patch that records all this; None when the CronWorkflow says it already."""
        return ledger.difference(self.cron.version, self.cron.books, self.closing(outcomes))

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
        if settled and books.claim:
            books = replace(books, claim=None)
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


def plan(cron: CronWorkflow, children: Children, now: datetime, rules: Rules, by: datetime) -> Plan:
    """What this tick does for one CronWorkflow, and why. Pure: same arguments, same plan."""
    situation = Situation(cron, children, now, rules, by)
    opening = _first_sight(cron, now)
    ran = _ran(cron, children, now)
    due = due_slots(cron, now, rules.grace)
    slots = tuple(slot.at for slot in due.candidates if slot.at not in ran)
    claim = cron.books.claim
    provisional = reconciled(opening, children, Unrecorded(cron.spec.timetable, floor(cron), now))
    judgement = verdict(cron, provisional, now, asked=bool(due or claim), starting=bool(slots))
    if claim is None or children.of_slot(claim.slot) is not None:
        return _decide(Plan(situation, opening, due, judgement, ran, settles=claim), slots)
    made = Plan(situation, opening, due, judgement, ran)
    if claim.by == by or claim.is_older_than(rules.life, now):
        return _take_up(made, claim, slots)
    return _beside(made, claim, slots)


def _decide(made: Plan, slots: tuple[datetime, ...]) -> Plan:
    """Nobody else is starting anything: the verdict counts, then the concurrency policy."""
    skips = tuple(skip for skip in made.due.skips if skip.slot not in made.ran)
    dues = [made.due.until] if made.due.until else []
    if made.cron.spec.timetable:
        dues += [made.cron.spec.timetable.due(slot) for slot in made.ran]
    until = max(dues, default=None)
    if reason := made.verdict.reason:
        skips += tuple(Skip(slot, reason, made.verdict.detail) for slot in slots)
        # What rests is not patched every minute: the edit that wakes it is a bound for its slots as well.
        return replace(made, skips=skips, until=until if made.ran or not made.verdict.rests else None)
    if not slots:
        return replace(made, skips=skips, until=until) if skips or until else made
    start = concurrency.policies[made.cron.spec.policy](slots, made.situation.children)
    decided = replace(made, start=start, skips=skips + start.skips, until=until)
    return decided if made.cron.spec.policy is Policy.ALLOW else _claiming(decided)


def _take_up(made: Plan, claim: Claim, slots: tuple[datetime, ...]) -> Plan:
    """The claim is ours, or its tick has ended and no child came of it: start that run, or give it up."""
    timetable, policy = made.cron.spec.timetable, made.cron.spec.policy
    earlier = tuple(Skip(slot, SkipReason.SUPERSEDED) for slot in slots if slot < claim.slot)
    later = tuple(slot for slot in slots if slot > claim.slot)
    if timetable is None or made.verdict.drops_claims:
        reason = made.verdict.reason or SkipReason.SPEC_ERROR
        dropped = Skip(claim.slot, reason, made.verdict.detail)
        until = timetable.due(claim.slot) if timetable else None
        return replace(made, skips=(*earlier, dropped), settles=claim, until=until, again=bool(later))
    wanted = (claim.slot, *later) if policy is Policy.REPLACE and not made.verdict.reason else (claim.slot,)
    start = concurrency.policies[policy](wanted, made.situation.children)
    taken = replace(
        made,
        start=start,
        skips=earlier + start.skips,
        settles=claim,
        until=max(timetable.due(slot) for slot in wanted),
        again=len(wanted) == 1 and bool(later),
    )
    mine = claim.by == made.situation.by and claim.slot in start.slots
    return taken if mine else _claiming(taken)


def _beside(made: Plan, claim: Claim, slots: tuple[datetime, ...]) -> Plan:
    """Another tick is starting a run; under Allow only that very slot waits for it."""
    if made.cron.spec.policy is Policy.ALLOW and claim.slot not in slots:
        return _decide(made, slots)
    return replace(made, skips=tuple(Skip(slot, SkipReason.CLAIMED) for slot in slots))


def _claiming(made: Plan) -> Plan:
    """With the claim that comes before any other write, if anything is to start."""
    if not made.start.slots:
        return made
    claim = Claim(made.start.slots[-1], made.situation.by)
    claimed = replace(made.cron.books, claim=claim)
    patch = ledger.difference(made.cron.version, made.cron.books, claimed)
    return replace(made, claim=patch, settles=claim)


def _first_sight(cron: CronWorkflow, now: datetime) -> Books:
    """The books with a changed timetable noted: slots before the edit are nobody's any more."""
    books = cron.books
    if not cron.unseen or cron.spec.timetable is None:
        return books
    edited = cron.edited or now
    return replace(
        books,
        seen=Seen(edited, cron.fingerprint(books)),
        last_used_schedule=cron.schedules,
        decided=max(floor(cron), edited) if books.seen else books.decided,
    )


def _ran(cron: CronWorkflow, children: Children, now: datetime) -> tuple[datetime, ...]:
    """Slots that have a child, though no patch has noted it: a tick died in between, say."""
    timetable, after = cron.spec.timetable, floor(cron)
    if timetable is None:
        return ()
    return tuple(
        child.slot
        for child in children
        if child.slot is not None and after < timetable.due(child.slot) <= now
    )


def _made(outcomes: Mapping[datetime, Outcome]) -> list[Child]:
    workflows = [each.workflow for each in outcomes.values() if isinstance(each, Created) and each.workflow]
    return [child for workflow in workflows if (child := Child.of(workflow))]


def _with_outcome(books: Books, slot: datetime, outcome: Outcome) -> Books:
    if isinstance(outcome, Refused):
        return books.with_condition(ledger.SUBMISSION_ERROR, outcome.message)
    if not isinstance(outcome, Created):
        return books
    books = books.without_condition(ledger.SUBMISSION_ERROR)
    latest = max(slot, books.last_scheduled or slot)
    phase = books.phase if books.stopped else ledger.ACTIVE
    return replace(books, last_scheduled=latest, phase=phase)
