"""Connections against a server that says exactly which bytes it answers, and when it closes."""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish.errors import AnswerTooLong, Unanswered
from triggerfish.kube.connections import Connections, NoAnswer, _Connection
from triggerfish.kube.tokens import Fixed
from triggerfish.kube.transport import Identified, Pool, Server
from triggerfish.kube.wire import Request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CLOSE = b""


@dataclass
class Scripted:
    """``answer(number of the request)`` gives what is written, piece by piece; ``CLOSE`` closes."""

    answer: Callable[[int], list[bytes] | Awaitable[list[bytes]]]
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    opened: int = 0
    port: int = 0
    asked: asyncio.Queue = field(default_factory=asyncio.Queue)
    closed: asyncio.Queue = field(default_factory=asyncio.Queue)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader, writer):
        self.opened += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self.converse(reader, writer)
        writer.close()
        self.closed.put_nowait(None)
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def converse(self, reader, writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]
            self.heads.append(head)
            self.bodies.append(await reader.readexactly(int(length or 0)))
            self.asked.put_nowait(None)
            pieces = self.answer(len(self.heads))
            for piece in pieces if isinstance(pieces, list) else await pieces:
                if piece == CLOSE:
                    return
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def scripted(answer, **more):
    found = Scripted(answer)
    # What never comes fails a test, and does not hold it up.
    async with asyncio.timeout(10), await asyncio.start_server(found.serve, "127.0.0.1", 0) as server:
        found.port = server.sockets[0].getsockname()[1]
        connections = Connections(found.url, None, **more)
        try:
            yield found, connections
        finally:
            await connections.close()


async def get(connections, method="GET", **more):
    return await connections.send(method, "/x", {}, None, **{"most": 0, "timeout": 5.0, **more})


async def test_one_connection_serves_one_request_after_the_other():
    async with scripted(lambda _: [OK]) as (server, connections):
        for _ in range(3):
            assert (await get(connections)).body == b"{}"
        assert (server.opened, len(server.heads)) == (1, 3)


async def test_requests_at_once_have_a_connection_each_and_all_are_kept():
    async with scripted(lambda _: [OK]) as (server, connections):
        for _ in range(2):
            await asyncio.gather(*(get(connections) for _ in range(5)))
        assert server.opened == 5


async def test_more_requests_than_connections_wait_for_one():
    async with scripted(lambda _: [OK], most=2) as (server, connections):
        await asyncio.gather(*(get(connections) for _ in range(9)))
        assert (server.opened, len(server.heads)) == (2, 9)


async def test_who_waits_for_a_connection_waits_no_longer_than_its_time():
    async with scripted(lambda _: [], most=1) as (server, connections):
        first = asyncio.create_task(get(connections))
        with pytest.raises(TimeoutError):
            await get(connections, timeout=0.01)
        first.cancel()
        await asyncio.wait([first])
        assert server.opened == 1


async def test_what_is_sent():
    async with scripted(lambda _: [OK]) as (server, _):
        base = Connections(f"{server.url}/k8s/c-1/", None)
        headers = {"Authorization": "Bearer ä"}
        await base.send("POST", "/apis?a=b", headers, b'{"a":1}', most=0, timeout=5.0)
        await base.close()
    assert server.heads[0].decode() == (
        f"POST /k8s/c-1/apis?a=b HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        "Authorization: Bearer ä\r\nContent-Length: 7\r\n\r\n"
    )
    assert server.bodies == [b'{"a":1}']


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        pytest.param("/x HTTP/1.1\r\nEvil: 1\r\n\r\nGET /y", {}, id="a request in the path"),
        pytest.param("/x /y", {}, id="a blank in the path"),
        pytest.param("/x", {"Authorization": "Bearer t\r\nImpersonate-User: root"}, id="a header in a token"),
        pytest.param("/x", {"Authorization": "Bearer t\nImpersonate-User: root"}, id="a bare line feed"),
        pytest.param(
            "/x", {"Authorization": "Bearer t\rImpersonate-User: root"}, id="a bare carriage return"
        ),
    ],
)
async def test_no_value_becomes_a_header_or_a_request(target, headers):
    async with scripted(lambda _: [OK]) as (server, connections):
        with pytest.raises(ValueError, match="line break"):
            await connections.send("GET", target, headers, None, most=0, timeout=5.0)
        assert server.heads == []


