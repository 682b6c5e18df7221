"""The bounds of a connection, piece by piece, without a socket."""

import asyncio
import socket
from pathlib import Path

import pytest
import yaml
from gunicorn.config import Config as ServerConfig
from uvicorn.config import Config
from uvicorn.server import ServerState
from uvicorn_worker import UvicornWorker

from triggerfish.http.connection import (
    BoundedProtocol,
    answer_seconds,
    bounded_worker,
    drain_seconds,
    header_seconds,
    most_header_bytes,
    most_unsent_bytes,
    request_seconds,
)


class Transport(asyncio.Transport):
    def __init__(self, own=None):
        super().__init__({"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2), "socket": own})
        self.sent, self.closed, self.unsent = b"", False, 0
        self.aborted = asyncio.Event()

    def write(self, data):
        self.sent += data

    def close(self):
        self.closed = True

    def abort(self):
        self.closed = True
        self.aborted.set()

    def is_closing(self):
        return self.closed

    def get_write_buffer_size(self):
        return self.unsent

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def connection():
    config = Config(app, lifespan="off", log_config=None)
    config.load()
    found = BoundedProtocol(config=config, server_state=ServerState(), app_state={})
    found.connection_made(Transport())
    yield found
    found.connection_lost(None)


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param(most_header_bytes - 100, b"200", id="as long as is allowed"),
        pytest.param(most_header_bytes, b"431", id="longer"),
    ],
)
async def test_a_head_that_comes_in_one_piece_is_counted_too(connection, size, status):
    connection.data_received(b"GET / HTTP/1.1\r\nX-A: " + b"a" * size + b"\r\n\r\n")
    for _ in range(5):
        await asyncio.sleep(0)
    assert connection.transport.sent.split()[1] == status


async def test_each_part_of_a_request_has_its_time(connection):
    def left():
        """Seconds until it is ended; None: nothing is awaited."""
        if connection._until is None:
            return None
        assert connection._timer.when() <= connection._until
        return connection._until - connection.loop.time()

    assert 0 < left() <= header_seconds, "the first byte"
    connection.data_received(b"POST / HTTP/1.1\r\nX-A: ")
    assert 0 < left() <= header_seconds, "the end of the headers"
    connection.data_received(b"b\r\nContent-Length: 2\r\n\r\n")
    assert header_seconds < left() <= request_seconds, "the end of the body"
    connection.data_received(b"x")
    assert header_seconds < left() <= request_seconds
    connection.data_received(b"x")
    assert left() is None
    connection.data_received(b"GET / HT")
    assert left() <= header_seconds, "the next one's is no longer than the first one's"


