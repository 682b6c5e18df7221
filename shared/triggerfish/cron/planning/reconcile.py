"""``active`` and the counters, brought up to date with the children that are there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.recorded_state import RecordedState, reference
from triggerfish.cron.manifest.timetable import Timetable


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """Which slots' children no patch has noted so far: this one notes them.

    Those due in (``after``, ``until``], that of ``claimed``, and those ``left_out``: a patch has decided
    against their slot while the child was on its way.
    """

    timetable: Timetable | None
    after: datetime
    until: datetime | None
    claimed: datetime | None = None
    left_out: frozenset[datetime] = frozenset()

    def notes(self, child: Child) -> bool:
        """Return whether this patch is the one that notes this child."""
        if child.slot is None:
            return False
        if child.slot == self.claimed or child.slot in self.left_out:
            return True
        due = self._due(child.slot)
        return self.until is not None and self.after < due <= self.until

    def leaves(self, child: Child) -> bool:
        """Return whether a later patch is to note this child: its slot is not decided yet."""
        if child.slot is None or self.notes(child):
            return False
        return self._due(child.slot) > max(self.until or self.after, self.after)

    def _due(self, slot: datetime) -> datetime:
        return self.timetable.due(slot) if self.timetable else slot


def reconciled(state: RecordedState, children: Children, unrecorded: Unrecorded) -> RecordedState:
    """``state`` with finished children counted, each once, and the unfinished ones in ``active``.

    Counting a child and taking it from ``active`` is one patch; a child that finished before it was ever in
    ``active`` is counted by the patch that decides its slot. What is in ``active`` and not there was deleted.
    """
    if not state.active and not len(children):
        return state
    known = state.active_uids
    ended = [child for child in children if child.finished and child.uid in known]
    if any(unrecorded.leaves(child) for child in ended):
        # Argo's controller, where it runs still, lists children that no patch of ours has noted.
        record = state.record
        ended = [
            child
            for child in ended
            if not unrecorded.leaves(child) or (child.slot and record.has_run(child.slot))
        ]
    counted = {child.uid for child in ended}
    active = [
        entry
        for entry in state.active
        if (child := children.by_uid(entry.get("uid", ""))) and child.uid not in counted
    ]
    new = [child for child in children if child.uid not in known and not unrecorded.leaves(child)]
    active += [reference(child) for child in new if not child.finished]
    late = [child for child in new if child.finished and unrecorded.notes(child)]
    if late:
        # One that an earlier patch has noted was counted when it left ``active``: a clock was ahead then.
        record = state.record
        ended += [child for child in late if not (child.slot and record.has_run(child.slot))]
    if not ended and tuple(active) == state.active:
        return state
    succeeded, failed, in_a_row = state.succeeded, state.failed, state.failures_in_a_row
    for child in sorted(ended, key=lambda child: child.age_key):
        if child.succeeded:
            succeeded, in_a_row = succeeded + 1, 0
        else:
            failed, in_a_row = failed + 1, in_a_row + 1
    # At once: each new state costs more than to count a child.
    return replace(
        state, active=tuple(active), succeeded=succeeded, failed=failed, failures_in_a_row=in_a_row
    )
