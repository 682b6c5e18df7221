"""TICK_EVERY under the real Functions Framework: a probe begins it, a SIGTERM waits for its tick."""

import http.server
import json
import signal
import socket
import threading
import time

import pytest
from tests.functions.test_cron import Api, cron
from tests.support import functions

PATIENCE = 30


@pytest.fixture
def namespace(embedded):
    return embedded.new_namespace()


def until(true, what):
    """A process tells nobody when it has got there."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@pytest.mark.parametrize("shards", ["1", "3"])
def test_after_one_probe_slots_become_workflows(embedded, own, namespace, shards):
    api = Api(embedded, namespace)
    names = [f"every-{number}" for number in range(4)]
    for name in names:
        api.apply(cron(name, schedules=["@every 1s"]))
    settings = {
        "KUBECONFIG": own("cron"),
        "MANAGED_NAMESPACE": namespace,
        "TICK_EVERY": "2",
        "TICK_DEADLINE_SECONDS": "1",
        "TICK_SHARDS": shards,
        "TICK_TOKEN": "hush-token",
    }
    # ``start`` waits for /healthz, which is the probe.
    with functions.start("cron", settings) as function:
        until(lambda: all(api.children(name) for name in names), function.log)
        assert function.send("POST", "/").status == 401
    assert "hush-token" not in function.log
    ticks = [json.loads(line) for line in function.log.splitlines() if '"message":"tick"' in line]
    assert len(ticks) >= int(shards)


class Holding:
    """A heartbeat's receiver that answers when it is let; each connection is kept to look at."""

    def __init__(self):
        self.entered, self.let = threading.Event(), threading.Event()
        self.connections = []
        holding = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                holding.connections.append(self.connection)
                holding.entered.set()
                holding.let.wait(PATIENCE)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.let.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def is_open(self):
        try:
            return self.connections[0].recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False


def refuses(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_sigterm_lets_its_tick_end(embedded, own, namespace):
    with Holding() as receiver:
        settings = {
            "KUBECONFIG": own("cron"),
            "MANAGED_NAMESPACE": namespace,
            "TICK_EVERY": "60",
            "HEARTBEAT_URL": f"http://127.0.0.1:{receiver.server.server_port}/",
        }
        with functions.start("cron", settings) as function:
            assert receiver.entered.wait(PATIENCE), function.log
            function.process.send_signal(signal.SIGTERM)
            until(lambda: refuses(function.port), "it still listens")
            assert receiver.is_open(), "the tick was broken off"
            receiver.let.set()
            assert function.process.wait(PATIENCE) == 0
        assert "heartbeat did not arrive" not in function.log
