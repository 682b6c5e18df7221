"""Which finished children the history limits do not keep, and which finalizers have served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.actions import Delete, Release
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.recorded import Books
from triggerfish.cron.manifest.spec import Spec

_never = datetime.fromtimestamp(0, UTC)


def waits(spec: Spec, children: Children) -> bool:
    """Whether there will be something to tidy up once the children are old enough."""
    return any(child.held for child in children) or any(
        len(ended) > kept for ended, kept in _kinds(spec, children)
    )


def over_limit(spec: Spec, books: Books, children: Children, before: datetime) -> bool:
    """Whether there may be something to delete; which, metadata cannot tell: it has no ``finishedAt``."""
    return bool(len(children)) and any(
        len(ended) > kept and any(_deletable(child, spec, books, before) for child in ended)
        for ended, kept in _kinds(spec, children)
    )


def excess(
    spec: Spec, books: Books, workflows: Iterable[Mapping[str, Any]], owner: str, before: datetime
) -> tuple[Delete, ...]:
    """What is to be deleted of these finished Workflows, in full, of which only the owner's count.

    The newest by ``status.finishedAt`` stay. Only what has been recorded goes, and nothing that a slow tick
    might still believe to be missing: a child from after ``before`` stays for now.
    """
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
        doomed += [child for child in newest_first[kept:] if _deletable(child, spec, books, before)]
    return tuple(Delete(child.name, child.uid) for child in doomed)


def releases(spec: Spec, books: Books, children: Children, before: datetime) -> tuple[Release, ...]:
    """Finalizers that have served: on recorded children that finished, or that somebody deleted."""
    return tuple(
        release(child)
        for child in children
        if child.held
        and child.created <= before
        and _decided(child, spec, books)
        and (_counted(child, books) or (child.deleting and not child.finished))
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


def _deletable(child: Child, spec: Spec, books: Books, before: datetime) -> bool:
    return (
        _counted(child, books)
        and _decided(child, spec, books)
        and child.created <= before
        and not child.deleting
    )


def _counted(child: Child, books: Books) -> bool:
    return child.finished and child.uid not in books.active_uids


def _decided(child: Child, spec: Spec, books: Books) -> bool:
    if child.slot is None:
        return True
    due = spec.timetable.due(child.slot) if spec.timetable else child.slot
    until = books.decided or books.last_scheduled
    return until is not None and due <= until and (books.claim is None or books.claim.slot != child.slot)
