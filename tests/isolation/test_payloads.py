"""What payloads make a tenant's expressions do: long texts, batches, keys without number, costly CEL."""

import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.isolation.conftest import Neighbour, namespace_of
from tests.isolation.test_bindings import Crowd, reasons
from tests.support import functions

CEL = {"annotations": {"triggerfish.dev/dialect": "cel"}}
LONG_TEXT = {"s": "a" * 1_900_000}


@pytest.mark.parametrize(
    ("selector", "more", "payload", "told"),
    [
        pytest.param('payload.s matches "(a+)+b"', {}, LONG_TEXT, "together", id="regular expressions"),
        pytest.param('payload.s.matches("(a|b|ab)*c")', CEL, LONG_TEXT, "together", id="and in CEL"),
        pytest.param(
            'len(split(repeat(payload.s, 3), "a")) < 0',
            {},
            LONG_TEXT,
            "elements in one list",
            id="texts that grow",
        ),
        pytest.param('upper(payload.s) + lower(payload.s) == "b"', {}, LONG_TEXT, "together", id="copies"),
        pytest.param(
            "payload.l.all(a, payload.l.all(b, payload.l.all(c, a + b + c >= 0.0)))",
            CEL,
            {"l": list(range(200))},
            "too much",
            id="macros in macros in CEL",
        ),
        pytest.param(
            "payload.l.map(a, payload.l.map(b, payload.l)).size() < 0",
            CEL,
            {"l": list(range(300))},
            "too much",
            id="lists that grow in CEL",
        ),
    ],
)
def test_costly_evaluations_hold_nobody_up(neighbour, tenant, selector, more, payload, told):
    for index in range(60):
        tenant.binding(f"costly-{index:02}", selector, **more)
    with Crowd(tenant, payload, 4) as crowd:
        for _ in range(3):
            neighbour.delivers()
        neighbour.is_well()
    assert {answer.status for answer in crowd.answers} <= {200, 503}
    said = reasons(next(answer for answer in crowd.answers if answer.status == 200))
    assert any(told in reason for reason in said), said[:3]


def test_a_batch_has_the_budget_of_one_event(neighbour, tenant):
    for index in range(20):
        tenant.binding(f"costly-{index:02}", "len(filter(1..45000, # % 7 == 3 && # > payload.n)) < 0")

    def event():
        return {
            "specversion": "1.0",
            "id": secrets.token_hex(8),
            "source": "/s",
            "type": "t",
            "data": {"n": 0},
        }

    headers = {"Content-Type": "application/cloudevents-batch+json"}
    answers, ends = [], threading.Event()

    def send():
        while not ends.is_set():
            answers.append(tenant.event([event() for _ in range(100)], headers=headers))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            neighbour.delivers()
        neighbour.is_well()
    finally:
        ends.set()
        for thread in threads:
            thread.join()
    whole = [answer for answer in answers if answer.status == 200]
    assert whole
    assert any("all bindings of an event together" in reason for reason in reasons(whole[0]))
    over = tenant.event([event() for _ in range(101)], headers=headers)
    assert (over.status, over.json["message"]) == (
        400,
        "a batch has at most 100 events, this one has 101",
    )


@pytest.mark.parametrize("number", [200, pytest.param(3000, marks=pytest.mark.soak)])
def test_keys_without_number_hold_nobody_up(neighbour, embedded, events, number):
    place = namespace_of(embedded, events)
    more = [
        {
            "apiGroups": ["argoproj.io"],
            "resources": ["workflows"],
            "verbs": ["create", "get", "list", "patch"],
        }
    ]
    place.token = embedded.service_account(place.namespace, "runs", [*_may_submit(), *more])
    notes = {
        "triggerfish.dev/concurrency-policy": "Replace",
        "triggerfish.dev/concurrency-key": "payload.key",
    }
    place.binding("keyed", "true", '"x"', annotations=notes)
    answers = []

    def send(part):
        answers.extend(place.event({"key": f"{part}-{each}"}).status for each in range(number // 4))

    threads = [threading.Thread(target=send, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        neighbour.delivers()
    for thread in threads:
        thread.join()
    neighbour.is_well()
    assert set(answers) <= {200, 503}
    assert 200 in answers


def _may_submit():
    from tests.support.events import MAY_SUBMIT

    return MAY_SUBMIT


class Broker(BaseHTTPRequestHandler):
    """Takes what is forwarded, but for one namespace it never answers."""

    silent_for = b""
    released = threading.Event()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.silent_for in body:
            self.released.wait(60)
            return
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_broker_that_is_slow_for_one_is_not_for_others(embedded, own):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Broker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = {
        "KUBECONFIG": own("events"),
        "K_SINK": f"http://127.0.0.1:{server.server_port}/",
        "SINK_AUDIENCE": "triggerfish-events",
        "SINK_IDENTITY": "nobody@example.com",
    }
    try:
        with functions.start("events", settings) as function:
            tenant, other = namespace_of(embedded, function), namespace_of(embedded, function)
            for place in (tenant, other):
                Neighbour(place)
            Broker.silent_for = tenant.namespace.encode()
            answers = []
            threads = [
                threading.Thread(target=lambda: answers.append(tenant.github({"message": "x"}).status))
                for _ in range(40)
            ]
            for thread in threads:
                thread.start()
            for _ in range(5):
                assert other.github({"message": "mine"}).status == 202
            for thread in threads:
                thread.join()
            # What the broker does not take in time is handled at once.
            assert set(answers) <= {200, 503}
            assert 200 in answers
            assert len(tenant.workflows()) == answers.count(200)
    finally:
        Broker.released.set()
        server.shutdown()
        server.server_close()