@pytest.mark.parametrize(
    ("pieces", "status", "body"),
    [
        pytest.param([OK], 200, b"{}", id="length"),
        pytest.param(
            [b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"1\r\n}\r\n0\r\n\r\n"],
            201,
            b"{}",
            id="chunks",
        ),
        pytest.param([b"HTTP/1.0 200 OK\r\n\r\n{", b"}", CLOSE], 200, b"{}", id="to the connection's end"),
        pytest.param([b"HTTP/1.1 100 Continue\r\n\r\n", OK], 200, b"{}", id="after a 100"),
        pytest.param([b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK], 200, b"{}", id="after hints"),
        pytest.param([b"HTTP/1.1 204 No Content\r\n\r\n"], 204, b"", id="no body"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], 200, b"", id="empty body"),
    ],
)
async def test_an_answer_is_read_to_its_end_however_it_is_framed(pieces, status, body):
    async with scripted(lambda _: pieces) as (_, connections):
        answer = await get(connections)
        assert (answer.status, answer.body) == (status, body)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 150), max_size=8))
def test_where_an_answer_is_cut_into_pieces_makes_no_difference(cuts):
    whole = b"HTTP/1.1 409 Conflict\r\nDate: now\r\nX-One: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole += b'5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n'
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[start:end] for start, end in pairwise(edges)]

    async def asked():
        async with scripted(lambda _: pieces) as (server, connections):
            answers = [await get(connections) for _ in range(2)]
            return server.opened, answers

    opened, answers = asyncio.run(asked())
    for answer in answers:
        assert (answer.status, answer.body) == (409, b'{"a":1}')
        assert answer.headers == {"date": "now", "x-one": "1", "transfer-encoding": "chunked"}
    assert opened == 1


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"], id="it says so"
        ),
        pytest.param([b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"], id="HTTP/1.0"),
        pytest.param([OK + b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"], id="a second answer"),
        pytest.param([OK + b"noise"], id="noise after it"),
    ],
)
async def test_a_connection_that_is_not_clean_is_not_used_again(pieces):
    async with scripted(lambda _: pieces) as (server, connections):
        for number in (1, 2):
            with contextlib.suppress(NoAnswer):
                assert (await get(connections)).body == b"{}"
            await server.closed.get()
            assert server.opened == number


async def test_an_answer_to_nobody_closes_the_connection():
    async with scripted(lambda number: [OK]) as (server, connections):
        await get(connections)
        (connection,) = connections._open
        connection.data_received(OK)
        await server.closed.get()
        assert (await get(connections)).status == 200
        assert server.opened == 2


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_what_may_be_repeated_is_when_a_kept_connection_was_closed_meanwhile(method):
    async with scripted(lambda number: [CLOSE] if number == 2 else [OK]) as (server, connections):
        await get(connections)
        assert (await get(connections, method)).status == 200
        assert (server.opened, len(server.heads)) == (2, 3)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_write_is_sent_once_and_whether_to_repeat_it_is_the_caller_s(method):
    async with scripted(lambda number: [CLOSE] if number == 2 else [OK]) as (server, connections):
        await get(connections)
        with pytest.raises(NoAnswer, match="was closed"):
            await get(connections, method)
        assert len(server.heads) == 2


async def test_a_read_is_not_repeated_on_a_new_connection_that_is_closed():
    async with scripted(lambda _: [CLOSE]) as (server, connections):
        with pytest.raises(NoAnswer, match="was closed"):
            await get(connections)
        assert len(server.heads) == 1


async def test_an_answer_that_began_is_not_asked_for_again():
    async with scripted(lambda number: [OK[:-1], CLOSE] if number == 2 else [OK]) as (server, connections):
        await get(connections)
        with pytest.raises(NoAnswer, match="ended early"):
            await get(connections)
        assert len(server.heads) == 2


async def test_one_that_the_server_closed_while_it_was_idle_is_gone():
    async with scripted(lambda number: [OK, CLOSE] if number == 1 else [OK]) as (server, connections):
        await get(connections)
        await server.closed.get()
        await asyncio.wait([connection.closed for connection in connections._open])
        assert (await get(connections, "POST")).status == 200
        assert (server.opened, len(server.heads)) == (2, 2)


async def test_one_that_was_idle_for_too_long_is_closed():
    async with scripted(lambda _: [OK], idle_seconds=0.0) as (server, connections):
        await get(connections)
        await get(connections)
        await server.closed.get()
        assert server.opened == 2


async def test_the_answer_of_a_request_that_was_given_up_is_nobody_s():
    late = asyncio.Event()

    async def slowly():
        await late.wait()
        return [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"]

    async with scripted(lambda number: slowly() if number == 1 else [OK]) as (server, connections):
        with pytest.raises(TimeoutError):
            await get(connections, timeout=0.01)
        second = asyncio.create_task(get(connections))
        await asyncio.sleep(0)
        late.set()
        assert (await second).body == b"{}"
        assert server.opened == 2


async def test_a_cancelled_request_leaves_no_connection_behind():
    async with scripted(lambda _: []) as (server, connections):
        asked = asyncio.create_task(get(connections))
        await server.asked.get()
        asked.cancel()
        await asyncio.wait([asked])
        await server.closed.get()
        assert not connections._open


@pytest.mark.parametrize(
    "piece",
    [pytest.param(b"X-Long: " + b"x" * 8000 + b"\r\n", id="many"), pytest.param(b"x" * 8000, id="one")],
)
async def test_headers_without_an_end_are_no_answer(piece):
    async with scripted(lambda _: [b"HTTP/1.1 200 OK\r\nX-First: "] + [piece] * 9) as (_, connections):
        with pytest.raises(NoAnswer, match="no end of its headers"):
            await get(connections)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([OK], id="whole"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 200], id="too long"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", CLOSE], id="ended early"),
        pytest.param([b"no HTTP\r\n\r\n"], id="not HTTP"),
    ],
)
async def test_a_connection_that_is_closed_is_gone_without_a_search_for_cycles(pieces):
    gc.collect()
    gc.disable()
    try:
        async with scripted(lambda _: pieces) as (_, connections):
            with contextlib.suppress(AnswerTooLong, NoAnswer):
                await get(connections, most=100)
        await asyncio.sleep(0)
        assert not [each for each in gc.get_objects() if isinstance(each, _Connection)]
    finally:
        gc.enable()


async def test_a_body_that_is_too_long_is_not_read_to_its_end():
    pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 200]
    async with scripted(lambda _: pieces) as (server, connections):
        with pytest.raises(AnswerTooLong):
            await get(connections, most=100)
        await server.closed.get()


