"""What a patch adds to the record of outcomes: what was decided now and why, and how runs have ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from triggerfish.cron import times
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.decisions import RAN, last_of
from triggerfish.cron.manifest.merging import End, RecordBounds, merged
from triggerfish.cron.manifest.outcomes import Table, time, with_older
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.manifest.stretches import DELETED, NAME, UNTIMED, Kind, Stretch
from triggerfish.cron.planning.actions import Closed, Created, CreateRefused, Result
from triggerfish.cron.planning.reasons import Skip, SkipReason
from triggerfish.cron.planning.steps import Plan
from triggerfish.workflows import scheduled
from triggerfish.workflows.endings import FAILURES

# So many runs that ended since the last patch are looked at; as many as a tick starts.
_most = 100


def remembered(
    plan: Plan, state: RecordedState, noted: Sequence[datetime], results: Mapping[datetime, Result]
) -> RecordedState:
    """``state`` with the record of outcomes brought up to date, if there is anything else to patch.

    ``noted`` are the slots that have run, though no patch has noted it so far.
    """
    rules = plan.situation.rules
    if not rules.decisions:
        return state
    # Of one slot the later counts: a child may have come just before its slot was found to rest.
    fresh = [*_refused(plan, state, results), *_ran(plan, noted, results)]
    if not fresh and state == plan.recorded:
        return state
    before = plan.opening
    ends = _ends(plan, _pending(before.outcomes, before.decisions), plan.situation.children)
    made = [result.child for result in results.values() if isinstance(result, Created) and result.child]
    for child in (*made, *filter(None, map(plan.situation.children.of_slot, noted))):
        if child.slot and child.finished:
            ends[_second(child.slot)] = _end(plan, child)
    if not fresh and not ends:
        return state
    bounds = RecordBounds(rules.decisions, rules.record_bytes, int(rules.grace.total_seconds()))
    text = merged(before.outcomes, before.decisions, fresh, ends, bounds)
    return replace(state, outcomes=text, decisions="")


def untold(plan: Plan) -> tuple[Child, ...]:
    """The failed children of whose end the record is about to tell, and nobody has asked for the message."""
    state, found = plan.opening, plan.situation.children
    if not plan.situation.rules.decisions or all(child.succeeded or not child.finished for child in found):
        return ()
    slots = {*map(_second, plan.ran)}
    for stretch in _pending(state.outcomes, state.decisions):
        slots.update(_some(stretch))
    return tuple(
        child
        for child in found
        if child.finished
        and not child.succeeded
        and child.slot
        and _second(child.slot) in slots
        and child.uid not in plan.ends
    )[-_most:]


def _ran(plan: Plan, noted: Sequence[datetime], results: Mapping[datetime, Result]) -> list[Stretch]:
    now, children, timetable = plan.situation.now, plan.situation.children, plan.cron.spec.timetable
    found = {slot: children.of_slot(slot) for slot in noted}
    for slot in plan.start.slots:
        if isinstance(result := results.get(slot), Created):
            found[slot] = result.child
    return [
        Stretch.single(
            _second(slot),
            Kind(RAN),
            _delay(timetable.due(slot) if timetable else slot, child.created if child else now),
        )
        for slot, child in found.items()
    ]


def _refused(plan: Plan, state: RecordedState, results: Mapping[datetime, Result]) -> Iterable[Stretch]:
    """What did not run: refused by the API, or decided against."""
    for slot, result in results.items():
        if isinstance(result, CreateRefused):
            yield _skipped(plan, Skip(slot, SkipReason.REFUSED, result.message))
        elif isinstance(result, Closed):
            yield _skipped(plan, Skip(slot, SkipReason.DELETING, result.message))
    for skip in (*plan.skips, *((plan.rested,) if plan.rested else ())):
        if state.decided and skip.slot <= state.decided:
            yield _skipped(plan, skip)


def _skipped(plan: Plan, skip: Skip) -> Stretch:
    timetable, last = plan.cron.spec.timetable, last_of(skip.detail)
    kind = Kind(skip.reason.value, "", "" if last else _without_name(skip.detail, plan.cron.name, skip.slot))
    late = _delay(timetable.due(skip.slot) if timetable else skip.slot, plan.situation.now)
    if last and last > skip.slot:
        return Stretch.span(_second(skip.slot), _second(last), kind, late)
    return Stretch.single(_second(skip.slot), kind, late)


def _pending(outcomes: str, older: str) -> list[Stretch]:
    """The runs that nobody has seen to end, as the record has them."""
    if older:
        known = Table.of(outcomes).cut(0)
        with_older(known, older)
        return [each for each in known if each.kind == Kind(RAN)]
    return Table.of(outcomes).pending() if outcomes else []


def _ends(plan: Plan, pending: Iterable[Stretch], children: Children) -> dict[int, End]:
    """How the runs have ended that nobody had seen to end: by what the list of children says."""
    found: dict[int, End] = {}
    for slot in (slot for stretch in pending for slot in _some(stretch)):
        child = children.of_slot(time(slot))
        if child is None:
            # It stood in the record before the children were listed.
            found[slot] = End(DELETED)
        elif child.finished:
            found[slot] = _end(plan, child)
    return found


def _end(plan: Plan, child: Child) -> End:
    known = plan.ends.get(child.uid, End(""))
    return replace(known, result=child.phase or FAILURES[0])


def end_of(workflow: Mapping[str, Any]) -> End:
    """The end of a run as its Workflow tells it, which the lists of metadata do not: message and duration."""
    status = workflow.get("status")
    status = status if isinstance(status, dict) else {}
    started, finished = times.read(status.get("startedAt")), times.read(status.get("finishedAt"))
    name = re.escape(workflow["metadata"]["name"])
    # The names of its nodes have a hash behind: without it, the same failure reads the same each time.
    message = re.sub(rf"\b{name}(-\d+)?\b", NAME, str(status.get("message") or ""))
    took = int((finished - started).total_seconds()) if started and finished else UNTIMED
    return End(str(status.get("phase") or ""), message, max(took, UNTIMED))


def _some(stretch: Stretch) -> Iterable[int]:
    """Its newest slots: somebody may have written a record of any number of them."""
    if not stretch.is_exact:
        return ()
    oldest = max(stretch.first, stretch.last - (_most - 1) * stretch.step)
    return range(oldest, stretch.last + 1, stretch.step or 1)


def _second(slot: datetime) -> int:
    return int(slot.timestamp())


def _delay(due: datetime, at: datetime) -> int:
    return max(int((at - due).total_seconds()), 0)


def _without_name(detail: str, cron: str, slot: datetime) -> str:
    return detail.replace(scheduled.name(cron, slot), NAME) if detail else ""
