"""The objects of one resource in memory, and its latest changes: what lists and watches are made from."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from triggerfish.workflows.objects import Json

Key = tuple[str, str]
"""Namespace (empty for what has none) and name; lists come in this order."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as stored. ``value`` is never changed in place; ``data`` is its JSON."""

    key: Key
    version: int
    value: Json
    data: bytes


class ChangeType(Enum):
    """The type of a change, as a watch names it."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Change:
    """One write: what the object is (for a deletion: was, with a version of its own), and was before."""

    type: ChangeType
    stored: Stored
    previous: Stored | None


@dataclass(slots=True)
class Collection:
    """All objects of one resource, and its latest changes."""

    name: str
    log: deque[Change]
    objects: dict[Key, Stored] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    forgotten: int = 0
    """The version of the newest change that the log no longer has: older snapshots cannot be rebuilt."""

    def get(self, namespace: str, name: str) -> Stored | None:
        """The object, None when there is none."""
        return self.objects.get((namespace, name))

    def page(self, namespace: str, after: Key | None = None, snapshot: int | None = None) -> Iterator[Stored]:
        """The objects of a namespace (empty: of all) in order of their keys, as of version ``snapshot``."""
        start = after if after is not None else (namespace, "")
        keys: list[Key] = self.keys
        objects = self.objects
        if snapshot is not None:
            keys, objects = self._as_of(snapshot)
        for index in range(bisect_right(keys, start), len(keys)):
            key = keys[index]
            if namespace and key[0] != namespace:
                return
            yield objects[key]

    def _as_of(self, version: int) -> tuple[list[Key], dict[Key, Stored]]:
        undone: dict[Key, Stored | None] = {}
        for change in reversed(self.log):
            if change.stored.version <= version:
                break
            undone[change.stored.key] = change.previous
        if not undone:
            return self.keys, self.objects
        objects = {key: stored for key, stored in self.objects.items() if key not in undone}
        objects.update({key: stored for key, stored in undone.items() if stored is not None})
        return sorted(objects), objects

    def since(self, version: int) -> list[Change]:
        """The changes after ``version``, oldest first; the caller has looked at ``forgotten``."""
        changes = []
        for change in reversed(self.log):
            if change.stored.version <= version:
                break
            changes.append(change)
        changes.reverse()
        return changes

    def record(self, change: Change) -> None:
        """Take a change in."""
        key = change.stored.key
        if change.type is ChangeType.DELETED:
            del self.objects[key]
            self.keys.pop(bisect_right(self.keys, key) - 1)
        else:
            if key not in self.objects:
                insort(self.keys, key)
            self.objects[key] = change.stored
        if len(self.log) == self.log.maxlen:
            self.forgotten = self.log[0].stored.version
        self.log.append(change)

    def undo(self, changes: Iterable[Change]) -> None:
        """Let it be as before those changes, the newest first; nothing else was written to their objects."""
        undone = set()
        for change in changes:
            undone.add(id(change))
            key = change.stored.key
            if change.previous is None:
                self.objects.pop(key, None)
            else:
                self.objects[key] = change.previous
        self.keys = sorted(self.objects)
        self.log = deque((change for change in self.log if id(change) not in undone), self.log.maxlen)
