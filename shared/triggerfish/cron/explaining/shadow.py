"""What we would do that somebody else did not, and the other way round: the tick of ``MODE=shadow``.

A slot is judged by what was true when it was due, not by what is true now: a run changes the state that
conditions look at, a stop comes after the run that led to it, and an earlier run may have ended meanwhile.
What was true then lies between what an earlier tick of this process saw and what this one sees. Where the two
would lead to different decisions the slot cannot be judged afterwards, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triggerfish.cron.explaining.replay import replayed
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.recorded_state import ACTIVE, SPEC_ERROR, SUBMISSION_ERROR, RecordedState
from triggerfish.cron.manifest.timetable import Slot
from triggerfish.cron.planning.reasons import Skip
from triggerfish.cron.planning.steps import Situation
from triggerfish.cron.planning.summary import Entry

# Argo's controller may need this long to start a run that is due; a tick comes every minute.
_patience = timedelta(seconds=15)
_period = timedelta(seconds=60)
# One tick looks back over a minute and a quarter: the observation before that was made by one of so many.
KEPT = 3


@dataclass(frozen=True, slots=True)
class Observation:
    """What the tick of ``at`` saw of a CronWorkflow and of its Workflows."""

    at: datetime
    cron: CronWorkflow
    children: Children


def differences(situation: Situation, earlier: Sequence[Observation] = ()) -> list[Entry]:
    """The slots of the last minute but a quarter, each judged as if it were due just now.

    Each tick looks at one minute, so that no slot is reported twice. ``earlier`` are observations of the
    ticks before, the oldest first.
    """
    cron, now = situation.cron, situation.now - _patience
    timetable = cron.spec.timetable
    if timetable is None:
        return []
    found = []
    for slot in timetable.between(now - _period, now, 100):
        if slot.at <= cron.created:
            continue
        theirs = situation.children.of_slot(slot.at)
        if theirs is None and cron.recorded.last_scheduled and slot.at <= cron.recorded.last_scheduled:
            # It may have run and been deleted since.
            continue
        if theirs is None and _refused(cron):
            continue
        answers = list(_answers(situation, slot, earlier))
        if not answers or len({answer is None for answer in answers}) > 1:
            continue  # it cannot be judged afterwards
        if (ours := answers[0]) is None and not theirs:
            told = "it did not run; Triggerfish would have run it"
            found.append(Entry("differs", cron.key, slot.at, detail=told))
        elif ours and theirs:
            told = "it ran; Triggerfish would not have run it"
            found.append(Entry("differs", cron.key, slot.at, ours.reason, told, theirs.name))
    return found


def _refused(cron: CronWorkflow) -> bool:
    """Whether nobody could have started it: the API server refuses the Workflow, or its template is wrong."""
    state = cron.recorded
    return bool(state.condition(SUBMISSION_ERROR) or (cron.references and state.condition(SPEC_ERROR)))


def _answers(situation: Situation, slot: Slot, earlier: Sequence[Observation]) -> Iterator[Skip | None]:
    """Why we would not have run the slot, None if we would: by each state that may have been true then."""
    cron, children = situation.cron, situation.children
    before = next((each for each in reversed(earlier) if each.at <= slot.due), None)
    if cron.written and cron.written > (before.at if before else slot.due - _period):
        return  # somebody has changed its spec: nobody knows what it was
    crons = [cron, before.cron if before else _before(cron, children)]
    families = [children, before.children if before else Children(map(_unfinished, children))]
    for state in crons:
        last = _last_before(slot, state.recorded, families)
        if last is None and state.recorded.last_scheduled and _asks_for_it(state):
            return  # that run has been deleted, and the one before it
        asked = replace(state, recorded=replace(state.recorded, last_scheduled=last))
        for family in families:
            others = Children(_at_the_time(slot, children, family))
            skips = replayed(asked, slot, others, situation.rules).skips
            yield next((skip for skip in skips if skip.slot == slot.at), None)


def _before(cron: CronWorkflow, children: Children) -> CronWorkflow:
    """As it may have been when nobody looked: what has ended had not ended yet, nothing had stopped it."""
    state = cron.recorded
    ended = [child for child in children if child.finished]
    return replace(
        cron,
        recorded=replace(
            state,
            succeeded=max(state.succeeded - sum(child.succeeded for child in ended), 0),
            failed=max(state.failed - sum(child.failed for child in ended), 0),
            phase=ACTIVE,
            completed=False,
        ),
    )


def _last_before(slot: Slot, state: RecordedState, families: Iterable[Children]) -> datetime | None:
    """The last slot that ran before this one, as the status had it when this one was due."""
    if state.last_scheduled and state.last_scheduled < slot.at:
        return state.last_scheduled
    slots = (child.slot for family in families for child in family)
    return max((each for each in slots if each and each < slot.at), default=None)


def _asks_for_it(cron: CronWorkflow) -> bool:
    stop = cron.spec.stop.source if cron.spec.stop else ""
    return "lastScheduledTime" in cron.spec.when or "lastScheduledTime" in stop


def _at_the_time(slot: Slot, now: Children, family: Children) -> Iterator[Child]:
    """The Workflows that there were: those of an observation, and what was made between it and the slot."""
    for child in family:
        if child.slot != slot.at and child.created <= slot.due:
            yield child
    for child in now:
        if child.slot != slot.at and child.created <= slot.due and family.by_uid(child.uid) is None:
            yield _unfinished(child)


def _unfinished(child: Child) -> Child:
    return replace(child, finished=False, phase="")
