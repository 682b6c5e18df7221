"""get, list and watch."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import orjson

from triggerfish import annotations as keys
from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.answers import Presenter, Reply
from triggerfish_laptop.cluster.calls import ApiCall
from triggerfish_laptop.cluster.changes import Change, ChangeType, Collection, Key, Stored
from triggerfish_laptop.cluster.registry import ServedResource
from triggerfish_laptop.cluster.selectors import Predicate, predicate
from triggerfish_laptop.cluster.status import bad_request, expired, not_found
from triggerfish_laptop.cluster.store import ObjectStore

_bookmark_every = 60.0
_too_old = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list."  # noqa: E501  one sentence of a real API server


def get(store: ObjectStore, resource: ServedResource, call: ApiCall, show: Presenter) -> Reply:
    """One object."""
    found = store.collection(resource.key).get(call.namespace, call.name)
    if found is None:
        raise not_found(resource.group, resource.plural, call.name)
    return Reply(200, show.one(found.value, found.data))


def list_(store: ObjectStore, resource: ServedResource, call: ApiCall, show: Presenter) -> Reply:
    """A page of a list, the rest of it under ``metadata.continue``."""
    collection = store.collection(resource.key)
    selects = predicate(call.query.get("labelSelector", ""), call.query.get("fieldSelector", ""), resource)
    # Any version will do: a real API server answers from its cache, and all at once.
    limit = 0 if call.query.get("resourceVersion") == "0" else _whole(call, "limit")
    version, after, snapshot = store.version, None, None
    if token := call.query.get("continue", ""):
        version, after = _continued(token, collection)
        snapshot = version or None
        version = version or store.version
    elif call.query.get("resourceVersionMatch") == "Exact":
        version = snapshot = _whole(call, "resourceVersion")
        if snapshot < collection.forgotten:
            raise expired(f"The resourceVersion for the provided list is too old: {snapshot}")
    items: list[Stored] = []
    more = ""
    for stored in collection.page(call.namespace, after, snapshot):
        if limit and len(items) == limit:
            more = _token(version, items[-1].key)
            break
        if selects is None or selects(stored.value):
            items.append(stored)
    about: Json = {"resourceVersion": str(version)}
    if more:
        about["continue"] = more
        if selects is None:
            seen = set() if after is None else {after}
            about["remainingItemCount"] = _remaining(
                collection, call.namespace, items[-1].key, snapshot, seen
            )
    return Reply(200, show.many(items, about))


def _remaining(
    collection: Collection, namespace: str, after: Key, snapshot: int | None, seen: set[Key]
) -> int:
    return sum(1 for stored in collection.page(namespace, after, snapshot) if stored.key not in seen)


def _whole(call: ApiCall, name: str) -> int:
    text = call.query.get(name, "")
    if not text:
        return 0
    if not text.isascii() or not text.isdigit():
        raise bad_request(f'{name}: Invalid value: "{text}": must be a whole number')
    return int(text)


def _token(version: int, key: Key) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"v": "triggerfish", "rv": version, "start": key})).decode()


def _continued(token: str, collection: Collection) -> tuple[int, Key]:
    """The snapshot (0: go on with what is there now) and the key to go on after; 410 when it is forgotten."""
    try:
        read: Any = orjson.loads(base64.urlsafe_b64decode(token))
        version, (namespace, name) = int(read["rv"]), read["start"]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise bad_request(f"continue key is not valid: {error}") from error
    if version and version < collection.forgotten:
        raise expired(_too_old, _token(0, (namespace, name)))
    return version, (namespace, name)


@dataclass(slots=True, eq=False)
class Watcher:
    """One open watch: takes the changes of its collection, gives the lines of the answer."""

    namespace: str
    selects: Predicate | None
    show: Presenter
    queue: asyncio.Queue[Change | None]
    after: int
    """Changes up to this version are in its first lines already, told or not."""

    def line(self, change: Change) -> bytes | None:
        """The event that this watch sees in a change, None when it sees none."""
        stored = change.stored
        if self.namespace and stored.key[0] != self.namespace:
            return None
        kind = change.type
        if self.selects is not None:
            now = kind is not ChangeType.DELETED and self.selects(stored.value)
            before = change.previous is not None and self.selects(change.previous.value)
            if not now and not before:
                return None
            kind = ChangeType.DELETED if not now else ChangeType.MODIFIED if before else ChangeType.ADDED
        return event(kind.value, self.show.one(stored.value, stored.data))


def event(kind: str, data: bytes) -> bytes:
    """One line of a watch."""
    return b'{"type":"' + kind.encode() + b'","object":' + data + b"}\n"


class WatchStreams:
    """All open watches."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._open: dict[str, set[Watcher]] = {}
        store.listen(self._changed)

    def _changed(self, resource: str, change: Change) -> None:
        for watcher in self._open.get(resource, ()):
            watcher.queue.put_nowait(change)

    def close(self) -> None:
        """End all of them: the server stops."""
        for watchers in self._open.values():
            for watcher in watchers:
                watcher.queue.put_nowait(None)

    def end(self, resource: str) -> None:
        """End those of a resource that is no longer served."""
        for watcher in self._open.get(resource, ()):
            watcher.queue.put_nowait(None)

    def start(
        self, resource: ServedResource, call: ApiCall, show: Presenter, monotonic: Callable[[], float]
    ) -> AsyncIterator[bytes]:
        """The lines of a watch; what is wrong with the request is raised here, before the first of them."""
        labels, fields = call.query.get("labelSelector", ""), call.query.get("fieldSelector", "")
        selects = predicate(labels, fields, resource)
        since = _whole(call, "resourceVersion")
        seconds = _whole(call, "timeoutSeconds") or 3600
        watcher = Watcher(call.namespace, selects, show, asyncio.Queue(), self._store.version)
        collection = self._store.collection(resource.key)
        first = self._first(collection, watcher, since, initial=call.flag("sendInitialEvents"))
        if call.flag("sendInitialEvents"):
            first.append(self._bookmark(resource, initial=True))
        # From here on changes are queued; `first` holds all that was there before.
        self._open.setdefault(resource.key, set()).add(watcher)
        every = _bookmark_every if call.flag("allowWatchBookmarks") else None
        return self._lines(resource, watcher, first, monotonic() + seconds, every, monotonic)

    def _first(self, collection: Collection, watcher: Watcher, since: int, *, initial: bool) -> list[bytes]:
        if since == 0 or initial:
            return [
                event("ADDED", watcher.show.one(stored.value, stored.data))
                for stored in collection.page(watcher.namespace)
                if watcher.selects is None or watcher.selects(stored.value)
            ]
        if since < collection.forgotten:
            gone = expired(f"too old resource version: {since} ({self._store.version})")
            return [event("ERROR", orjson.dumps(gone.body()))]
        seen = (watcher.line(change) for change in collection.since(since))
        return [line for line in seen if line is not None]

    def _bookmark(self, resource: ServedResource, *, initial: bool = False) -> bytes:
        metadata: Json = {"resourceVersion": str(self._store.version), "creationTimestamp": None}
        if initial:
            metadata["annotations"] = {keys.INITIAL_EVENTS_END: "true"}
        value = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        return event("BOOKMARK", orjson.dumps(value))

    async def _lines(
        self,
        resource: ServedResource,
        watcher: Watcher,
        first: list[bytes],
        deadline: float,
        every: float | None,
        monotonic: Callable[[], float],
    ) -> AsyncIterator[bytes]:
        """``every``: seconds between bookmarks, None for none."""
        try:
            if first:
                yield b"".join(first)
                if first[-1].startswith(b'{"type":"ERROR"'):
                    return
            while (left := deadline - monotonic()) > 0:
                try:
                    change = await asyncio.wait_for(watcher.queue.get(), min(left, every or left))
                except TimeoutError:
                    if every is not None:
                        yield self._bookmark(resource)
                    continue
                if change is None:
                    return
                line = watcher.line(change) if change.stored.version > watcher.after else None
                if line is not None:
                    yield line
        finally:
            self._open[resource.key].discard(watcher)
