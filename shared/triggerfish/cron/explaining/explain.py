"""What became of each slot, or will: for people who ask why something did, or did not, run.

Nothing here decides. What ran is read off the Workflows that exist, and the record of outcomes says what was
skipped, and what ran and is gone. What nobody recorded is unknown. A preview asks the planner itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from triggerfish.cron import times
from triggerfish.cron.explaining import past
from triggerfish.cron.explaining.replay import replayed
from triggerfish.cron.explaining.runs import Run, RunKind
from triggerfish.cron.manifest.children import NONE, Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.decisions import RAN
from triggerfish.cron.manifest.outcomes import Outcomes
from triggerfish.cron.manifest.stretches import NAME, UNTIMED, Stretch
from triggerfish.cron.manifest.timetable import Slot, Timetable
from triggerfish.cron.planning.due import floor
from triggerfish.cron.planning.reasons import SkipReason
from triggerfish.cron.planning.rest import rested
from triggerfish.workflows import scheduled
from triggerfish.workflows.endings import FAILURES
from triggerfish.workflows.objects import Json

_moment = timedelta(microseconds=1)
# Slots that jitter may bring to one instant; more are not looked through.
_most_at_once = 5000
_REASONS = {reason.value: reason for reason in SkipReason}


INVALID = (SkipReason.SPEC_ERROR, SkipReason.CONDITION_ERROR, SkipReason.TOO_COSTLY)
_need_a_person = (*INVALID, SkipReason.REFUSED, SkipReason.PAUSED)


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
    recorded of this very slot. ``why`` is the reason of a slot that was skipped or missed. ``stretch`` is the
    row of the record that it belongs to.
    """

    slot: datetime
    due: datetime
    schedule: str
    outcome: Outcome
    reason: str = ""
    run: Run | None = None
    decided: datetime | None = None
    why: SkipReason | None = None
    stretch: Stretch | None = None

    @property
    def late(self) -> timedelta | None:
        """Return how long after it was due its Workflow was created; of one that is gone, at most."""
        if self.run:
            return self.run.created - self.due
        ran = self.stretch is not None and self.outcome is Outcome.RAN
        return timedelta(seconds=self.stretch.late) if self.stretch and ran else None

    @property
    def phase(self) -> str:
        """Argo's word for how far its run is, or how it ended; empty where there is none, or nobody knows."""
        if self.run:
            return self.run.phase
        return self.stretch.kind.result if self.stretch else ""

    @property
    def failed(self) -> bool:
        """It ran, and that run failed."""
        return self.outcome is Outcome.RAN and self.phase in FAILURES

    @property
    def wrong(self) -> bool:
        """Somebody has to do something: it was not meant to come to this."""
        return self.failed or self.outcome is Outcome.MISSED or self.why in _need_a_person

    @property
    def took(self) -> timedelta | None:
        """Return how long its run took."""
        if self.run:
            return self.run.took
        known = self.stretch is not None and self.stretch.took != UNTIMED
        return timedelta(seconds=self.stretch.took) if self.stretch and known else None


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
    record = cron.recorded.record
    teller = _Teller(cron, record, runs, now)
    return tuple(teller.tell(slot) for slot in past.slots(cron, record, after, until, limit))


class _Teller:
    def __init__(self, cron: CronWorkflow, record: Outcomes, runs: Sequence[Run], now: datetime) -> None:
        self._cron, self._record, self._now = cron, record, now
        self._runs = {run.slot: run for run in runs if run.slot is not None and run.kind is RunKind.SCHEDULED}

    def tell(self, slot: Slot) -> Story:
        stretch, run = self._record.of_slot(slot.at), self._runs.get(slot.at)
        alone = stretch is not None and stretch.first == stretch.last
        decided = slot.due + timedelta(seconds=stretch.late) if stretch and alone else None

        def story(outcome: Outcome, reason: str = "", why: SkipReason | None = None) -> Story:
            return Story(slot.at, slot.due, slot.schedule, outcome, reason, run, decided, why, stretch)

        if run:
            told = f"{run.phase}: {run.message}" if run.message else f"{run.phase}."
            return story(Outcome.RAN, told if run.failed else "")
        if stretch and slot.due <= self._now:
            return story(*_recorded(stretch, scheduled.name(self._cron.name, slot.at)))
        if slot.excluded:
            return story(Outcome.SKIPPED, f"Excluded by {slot.excluded!r}.")
        if slot.due > self._now:
            return story(Outcome.COMING, self._ahead())
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

    def _unrecorded(self, slot: Slot) -> tuple[Outcome, str, SkipReason | None]:
        cron = self._cron
        rest = rested(cron)
        if rest and cron.recorded.seen and cron.recorded.seen.since < slot.at <= cron.since(self._now):
            return _skipped(rest)
        if cron.edited and slot.at <= cron.edited:
            if slot.at >= self._record.start:
                return _skipped(SkipReason.EDITED, f"at {times.rfc3339(cron.edited)}")
            edit = f"The spec was edited at {times.rfc3339(cron.edited)}, after this slot."
            return Outcome.UNKNOWN, edit, None
        decided = slot.due <= floor(cron)
        if cron.spec.suspend and (cron.edited or not decided):
            return _skipped(SkipReason.SUSPENDED)
        if decided:
            # What is wrong, or stopped, today need not have been so then.
            return Outcome.UNKNOWN, "Its Workflow is gone, and the record no longer has this slot.", None
        if cron.error:
            return _skipped(SkipReason.SPEC_ERROR, str(cron.error))
        if cron.recorded.stopped:
            return _skipped(SkipReason.STOPPED)
        if cron.halt:
            return _skipped(SkipReason.PAUSED)
        return Outcome.OPEN, "No tick has decided it yet: is the scheduler calling the cron function?", None


def outcome_of(stretch: Stretch) -> Outcome:
    """Return what the slots of a row of the record came to."""
    return _recorded(stretch, "")[0]


def _skipped(reason: SkipReason, detail: str = "") -> tuple[Outcome, str, SkipReason | None]:
    outcome = Outcome.MISSED if reason is SkipReason.MISSED else Outcome.SKIPPED
    return outcome, reason.sentence + (f" ({detail})" if detail else ""), reason


def _recorded(stretch: Stretch, name: str) -> tuple[Outcome, str, SkipReason | None]:
    """What the record says of a slot, whose Workflow would be called ``name``."""
    word, result, message = stretch.kind
    message = message.replace(NAME, name)
    if word == RAN:
        ended = f"{result}: {message}" if message else f"{result}."
        gone = "Its Workflow has been deleted since."
        return Outcome.RAN, f"{ended.rstrip('.')}. {gone}" if result in FAILURES else gone, None
    if word not in _REASONS:
        return Outcome.UNKNOWN, f"The record says {word!r}, which this version does not know.", None
    return _skipped(_REASONS[word], message)


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
