"""The bindings of namespaces, parsed and within bounds, so that one tenant's take nothing from others.

A list that is small, as nearly all are, is one request. What is larger is read page by page and parsed for
one namespace at a time: however many tenants have large ones, no more than one of those is held as JSON.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from types import TracebackType
from weakref import WeakValueDictionary

import orjson

from triggerfish import annotations as keys
from triggerfish.errors import AnswerTooLong, SpecError
from triggerfish.events.binding import Binding, parse
from triggerfish.events_function.identity import Api
from triggerfish.kube.cache import bytes_of
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOW_EVENT_BINDINGS
from triggerfish.kube.retry import Retry, eagerly
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.turns import Turns
from triggerfish.settings import Settings
from triggerfish.workflows import labels
from triggerfish.workflows.objects import Json

# Bytes of JSON that are read of a namespace's bindings.
most_read_bytes = 8 << 20
# What the bindings of a namespace may weigh, and those of all that are kept: about the bytes that they take.
most_weight = 48 << 20
most_kept_weight = 64 << 20
_page_objects = 500
_pause_seconds = 0.05
_page_bytes = 1 << 20
# etcd takes no object of more than 1.5 MiB, if nobody has told it to.
_object_bytes = 8 << 20
# So much is parsed beside what others have to be parsed.
_small_weight = 2 << 20
# What a binding weighs, and how many times the bytes of their source compiled expressions take.
_weight_of_each = 2000
_weight_of_byte = {"expr": 12, "cel": 60}
# Compiling more than this takes longer than a turn.
_compiled_at_once_bytes = 8 << 10
_namespaces_kept = 1024

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Parsed:
    binding: Binding
    weight: int


@dataclass(slots=True)
class _Listed:
    """What a list brought, by uid and version: what was parsed before, and of the others the JSON.

    ``last`` is the name after which bindings were not read, empty if all were.
    """

    items: dict[_Key, _Parsed | bytes] = field(default_factory=dict)
    read: int = 0
    last: str = ""


class Bindings:
    """Reads them as any identity, and keeps them parsed. It belongs to one event loop."""

    def __init__(self, api: Api, settings: Settings, clock: Clock, patience: Retry, turns: Turns) -> None:
        self._api, self._settings, self._clock, self._patience = api, settings, clock, patience
        self._turns = turns
        self._kept: OrderedDict[str, dict[_Key, _Parsed]] = OrderedDict()
        self._weights: dict[str, int] = {}
        self._large, self._compiling = asyncio.Lock(), asyncio.Lock()
        self._coming: dict[tuple[bytes, str], asyncio.Task[tuple[Binding, ...]]] = {}
        self._loading: WeakValueDictionary[tuple[bytes, str], asyncio.Lock] = WeakValueDictionary()

    async def of(self, client: Client, namespace: str) -> tuple[Binding, ...]:
        """The namespace's bindings as that identity may see them; ``KubeError`` when it may not.

        They are what the API server has, or had less than ``fresh_seconds`` ago: a binding that was just
        applied is among them. One that is beyond a bound has a ``SpecError`` that names it.
        """

        async def ask() -> tuple[Binding, ...]:
            return await self._api.reads.afresh(
                client, WORKFLOW_EVENT_BINDINGS, namespace, lambda: self._load(client, namespace)
            )

        return await eagerly(self._clock, self._patience, ask)

    async def _load(self, client: Client, namespace: str) -> tuple[Binding, ...]:
        """Read and parse them: one at a time, and who comes meanwhile shares the next that has not begun."""
        key = client.identity, namespace
        turn = self._loading.get(key)
        if turn is None:
            turn = self._loading[key] = asyncio.Lock()
        if not turn.locked():
            async with turn:
                return await self._loaded(client, namespace)
        coming = self._coming.get(key)
        if coming is None:
            coming = self._coming[key] = asyncio.ensure_future(self._after(turn, client, namespace))
        return await asyncio.shield(coming)

    async def _after(self, turn: asyncio.Lock, client: Client, namespace: str) -> tuple[Binding, ...]:
        try:
            await turn.acquire()
        finally:
            self._coming.pop((client.identity, namespace), None)
        try:
            return await self._loaded(client, namespace)
        finally:
            turn.release()

    async def _loaded(self, client: Client, namespace: str) -> tuple[Binding, ...]:
        async with _Alone(self._large) as alone:
            listed = await self._read(client, namespace, alone)
            new = sum(self._weight(item) for item in listed.items.values() if isinstance(item, bytes))
            if new > _small_weight:
                await alone.begin()
            parsed = await self._parse(listed, namespace)
        self._keep(namespace, parsed)
        bindings = tuple(each.binding for each in parsed.values())
        return (*bindings, _unread(namespace, listed.last)) if listed.last else bindings

    async def _read(self, client: Client, namespace: str, alone: _Alone) -> _Listed:
        listed, known = _Listed(), self._kept.get(namespace, {})
        selector = labels.selector(self._settings.instance_id)
        asked, after = _page_objects, ""
        while True:
            most = _page_bytes if asked > 1 else _object_bytes
            try:
                page = await client.page(
                    WORKFLOW_EVENT_BINDINGS, namespace, labels=selector, limit=asked, after=after, most=most
                )
            except AnswerTooLong:
                await alone.begin()
                asked = max(1, asked // 8)
                continue
            # No JSON of it is left when somebody else's turn comes.
            before = listed.read
            name = _take(page.items, known, listed)
            after = page.next
            del page
            if not after:
                return listed
            if listed.read > most_read_bytes:
                listed.last = name
                return listed
            await alone.begin()
            # The API server, and what stands between, have others to serve.
            await self._clock.sleep(_pause_seconds)
            if 2 * (listed.read - before) < _page_bytes:
                asked = min(_page_objects, 2 * asked)

    async def _parse(self, listed: _Listed, namespace: str) -> dict[_Key, _Parsed]:
        """Parse what is new: in turns where that is short, else in a thread, one at a time."""
        found: dict[_Key, _Parsed] = {}
        texts: dict[_Key, bytes] = {}
        weight = 0
        for key, item in listed.items.items():
            weight += item.weight if isinstance(item, _Parsed) else self._weight(item)
            if weight > most_weight:
                found[key] = _Parsed(_left_out(item), 0)
            elif isinstance(item, _Parsed):
                found[key] = item
            else:
                texts[key] = item
        found |= await self._turns.complete(self._short(texts), namespace, "parsing")
        for key, text in texts.items():
            if key not in found:
                async with self._compiling:
                    found[key] = await asyncio.to_thread(self._parsed, text)
        return {key: found[key] for key in listed.items}

    def _short(self, texts: dict[_Key, bytes]) -> Generator[None, None, dict[_Key, _Parsed]]:
        found = {}
        for key, text in texts.items():
            if len(text) <= _compiled_at_once_bytes:
                found[key] = self._parsed(text)
                yield
        return found

    def _parsed(self, text: bytes) -> _Parsed:
        return _Parsed(parse(orjson.loads(text), self._settings.expression_dialect), self._weight(text))

    def _weight(self, text: bytes) -> int:
        cel = self._settings.expression_dialect == "cel" or keys.DIALECT.encode() in text
        return _weight_of_each + len(text) * _weight_of_byte["cel" if cel else "expr"]

    def _keep(self, namespace: str, parsed: dict[_Key, _Parsed]) -> None:
        """Keep it, and let go of those who have most, until all that is kept has room."""
        self._kept.pop(namespace, None)
        self._kept[namespace] = {key: each for key, each in parsed.items() if each.weight}
        self._weights[namespace] = sum(each.weight for each in parsed.values())
        while len(self._kept) > _namespaces_kept:
            self._forget(next(iter(self._kept)))
        while sum(self._weights.values()) > most_kept_weight:
            self._forget(
                max((each for each in self._kept if each != namespace), key=self._weights.__getitem__)
            )

    def _forget(self, namespace: str) -> None:
        del self._kept[namespace], self._weights[namespace]
        self._api.reads.forget(WORKFLOW_EVENT_BINDINGS, namespace)


class _Alone:
    """A lock that is taken once it is needed, and held until the block ends."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock, self._begun = lock, False

    async def begin(self) -> None:
        """Wait until nobody else has it."""
        if not self._begun:
            await self._lock.acquire()
            self._begun = True

    async def __aenter__(self) -> _Alone:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._begun:
            self._lock.release()


