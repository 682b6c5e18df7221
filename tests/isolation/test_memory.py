"""What one tenant makes the events function hold: bindings, templates, payloads and lists by the megabyte."""

import gzip
import json
import threading

import pytest
from tests.isolation.test_bindings import Crowd, reasons

MIB = 1 << 20
LONG = pytest.mark.soak


class Deliveries:
    """The same signed delivery to the tenant's namespace, again and again from several threads."""

    def __init__(self, place, body, number=8, **headers):
        self.answers, self._ends = [], threading.Event()
        self._threads = [
            threading.Thread(target=self._send, args=(place, body, headers)) for _ in range(number)
        ]

    def _send(self, place, body, headers):
        while not self._ends.is_set():
            self.answers.append(place.github(body, headers=headers))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        for thread in self._threads:
            thread.join()

    @property
    def statuses(self):
        return {answer.status for answer in self.answers}


def answered(place, payload):
    """The answer to an event; 503 says to send it again."""
    for _ in range(10):
        answer = place.event(payload)
        if answer.status != 503:
            return answer
    raise AssertionError(answer)


@pytest.fixture
def signing(tenant):
    """The tenant with a webhook client."""
    tenant.clients(github_com="{type: github, secret: 'shh!'}")
    return tenant


def junk_binding(place, name, size=MIB):
    parameters = [{"name": "message", "valueFrom": {"event": "payload.n"}, "value": "x" * size}]
    place.binding(name, "payload.n == 1", submit={"arguments": {"parameters": parameters}})


@pytest.mark.parametrize("number", [15, pytest.param(300, marks=LONG)])
def test_megabytes_of_bindings(neighbour, tenant, events, number):
    tenant.binding("first", "true", '"x"')
    for index in range(number):
        junk_binding(tenant, f"large-{index:03}")
    with Crowd(tenant, {"n": 0}, 4) as crowd:
        for _ in range(5):
            neighbour.delivers()
        neighbour.is_well()
    assert {answer.status for answer in crowd.answers} <= {200, 503}
    told = answered(tenant, {"n": 0})
    assert len(told.json["workflows"]) == 1, "what is within the bound runs"
    assert "Kubernetes Event" not in events.log
    assert any("no more than 8 MiB of a namespace's bindings are read" in each for each in reasons(told)), (
        reasons(told)
    )


@pytest.mark.parametrize("number", [1500, pytest.param(10_000, marks=LONG)])
def test_very_many_small_bindings(neighbour, tenant, number):
    for index in range(number):
        tenant.binding(f"small-{index:05}", f"payload.n == {index}", '"x"')
    with Crowd(tenant, {"n": -1}, 4) as crowd:
        for _ in range(5):
            neighbour.delivers()
        neighbour.is_well()
    assert {answer.status for answer in crowd.answers} <= {200, 503}


@pytest.mark.parametrize("number", [20, pytest.param(200, marks=LONG)])
def test_megabytes_of_templates(neighbour, tenant, number):
    for index in range(number):
        note = {"annotations": {"note": "x" * (200 << 10)}}
        steps = [{"name": f"s{each}", "container": {"image": "x" * 4000}} for each in range(200)]
        tenant.template(f"large-{index}", workflowMetadata=note, templates=steps, entrypoint="s1")
        tenant.binding(f"to-{index:03}", "true", '"x"', f"large-{index}")
    with Crowd(tenant, {}, 4) as crowd:
        for _ in range(3):
            neighbour.delivers()
        neighbour.is_well()
    assert {answer.status for answer in crowd.answers} <= {500, 503}
    answer = answered(tenant, {})
    assert "the templates of an event may have no more than 2 MiB" in answer.json["message"]
    assert 1 < len(answer.json["workflows"]) < number


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(b"[" + b"[]," * 99_000 + b"0]", "", id="empty lists"),
        pytest.param(b"[" + b"{}," * 99_000 + b"0]", "", id="empty maps"),
        pytest.param(json.dumps({f"{n:x}": n for n in range(120_000)}).encode(), "", id="a map"),
        pytest.param(gzip.compress(b"[" + b"[]," * 99_000 + b"0]"), "gzip", id="compressed"),
    ],
)
def test_payloads_that_are_large_in_memory(neighbour, signing, body, encoding):
    signing.binding("mine", "true", '"x"')
    headers = {"Content-Encoding": encoding} if encoding else {}
    with Deliveries(signing, body, 6, **headers) as storm:
        for _ in range(3):
            neighbour.delivers()
        neighbour.is_well()
    assert storm.answers
    # They wait for one another, some for longer than their sender would.
    assert storm.statuses <= {200, 503}


@pytest.mark.parametrize("value", [b"[]", b"{}", b"1", b'""'])
def test_payloads_of_very_many_values(neighbour, signing, value):
    signing.binding("mine", "true", '"x"')
    body = b"[" + (value + b",") * 500_000 + b"0]"
    with Deliveries(signing, body, 6) as storm:
        for _ in range(3):
            neighbour.delivers()
        neighbour.is_well()
    assert storm.statuses <= {413, 503}
    told = signing.github(body)
    assert (told.status, told.json["message"]) == (413, "the body has more than 200000 values")


def test_a_stranger_s_submissions_that_are_large_in_memory(neighbour, tenant, events):
    body = b'{"workflow":[' + b"[]," * 690_000 + b"0]}"
    path = f"/api/v1/workflows/{tenant.namespace}"
    ends, statuses = threading.Event(), []

    def post():
        while not ends.is_set():
            statuses.append(events.send("POST", path, body, {"Authorization": "Bearer made-up"}).status)

    threads = [threading.Thread(target=post) for _ in range(6)]
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
    assert statuses
    assert set(statuses) <= {400, 401, 413, 503}


def test_a_list_by_the_megabyte(neighbour, tenant, embedded, events):
    for index in range(12):
        junk_binding(tenant, f"large-{index:03}")
    path = f"/api/v1/workflow-event-bindings/{tenant.namespace}"
    headers = {"Authorization": f"Bearer {tenant.token}"}
    answer = events.send("GET", path, headers=headers)
    assert (answer.status, answer.json["code"]) == (400, 3)
    assert "the list has more than 8 MiB: ask for fewer at once" in answer.json["message"]
    some = events.send("GET", f"{path}?listOptions.limit=2", headers=headers)
    assert (some.status, len(some.json["items"])) == (200, 2)
    neighbour.is_well()
