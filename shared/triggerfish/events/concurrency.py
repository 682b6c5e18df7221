"""Runs of one key that must not meet: the newest stays (Replace), or the first (Forbid).

Each run carries when its event was received and, if that is known, when it occurred. What is decided follows
from the runs that exist, never from which delivery happens to ask: a late older delivery never ends a newer
run, and a delivery that crashed half-way is completed by the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from triggerfish import annotations as keys
from triggerfish.errors import SpecError
from triggerfish.hosts.facts import Facts
from triggerfish.hosts.times import seconds
from triggerfish.workflows.endings import ENDS
from triggerfish.workflows.names import digest
from triggerfish.workflows.objects import Json

# Where payloads of an unknown origin may have the time of the event. The time of a commit is not that: a push
# of an older commit is a newer event.
_moments = (
    ("pull_request", "updated_at"),
    ("object_attributes", "updated_at"),
    ("pullrequest", "updated_on"),
    ("repository", "pushed_at"),
    ("createdDate",),
)


class KeyPolicy(Enum):
    """What happens when a run starts while another of its key is unfinished."""

    ALLOW = "Allow"
    FORBID = "Forbid"
    REPLACE = "Replace"


@dataclass(frozen=True, slots=True)
class KeyedRun:
    """A Workflow of one key. Times are seconds since 1970; when the event ``occurred`` may not be known.

    ``before`` and ``after`` are the commits that the event led from and to, where it says so. ``created`` is
    the API server's time, in whole seconds. ``ending``: it was told to end for the sake of another.
    """

    name: str
    delivery: str
    finished: bool
    received: float
    occurred: float | None
    before: str | None = None
    after: str | None = None
    created: float = 0.0
    ending: bool = False


def policy_of(text: object, field: str) -> KeyPolicy:
    """The policy an annotation names; absent is ``ALLOW``."""
    if text in (None, ""):
        return KeyPolicy.ALLOW
    try:
        return KeyPolicy(text)
    except ValueError:
        raise SpecError(field, f"there is no policy {text!r}", "write Allow, Forbid or Replace") from None


def key_label(binding_uid: str, key: str) -> str:
    """The value of the label that all runs of one key of one binding have."""
    return digest(binding_uid, key).hex()[:32]


def stamp(
    workflow: Json,
    label: str,
    received: datetime,
    occurred: float | None,
    commits: tuple[str, str] | None = None,
) -> Json:
    """``workflow`` as a run of that key. ``commits`` are the ones that its event led from and to."""
    metadata = workflow["metadata"]
    annotations = {**metadata["annotations"], keys.RECEIVED: received.astimezone(UTC).isoformat()}
    if occurred is not None:
        annotations[keys.OCCURRED] = repr(occurred)
    if commits is not None:
        annotations[keys.COMMITS] = "..".join(commits)
    marked = {
        **metadata,
        "labels": {**metadata["labels"], keys.CONCURRENCY_KEY: label},
        "annotations": annotations,
    }
    return {**workflow, "metadata": marked}


# No delivery and no commits that we write take more characters; anybody may write 256 KiB.
_longest = 1024


def run_of(obj: Json) -> KeyedRun:
    """A run, from a Workflow's metadata."""
    metadata = obj["metadata"]
    given = metadata.get("labels") or {}
    annotations = metadata.get("annotations") or {}
    created = seconds(metadata.get("creationTimestamp")) or 0.0
    received = seconds(annotations.get(keys.RECEIVED))
    if received is None:
        received = created
    before, _, after = str(annotations.get(keys.COMMITS) or "")[:_longest].partition("..")
    return KeyedRun(
        metadata["name"],
        annotations.get(keys.DELIVERY, "")[:_longest],
        given.get(keys.COMPLETED) == "true" or given.get(keys.PHASE) in ENDS,
        received,
        seconds(annotations.get(keys.OCCURRED)),
        before or None,
        after or None,
        created,
        keys.SUPERSEDED_BY in annotations,
    )


