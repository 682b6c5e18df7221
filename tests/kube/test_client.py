"""The verbs over a scripted transport: what is asked, and what answers that make no sense become."""

import asyncio

import orjson
import pytest
from tests.kube.fakes import FakeTransport, answered

from triggerfish.errors import AnswerTooLong, ApiError, Unanswered
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CLUSTER_WORKFLOW_TEMPLATES, SECRETS, WORKFLOWS
from triggerfish.kube.wire import Response
from triggerfish.runtime.parsing_room import ParsingRoom
from triggerfish.workflows.objects import is_name, is_namespace


def client(answer):
    transport = FakeTransport(answer)
    return Client(transport), transport.asked


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (WORKFLOWS.path("argo", "w"), "/apis/argoproj.io/v1alpha1/namespaces/argo/workflows/w"),
        (WORKFLOWS.path(), "/apis/argoproj.io/v1alpha1/workflows"),
        (SECRETS.path("argo", "a.b"), "/api/v1/namespaces/argo/secrets/a.b"),
        (
            CLUSTER_WORKFLOW_TEMPLATES.path("argo", "t"),
            "/apis/argoproj.io/v1alpha1/clusterworkflowtemplates/t",
        ),
    ],
    ids=["namespaced", "all namespaces", "core group, dotted name", "cluster-scoped ignores the namespace"],
)
def test_paths(path, expected):
    assert path == expected


ODD_NAMES = [
    "",
    ".",
    "..",
    "a/b",
    "../x",
    "A",
    "a_b",
    "-a",
    "a-",
    "a..b",
    "ä",
    "a b",
    "a%2e",
    "a\n",
    "x" * 254,
]


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
async def test_what_is_no_name_never_becomes_part_of_a_url(name):
    asker, asked = client(lambda _: answered())
    assert not is_name(name)
    for namespace, other in ((name, "fine"), ("fine", name)):
        with pytest.raises(ApiError) as caught:
            await asker.get(WORKFLOWS, namespace, other)
        assert caught.value.status == 404
    assert asked == []


def test_a_namespace_has_no_dots_and_63_characters_at_most():
    assert is_namespace("a" * 63)
    assert not is_namespace("a" * 64)
    assert not is_namespace("a.b")


async def test_a_list_is_read_to_its_end_and_null_items_are_none():
    pages = [
        answered(body={"metadata": {"continue": "c=1&", "resourceVersion": "7"}, "items": [{"n": 1}]}),
        answered(
            body={"metadata": {"resourceVersion": "7"}, "items": None}, date="Sun, 01 Mar 2026 12:00:00 GMT"
        ),
    ]
    asker, asked = client(lambda _: pages.pop(0))
    seen = [page async for page in asker.pages(WORKFLOWS, "argo", labels="a=b")]
    assert [page.items for page in seen] == [[{"n": 1}], []]
    assert asked[1].query == (("limit", "500"), ("labelSelector", "a=b"), ("continue", "c=1&"))
    assert seen[1].date.isoformat() == "2026-03-01T12:00:00+00:00"
    assert seen[0].date is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"\xff"], ids=repr)
async def test_an_answer_that_is_no_object_is_no_answer(body):
    asker, _ = client(lambda _: Response(200, {}, body))
    with pytest.raises(Unanswered):
        await asker.create(WORKFLOWS, "argo", {})


@pytest.mark.parametrize(
    ("response", "reason", "message", "after"),
    [
        pytest.param(
            answered(409, {"reason": "AlreadyExists", "message": "m"}),
            "AlreadyExists",
            "m",
            None,
            id="a Status",
        ),
        pytest.param(Response(502, {}, b"bad gateway"), "", "bad gateway", None, id="a proxy's text"),
        pytest.param(Response(503, {}, b"\xff\xfe"), "", "\ufffd\ufffd", None, id="no text at all"),
        pytest.param(
            Response(429, {"retry-after": "3"}, b'{"message": null}'), "", '{"message": null}', 3.0, id="429"
        ),
        pytest.param(
            Response(429, {"retry-after": "²"}, b"[]"), "", "[]", None, id="a digit that is no digit"
        ),
        pytest.param(
            answered(302, {"message": "elsewhere"}), "", "elsewhere", None, id="a redirect is refused"
        ),
    ],
)
async def test_refusals(response, reason, message, after):
    asker, _ = client(lambda _: response)
    with pytest.raises(ApiError) as caught:
        await asker.get(WORKFLOWS, "argo", "w")
    error = caught.value
    assert (error.status, error.reason, error.message, error.retry_after) == (
        response.status,
        reason,
        message,
        after,
    )


async def test_a_delete_is_of_that_very_object():
    asker, asked = client(lambda _: answered())
    await asker.delete(WORKFLOWS, "argo", "w", uid="u")
    assert asked[0].body["preconditions"] == {"uid": "u"}
    assert orjson.dumps(asked[0].body)


EVENT = {"type": "ADDED", "object": {"metadata": {"name": "ä"}}}


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_the_events_of_a_watch_come_whole_however_they_are_cut(size):
    line = orjson.dumps(EVENT) + b"\n"
    sent = line * 3
    transport = FakeTransport(lambda _: answered())
    transport.pieces = [sent[start : start + size] for start in range(0, len(sent), size)]
    watch = Client(transport).watch(WORKFLOWS, "ns", (("resourceVersion", "0"),), seconds=25)
    assert [event async for event in watch] == [None, EVENT, EVENT, EVENT]
    (request,) = transport.asked
    assert request.query == (("watch", "true"), ("timeoutSeconds", "25"), ("resourceVersion", "0"))


