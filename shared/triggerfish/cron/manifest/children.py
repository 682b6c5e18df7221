"""The Workflows of a CronWorkflow, from a metadata-only list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.workflows import finalizers
from triggerfish.workflows.endings import ENDS, FAILURES, SUCCEEDED

# Unix seconds have ten digits for the next 250 years; a generated suffix has five characters.
_slot_digits = range(9, 12)
_completion = f"f:{keys.COMPLETED}"
# No name and no uid that the API gives is longer.
_longest_name = 253


@dataclass(frozen=True, slots=True)
class Child:
    """What the core needs of a Workflow.

    ``slot`` is None for one submitted by hand. ``phase`` is empty while it is unfinished. ``held`` says that
    it carries our finalizer, ``rest`` are the others then, None where they are too long to be kept,
    ``deleting`` that somebody deleted it. ``completed`` is the last time at which its ``managedFields`` say
    that the label of its end was written.
    ``told_to_end``: its ``spec.shutdown`` is set, which metadata alone tells by the field's owner.
    """

    namespace: str
    name: str
    uid: str
    version: str
    owner: str
    cron: str
    created: datetime
    slot: datetime | None
    finished: bool
    phase: str
    held: bool
    rest: tuple[str, ...] | None
    deleting: bool
    told_to_end: bool
    completed: str = field(default="", repr=False, compare=False)

    @property
    def succeeded(self) -> bool:
        """It finished well."""
        return self.phase == SUCCEEDED

    @property
    def failed(self) -> bool:
        """It finished badly."""
        return self.phase in FAILURES

    @property
    def ended(self) -> datetime | None:
        """Return when it finished, at the latest: when the label that says so was written."""
        return times.read(self.completed)

    @property
    def age_key(self) -> tuple[datetime, str]:
        """Sorts children from the oldest."""
        return self.slot or self.created, self.name

    @classmethod
    def of(cls, workflow: Mapping[str, Any]) -> Child | None:
        """Read a Workflow, whole or only its metadata; None when no CronWorkflow controls it."""
        metadata = workflow["metadata"]
        given: Mapping[str, str] = metadata.get("labels") or {}
        if keys.CRON_WORKFLOW not in given:
            return None
        for owner in metadata.get("ownerReferences") or ():
            if owner.get("kind") == "CronWorkflow" and owner.get("controller"):
                break
        else:
            return None
        if max(len(owner.get("uid", "")), len(owner.get("name", ""))) > _longest_name:
            return None
        phase = given.get(keys.PHASE, "")
        finished = given.get(keys.COMPLETED) == "true" or phase in ENDS
        return cls(
            namespace=metadata.get("namespace", ""),
            name=metadata["name"],
            uid=metadata["uid"],
            version=metadata.get("resourceVersion", ""),
            owner=owner.get("uid", ""),
            cron=owner.get("name", ""),
            created=times.read(metadata.get("creationTimestamp")) or datetime.fromtimestamp(0, UTC),
            slot=slot_of(metadata["name"], owner.get("name", "")),
            finished=finished,
            phase=phase if finished else "",
            held=finalizers.is_held(metadata, keys.EXACT),
            rest=finalizers.kept(metadata, keys.EXACT),
            deleting="deletionTimestamp" in metadata,
            told_to_end=not finished and _told_to_end(metadata),
            completed=_completed(metadata) if finished else "",
        )


def _completed(metadata: Mapping[str, Any]) -> str:
    # The API writes all of them in one form, in which the latest is the greatest.
    return max(
        (
            entry["time"]
            for entry in metadata.get("managedFields") or ()
            if _completion in (((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get("f:labels") or ())
            and "time" in entry
        ),
        default="",
    )


def _told_to_end(metadata: Mapping[str, Any]) -> bool:
    return any(
        "f:shutdown" in ((entry.get("fieldsV1") or {}).get("f:spec") or ())
        for entry in metadata.get("managedFields") or ()
    )


def slot_of(name: str, cron: str) -> datetime | None:
    """The slot in a child's name ``<cron>-<unix seconds>``; None for any other name."""
    stem, _, digits = name.rpartition("-")
    if stem != cron or len(digits) not in _slot_digits or not (digits.isascii() and digits.isdigit()):
        return None
    return datetime.fromtimestamp(int(digits), UTC)


class Children:
    """All the children of one CronWorkflow, oldest first."""

    __slots__ = ("_all", "_by_slot", "_by_uid")

    def __init__(self, children: Iterable[Child] = ()) -> None:
        self._all = tuple(sorted(children, key=lambda child: child.age_key))
        self._by_uid = {child.uid: child for child in self._all}
        self._by_slot = {child.slot: child for child in self._all if child.slot is not None}

    def __iter__(self) -> Iterator[Child]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def by_uid(self, uid: str) -> Child | None:
        """That child, if it is there."""
        return self._by_uid.get(uid)

    def of_slot(self, slot: datetime) -> Child | None:
        """The child of that slot, if it is there."""
        return self._by_slot.get(slot)

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """Return what tells these children from the same ones changed: uid and version of each."""
        return tuple((child.uid, child.version) for child in self._all)

    @property
    def unfinished(self) -> list[Child]:
        """Those that have not ended, oldest first."""
        return [child for child in self._all if not child.finished]

    def newest_slot(self, until: datetime) -> datetime | None:
        """The latest slot up to ``until`` with a child; a clock that was ahead may have left later ones."""
        return max((slot for slot in self._by_slot if slot <= until), default=None)

    def having(self, more: Sequence[Child]) -> Children:
        """These and ``more``; what is in both is as in ``more``."""
        if not more:
            return self
        return Children({**self._by_uid, **{child.uid: child for child in more}}.values())


NONE = Children()
