"""What is read and kept of a namespace's bindings, and what is said of those beyond a bound."""

import asyncio
from types import SimpleNamespace

import orjson
import pytest
from tests.kube.fakes import FakeClock, FakeTransport, answered

from triggerfish.errors import AnswerTooLong, ExpressionError, SpecError
from triggerfish.events import binding
from triggerfish.events_function import bindings as bounds
from triggerfish.events_function.bindings import Bindings
from triggerfish.kube.cache import Reads
from triggerfish.kube.client import Client
from triggerfish.kube.retry import Retry
from triggerfish.runtime.turns import Turns
from triggerfish.settings import Settings


def obj(number, selector="true", *, version="1", **metadata):
    name = f"b{number:05}"
    metadata = {"name": name, "namespace": "ns", "uid": name, "resourceVersion": version, **metadata}
    return {"metadata": metadata, "spec": {"event": {"selector": selector}}}


class Server:
    """Pages of what each namespace has; answers longer than asked for are refused, as by the transport."""

    def __init__(self, **namespaces):
        self.namespaces, self.asked, self.under_way, self.most_under_way = namespaces, [], 0, 0

    def answer(self, request):
        namespace = request.path.split("/")[5]
        query = dict(request.query)
        start, limit = int(query.get("continue", 0)), int(query["limit"])
        items = self.namespaces[namespace][start : start + limit]
        more = start + limit < len(self.namespaces[namespace])
        body = {"items": items, "metadata": {"continue": str(start + limit) if more else ""}}
        self.asked.append((namespace, start, limit))
        if len(orjson.dumps(body)) > request.most:
            raise AnswerTooLong("too long")
        return answered(200, body)


class Yielding(FakeTransport):
    """Answers after others had their turn."""

    async def send(self, request, *, timeout):
        await asyncio.sleep(0)
        return await super().send(request, timeout=timeout)


def reading(server, **settings):
    clock = FakeClock()
    api = SimpleNamespace(reads=Reads(clock))
    found = Bindings(api, Settings(**settings), clock, Retry(attempts=1), Turns(clock))
    client = Client(Yielding(server.answer), identity=b"me")
    return found, client, clock


async def test_a_small_list_is_one_request():
    server = Server(ns=[obj(n) for n in range(400)])
    found, client, _ = reading(server)
    assert len(await found.of(client, "ns")) == 400
    assert server.asked == [("ns", 0, 500)]


async def test_large_objects_are_read_page_by_page_and_each_is_there():
    junk = {"annotations": {"junk": "x" * 300_000}}
    server = Server(ns=[obj(n, f"payload.n == {n}", **junk) for n in range(20)])
    found, client, _ = reading(server)
    got = await found.of(client, "ns")
    assert [each.selector.source for each in got] == [f"payload.n == {n}" for n in range(20)]
    assert all(limit * 300_000 < 2 * bounds._page_bytes for _, start, limit in server.asked if start)


async def test_no_more_is_read_than_the_bound_and_the_rest_has_a_reason():
    junk = {"annotations": {"junk": "x" * 900_000}}
    server = Server(ns=[obj(n, **junk) for n in range(300)])
    found, client, clock = reading(server)
    *read, last = await found.of(client, "ns")
    assert len(read) < 13
    assert all(not isinstance(each.selector, SpecError) for each in read)
    assert str(last.selector) == (
        "metadata: no more than 8 MiB of a namespace's bindings are read; "
        f"those after '{read[-1].name}' by name are left out"
    )
    assert len(server.asked) < 25
    assert clock.slept == [0.05] * (len(server.asked) - 4), "others are served between pages"


async def test_a_binding_larger_than_a_page_is_read():
    server = Server(ns=[obj(0), obj(1, annotations={"junk": "x" * 2_000_000}), obj(2)])
    found, client, _ = reading(server)
    assert [each.name for each in await found.of(client, "ns")] == ["b00000", "b00001", "b00002"]