async def test_closing_ends_what_is_under_way():
    async with scripted(lambda _: []) as (server, connections):
        asked = asyncio.create_task(get(connections))
        await server.asked.get()
        await connections.close()
        with pytest.raises(NoAnswer):
            await asked


async def test_through_a_proxy_the_same_is_sent_and_answered(clock):
    async with scripted(lambda _: [OK]) as (proxy, _):
        pool = Pool(Server("http://api.example", proxy=proxy.url))
        transport = Identified(pool, Fixed("t"), clock)
        answer = await transport.send(Request("POST", "/apis/x", (("a", "b c"),), {"k": "v"}), timeout=5)
        await pool.close()
    assert (answer.status, answer.body) == (200, b"{}")
    assert proxy.heads[0].startswith(b"POST http://api.example/apis/x?a=b%20c HTTP/1.1\r\n")
    assert b"authorization: bearer t" in proxy.heads[0].lower()
    assert proxy.bodies == [b'{"k":"v"}']


async def test_what_is_too_long_is_not_read_through_a_proxy_either(clock):
    pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n" + b"x" * 300]
    async with scripted(lambda _: pieces) as (proxy, _):
        pool = Pool(Server("http://api.example", proxy=proxy.url))
        transport = Identified(pool, Fixed("t"), clock)
        with pytest.raises(AnswerTooLong):
            await transport.send(Request("GET", "/x", most=100), timeout=5)
        assert len((await transport.send(Request("GET", "/x", most=300), timeout=5)).body) == 300
        await pool.close()


async def test_a_proxy_s_failure_is_unanswered(clock):
    async with scripted(lambda _: [CLOSE]) as (proxy, _):
        pool = Pool(Server("http://api.example", proxy=proxy.url.replace("//", "//me:hush@")))
        with pytest.raises(Unanswered) as caught:
            await Identified(pool, Fixed("t"), clock).send(Request("POST", "/x", (), {}), timeout=5)
        await pool.close()
    assert "hush" not in str(caught.value)
