"""CronWorkflows that sleep: until their next slot there is nothing to do, as far as they say so themselves.

A first tick finds most of them so, before it knows any children. What is kept of one is a few times and
numbers, no JSON: there may be tens of thousands.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from triggerfish.cron.manifest.believed import can_be_true
from triggerfish.cron.manifest.children import Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.planning.due import floor
from triggerfish.cron.planning.health import Trouble, last_run_failed, recorded_failure

_never = datetime.max.replace(tzinfo=UTC)
_none = timedelta(0)


@dataclass(frozen=True, slots=True)
class Asleep:
    """One at one ``version``, with nothing to do before ``until``.

    ``coming`` is when its next slot is due, None when that is not to run. Slots up to ``decided`` are
    recorded. It may have children that ended, as many as the limits keep. ``failed_at`` is the Unix second of
    the last recorded run, if that failed.
    """

    namespace: str
    name: str
    uid: str
    version: str
    until: datetime
    coming: datetime | None
    decided: datetime
    successes_kept: int
    failures_kept: int
    failed_at: int | None = None

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @classmethod
    def of(cls, cron: CronWorkflow, by: datetime) -> Asleep | None:
        """Return what is kept of it when nothing is to be done at ``by``; None when a plan must be made."""
        state, timetable = cron.recorded, cron.spec.timetable
        if (
            timetable is None
            or timetable.jitter
            or (cron.unseen and cron.note_ahead is None)
            or cron.error
            or cron.deleting
            or cron.halt
            or state.claim
            or state.active
            or state.conditions
            or state.failures_in_a_row
            or state.resumed
            or not can_be_true(cron, by)
        ):
            return None
        decided = floor(cron)
        slot, barren = timetable.coming(max(decided, cron.created, cron.since(by)))
        until = slot.due - (cron.note_ahead or _none) if slot else barren or _never
        if until <= by:
            return None
        return cls(
            sys.intern(cron.namespace),
            cron.name,
            cron.uid,
            cron.version,
            until,
            slot.due if slot and cron.runs else None,
            decided,
            cron.spec.successes_kept,
            cron.spec.failures_kept,
            recorded_failure(state),
        )

    def lasts(self, children: Children, now: datetime) -> bool:
        """Return whether it is so, now that its children are known: they have ended, are counted and few."""
        if now >= self.until:
            return False
        if not len(children):
            return True
        failed = 0
        for child in children:
            if not child.finished or child.held or (child.slot and child.slot > self.decided):
                return False
            failed += not child.succeeded
        return failed <= self.failures_kept and len(children) - failed <= self.successes_kept

    def trouble(self, children: Children) -> Trouble | None:
        """Return what is wrong with it: at most that its last run failed."""
        return Trouble.FAILED if last_run_failed(children, self.failed_at) else None