async def test_what_is_late_is_ended_and_nothing_else(connection):
    connection.data_received(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n")
    connection._look()
    assert not connection.transport.closed, "there is time left, and it looks again"
    assert connection._timer.when() <= connection._until
    connection._until = connection.loop.time()
    connection._look()
    assert connection.transport.closed


async def test_a_request_in_one_piece_needs_no_timer_of_its_own(connection):
    first = connection._timer
    for _ in range(3):
        connection.data_received(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab")
        for _ in range(5):
            await asyncio.sleep(0)
    assert connection._timer is first


async def test_many_requests_on_one_connection_are_counted_each(connection):
    for _ in range(5):
        connection.data_received(b"GET / HTTP/1.1\r\nX-A: " + b"a" * (most_header_bytes // 2) + b"\r\n\r\n")
        for _ in range(5):
            await asyncio.sleep(0)
    assert connection.transport.sent.count(b"HTTP/1.1 200") == 5


def test_a_server_that_is_told_to_end_has_as_long_as_the_manifests_give_its_pod():
    # A class of its own: what a test sets, others must not find.
    worker = type("Worker", (UvicornWorker,), {})
    bounded_worker(worker)
    assert worker.CONFIG_KWARGS["http"] is BoundedProtocol
    assert ServerConfig().graceful_timeout == drain_seconds
    # Below the home folder, which is read-only in a pod: each start had two tracebacks in its log.
    assert ServerConfig().control_socket_disable is True
    manifests = Path(__file__).parents[2] / "infra" / "kubernetes" / "base"
    for name in ("cron", "events"):
        deployment, _ = yaml.safe_load_all((manifests / f"{name}.yaml").read_text())
        pod = deployment["spec"]["template"]["spec"]
        before = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert before + drain_seconds <= pod["terminationGracePeriodSeconds"]


@pytest.fixture
async def full(monkeypatch):
    """Makes connections to a function that has place for three."""
    monkeypatch.setattr("triggerfish.http.connection.most_connections", 3)
    config, state, made = Config(app, lifespan="off", log_config=None), ServerState(), []
    config.load()

    def connect(transport=None):
        made.append(BoundedProtocol(config=config, server_state=state, app_state={}))
        made[-1].connection_made(transport or Transport())
        return made[-1]

    yield connect
    for each in made:
        each.connection_lost(None)


async def test_one_connection_too_many_ends_one_and_no_more(full):
    old = [full() for _ in range(3)]
    more = [full() for _ in range(2)]
    # The event loop has not told yet that they are lost.
    assert [each.transport.closed for each in old + more] == [True, True, False, False, False]


async def test_who_sends_byte_by_byte_keeps_the_place_of_its_first(full):
    first, second, third = full(), full(), full()
    for each in (third, second, first):
        each.data_received(b"POST / HTTP/1.1\r\n")
    first.data_received(b"Host: x\r\nContent-Length: 9\r\n\r\n{")
    full()
    assert [each.transport.closed for each in (first, second, third)] == [True, False, False]


async def test_whoever_comes_is_not_ended_for_those_that_are_being_answered(full):
    old = [full() for _ in range(3)]
    for each in old:
        each.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    new = [full() for _ in range(2)]
    # Of those that send the one that has just come is no longer the last resort.
    assert [each.transport.closed for each in (*old, *new)] == [True, False, False, True, False]


async def test_who_has_been_answered_and_asks_again_is_the_last_of_those_being_answered(full):
    again, *others = full(), full(), full()
    again.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.gather(*again.tasks)
    for each in (*others, again):
        each.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    full()
    assert [each.transport.closed for each in (*others, again)] == [True, False, False]


async def test_no_piece_of_a_request_puts_its_end_off(connection):
    for pieces in ((b"POST / HTTP/1.1\r\n", b"Host: x\r\n"), (b"Content-Length: 9\r\n\r\n", b"{", b"}")):
        first, *more = pieces
        connection.data_received(first)
        until = connection._until
        for each in more:
            await asyncio.sleep(0)
            connection.data_received(each)
            assert connection._until == until


async def test_who_has_sent_a_whole_request_is_not_ended_for_others(full):
    first, *others = full(), full(), full()
    first.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    others += [full() for _ in range(3)]
    assert not first.transport.closed
    assert [each.transport.closed for each in others] == [True, True, True, False, False]


async def test_who_is_kept_open_after_an_answer_is_ended_before_who_sends(full):
    _, idle, again = full(), full(), full()
    for each in (again, idle):
        each.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.gather(*each.tasks)
    again.data_received(b"GET / HTTP/1.1\r\n")
    full()
    assert [idle.transport.closed, again.transport.closed] == [True, False]


async def test_connections_that_are_all_kept_open_have_the_same_bound(full):
    old = [full() for _ in range(3)]
    for each in old:
        each.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.gather(*each.tasks)
    new = full()
    assert [each.transport.closed for each in [*old, new]] == [True, False, False, False]


def stalled(connection, unsent):
    connection.transport.unsent = unsent
    connection.pause_writing()
    return connection


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux has it")
async def test_what_is_closed_but_not_taken_is_ended_by_the_system(full):
    with socket.socket() as own:
        full(Transport(own))
        assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == answer_seconds * 1000


async def test_who_takes_nothing_of_its_answer_is_ended(full, monkeypatch):
    monkeypatch.setattr("triggerfish.http.connection.answer_seconds", 0.01)
    await asyncio.wait_for(stalled(full(), 100_000).transport.aborted.wait(), 10)


async def test_who_takes_its_answer_slowly_gets_it(full):
    slow = stalled(full(), 100_000)
    for left in (90_000, 80_000):
        slow.transport.unsent = left
        slow._look_at_stall()
        assert not slow.transport.closed
    slow._look_at_stall()
    assert slow.transport.aborted.is_set()


async def test_who_has_taken_its_answer_is_left_alone(full, monkeypatch):
    monkeypatch.setattr("triggerfish.http.connection.answer_seconds", 0.01)
    ready, late = stalled(full(), 100_000), stalled(full(), 100_000)
    ready.resume_writing()
    await asyncio.wait_for(late.transport.aborted.wait(), 10)
    assert not ready.transport.closed


async def test_answers_that_are_not_taken_have_a_bound_together(full):
    third = most_unsent_bytes // 3
    first, second = stalled(full(), third), stalled(full(), third)
    first.transport.unsent -= 1
    first._look_at_stall()
    last = stalled(full(), third)
    assert not any(each.transport.closed for each in (first, second, last))
    last.transport.unsent += third
    last._look_at_stall()
    stalled(full(), third)
    assert [each.transport.closed for each in (first, second, last)] == [True, True, False]


async def test_who_takes_its_answer_still_is_not_taken_for_kept_open(full):
    late, idle, _ = full(), full(), full()
    for each in (late, idle):
        each.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.gather(*each.tasks)
    stalled(late, 100_000)
    full()
    assert [late.transport.closed, idle.transport.closed] == [False, True]
    late.resume_writing()
    full()
    assert late.transport.closed
    assert not late.transport.aborted.is_set()


async def test_who_does_not_take_its_answer_is_ended_before_who_sends(full):
    _, lazy, _ = full(), stalled(full(), 100_000), full()
    full()
    assert lazy.transport.aborted.is_set()