def in_the_way(policy: KeyPolicy, runs: Iterable[KeyedRun], delivery: str) -> KeyedRun | None:
    """The unfinished run that forbids this delivery to start one; None when it may, or already has."""
    runs = list(runs)
    if policy is not KeyPolicy.FORBID or any(run.delivery == delivery for run in runs):
        return None
    return staying(policy, runs) or next((run for run in runs if not run.finished), None)


def staying(policy: KeyPolicy, runs: Sequence[KeyedRun]) -> KeyedRun | None:
    """The run for whose sake others of its key end: the newest event's (Replace), the first made (Forbid)."""
    if policy is KeyPolicy.REPLACE:
        return _newest(runs)
    if policy is KeyPolicy.FORBID:
        # By what is stored, so that all who look agree: a run that another delivery received earlier, but
        # created later, is not the first.
        going = (run for run in runs if not run.finished and not run.ending)
        return min(going, key=lambda run: (run.created, run.received, run.name), default=None)
    return None


def surplus(policy: KeyPolicy, runs: Sequence[KeyedRun]) -> tuple[KeyedRun, ...]:
    """The runs to terminate: all unfinished ones but the one that stays, whichever delivery looks.

    Under Forbid too: several deliveries may have found the way free, and the one that stays may be the only
    one to see the others, as they had looked before it was there.
    """
    stays = staying(policy, runs)
    if stays is None:
        return ()
    return tuple(run for run in runs if not run.finished and run != stays)


def occurred(payload: Any, found: Facts | None = None) -> float | None:
    """Return when the event occurred, in seconds since 1970, if the payload says so in a place that we know.

    ``found`` are the Git facts of the payload: a host knows what its times mean. Without one the subject's
    own time counts before the repository's, which other events move too.
    """
    if found is not None:
        return found.occurred
    for path in _moments:
        value = payload
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        moment = seconds(value)
        if moment is not None:
            return moment
    return None


def _newest(runs: Sequence[KeyedRun]) -> KeyedRun | None:
    """The run of the newest event.

    No single scale orders all of them: who is newer may go round in a circle. So each run is compared with
    the newest of those that were made before it, by what these say alone. A run that is made later then never
    brings back one that had to end already: of those who look at different moments, nobody ends the run for
    whose sake another ended the rest.
    """
    made = sorted(runs, key=lambda run: (run.created, run.received, run.name))
    newest = made[0] if made else None
    for place, run in enumerate(made[1:], 1):
        if newest is None or _is_newer(run, newest, made[: place + 1]):
            newest = run
    return newest


def _is_newer(run: KeyedRun, other: KeyedRun, known: Sequence[KeyedRun]) -> bool:
    """Return whether the event of ``run`` is newer than that of ``other``, the newest of the rest."""
    if run.occurred is not None and other.occurred is not None and run.occurred != other.occurred:
        return run.occurred > other.occurred
    if _followers(run, known):
        # It came late: an event of before started where this one ended.
        return False
    return run in _followers(other, known) or (run.received, run.name) > (other.received, other.name)


def _followers(run: KeyedRun, known: Sequence[KeyedRun]) -> Sequence[KeyedRun]:
    """The chain of commits that goes on from ``run``, which may have come late.

    Many hosts write no time into a push, but all say from which commit it led to which. A chain that ends at
    a commit where it had been orders nothing (pushed there and back), nor does one that goes back in time.
    """
    chain = [run]
    while (end := chain[-1]).after is not None:
        nexts = [
            one for one in known if one.before == end.after and one not in chain and not _older(one, end)
        ]
        if not nexts:
            break
        chain.append(max(nexts, key=lambda one: (one.received, one.name)))
    return () if any(end.after == one.before for one in chain) else chain[1:]


def _older(one: KeyedRun, other: KeyedRun) -> bool:
    return one.occurred is not None and other.occurred is not None and one.occurred < other.occurred
