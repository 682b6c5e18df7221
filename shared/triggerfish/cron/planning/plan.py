"""The story of one decision: ``plan`` tells it from top to bottom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from triggerfish.cron.manifest import outcomes
from triggerfish.cron.manifest.believed import believed
from triggerfish.cron.manifest.children import Children
from triggerfish.cron.manifest.claims import Claim
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.edits import PERIOD, Seen
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.manifest.spec import ConcurrencyPolicy
from triggerfish.cron.manifest.timetable import Slot
from triggerfish.cron.planning import concurrency, record
from triggerfish.cron.planning.due import due_slots, floor, may_start
from triggerfish.cron.planning.gates import Gates
from triggerfish.cron.planning.reasons import Skip, SkipReason
from triggerfish.cron.planning.reconcile import Unrecorded, reconciled
from triggerfish.cron.planning.rest import may_be_dated, rested, rested_slots, woken
from triggerfish.cron.planning.steps import Plan, Situation
from triggerfish.errors import SpecError


def plan(
    cron: CronWorkflow,
    children: Children,
    now: datetime,
    rules: Rules,
    by: datetime,
    problem: SpecError | None = None,
) -> Plan:
    """Return what this tick does for one CronWorkflow, and why. Pure: same arguments, same plan.

    The steps are those of Argo's controller, in its order: last-used-schedule, validate, stopStrategy,
    suspend, Stopped, ``when``, concurrency here; then, call by call, create (``Plan.creates``), patch
    (``record.patch``) and history (``history``). ``problem`` is what is wrong with what the spec refers to,
    such as a template that does not exist.
    """
    # What the CronWorkflow says of its past counts as far as it can be true.
    written, (cron, doubts) = cron.recorded, believed(cron, children, now, rules.grace)

    # last-used-schedule: the first sight of a changed timetable is noted; slots before the edit are nobody's.
    counted = reconciled(cron.recorded, children, Unrecorded(cron.spec.timetable, floor(cron), now))
    cron, opening, passed_by = _first_sight(cron, counted, children, now)
    situation = Situation(cron, children, now, rules, by)

    # Which slots are due, and which of them have run, though no patch has noted it.
    due = due_slots(cron, now, rules.grace)
    ran = _ran(cron, children, now, rules.life)
    known = outcomes.ran_later(cron.recorded.outcomes, cron.recorded.decisions, floor(cron))
    begun = known.union(ran)
    slots = tuple(slot for slot in due.candidates if slot.at not in begun)
    claim = cron.recorded.claim
    claimed = claim if claim and children.of_slot(claim.slot) is None else None

    # Each slot by itself, the oldest first: may it start at all?
    gates = Gates(cron, counted, cron.error or problem)
    refused: list[Skip] = []
    passed: list[datetime] = []
    for slot in slots:
        skip = (
            gates.deletion(slot)
            or gates.validation(slot)
            or gates.stop_strategy(slot)
            or gates.suspension(slot)
            or gates.stopped(slot)
            or gates.pause(slot)
            or gates.condition(slot)
        )
        if skip:
            refused.append(skip)
        else:
            gates.passed(slot)
            passed.append(slot.at)
    if not slots and (due or claim or _counters(counted) != _counters(written)):
        gates.ask_to_stop(claimed.slot if claimed else now)

    # Then the concurrency policy, beside what runs and what other ticks have claimed.
    draft = Plan(
        situation,
        written,
        opening,
        due,
        gates.findings(),
        ran,
        settles=claim if claimed is None else None,
        rested=passed_by,
        doubts=doubts,
    )
    if claimed is None:
        return _decide(draft, tuple(passed), tuple(refused))
    if claimed.by == by or claimed.is_older_than(rules.life, now):
        return _take_up(draft, claimed, slots, tuple(passed))
    if cron.spec.policy is ConcurrencyPolicy.ALLOW and all(slot.at != claimed.slot for slot in slots):
        return _decide(draft, tuple(passed), tuple(refused))
    # Another tick is starting a run; under Allow only that very slot waits for it.
    return replace(draft, skips=tuple(Skip(slot.at, SkipReason.CLAIMED) for slot in slots))


def _decide(draft: Plan, passed: tuple[datetime, ...], refused: tuple[Skip, ...]) -> Plan:
    """Nobody else is starting anything: what passed the gates is the concurrency policy's."""
    if not (draft.due or draft.ran or passed or refused):
        return draft
    rests, timetable = draft.findings.rests, draft.cron.spec.timetable
    # While it rests, slots are not missed: nobody wanted them.
    told, ran = () if rests else draft.due.skips, frozenset(draft.ran)
    skips = (*(skip for skip in told if skip.slot not in ran), *refused)
    dues = [draft.due.until] if draft.due.until else []
    if timetable:
        dues += [timetable.due(slot) for slot in draft.ran]
    until = max(dues, default=None)
    if not passed:
        # What rests is not patched every minute: the edit that wakes it is a bound for its slots as well.
        return replace(draft, skips=skips, until=None if rests and not draft.ran else until)
    if _hides(draft):
        return replace(draft, again=True)
    start = _policy(draft)(passed, draft.situation.children, draft.situation.now)
    decided = replace(draft, start=start, skips=skips + start.skips, until=until)
    return decided if draft.cron.spec.policy is ConcurrencyPolicy.ALLOW else _claiming(decided)


