"""Which finished children the history limits do not keep, and which finalizers have served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from triggerfish.cron import times
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.manifest.spec import Spec
from triggerfish.cron.planning.actions import Delete, Release
from triggerfish.cron.planning.steps import Plan

_never = datetime.fromtimestamp(0, UTC)


def waits(spec: Spec, children: Children) -> bool:
    """Return whether there will be something to tidy up once the children are old enough."""
    return any(child.held for child in children) or any(
        len(ended) > kept for ended, kept in _kinds(spec, children)
    )


def over_limit(plan: Plan, state: RecordedState) -> bool:
    """Return whether there may be something to delete, once ``state`` is recorded.

    Which, metadata cannot tell: it has no ``finishedAt``.
    """
    spec, children, before = plan.cron.spec, plan.situation.children, plan.tidy_before
    recorded = _Recorded(spec, state)
    return bool(len(children)) and any(
        len(ended) > kept and any(recorded.deletable(child, before) for child in ended)
        for ended, kept in _kinds(spec, children)
    )


class Ended(NamedTuple):
    """A child, and its ``status.finishedAt``."""

    child: Child
    at: datetime


def ended_of(owner: str, workflows: Iterable[Mapping[str, Any]]) -> list[Ended]:
    """What there is to know of those of these Workflows, given in full, that are of that CronWorkflow."""
    return [
        Ended(child, times.read((workflow.get("status") or {}).get("finishedAt")) or _never)
        for workflow in workflows
        if (child := Child.of(workflow)) and child.owner == owner
    ]


def excess(plan: Plan, state: RecordedState, owned: Sequence[Ended]) -> tuple[Delete, ...]:
    """Finished children of the CronWorkflow that the limits do not keep.

    The newest by ``status.finishedAt`` stay. Only what ``state`` has recorded goes, and nothing that a slow
    tick might still believe to be missing.
    """
    spec, before = plan.cron.spec, plan.tidy_before
    finished_at = {child.uid: at for child, at in owned}
    recorded = _Recorded(spec, state)
    doomed: list[Child] = []
    for ended, kept in _kinds(spec, Children(child for child, _ in owned)):
        newest_first = sorted(ended, key=lambda child: (finished_at[child.uid], child.age_key), reverse=True)
        doomed += [child for child in newest_first[kept:] if recorded.deletable(child, before)]
    return tuple(Delete(child.name, child.uid) for child in doomed)


def releases(plan: Plan, state: RecordedState) -> tuple[Release, ...]:
    """Finalizers that have served: on recorded children that finished, or that somebody deleted."""
    recorded, before = _Recorded(plan.cron.spec, state), plan.tidy_before
    return tuple(
        release(child)
        for child in plan.situation.children
        if child.held
        and child.created <= before
        and recorded.decided(child)
        and (recorded.counted(child) or (child.deleting and not child.finished))
    )


def release(child: Child) -> Release:
    """Take our finalizer off, guarded."""
    return Release(child.name, child.version, child.rest)


def _kinds(spec: Spec, children: Children) -> tuple[tuple[list[Child], int], tuple[list[Child], int]]:
    ended = [child for child in children if child.finished]
    return (
        ([child for child in ended if child.succeeded], spec.successes_kept),
        ([child for child in ended if not child.succeeded], spec.failures_kept),
    )


class _Recorded:
    """What ``state`` says of children. What is active is looked up for each: both may be very many."""

    __slots__ = ("_active", "_spec", "_state")

    def __init__(self, spec: Spec, state: RecordedState) -> None:
        self._spec, self._state, self._active = spec, state, state.active_uids

    def deletable(self, child: Child, before: datetime) -> bool:
        return self.counted(child) and self.decided(child) and child.created <= before and not child.deleting

    def counted(self, child: Child) -> bool:
        return child.finished and child.uid not in self._active

    def decided(self, child: Child) -> bool:
        if child.slot is None:
            return True
        spec, state = self._spec, self._state
        due = spec.timetable.due(child.slot) if spec.timetable else child.slot
        until = state.decided or state.last_scheduled
        return until is not None and due <= until and (state.claim is None or state.claim.slot != child.slot)