def _take(items: list[Json], known: dict[_Key, _Parsed], listed: _Listed) -> str:
    """Note each binding of a page, as little as is needed of it; the name of the last."""
    name = listed.last
    for obj in items:
        metadata = obj["metadata"]
        name, key = metadata["name"], (metadata["uid"], metadata["resourceVersion"])
        listed.read += bytes_of(obj)
        listed.items[key] = known.get(key) or orjson.dumps(_needed(obj))
    return name


def _needed(obj: Json) -> Json:
    metadata, spec = obj["metadata"], obj.get("spec")
    notes = metadata.get("annotations") or {}
    ours = {key: value for key, value in notes.items() if key.startswith(keys.OURS)}
    identity = {key: metadata[key] for key in ("name", "namespace", "uid") if key in metadata}
    return {"metadata": {**identity, "annotations": ours}, "spec": spec}


def _left_out(item: _Parsed | bytes) -> Binding:
    problem = SpecError(
        "spec",
        f"the bindings of a namespace may take no more than {most_weight >> 20} MiB once they are compiled",
        "this one and those after it by name are left out: write fewer or shorter expressions",
    )
    if isinstance(item, _Parsed):
        return replace(item.binding, selector=problem, submit=None)
    return replace(parse({**orjson.loads(item), "spec": {}}, "expr"), selector=problem, submit=None)


def _unread(namespace: str, last: str) -> Binding:
    problem = SpecError(
        "metadata",
        f"no more than {most_read_bytes >> 20} MiB of a namespace's bindings are read",
        f"those after {last!r} by name are left out",
    )
    return Binding(namespace, f"(after {last})", "", "expr", problem, None)
