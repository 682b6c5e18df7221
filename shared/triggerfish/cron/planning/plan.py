"""What a tick does for one CronWorkflow, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from triggerfish.cron.manifest.children import Children
from triggerfish.cron.manifest.claims import Claim
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.edits import Seen
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.manifest.spec import Policy
from triggerfish.cron.planning import concurrency, record
from triggerfish.cron.planning.due import due_slots, floor
from triggerfish.cron.planning.gates import verdict
from triggerfish.cron.planning.reasons import Skip, SkipReason
from triggerfish.cron.planning.reconcile import Unrecorded, reconciled
from triggerfish.cron.planning.steps import Plan, Situation


def plan(cron: CronWorkflow, children: Children, now: datetime, rules: Rules, by: datetime) -> Plan:
    """What this tick does for one CronWorkflow, and why. Pure: same arguments, same plan."""
    situation = Situation(cron, children, now, rules, by)
    opening = _first_sight(cron, now)
    ran = _ran(cron, children, now)
    due = due_slots(cron, now, rules.grace)
    slots = tuple(slot.at for slot in due.candidates if slot.at not in ran)
    claim = cron.recorded.claim
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
    # While it rests, slots are not missed: nobody wanted them.
    told = () if made.verdict.rests else made.due.skips
    skips = tuple(skip for skip in told if skip.slot not in made.ran)
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
    if _hides(made):
        return replace(made, again=True)
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
    return replace(made, claim=record.claiming(made.cron.version, claim), settles=claim)


def _hides(made: Plan) -> bool:
    """Whether the next claim would hide a run: after an edit, only its claim says that nobody noted it."""
    timetable, policy = made.cron.spec.timetable, made.cron.spec.policy
    if timetable is None or made.settles is None or policy is Policy.ALLOW:
        return False
    return timetable.due(made.settles.slot) <= floor(made.cron)


def _first_sight(cron: CronWorkflow, now: datetime) -> RecordedState:
    """The recorded state with a changed timetable noted: slots before the edit are nobody's any more."""
    state = cron.recorded
    if not cron.unseen or cron.spec.timetable is None:
        return state
    edited = cron.edited or now
    return replace(
        state,
        seen=Seen(edited, cron.fingerprint(state)),
        last_used_schedule=cron.schedules,
        decided=max(floor(cron), edited) if state.seen else state.decided,
    )


def _ran(cron: CronWorkflow, children: Children, now: datetime) -> tuple[datetime, ...]:
    """Slots that have a child, though no patch has noted it: a tick died in between, say.

    Or another tick decided against the slot while the child was on its way.
    """
    timetable, after, known = cron.spec.timetable, floor(cron), cron.recorded.active_uids
    if timetable is None:
        return ()
    return tuple(
        child.slot
        for child in children
        if child.slot is not None
        and (due := timetable.due(child.slot)) <= now
        and (due > after or not (child.finished or child.uid in known))
    )
