"""What strangers do before they have proved anything: sockets, headers, bodies that never end."""

import contextlib
import json
import socket
import time

import pytest

from triggerfish.http import connection

POST = b"POST /api/v1/events/default/ HTTP/1.1\r\nHost: x\r\n"


@contextlib.contextmanager
def sockets(function, number):
    """So many connections; those that the function has ended meanwhile are no matter."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", function.port), timeout=20))
            for _ in range(number)
        ]


def send(each, data):
    """Whether the other side still took it."""
    try:
        each.sendall(data)
    except OSError:
        return False
    return True


def answer(sock):
    """Status and message, once the function has ended the connection."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := sock.recv(65536):
            data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(POST + b"Content-Length: 9\r\n\r\n{", id="one byte of a body"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", id="one chunk of a body"),
        pytest.param(POST + b"X-A: ", id="half a header"),
        pytest.param(b"P", id="one byte"),
        pytest.param(b"", id="nothing at all"),
        pytest.param(b"\r\n", id="an empty line"),
    ],
)
def test_half_requests_keep_nobody_out(neighbour, events, begin):
    with sockets(events, 128) as opened:
        for each in opened:
            assert send(each, begin)
        for _ in range(3):
            neighbour.delivers()
        neighbour.is_well()


def test_more_connections_than_there_are_end_those_that_have_been_sending_longest(neighbour, events):
    with sockets(events, connection.most_connections) as first:
        for each in first:
            send(each, POST + b"X-A: ")
        # Whoever is accepted after them is: all have begun to send by then.
        neighbour.is_well()
        with sockets(events, 200) as more:
            for each in more:
                send(each, POST + b"X-A: ")
            neighbour.is_well()
            ended = 0
            for each in first[:200]:
                each.settimeout(5)
                with contextlib.suppress(ConnectionResetError):
                    ended += each.recv(1) == b""
            assert ended >= 199
            neighbour.is_well()


def test_connections_that_are_kept_open_after_an_answer_keep_nobody_out(neighbour, events):
    with sockets(events, connection.most_connections) as opened:
        for each in opened:
            assert send(each, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert each.recv(12) == b"HTTP/1.1 200"
        # As many again, each beside all that are open still.
        for _ in range(3):
            with sockets(events, 200):
                neighbour.is_well()


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        pytest.param(POST + b"X-A: ", b"a" * 65536, id="one endless header"),
        pytest.param(POST, b"X-A: b\r\n" * 1000, id="endless small headers"),
        pytest.param(b"POST /", b"a" * 65536, id="an endless path"),
        pytest.param(POST + b"Content-Length: 1\r\n", b"X-A: b\r\n" * 101 + b"\r\nx", id="a field too many"),
    ],
)
def test_headers_have_a_bound(neighbour, events, begin, piece):
    with sockets(events, 1) as (one,):
        send(one, begin)
        sent = 0
        while send(one, piece) and sent < 64 << 20:
            sent += len(piece)
            if sent > connection.most_header_bytes + (1 << 20):
                break
        with contextlib.suppress(ConnectionResetError):
            status, body = answer(one)
            assert (status, body["code"]) == (431, 3)
            assert f"{connection.most_header_bytes} bytes" in body["message"]
    neighbour.is_well()


def test_a_refused_header_is_told_its_bound(events):
    with sockets(events, 1) as (one,):
        assert send(one, POST + b"X-A: b\r\n" * 101 + b"\r\n")
        status, body = answer(one)
    assert (status, body["code"]) == (431, 3)
    assert f"more than {connection.most_header_fields}" in body["message"]


def test_as_many_headers_as_are_allowed_are_read(events):
    headers = b"".join(b"X-%d: %s\r\n" % (number, b"v" * 600) for number in range(95))
    with sockets(events, 1) as (one,):
        assert send(one, POST + headers + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
        assert answer(one)[0] == 401


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(b"1;" + b"e" * 65536 + b"\r\n{\r\n", id="endless chunk extensions"),
        pytest.param(b"0\r\nX-T: " + b"t" * (1 << 20), id="an endless trailer"),
        pytest.param(b"1\r\n{\r\n" * 20000, id="a body in chunks of a byte"),
    ],
)
def test_what_frames_a_body_has_a_bound(neighbour, events, piece):
    with sockets(events, 1) as (one,):
        send(one, POST + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        while send(one, piece) and sent < 64 << 20:
            sent += len(piece)
        assert sent < 64 << 20
    neighbour.is_well()


def test_bodies_that_wait_for_their_last_byte_keep_nobody_out(neighbour, events):
    body = b"x" * (2 << 20)
    head = POST + b"Content-Length: %d\r\n\r\n" % len(body)
    with sockets(events, 60) as opened:
        for each in opened:
            send(each, head)
            send(each, body[:-1])
        neighbour.delivers()
        for each in opened:
            send(each, body[-1:])
        neighbour.is_well()


@pytest.mark.parametrize("named", ["made up", "the neighbour's"])
def test_many_middling_bodies_keep_no_large_delivery_out(neighbour, events, named):
    neighbour.delivers()
    size = 200_000
    with sockets(events, 400) as opened:
        for number, each in enumerate(opened):
            name = neighbour.place.namespace if named != "made up" else f"made-up-{number}"
            send(each, b"POST /api/v1/events/%s/ HTTP/1.1\r\nHost: x\r\n" % name.encode())
            send(each, b"X-Hub-Signature-256: sha256=%064d\r\n" % number)
            send(each, b"Content-Length: %d\r\n\r\n" % (size + 1))
            send(each, b"x" * size)
        for _ in range(3):
            neighbour.delivers("x" * 1_500_000)
    neighbour.is_well()


def test_pipelined_requests_have_a_bound(neighbour, events):
    with sockets(events, 8) as opened:
        for each in opened:
            send(each, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 20000)
        neighbour.is_well()


@pytest.mark.soak
def test_half_sent_headers_are_ended(events):
    with sockets(events, 50) as opened:
        for each in opened:
            send(each, POST + b"X-A: ")
        end = time.monotonic() + connection.header_seconds + 15
        for each in opened:
            each.settimeout(max(0.1, end - time.monotonic()))
            assert each.recv(1) == b""


def test_answers_that_nobody_reads_hold_no_memory(neighbour, tenant, embedded, events):
    may = [{"apiGroups": ["argoproj.io"], "resources": ["cronworkflows"], "verbs": ["list"]}]
    token = embedded.service_account(tenant.namespace, "lister", may)
    for number in range(16):
        spec = {"schedules": ["@daily"], "workflowSpec": {"entrypoint": "x" * 250_000}}
        body = {"metadata": {"name": f"large-{number}"}, "spec": spec}
        tenant.put("cronworkflows", {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", **body})
    request = (
        f"GET /api/v1/cron-workflows/{tenant.namespace} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            one.connect(("127.0.0.1", events.port))
            one.sendall(request.encode())
        for _ in range(20):
            neighbour.delivers()
        neighbour.is_well()
