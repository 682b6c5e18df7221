"""Storage of objects: in memory to be read, in SQLite to last, in a log of changes to be watched.

Everything runs in one event loop, so a read and the write that follows it without an ``await`` between them
are one step: that is all the locking there is. Writes that arrive together are committed together.
"""

from __future__ import annotations

import asyncio
import sqlite3
from bisect import bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import orjson

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


Listener = Callable[[str, Change], None]

_schema = """
CREATE TABLE IF NOT EXISTS objects (
    resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (resource, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
# Turns of the loop that a commit waits at most.
_rounds = 16
_put = "INSERT OR REPLACE INTO objects (resource, namespace, name, body) VALUES (?, ?, ?, ?)"
_drop = "DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?"


class ObjectStore:
    """The state of one cluster in one SQLite file; of each resource ``history`` changes are kept.

    Set ``loop`` once it runs: from then on writes are committed by themselves, before only by ``flush``.

    A commit survives the end of this process; after a power cut the newest commits may be missing, none of
    them halfway (SQLite's write-ahead log with ``synchronous=NORMAL``).
    """

    def __init__(self, path: Path, *, history: int = 10_000) -> None:
        self.history = history
        self.version = 0
        self._collections: dict[str, Collection] = {}
        self._listeners: list[Listener] = []
        self._pending: list[tuple[str, Change]] = []
        self._committed: asyncio.Future[None] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._database = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_schema)
        self.wait_at_most(1)
        self._load()

    def _load(self) -> None:
        self.version = int(self.fact("version") or 0)
        rows = self._database.execute("SELECT resource, namespace, name, body FROM objects")
        for resource, namespace, name, body in rows:
            value = orjson.loads(body)
            stored = Stored((namespace, name), int(value["metadata"]["resourceVersion"]), value, body)
            collection = self.collection(resource)
            collection.objects[stored.key] = stored
        for collection in self._collections.values():
            collection.keys = sorted(collection.objects)

    def wait_at_most(self, seconds: float) -> None:
        """The seconds that a commit waits for another process that has the file locked."""
        self._database.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def fact(self, name: str) -> str | None:
        """A text kept beside the objects (a key, a token), None when there is none."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a text beside the objects."""
        self._database.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))

    def collection(self, resource: str) -> Collection:
        """The objects of a resource, by its ``plural.group``."""
        found = self._collections.get(resource)
        if found is None:
            found = Collection(resource, deque(maxlen=self.history), forgotten=self.version)
            self._collections[resource] = found
        return found

    def collections(self) -> list[Collection]:
        """The collections of all resources that were ever asked for."""
        return list(self._collections.values())

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` each change, in order, once it is committed."""
        self._listeners.append(listener)

    def put(self, resource: str, key: Key, value: Json) -> Stored:
        """Store ``value`` under the next version. ``await committed()`` before answering."""
        collection = self.collection(resource)
        previous = collection.objects.get(key)
        stored = self._stored(key, value)
        kind = ChangeType.ADDED if previous is None else ChangeType.MODIFIED
        self._record(collection, Change(kind, stored, previous))
        return stored

    def remove(self, resource: str, key: Key) -> Stored:
        """Remove the object; what is returned is its last state with the version of its removal."""
        collection = self.collection(resource)
        previous = collection.objects[key]
        stored = self._stored(key, previous.value)
        self._record(collection, Change(ChangeType.DELETED, stored, previous))
        return stored

    def _stored(self, key: Key, value: Json) -> Stored:
        self.version += 1
        value = {**value, "metadata": {**value["metadata"], "resourceVersion": str(self.version)}}
        return Stored(key, self.version, value, orjson.dumps(value))

    def _record(self, collection: Collection, change: Change) -> None:
        collection.record(change)
        self._pending.append((collection.name, change))
        if self._committed is None and self.loop is not None:
            self._committed = self.loop.create_future()
            self.loop.call_soon(self._gather, 0, _rounds)

    def _gather(self, seen: int, rounds: int) -> None:
        """Commit once a turn of the loop brings no further write: what comes together shares a commit."""
        pending = len(self._pending)
        if pending > seen and rounds and self.loop is not None:
            self.loop.call_soon(self._gather, pending, rounds - 1)
        else:
            self.flush()

    async def committed(self) -> None:
        """Return once all that was written so far has been committed; ``sqlite3.Error`` when it cannot be."""
        if self._committed is not None:
            await asyncio.shield(self._committed)

    def flush(self) -> None:
        """Commit what is pending and tell the listeners; they may write in turn."""
        waiting, self._committed = self._committed, None
        pending, self._pending = self._pending, []
        try:
            self._commit(pending)
        except sqlite3.Error as error:
            # A full disk: these requests fail, and their writes stay pending for the next commit.
            self._pending = pending
            if waiting is not None and not waiting.cancelled():
                waiting.set_exception(error)
            return
        if waiting is not None and not waiting.cancelled():
            waiting.set_result(None)
        for resource, change in pending:
            for listener in self._listeners:
                listener(resource, change)

    def _commit(self, pending: list[tuple[str, Change]]) -> None:
        last: dict[tuple[str, str, str], bytes | None] = {}
        for resource, change in pending:
            gone = change.type is ChangeType.DELETED
            last[(resource, *change.stored.key)] = None if gone else change.stored.data
        with self._database:
            self._database.execute("BEGIN")
            self._database.executemany(_put, [(*key, data) for key, data in last.items() if data is not None])
            self._database.executemany(_drop, [key for key, data in last.items() if data is None])
            self.keep_fact("version", str(self.version))

    def settle(self) -> None:
        """Commit, and what the listeners write in turn, until nothing is left to commit."""
        while self._pending:
            self.flush()

    def close(self) -> None:
        """Commit and close."""
        self.settle()
        self._database.close()
