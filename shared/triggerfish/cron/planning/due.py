"""Which slots of one CronWorkflow this tick must decide: on time, caught up, or missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from triggerfish.cron import times
from triggerfish.cron.manifest.believed import has
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.decisions import ALL_UP_TO
from triggerfish.cron.manifest.spec import CatchUp
from triggerfish.cron.manifest.timetable import Slot, Timetable
from triggerfish.cron.planning.reasons import Skip, SkipReason

# However fine the schedule, a tick starts no more than this many runs of one CronWorkflow.
most_on_time = 100
_moment = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Due:
    """``candidates`` may run, oldest first; ``skips`` may not; ``until`` is the due time of the last of all.

    ``coming`` is when the next slot is due, where nothing is due yet; None with ``barren``: not before that.
    """

    candidates: tuple[Slot, ...] = ()
    skips: tuple[Skip, ...] = ()
    until: datetime | None = None
    coming: datetime | None = None
    barren: datetime | None = None

    def __bool__(self) -> bool:
        return self.until is not None


NOTHING = Due()


def floor(cron: CronWorkflow) -> datetime:
    """What is due at or before this has been recorded; before our first record, it was Argo's to do."""
    return cron.recorded.decided or cron.recorded.last_scheduled or cron.created


def due_slots(cron: CronWorkflow, now: datetime, grace: timedelta) -> Due:
    """The slots that came due since the last record, sorted into those that may start and those that may not.

    None that lies before the CronWorkflow, or before an edit of its timetable.
    """
    timetable = cron.spec.timetable
    if timetable is None:
        return NOTHING
    began = max(cron.created, cron.since(now))
    after = max(floor(cron), began)
    # What is due exactly ``grace`` ago is still on time, and the interval is open at its start.
    punctual = max(after, now - grace - _moment)
    first, barren = timetable.coming(after)
    if barren and barren < punctual:
        # Too many that are excluded to look through: what is on time counts.
        first, barren = timetable.coming(punctual)
    if first is None or first.due > now:
        return Due(coming=first.due if first else None, barren=barren)
    on_time = _on_time(timetable, punctual, now)
    caught_up = _caught_up(cron, timetable, after, punctual, now, punctual=bool(on_time))
    # With jitter a slot may come due after the edit that it lies before.
    candidates = tuple(slot for slot in (*caught_up, *on_time) if slot.at > began)
    skips = (
        () if first in candidates or first.at <= began else (_missed(timetable, first, candidates, punctual),)
    )
    last = candidates[-1] if candidates else timetable.latest(after, now)
    return Due(candidates, skips, last.due if last else first.due)


def may_start(cron: CronWorkflow, at: datetime, now: datetime, grace: timedelta) -> bool:
    """Return whether a slot that a tick once claimed may still start: like any other.

    It is a slot of the timetable as it now is, after the creation and the last edit, and it is on time, or
    not too late to catch up with.
    """
    timetable = cron.spec.timetable
    if timetable is None or at <= max(cron.created, cron.since(now)) or not has(timetable, at):
        return False
    late = now - timetable.due(at)
    return late <= grace or (_catches_up(cron) and late < cron.spec.deadline)


def _catches_up(cron: CronWorkflow) -> bool:
    spec, state = cron.spec, cron.recorded
    return (
        spec.catch_up is not CatchUp.NONE
        and bool(spec.deadline)
        and state.last_scheduled is not None
        and state.last_used_schedule == cron.schedules
    )


def _on_time(timetable: Timetable, after: datetime, now: datetime) -> tuple[Slot, ...]:
    found = timetable.between(after, now, most_on_time + 1)
    return found if len(found) <= most_on_time else _latest(timetable, after, now, most_on_time)


def _caught_up(
    cron: CronWorkflow,
    timetable: Timetable,
    after: datetime,
    before: datetime,
    now: datetime,
    *,
    punctual: bool,
) -> tuple[Slot, ...]:
    spec = cron.spec
    if not _catches_up(cron):
        return ()
    earliest = max(after, now - spec.deadline)
    if spec.catch_up is CatchUp.ALL:
        return _latest(timetable, earliest, before, spec.catch_up_limit)
    # A run that is on time makes up for those before it.
    return () if punctual else _latest(timetable, earliest, before, 1)


def _latest(timetable: Timetable, after: datetime, until: datetime, most: int) -> tuple[Slot, ...]:
    """The last ``most`` slots in (after, until], oldest first."""
    found: list[Slot] = []
    while len(found) < most and after < until and (slot := timetable.latest(after, until)):
        found.append(slot)
        until = slot.due - _moment
    return tuple(reversed(found))


def _missed(timetable: Timetable, first: Slot, candidates: tuple[Slot, ...], punctual: datetime) -> Skip:
    """One line for all that were missed: there may be thousands."""
    before = candidates[0].due - _moment if candidates else punctual
    last = timetable.latest(first.due - _moment, before) or first
    reason = SkipReason.MISSED if first.due <= punctual else SkipReason.SUPERSEDED
    detail = "" if last == first else f"{ALL_UP_TO}{times.rfc3339(last.at)}"
    return Skip(first.at, reason, detail)
