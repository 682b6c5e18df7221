"""Which finished children the history limits do not keep, and which finalizers have served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from triggerfish import annotations as keys
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
    return bool(len(children)) and any(
        len(ended) > kept and any(_deletable(child, spec, state, before) for child in ended)
        for ended, kept in _kinds(spec, children)
    )


def excess(plan: Plan, state: RecordedState, workflows: Iterable[Mapping[str, Any]]) -> tuple[Delete, ...]:
    """Finished Workflows, given in full, that the limits do not keep; only the CronWorkflow's own count.

    The newest by ``status.finishedAt`` stay. Only what ``state`` has recorded goes, and nothing that a slow
    tick might still believe to be missing.
    """
    spec, owner, before = plan.cron.spec, plan.cron.uid, plan.tidy_before
    finished_at: dict[str, datetime] = {}
    owned = []
    for workflow in workflows:
        child = Child.of(workflow)
        if child and child.owner == owner:
            owned.append(child)
            finished_at[child.uid] = times.read((workflow.get("status") or {}).get("finishedAt")) or _never
    doomed: list[Child] = []
    for ended, kept in _kinds(spec, Children(owned)):
        newest_first = sorted(ended, key=lambda child: (finished_at[child.uid], child.age_key), reverse=True)
        doomed += [child for child in newest_first[kept:] if _deletable(child, spec, state, before)]
    return tuple(Delete(child.name, child.uid) for child in doomed)


def releases(plan: Plan, state: RecordedState) -> tuple[Release, ...]:
    """Finalizers that have served: on recorded children that finished, or that somebody deleted."""
    spec, before = plan.cron.spec, plan.tidy_before
    return tuple(
        release(child)
        for child in plan.situation.children
        if child.held
        and child.created <= before
        and _decided(child, spec, state)
        and (_counted(child, state) or (child.deleting and not child.finished))
    )


def release(child: Child) -> Release:
    """Take our finalizer off, guarded."""
    rest = [each for each in child.finalizers if each != keys.EXACT]
    return Release(child.name, {"metadata": {"finalizers": rest or None, "resourceVersion": child.version}})


def _kinds(spec: Spec, children: Children) -> tuple[tuple[list[Child], int], tuple[list[Child], int]]:
    ended = [child for child in children if child.finished]
    return (
        ([child for child in ended if child.succeeded], spec.successes_kept),
        ([child for child in ended if not child.succeeded], spec.failures_kept),
    )


def _deletable(child: Child, spec: Spec, state: RecordedState, before: datetime) -> bool:
    return (
        _counted(child, state)
        and _decided(child, spec, state)
        and child.created <= before
        and not child.deleting
    )


def _counted(child: Child, state: RecordedState) -> bool:
    return child.finished and child.uid not in state.active_uids


def _decided(child: Child, spec: Spec, state: RecordedState) -> bool:
    if child.slot is None:
        return True
    due = spec.timetable.due(child.slot) if spec.timetable else child.slot
    until = state.decided or state.last_scheduled
    return until is not None and due <= until and (state.claim is None or state.claim.slot != child.slot)
