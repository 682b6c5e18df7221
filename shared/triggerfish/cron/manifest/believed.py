"""The recorded state as far as it can be true: a wrong clock, or a person, may have written anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.manifest.children import Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.timetable import Timetable

# Clocks differ a little.
AHEAD = timedelta(minutes=1)
# Ticks come once a minute, so what was due before that has been decided by an earlier one, as a rule.
_period = timedelta(seconds=60)
_moment = timedelta(microseconds=1)
# The generation of one that was edited once: to write a status and to take it away are two writes more.
_written_once = 2
# Slots that jitter may bring to one instant.
_most_at_once = 5000


class Believed(NamedTuple):
    """``cron`` with the recorded state that can be true; ``doubts`` says what cannot, one sentence each."""

    cron: CronWorkflow
    doubts: tuple[str, ...] = ()


def believed(cron: CronWorkflow, children: Children, now: datetime, grace: timedelta) -> Believed:
    """What to go by: no time later than ``now`` and a minute, nothing from before the CronWorkflow existed.

    What cannot be true counts as absent, and in its place stands what the children and the recorded decisions
    say. The same goes for a CronWorkflow that is not new and has lost its annotations (``kubectl replace``).
    """
    state, latest = cron.recorded, now + AHEAD
    doubts = _doubts(cron, latest)
    if not doubts:
        if state.decided is None and state.seen is None and state.claim is None:
            return Believed(_after_replace(cron, children, now, grace))
        return Believed(cron)
    known = state.record
    ran = [slot for slot in (children.newest_slot(now), *known.slots_until(now, ran=True)) if slot]
    if keys.DECIDED in doubts:
        slots = [*ran, *known.slots_until(now)]
        timetable = cron.spec.timetable
        dues = [timetable.due(slot) for slot in slots] if timetable else slots
        state = replace(state, decided=max((due for due in dues if due <= now), default=None))
    if keys.CLAIM in doubts:
        state = replace(state, claim=None)
    if "lastScheduledTime" in doubts:
        state = replace(state, last_scheduled=max(ran, default=None))
    if keys.SEEN in doubts:
        # When it was edited nobody knows then; slots that it cannot have run are too late anyway.
        cron = replace(cron, unseen=True, edited=cron.created)
        state = replace(state, seen=None)
    return Believed(replace(cron, recorded=state), tuple(doubts.values()))


def can_be_true(cron: CronWorkflow, now: datetime) -> bool:
    """Return whether nothing of the recorded state is in doubt."""
    return not _doubts(cron, now + AHEAD)


def _doubts(cron: CronWorkflow, latest: datetime) -> dict[str, str]:
    """What cannot be true, by its key."""
    state, found = cron.recorded, {}

    def ahead(key: str, time: datetime | None, where: str = "annotation ") -> None:
        if time is not None and time > latest:
            found[key] = f"{where}{key} is {times.rfc3339(time)}, which is later than now"

    def before(key: str, time: datetime | None) -> None:
        if time is not None and time < cron.created:
            found[key] = (
                f"annotation {key} is of {times.rfc3339(time)}, before this CronWorkflow was created at "
                f"{times.rfc3339(cron.created)}"
            )

    ahead(keys.DECIDED, state.decided)
    ahead("lastScheduledTime", state.last_scheduled, "status.")
    before(keys.DECIDED, state.decided)
    if state.seen:
        ahead(keys.SEEN, state.seen.since)
        before(keys.SEEN, state.seen.since)
    if claim := state.claim:
        ahead(keys.CLAIM, max(claim.slot, claim.by))
        before(keys.CLAIM, min(claim.slot - _moment, claim.by))
    return found


def _after_replace(cron: CronWorkflow, children: Children, now: datetime, grace: timedelta) -> CronWorkflow:
    """Without any annotation of ours: new, or an old one whose annotations somebody took away.

    Only the bound from which slots may start is moved: what ran is still to be counted.
    """
    timetable = cron.spec.timetable
    if timetable is None or cron.edited is None or cron.generation == 1 or cron.created > now - 2 * grace:
        return cron
    edited, newest = cron.edited, children.newest_slot(now)
    if newest is not None and newest > cron.created:
        # The oldest slot is started first, so those before this one are decided. A timetable that has it was
        # there before it: what was written since is something else.
        edited = newest if has(timetable, newest) else max(edited, newest)
    if not cron.recorded.has_status and cron.generation > _written_once:
        # Its status is gone as well, and a TTL may have deleted what ran: earlier ticks saw to earlier slots.
        edited = max(edited, now - _period)
    return replace(cron, edited=edited)


def has(timetable: Timetable, at: datetime) -> bool:
    """Whether that is one of its slots, and not excluded."""
    due = timetable.due(at)
    slots = timetable.slots(due - _moment, due, _most_at_once)
    return any(slot.at == at and not slot.excluded for slot in slots)