async def test_a_watch_that_is_refused_says_so_before_its_first_event():
    transport = FakeTransport(lambda _: answered(403, {"reason": "Forbidden", "message": "no"}))
    with pytest.raises(ApiError, match="no"):
        await anext(Client(transport).watch(WORKFLOWS, "ns", seconds=25))


async def test_an_event_without_end_is_not_kept():
    transport = FakeTransport(lambda _: answered(), pieces=[b"x" * (1 << 20)] * 17)
    watch = Client(transport).watch(WORKFLOWS, "ns", seconds=25)
    with pytest.raises(Unanswered):
        [event async for event in watch]


def listing(sizes):
    """Answers a paged list of objects of these sizes, in bytes; what is longer than asked for is refused."""

    def answer(request):
        query = dict(request.query)
        start = int(query.get("continue") or 0)
        chosen = sizes[start : start + int(query["limit"])]
        if request.most and sum(chosen) > request.most:
            raise AnswerTooLong("too long")
        end = start + len(chosen)
        items = [
            {"metadata": {"name": f"n{start + place}"}, "x": "y" * size} for place, size in enumerate(chosen)
        ]
        more = str(end) if end < len(sizes) else ""
        return answered(body={"metadata": {"continue": more}, "items": items})

    return answer


MB = 1 << 20


@pytest.mark.parametrize(
    ("sizes", "requests"),
    [
        pytest.param([100] * 1200, 3, id="small ones: whole pages"),
        pytest.param([MB] * 30, None, id="large ones"),
        pytest.param([100] * 700 + [MB] * 20 + [100] * 700, None, id="large ones in between"),
        pytest.param([6 * MB, 100, 6 * MB], None, id="one that is larger than a page"),
    ],
)
async def test_a_page_has_as_many_objects_as_fit(sizes, requests):
    asker, asked = client(listing(sizes))
    names, largest = [], 0
    async for page in asker.pages(WORKFLOWS):
        names += [item["metadata"]["name"] for item in page.items]
        largest = max(largest, sum(len(item["x"]) for item in page.items))
    assert names == [f"n{place}" for place in range(len(sizes))]
    assert largest <= max(2 * MB, *sizes)
    assert requests is None or len(asked) == requests
    assert len(asked) < len(sizes) + 12


async def test_pages_that_are_much_as_values_are_held_one_after_the_other():
    """A page of two megabytes may be fifty; dozens of lists are read at once."""
    page = orjson.dumps({"metadata": {}, "items": [{"x": [{}] * 50_000}]})
    asker, _ = client(lambda _: Response(200, {}, page))
    room, held, most = ParsingRoom(8 << 20), 0, 0

    async def read():
        nonlocal held, most
        async for _ in asker.pages(WORKFLOWS, "team", room=room):
            held += 1
            most = max(most, held)
            await asyncio.sleep(0)
            held -= 1

    await asyncio.gather(*(read() for _ in range(9)))
    assert (most, room.held) == (1, 0)


async def test_objects_that_are_large_as_values_are_read_two_at_a_time_and_namespaces_take_turns():
    asked, gate = [], asyncio.Event()

    class Slow:
        async def send(self, request, *, timeout):
            if request.most:
                raise AnswerTooLong("too long")
            asked.append(request.path.split("/")[-3])
            await gate.wait()
            return answered(body={"metadata": {}})

    reader = Client(Slow())
    reads = [asyncio.create_task(reader.get(WORKFLOWS, "tenant", f"n{number}")) for number in range(5)]
    await asyncio.sleep(0)
    reads.append(asyncio.create_task(reader.get(WORKFLOWS, "neighbour", "n")))
    await asyncio.sleep(0.01)
    assert asked == ["tenant"] * 2
    gate.set()
    await asyncio.gather(*reads)
    assert "neighbour" in asked[:4]


async def test_an_object_is_asked_for_whole_only_where_it_is_long():
    asker, asked = client(lambda _: answered(body={"metadata": {}}))
    await asker.get(WORKFLOWS, "ns", "n")
    assert [request.most for request in asked] == [128 << 10]


async def test_long_lists_of_a_namespace_are_read_one_after_the_other_and_not_in_vain():
    at_once, most, tries = 0, 0, []

    class Slow:
        async def send(self, request, *, timeout):
            nonlocal at_once, most
            query = dict(request.query)
            if request.most == 128 << 10:
                tries.append(1)
                raise AnswerTooLong("too long")
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1
            more = "" if query.get("continue") else "2"
            name = f"n{query.get('continue', '1')}"
            body = {"metadata": {"continue": more}, "items": [{"metadata": {"name": name}}]}
            return answered(body=body)

    reader = Client(Slow())

    def name(item):
        return item["metadata"]["name"]

    assert await reader.of_each(WORKFLOWS, "ns", name, labels="a=b") == ["n1", "n2"]
    await asyncio.gather(*(reader.of_each(WORKFLOWS, "ns", name, labels="a=b") for _ in range(5)))
    assert (most, len(tries)) == (1, 1)


async def test_a_short_list_is_one_request():
    asker, asked = client(lambda _: answered(body={"metadata": {}, "items": [{"metadata": {"name": "n"}}]}))
    found = await asker.of_each(WORKFLOWS, "ns", lambda item: item["metadata"]["name"], labels="a=b")
    assert (found, len(asked)) == (["n"], 1)
