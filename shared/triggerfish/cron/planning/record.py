"""The record: the state of a CronWorkflow after a plan was carried out, and the one guarded patch to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.manifest.claims import Claim
from triggerfish.cron.manifest.edits import Seen
from triggerfish.cron.manifest.recorded_state import (
    ACTIVE,
    RESUMED,
    SPEC_ERROR,
    STOPPED,
    SUBMISSION_ERROR,
    RecordedState,
)
from triggerfish.cron.manifest.spec import ConcurrencyPolicy
from triggerfish.cron.planning.actions import Created, CreateRefused, Patch, Result, Unfinished
from triggerfish.cron.planning.due import floor
from triggerfish.cron.planning.reconcile import Unrecorded, reconciled
from triggerfish.cron.planning.remembering import remembered
from triggerfish.cron.planning.steps import Plan
from triggerfish.workflows.objects import Json

_unfinished = Unfinished()


def claiming(version: str, claim: Claim) -> Patch:
    """The patch that writes that claim and nothing else, guarded by ``version``."""
    return Patch({"metadata": {"annotations": {keys.CLAIM: str(claim)}, "resourceVersion": version}})


def patch(plan: Plan, results: Mapping[datetime, Result]) -> Patch | None:
    """The patch that records all this; None when the CronWorkflow says it already."""
    now, then = plan.recorded, state_after(plan, results)
    if _note_can_wait(plan) and then == replace(
        now, seen=then.seen, last_used_schedule=then.last_used_schedule
    ):
        return None
    return difference(plan.version or plan.cron.version, now, then)


def _note_can_wait(plan: Plan) -> bool:
    """Whether its timetable need not be noted for itself: it will be with what must be written, or later."""
    ahead, due = plan.cron.note_ahead, plan.due
    return ahead is not None and not due and (due.coming is None or due.coming - plan.situation.now >= ahead)


def state_after(plan: Plan, results: Mapping[datetime, Result]) -> RecordedState:
    """The state after what came of the creates. A slot without a result stays open, and all after it."""
    cron, state = plan.cron, plan.opening
    if _changes_nothing(plan, results):
        return state
    open_slots = {slot for slot in plan.start.slots if isinstance(results.get(slot, _unfinished), Unfinished)}
    settled = plan.settles if plan.settles and plan.settles.slot not in open_slots else None
    decided = _latest((state.decided, _until(plan, open_slots)))
    claim = None if settled else plan.held or state.claim
    if (decided, claim) != (state.decided, state.claim):
        state = replace(state, decided=decided, claim=claim)
    made = [each.child for each in results.values() if isinstance(each, Created) and each.child]
    noted = _noted(plan, decided)
    claimed = settled.slot if settled else None
    unrecorded = Unrecorded(cron.spec.timetable, floor(cron), decided, claimed, frozenset(noted))
    state = reconciled(state, plan.situation.children.having(made), unrecorded)
    if noted:
        # The last stands for all: they may be very many.
        state = _with_result(state, max(noted), Created(None, existed=True))
    for slot in plan.start.slots:
        state = _with_result(state, slot, results.get(slot, _unfinished))
    state = _found(plan, state)
    return remembered(plan, state, noted, results)


def _changes_nothing(plan: Plan, results: Mapping[datetime, Result]) -> bool:
    """Whether nothing came due, no child is there, and nothing is wrong, as at almost every tick."""
    state, findings = plan.opening, plan.findings
    return (
        state is plan.cron.recorded
        and not (plan.until or plan.settles or plan.held or plan.start.slots or plan.ran or results)
        and not (state.active or state.conditions or state.failures_in_a_row or len(plan.situation.children))
        and not (findings.error or findings.stops or state.stopped or plan.skips or plan.rested)
    )


def _noted(plan: Plan, decided: datetime | None) -> list[datetime]:
    """The slots that have run, as far as this patch is the one that notes it."""
    timetable = plan.cron.spec.timetable
    if not plan.ran or timetable is None or decided is None:
        return []
    return [slot for slot in plan.ran if timetable.due(slot) <= decided]


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)


def _until(plan: Plan, open_slots: set[datetime]) -> datetime | None:
    """Up to when slots are decided, with these still open."""
    if not open_slots:
        return plan.until
    if plan.cron.spec.policy is not ConcurrencyPolicy.ALLOW:
        # The slot that is open stands for those before it: they are decided with it.
        return None
    candidates = plan.due.candidates
    first = min((slot.due for slot in candidates if slot.at in open_slots), default=None)
    return max((slot.due for slot in candidates if first and slot.due < first), default=None)


def _with_result(state: RecordedState, slot: datetime, result: Result) -> RecordedState:
    if isinstance(result, CreateRefused):
        return state.with_condition(SUBMISSION_ERROR, result.message)
    if not isinstance(result, Created):
        return state
    state = state.without_condition(SUBMISSION_ERROR)
    latest = max(slot, state.last_scheduled or slot)
    return replace(state, last_scheduled=latest, phase=state.phase if state.stopped else ACTIVE)


def _found(plan: Plan, state: RecordedState) -> RecordedState:
    """With what was found of the CronWorkflow as a whole: stopped, or wrong."""
    findings = plan.findings
    if state.failures_in_a_row and not plan.cron.spec.pause_after:
        state = replace(state, failures_in_a_row=0)
    stopped = findings.stops or state.stopped
    if stopped and not (state.completed and state.phase == STOPPED):
        state = replace(state, phase=STOPPED, completed=True)
    if findings.error:
        state = state.with_condition(SPEC_ERROR, str(findings.error))
    elif state.conditions and not findings.leaves(state.condition(SPEC_ERROR)):
        state = state.without_condition(SPEC_ERROR)
    if state.seen and (fingerprint := plan.cron.fingerprint(state)) != state.seen.fingerprint:
        state = replace(state, seen=Seen.now(state.seen.since, fingerprint, plan.situation.now))
    return state


def difference(version: str, now: RecordedState, then: RecordedState) -> Patch | None:
    """The patch that turns ``now`` into ``then``, guarded by ``version``; None when nothing changes."""
    if now == then:
        return None
    metadata: Json = {}
    notes = {
        key: _text(value) or None
        for key, before, value in (
            (keys.DECIDED, now.decided, then.decided),
            (keys.CLAIM, now.claim, then.claim),
            (keys.SEEN, now.seen, then.seen),
            (keys.FAILURES, RESUMED if now.resumed else now.failures_in_a_row, then.failures_in_a_row),
            (keys.OUTCOMES, now.outcomes, then.outcomes),
            (keys.DECISIONS, now.decisions, then.decisions),
            (keys.LAST_USED_SCHEDULE, now.last_used_schedule, then.last_used_schedule),
        )
        if before != value and _text(before) != _text(value)
    }
    if notes:
        metadata["annotations"] = notes
    if now.completed != then.completed:
        metadata["labels"] = {keys.CRON_COMPLETED: "true" if then.completed else None}
    status = _status(now, then)
    if not metadata and not status:
        return None
    metadata["resourceVersion"] = version
    return Patch({"metadata": metadata, "status": status} if status else {"metadata": metadata})


def _status(now: RecordedState, then: RecordedState) -> Json:
    # A last time that is not believed is replaced by the next one: the schema does not let it be removed.
    if _facts(now) == _facts(then) or (
        then.last_scheduled is None and _facts(replace(now, last_scheduled=None)) == _facts(then)
    ):
        return {}
    # Argo's complete schema wants all of these as soon as there is a status at all.
    status: Json = {
        "active": list(then.active),
        "succeeded": then.succeeded,
        "failed": then.failed,
        "phase": then.phase,
        "conditions": list(then.conditions),
    }
    if then.last_scheduled:
        status["lastScheduledTime"] = times.rfc3339(then.last_scheduled)
    return status


def _facts(state: RecordedState) -> tuple[object, ...]:
    return (
        state.active,
        state.succeeded,
        state.failed,
        state.phase,
        state.conditions,
        state.last_scheduled,
    )


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return times.rfc3339(value)
    return str(value) if value else ""
