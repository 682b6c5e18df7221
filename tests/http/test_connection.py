"""The bounds of a connection, piece by piece, without a socket."""

import asyncio
from pathlib import Path

import pytest
import yaml
from gunicorn.config import Config as ServerConfig
from uvicorn.config import Config
from uvicorn.server import ServerState
from uvicorn_worker import UvicornWorker

from triggerfish.http.connection import (
    BoundedProtocol,
    bounded_worker,
    drain_seconds,
    header_seconds,
    most_header_bytes,
    request_seconds,
)


class Transport(asyncio.Transport):
    def __init__(self):
        super().__init__({"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)})
        self.sent, self.closed = b"", False

    def write(self, data):
        self.sent += data

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed

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
