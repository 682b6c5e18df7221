"""Did everything run that was due? Each slot, computed again from the spec, with a verdict.

It does not matter who created the Workflows. What became of a slot is known from
``triggerfish.cron.explaining.explain``; here it is held against the grace, and against Workflows that are
still there though nobody recorded anything, as with Argo's own controller. What cannot be known is
``unknown``, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from triggerfish.cron.explaining import explain
from triggerfish.cron.explaining.explain import Outcome, Story
from triggerfish.cron.explaining.runs import Run, RunKind
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.spec import ConcurrencyPolicy
from triggerfish.cron.planning.reasons import SkipReason
from triggerfish.workflows.endings import FAILURES, SUCCEEDED

MOST = 20_000


class Verdict(StrEnum):
    """What became of a slot. ``invalid``: the spec was wrong. ``failing``: it ran, and that run failed."""

    ON_TIME = "on time"
    LATE = "late"
    SKIPPED = "skipped"
    MISSED = "missed"
    TWICE = "twice"
    INVALID = "invalid"
    FAILING = "failing"
    UNKNOWN = "unknown"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class AuditedSlot:
    """One slot: ``late`` is how long after it was due its Workflow was made, ``why`` a sentence or empty.

    ``wrong``: somebody has to do something about it. Where a wrong spec leaves no slots to tell, one stands
    for all of them.
    """

    slot: datetime
    due: datetime
    verdict: Verdict
    workflows: tuple[str, ...] = ()
    late: timedelta | None = None
    why: str = ""
    wrong: bool = False


_wrong = (Verdict.MISSED, Verdict.TWICE, Verdict.INVALID, Verdict.FAILING)


def audit(
    cron: CronWorkflow, runs: Sequence[Run], since: datetime, now: datetime, grace: timedelta
) -> tuple[AuditedSlot, ...]:
    """The slots due in (since, now], oldest first, at most 20,000. ``runs`` are from Workflows in full.

    A slot that is still on time and has no Workflow yet is ``open``.
    """
    told = explain.stories(cron, runs, since, now, now, limit=MOST)
    auditor = _Auditor(cron, runs, now, grace)
    found = [auditor.finding(story) for story in told]
    if cron.spec.timetable is None:
        at = max(since, cron.created, cron.written or cron.created, *(story.due for story in told))
        why = f"{SkipReason.SPEC_ERROR.sentence} ({cron.error})"
        found.append(AuditedSlot(at, at, Verdict.INVALID, why=why, wrong=True))
    return tuple(found)


class _Auditor:
    def __init__(self, cron: CronWorkflow, runs: Sequence[Run], now: datetime, grace: timedelta) -> None:
        self.cron, self.runs, self.now, self.grace = cron, runs, now, grace
        self.by_slot: dict[datetime, list[Run]] = {}
        for run in runs:
            # One that somebody made for the slot by another name is found by the time it carries.
            slot = run.slot or run.scheduled
            if slot is not None and run.kind in (RunKind.SCHEDULED, RunKind.MANUAL):
                self.by_slot.setdefault(slot, []).append(run)

    def finding(self, story: Story) -> AuditedSlot:
        """The verdict on one slot."""
        found = sorted(self.by_slot.get(story.slot, []), key=lambda run: run.created)
        names = tuple(run.name for run in found)
        if len(found) > 1:
            why = f"{len(found)} Workflows have this slot"
            return AuditedSlot(story.slot, story.due, Verdict.TWICE, names, why=why, wrong=True)
        if found:
            late = max(found[0].created - story.due, timedelta(0))
            verdict = Verdict.LATE if late > self.grace else Verdict.ON_TIME
            if found[0].failed:
                why = f"{found[0].phase}: {found[0].message}" if found[0].message else f"{found[0].phase}."
                return AuditedSlot(story.slot, story.due, Verdict.FAILING, names, late, why, wrong=True)
            return AuditedSlot(story.slot, story.due, verdict, names, late)
        verdict, why = self._without(story)
        wrong = verdict in _wrong or story.wrong
        return AuditedSlot(story.slot, story.due, verdict, late=story.late, why=why, wrong=wrong)

    def _without(self, story: Story) -> tuple[Verdict, str]:
        match story.outcome:
            case Outcome.RAN if story.failed:
                return Verdict.FAILING, story.reason
            case Outcome.RAN:
                late = story.late is not None and story.late > self.grace
                return Verdict.LATE if late else Verdict.ON_TIME, story.reason
            case Outcome.MISSED:
                return Verdict.MISSED, story.reason
            case Outcome.SKIPPED:
                return Verdict.INVALID if story.why in explain.INVALID else Verdict.SKIPPED, story.reason
            case _ if story.due > self.now - self.grace:
                return Verdict.OPEN, "It is still on time."
            case Outcome.UNKNOWN if self._edited_after(story):
                return Verdict.UNKNOWN, story.reason
        return self._unrecorded(story)

    def _edited_after(self, story: Story) -> bool:
        return self.cron.edited is not None and story.slot <= self.cron.edited

    def _unrecorded(self, story: Story) -> tuple[Verdict, str]:
        """No record and no Workflow: what do the other Workflows say?"""
        spec = self.cron.spec
        if spec.policy is ConcurrencyPolicy.FORBID and (other := self._running(story)):
            return Verdict.SKIPPED, f"{SkipReason.FORBID.sentence} It was {other}."
        if self._may_be_pruned(story):
            return (
                Verdict.UNKNOWN,
                "Its Workflow may have been deleted: the history limits are reached.",
            )
        if spec.when:
            return Verdict.UNKNOWN, "The condition in `when` may have been false; no decision is recorded."
        return Verdict.MISSED, "No Workflow was created for it, and no decision is recorded."

    def _running(self, story: Story) -> str:
        """A Workflow that was unfinished when the slot was due."""
        for run in self.runs:
            ended = run.finished is not None and run.finished <= story.due
            if run.kind is not RunKind.BACKFILL and run.created <= story.due and not ended:
                return run.name
        return ""

    def _may_be_pruned(self, story: Story) -> bool:
        spec = self.cron.spec
        for kept, phases in (
            (spec.successes_kept, (SUCCEEDED,)),
            (spec.failures_kept, FAILURES),
        ):
            ended = [run for run in self.runs if run.phase in phases and run.kind is not RunKind.BACKFILL]
            oldest = min((run.slot or run.created for run in ended), default=None)
            if len(ended) >= kept and (oldest is None or story.slot < oldest):
                return True
        return False