def _take_up(draft: Plan, claim: Claim, slots: tuple[Slot, ...], passed: tuple[datetime, ...]) -> Plan:
    """The claim is ours, or its tick has ended and no child came of it: start that run, or give it up."""
    cron, now = draft.cron, draft.situation.now
    timetable, policy = cron.spec.timetable, cron.spec.policy
    earlier = tuple(Skip(slot.at, SkipReason.SUPERSEDED) for slot in slots if slot.at < claim.slot)
    later = tuple(slot.at for slot in slots if slot.at > claim.slot)
    reason = draft.findings.drops_claims or (None if timetable else SkipReason.SPEC_ERROR)
    grace = draft.situation.rules.grace
    if timetable and reason is None and not may_start(cron, claim.slot, now, grace):
        edited = claim.slot <= cron.since(now) and now - timetable.due(claim.slot) <= grace
        reason = SkipReason.EDITED if edited else SkipReason.MISSED
    if reason or timetable is None:
        detail = str(draft.findings.error or "") if reason is SkipReason.SPEC_ERROR else ""
        dropped = Skip(claim.slot, reason or SkipReason.SPEC_ERROR, detail)
        until = timetable.due(claim.slot) if timetable else None
        return replace(draft, skips=(*earlier, dropped), settles=claim, until=until, again=bool(later))
    all_passed = set(later) <= set(passed)
    wanted = (claim.slot, *later) if policy is ConcurrencyPolicy.REPLACE and all_passed else (claim.slot,)
    start = _policy(draft)(wanted, draft.situation.children, now)
    taken = replace(
        draft,
        start=start,
        skips=earlier + start.skips,
        settles=claim,
        until=max(timetable.due(slot) for slot in wanted),
        again=len(wanted) == 1 and bool(later),
    )
    mine = claim.by == draft.situation.by and claim.slot in start.slots
    return taken if mine else _claiming(taken)


def _policy(draft: Plan) -> concurrency.Decide:
    return concurrency.policies[draft.cron.spec.policy]


def _claiming(draft: Plan) -> Plan:
    """With the claim that comes before any other write, if anything is to start."""
    if not draft.start.slots:
        return draft
    claim = Claim(draft.start.slots[-1], draft.situation.by)
    return replace(draft, claim=record.claiming(draft.cron.version, claim), settles=claim)


def _hides(draft: Plan) -> bool:
    """Whether the next claim would hide a run: after an edit, only its claim says that nobody noted it."""
    timetable, policy = draft.cron.spec.timetable, draft.cron.spec.policy
    if timetable is None or draft.settles is None or policy is ConcurrencyPolicy.ALLOW:
        return False
    return timetable.due(draft.settles.slot) <= floor(draft.cron)


def _first_sight(
    cron: CronWorkflow, counted: RecordedState, children: Children, now: datetime
) -> tuple[CronWorkflow, RecordedState, Skip | None]:
    """The recorded state with a changed timetable noted, and the slots that passed while it rested.

    With the CronWorkflow, whose slots count from the end of a pause if a run has just ended one.
    """
    state = replace(cron.recorded, resumed=False) if cron.recorded.resumed else cron.recorded
    ended = woken(cron, counted, children, now)
    if cron.spec.timetable is None or not (cron.unseen or ended):
        return cron, state, None
    reason = SkipReason.PAUSED if ended else rested(cron)
    if not ended and reason and not may_be_dated(cron, reason):
        cron = replace(cron, edited=max(cron.since(now), now - PERIOD))
    since = cron.since(now)
    if cron.unseen:
        state = replace(
            state, seen=Seen.now(since, cron.fingerprint(state), now), last_used_schedule=cron.schedules
        )
    if cron.recorded.seen:
        state = replace(state, decided=max(floor(cron), ended or since))
    noted = rested_slots(cron, reason, ended or since)
    return replace(cron, edited=max(since, ended)) if ended else cron, state, noted


def _ran(cron: CronWorkflow, children: Children, now: datetime, life: timedelta) -> tuple[datetime, ...]:
    """Slots that have a child, though no patch has noted it: a tick died in between, say.

    Or another tick decided against the slot while the child was on its way.
    """
    timetable, after, known = cron.spec.timetable, floor(cron), cron.recorded.active_uids
    if timetable is None:
        return ()
    # What another tick has begun, this one or the next sees: one that is older was counted, or is history.
    young = now - 2 * life

    # Read once, and only if it is asked: most ticks need not.
    record = cache(lambda: cron.recorded.record)

    return tuple(
        child.slot
        for child in children
        if child.slot is not None
        # A tick may have begun before others decided what was not due then.
        and (due := timetable.due(child.slot)) <= max(now, after)
        and (
            due > after
            or (
                child.created > young and record().has_skipped(child.slot)
                if child.finished
                else child.uid not in known
            )
        )
    )


def _counters(state: RecordedState) -> tuple[int, int]:
    return state.succeeded, state.failed