@pytest.mark.parametrize("dialect", ["expr", "cel"])
async def test_what_is_kept_compiled_has_a_bound(dialect, monkeypatch):
    monkeypatch.setattr(bounds, "most_weight", 1 << 20)
    server = Server(ns=[obj(n, "payload.ref == '" + "x" * 400 + "'") for n in range(300)])
    found, client, clock = reading(server, expression_dialect=dialect)
    for _ in range(2):
        got = await found.of(client, "ns")
        whole = [each for each in got if not isinstance(each.selector, SpecError)]
        assert 0 < len(whole) < 200
        assert got[: len(whole)] == tuple(whole), "those that are left out come last"
        assert "may take no more than 1 MiB once they are compiled" in str(got[-1].selector)
        assert got[-1].name == "b00299"
        clock.advance(1)


async def test_of_all_namespaces_the_fullest_is_let_go(monkeypatch):
    monkeypatch.setattr(bounds, "most_kept_weight", 1 << 20)
    few, many = [obj(n) for n in range(5)], [obj(n, "true && true") for n in range(250)]
    server = Server(small=few, large1=many, large2=many)
    found, client, clock = reading(server)
    small = await found.of(client, "small")
    for name in ("large1", "large2"):
        await found.of(client, name)
    assert list(found._kept) == ["small", "large2"]
    # What was let go is held by nobody else, and read again.
    asked = len(server.asked)
    await found.of(client, "large1")
    assert len(server.asked) > asked
    clock.advance(1)
    assert all(one is other for one, other in zip(await found.of(client, "small"), small, strict=True))


async def test_only_what_has_changed_is_parsed_again():
    server = Server(ns=[obj(n) for n in range(5)])
    found, client, clock = reading(server)
    before = await found.of(client, "ns")
    server.namespaces["ns"][2] = obj(2, "false", version="2")
    clock.advance(1)
    after = await found.of(client, "ns")
    assert [one is other for one, other in zip(before, after, strict=True)] == [True, True, False, True, True]
    assert after[2].selector.source == "false"


async def test_lists_that_take_long_do_not_pile_up():
    server = Server(ns=[obj(n, annotations={"junk": "x" * 500_000}) for n in range(12)])
    found, client, clock = reading(server)
    asking = []
    for _ in range(20):
        asking.append(asyncio.ensure_future(found.of(client, "ns")))
        for _ in range(3):
            await asyncio.sleep(0)
        clock.advance(1)
    await asyncio.gather(*asking)
    whole = sum(start == 0 and limit == 500 for _, start, limit in server.asked)
    assert 2 <= whole < 15, "who came while one was read shared the next"
    server.namespaces["ns"] = [obj(0)]
    clock.advance(1)
    assert len(await found.of(client, "ns")) == 1


async def test_large_lists_are_read_one_after_the_other_and_small_ones_beside_them():
    junk = {"annotations": {"junk": "x" * 500_000}}
    large = [obj(n, **junk) for n in range(12)]
    server = Server(large1=large, large2=large, small=[obj(0)])
    found, client, _ = reading(server)
    done = []

    async def load(namespace):
        await found.of(client, namespace)
        done.append(namespace)

    await asyncio.gather(load("large1"), load("large2"), load("small"))
    assert done[0] == "small"
    pages = [namespace for namespace, start, _ in server.asked if start]
    assert pages == sorted(pages, key=pages.index), "the pages of two lists are not mixed"


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        pytest.param(
            {"submit": {"metadata": {"labels": {f"l{n}": "'x'" for n in range(2001)}}}},
            "no more than 2000 are read; split the binding",
            id="many expressions",
        ),
        pytest.param(
            {"submit": {"metadata": {"labels": {f"l{n}": "'" + "x" * 16000 + "'" for n in range(17)}}}},
            "characters; no more than 262144 are read",
            id="many characters",
        ),
    ],
)
def test_one_binding_has_bounds(spec, told):
    read = binding.parse({"metadata": {"name": "b"}, "spec": {"event": {"selector": "true"}, **spec}}, "expr")
    assert isinstance(read.selector, SpecError)
    assert told in str(read.selector)
    assert not isinstance(read.selector, ExpressionError)
