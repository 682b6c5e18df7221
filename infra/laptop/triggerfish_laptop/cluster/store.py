"""Storage of objects: in memory to be read, in SQLite to last, in a log of changes to be watched.

Everything runs in one event loop, so a read and the write that follows it without an ``await`` between them
are one step: that is all the locking there is. Writes that arrive together are committed together.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.changes import Change, ChangeType, Collection, Key, Stored

_log = logging.getLogger("triggerfish_laptop.cluster")

Listener = Callable[[str, Change], None]

_schema = """
CREATE TABLE IF NOT EXISTS objects (
    resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (resource, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_columns = {"objects": ["resource", "namespace", "name", "body"], "facts": ["name", "value"]}
# Turns of the loop that a commit waits at most.
_rounds = 16
_put = "INSERT OR REPLACE INTO objects (resource, namespace, name, body) VALUES (?, ?, ?, ?)"
_drop = "DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?"


@dataclass(frozen=True, slots=True)
class _Pending:
    """A write that is not committed yet; ``asked``: by a request, which is told if it cannot be."""

    resource: str
    change: Change
    asked: bool

    @property
    def place(self) -> tuple[str, Key]:
        return self.resource, self.change.stored.key


class ObjectStore:
    """The state of one cluster in one SQLite file; of each resource ``history`` changes are kept.

    ``sqlite3.Error``, ``LookupError``, ``TypeError`` or ``ValueError`` when the file holds something else.

    Set ``loop`` once it runs: from then on writes are committed by themselves, before only by ``flush``.

    A commit survives the end of this process; after a power cut the newest commits may be missing, none of
    them halfway (SQLite's write-ahead log with ``synchronous=NORMAL``).
    """

    def __init__(self, path: Path, *, history: int = 10_000) -> None:
        self.history = history
        self.version = 0
        self._collections: dict[str, Collection] = {}
        self._listeners: list[Listener] = []
        self._pending: list[_Pending] = []
        self._asked = False
        self._committed: asyncio.Future[None] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._database = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_schema)
        self.wait_at_most(1)
        self._check()
        self._load()

    def _check(self) -> None:
        for table, columns in _columns.items():
            found = [row[1] for row in self._database.execute(f"PRAGMA table_info({table})")]
            if found != columns:
                raise sqlite3.DatabaseError(f"its table {table} has other columns: {', '.join(found)}")
        [(verdict,)] = self._database.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

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
        self._pending.append(_Pending(collection.name, change, self._asked))
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

    @contextmanager
    def asked(self) -> Iterator[None]:
        """What is written meanwhile was asked for by somebody who then awaits ``committed``."""
        self._asked = True
        try:
            yield
        finally:
            self._asked = False

    async def committed(self) -> None:
        """Return once all that was written so far has been committed.

        ``sqlite3.Error`` when it cannot be; what was ``asked`` for is not there then, and never was.
        """
        if self._committed is not None:
            await asyncio.shield(self._committed)

    async def certain(self) -> None:
        """Return once nothing is there that may have to be taken back: whatever is read then stays true."""
        if self._committed is not None:
            await asyncio.wait([self._committed])

    def flush(self) -> None:
        """Commit what is pending and tell the listeners; they may write in turn.

        What cannot be committed, as on a full disk, and was asked for, is taken back. What followed from
        other writes stays pending for the next commit. ``sqlite3.Error`` when nobody waits for it.
        """
        waiting, self._committed = self._committed, None
        pending, self._pending = self._pending, []
        try:
            self._commit(pending)
        except sqlite3.Error as error:
            self._pending = self._taken_back(pending)
            if waiting is None:
                raise
            _log.error("cannot store: %s", error)
            if not waiting.cancelled():
                waiting.set_exception(error)
                # What follows from other writes has nobody who looks at it.
                waiting.exception()
            return
        if waiting is not None and not waiting.cancelled():
            waiting.set_result(None)
        for written in pending:
            for listener in self._listeners:
                listener(written.resource, written.change)

    def _taken_back(self, pending: list[_Pending]) -> list[_Pending]:
        """Undo what was asked for, and what was written on top of it; the rest."""
        places, undone, left = set(), [], []
        for written in pending:
            if written.asked or written.place in places:
                places.add(written.place)
                undone.append(written)
            else:
                left.append(written)
        for name in {written.resource for written in undone}:
            changes = [written.change for written in reversed(undone) if written.resource == name]
            self.collection(name).undo(changes)
        return left

    def _commit(self, pending: list[_Pending]) -> None:
        last: dict[tuple[str, str, str], bytes | None] = {}
        for written in pending:
            stored = written.change.stored
            gone = written.change.type is ChangeType.DELETED
            last[(written.resource, *stored.key)] = None if gone else stored.data
        with self._database:
            self._database.execute("BEGIN")
            self._database.executemany(_put, [(*key, data) for key, data in last.items() if data is not None])
            self._database.executemany(_drop, [key for key, data in last.items() if data is None])
            self.keep_fact("version", str(self.version))

    def settle(self) -> None:
        """Commit, and what the listeners write in turn, until nothing is left; ``sqlite3.Error`` if not."""
        while self._pending:
            self.flush()

    def close(self) -> None:
        """Commit and close."""
        try:
            self.settle()
        except sqlite3.Error as error:
            _log.error("cannot store: %s", error)
        self._database.close()
