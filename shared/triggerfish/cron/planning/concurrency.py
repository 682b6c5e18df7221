"""What a concurrency policy lets start, beside what runs and beside what other ticks have claimed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from triggerfish.cron.manifest.believed import AHEAD
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.spec import ConcurrencyPolicy
from triggerfish.cron.planning.reasons import Skip, SkipReason


@dataclass(frozen=True, slots=True)
class Start:
    """``slots`` to start, oldest first, after ``terminate`` was asked for; ``skips`` are decided against.

    A policy is asked about slots that have no child yet, at least one, oldest first; ``now`` is the tick's.
    """

    slots: tuple[datetime, ...] = ()
    skips: tuple[Skip, ...] = ()
    terminate: tuple[Child, ...] = ()


def allow(slots: tuple[datetime, ...], children: Children, now: datetime) -> Start:
    """Each slot runs, whatever else does."""
    return Start(slots)


def forbid(slots: tuple[datetime, ...], children: Children, now: datetime) -> Start:
    """The latest slot runs, if nothing else does."""
    *earlier, latest = slots
    running = children.unfinished
    if running:
        detail = f"{running[0].name} is unfinished"
        return Start(skips=tuple(Skip(slot, SkipReason.FORBID, detail) for slot in slots))
    return Start((latest,), _superseded(earlier))


def replace(slots: tuple[datetime, ...], children: Children, now: datetime) -> Start:
    """The latest slot runs, and everything else is asked to end."""
    *earlier, latest = slots
    newest = children.newest_slot(now + AHEAD)
    if newest and newest > latest:
        return Start(skips=_superseded(slots))
    # None of them is of the slot that is to run (argo-workflows #12625): that one has no child yet.
    return Start((latest,), _superseded(earlier), tuple(children.unfinished))


Decide = Callable[[tuple[datetime, ...], Children, datetime], Start]

policies: dict[ConcurrencyPolicy, Decide] = {
    ConcurrencyPolicy.ALLOW: allow,
    ConcurrencyPolicy.FORBID: forbid,
    ConcurrencyPolicy.REPLACE: replace,
}


def replaced(children: Children, now: datetime) -> tuple[Child, ...]:
    """Under Replace: the unfinished children that are older than the newest slot's."""
    slot = children.newest_slot(now + AHEAD)
    newest = slot and children.of_slot(slot)
    if not newest:
        return ()
    return tuple(
        child
        for child in children.unfinished
        if child is not newest and (child.slot is not None or child.created <= newest.created)
    )


def _superseded(slots: tuple[datetime, ...] | list[datetime]) -> tuple[Skip, ...]:
    return tuple(Skip(slot, SkipReason.SUPERSEDED) for slot in slots)
