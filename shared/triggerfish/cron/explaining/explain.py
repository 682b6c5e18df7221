"""What became of each slot, or will: for people who ask why something did, or did not, run.

Nothing here decides. What ran is read off the Workflows that exist, what was skipped off the recorded
decisions, and what nobody recorded is said to be unknown. A preview asks the planner itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.explaining.replay import replayed
from triggerfish.cron.explaining.runs import Run, RunKind
from triggerfish.cron.manifest import decisions as ring
from triggerfish.cron.manifest.children import NONE, Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.decisions import Decision
from triggerfish.cron.manifest.timetable import Slot, Timetable
from triggerfish.cron.planning.due import ALL_UP_TO, floor
from triggerfish.cron.planning.reasons import SkipReason
from triggerfish.cron.planning.rest import rested
from triggerfish.workflows.objects import Json

_moment = timedelta(microseconds=1)
# Slots that jitter may bring to one instant; more are not looked through.
_most_at_once = 5000
_REASONS = {reason.value: reason for reason in SkipReason}


class Outcome(Enum):
    """What became of a slot; ``value`` is the word in JSON, in URLs and in tables."""

    RAN = "ran"
    SKIPPED = "skipped"
    MISSED = "missed"
    COMING = "coming"
    OPEN = "open"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Story:
    """One slot: what became of it, and ``reason``, a sentence that is empty when there is nothing to explain.

    ``run`` is its Workflow, as far as it still exists; ``decided`` when a tick decided, as far as that is
    recorded.
    """

    slot: datetime
    due: datetime
    schedule: str
    outcome: Outcome
    reason: str = ""
    run: Run | None = None
    decided: datetime | None = None

    @property
    def late(self) -> timedelta | None:
        """Return how long after it was due its Workflow was created."""
        return self.run.created - self.due if self.run else None


def stories(
    cron: CronWorkflow,
    runs: Sequence[Run],
    after: datetime,
    until: datetime,
    now: datetime,
    *,
    limit: int = 3000,
) -> tuple[Story, ...]:
    """The slots due in (after, until], oldest first, at most ``limit`` of them.

    Slots from before the CronWorkflow existed are nobody's and left out.
    """
    timetable = cron.spec.timetable
    if timetable is None:
        return ()
    teller = _Teller(cron, runs, now)
    slots = timetable.slots(max(after, cron.created), until, limit)
    return tuple(teller.tell(slot) for slot in slots)


class _Teller:
    def __init__(self, cron: CronWorkflow, runs: Sequence[Run], now: datetime) -> None:
        notes = (cron.body["metadata"].get("annotations") or {}).get(keys.DECISIONS)
        self._cron, self._now = cron, now
        self._decisions = {decision.slot: decision for decision in ring.parse(notes)}
        self._in_order = sorted(self._decisions.values(), key=lambda decision: decision.slot)
        self._runs = {run.slot: run for run in runs if run.slot is not None and run.kind is RunKind.SCHEDULED}

    def tell(self, slot: Slot) -> Story:
        def story(outcome: Outcome, reason: str = "", decision: Decision | None = None) -> Story:
            run, at = self._runs.get(slot.at), decision.at if decision else None
            return Story(slot.at, slot.due, slot.schedule, outcome, reason, run, at)

        decision = self._decisions.get(slot.at)
        if slot.at in self._runs:
            return story(Outcome.RAN, "", decision)
        if slot.excluded:
            return story(Outcome.SKIPPED, f"Excluded by {slot.excluded!r}.")
        if slot.due > self._now:
            return story(Outcome.COMING, self._ahead())
        decision = decision or self._range(slot)
        if decision is not None:
            return story(*_recorded(decision), decision)
        return story(*self._unrecorded(slot))

    def _ahead(self) -> str:
        """Return what would keep a coming slot from running, as things stand."""
        cron = self._cron
        if cron.error:
            return f"It would not run: {cron.error}"
        if cron.spec.suspend:
            return "It would not run: the CronWorkflow is suspended."
        if cron.recorded.stopped:
            return "It would not run: the CronWorkflow has stopped for good."
        if cron.halt:
            return "It would not run: the CronWorkflow is paused after failures."
        return ""

    def _range(self, slot: Slot) -> Decision | None:
        """The decision that covers it: one line stands for all the slots that were missed together."""
        before = [decision for decision in self._in_order if decision.slot < slot.at]
        last = before and _last_of(before[-1].detail)
        return before[-1] if last and slot.at <= last else None

    def _unrecorded(self, slot: Slot) -> tuple[Outcome, str]:
        cron = self._cron
        rest = rested(cron)
        if rest and cron.recorded.seen and cron.recorded.seen.since < slot.at <= cron.since(self._now):
            return Outcome.SKIPPED, rest.sentence
        if cron.edited and slot.at <= cron.edited:
            return Outcome.UNKNOWN, f"The spec was edited at {times.rfc3339(cron.edited)}, after this slot."
        decided = slot.due <= floor(cron)
        if cron.spec.suspend and (cron.edited or not decided):
            return Outcome.SKIPPED, SkipReason.SUSPENDED.sentence
        if decided:
            # What is wrong, or stopped, today need not have been so then.
            return (
                Outcome.UNKNOWN,
                "Its Workflow is gone, and the record no longer has this slot.",
            )
        if cron.error:
            return Outcome.SKIPPED, SkipReason.SPEC_ERROR.sentence
        if cron.recorded.stopped:
            return Outcome.SKIPPED, SkipReason.STOPPED.sentence
        if cron.halt:
            return Outcome.SKIPPED, SkipReason.PAUSED.sentence
        return Outcome.OPEN, "No tick has decided it yet: is the scheduler calling the cron function?"


def _last_of(detail: str) -> datetime | None:
    """The last slot that a decision stands for besides its own; None when it stands for that alone."""
    return times.read(detail.removeprefix(ALL_UP_TO)) if detail.startswith(ALL_UP_TO) else None


def outcome_of(decision: Decision) -> Outcome:
    """Return what a recorded decision made of its slot."""
    if decision.word == ring.RAN:
        return Outcome.RAN
    reason = _REASONS.get(decision.word)
    if reason is None:
        return Outcome.UNKNOWN
    return Outcome.MISSED if reason is SkipReason.MISSED else Outcome.SKIPPED


def _recorded(decision: Decision) -> tuple[Outcome, str]:
    outcome = outcome_of(decision)
    if outcome is Outcome.RAN:
        return outcome, "Its Workflow has been deleted since."
    if outcome is Outcome.UNKNOWN:
        return outcome, f"The record says {decision.word!r}, which this version does not know."
    detail = f" ({decision.detail})" if decision.detail else ""
    return outcome, _REASONS[decision.word].sentence + detail


@dataclass(frozen=True, slots=True)
class Preview:
    """What a tick at that instant would do: a sentence, and the Workflow it would create, if any."""

    sentence: str
    workflow: Json | None = None


def preview(cron: CronWorkflow, at: datetime, rules: Rules, *, children: Children = NONE) -> Preview:
    """The decision about the slot of ``at``, as if the tick came right when it is due, under today's spec.

    ``at`` names the slot, or is when one is due. ``children`` are those that a policy would see, without
    what came after that instant; conditions see today's status.
    """
    timetable = cron.spec.timetable
    if timetable is None:
        return Preview(f"It would not run: {cron.error}")
    slot = _slot(timetable, at)
    if slot is None:
        return Preview(_no_slot(timetable, at))
    if slot.excluded:
        return Preview(f"It would not run: excluded by {slot.excluded!r}.")
    made = replayed(cron, slot, Children(each for each in children if not _after(each, slot)), rules)
    for create in made.creates:
        if create.slot == slot.at:
            ends = "".join(f" It would terminate {each.name}." for each in made.terminate)
            return Preview(f"It would run as {create.name}.{ends}", create.body)
    sentences = [
        skip.reason.sentence + (f" ({skip.detail})" if skip.detail else "")
        for skip in made.skips
        if skip.slot == slot.at
    ]
    return Preview("It would not run: " + " ".join(sentences or [SkipReason.SUPERSEDED.sentence]))


def _slot(timetable: Timetable, at: datetime) -> Slot | None:
    """The slot of that name, else the one that is due then."""
    shift = timedelta(minutes=timetable.jitter)
    found = timetable.slots(at - _moment, at + shift, _most_at_once)
    named = (slot for slot in found if slot.at == at)
    return next(named, None) or next((slot for slot in found if slot.due == at), None)


def _after(child: Child, slot: Slot) -> bool:
    return child.created > slot.due if child.slot is None else child.slot >= slot.at


def _no_slot(timetable: Timetable, at: datetime) -> str:
    coming = timetable.next(at)
    after = f"the next one is due at {times.rfc3339(coming.due)}" if coming else "and none comes after it"
    return f"Nothing is due at {times.rfc3339(at)}; {after}."


def unscheduled(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The runs that belong to no slot: by hand, retried, backfilled; oldest first."""
    return tuple(
        sorted((run for run in runs if run.kind is not RunKind.SCHEDULED), key=lambda run: run.created)
    )
