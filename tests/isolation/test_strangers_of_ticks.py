"""What strangers do to the cron function: no tick without the token, and none of theirs is in its way."""

import socket
import threading

import pytest
from tests.isolation.ticking import cron, ticking


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with ticking(tmp_path_factory.mktemp("ticking")) as found:
        yield found


def opened(place, count, sent):
    found = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", place.function.port), timeout=10)
        connection.sendall(sent)
        found.append(connection)
    return found


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="connections that say nothing"),
        pytest.param(HEAD, id="half a head"),
        pytest.param(HEAD + b"Content-Length: 1000000\r\n\r\n{", id="half a body"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", id="half of the chunks"),
        pytest.param(HEAD + b"Authorization: Bearer " + b"x" * 60_000, id="a long header"),
        pytest.param(HEAD + b"A: b\r\n" * 99, id="many headers"),
    ],
)
def test_connections_stop_no_tick(place, sent):
    neighbour = place.cluster.new_namespace()
    place.put(neighbour, cron("mine"))
    connections = opened(place, 300, sent)
    try:
        place.minute()
        assert len(place.runs(neighbour)) == 1
        assert place.memory < 250 << 20
    finally:
        for connection in connections:
            connection.close()
        place.clean(neighbour)


def test_nobody_ticks_without_the_token(place):
    neighbour = place.cluster.new_namespace()
    place.put(neighbour, cron("mine"))
    place.cluster.request("POST", "/clock", {"advance": 60})
    answers = []

    def knock():
        for number in range(40):
            headers = {} if number % 2 else {"Authorization": f"Bearer {number}"}
            answers.append(place.function.send("POST", "/", b"{}" * number, headers, timeout=10).status)

    threads = [threading.Thread(target=knock) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {401, 413}
    assert 401 in answers
    assert place.runs(neighbour) == []
    place.tick()
    assert len(place.runs(neighbour)) == 1
    place.clean(neighbour)
