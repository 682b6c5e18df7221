"""What a tenant's bindings cost his neighbours: costly selectors, arguments, many of both."""

import threading
import time

import pytest

COSTLY = "len(filter(1..45000, # % 7 == 3 && # > payload.n)) < 0"
COSTLY_CEL = "payload.list.all(x, payload.list.all(y, x + y >= 0))"


class Crowd:
    """Deliveries to the tenant's namespace, several at once, for as long as the block lasts."""

    def __init__(self, place, payload, number=8):
        self.answers, self._ends = [], threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(place, payload)) for _ in range(number)]

    def _send(self, place, payload):
        while not self._ends.is_set():
            self.answers.append(place.event(payload))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        for thread in self._threads:
            thread.join()


def events_of(place):
    status, found = place.cluster.request("GET", f"/api/v1/namespaces/{place.namespace}/events")
    assert status == 200, found
    return found["items"]


def costly_events_of(place):
    """The Events of what was too costly; they are written after the answers, so the first is waited for."""
    ends = time.monotonic() + 10
    while True:
        found = [event for event in events_of(place) if event["reason"] == "TooCostly"]
        if found or time.monotonic() > ends:
            return found
        time.sleep(0.05)


def reasons(answer):
    return [binding.get("reason", "") + binding.get("error", "") for binding in answer.json["bindings"]]


@pytest.mark.parametrize(
    ("number", "selector", "more"),
    [
        pytest.param(200, COSTLY, {}, id="costly selectors"),
        pytest.param(
            100,
            COSTLY_CEL,
            {"annotations": {"triggerfish.dev/dialect": "cel"}},
            id="costly selectors in CEL",
        ),
        pytest.param(200, f"{COSTLY} || {COSTLY}", {}, id="selectors with costly explanations"),
    ],
)
def test_costly_selectors_hold_nobody_up(neighbour, tenant, number, selector, more):
    for index in range(number):
        tenant.binding(f"costly-{index}", selector, **more)
    with Crowd(tenant, {"n": 0, "list": list(range(300))}) as crowd:
        for _ in range(5):
            neighbour.delivers()
        neighbour.is_well()
    # Who watches the namespace hears which binding it is, once.
    found = costly_events_of(tenant)
    assert 1 <= len(found) <= 2, "one in ten minutes"
    assert found[0]["involvedObject"]["name"].startswith("costly-")
    assert "may take no more than 3000000 evaluation steps" in found[0]["message"]
    told = [reasons(answer) for answer in crowd.answers if answer.status == 200]
    assert told
    assert any("all bindings of an event together" in reason for reason in told[0]), told[0]


@pytest.mark.parametrize("number", [500, pytest.param(5000, marks=pytest.mark.soak)])
def test_very_many_bindings_that_cannot_be_read_hold_nobody_up(neighbour, tenant, number):
    for index in range(number):
        tenant.binding(f"wrong-{index:04}", f"payload.n ==== {index}")
    with Crowd(tenant, {"n": 0}) as crowd:
        for _ in range(5):
            neighbour.delivers()
        neighbour.is_well()
    assert {answer.status for answer in crowd.answers} <= {200, 503}
    told = reasons(tenant.event({"n": 0}))
    assert told[0].startswith("spec.event.selector: ")


def test_costly_arguments_hold_nobody_up(neighbour, tenant):
    value = "string(len(filter(1..45000, # % 7 == 3)))"
    for index in range(60):
        tenant.binding(f"costly-{index}", "true", value)
    with Crowd(tenant, {"n": 0}, 4) as crowd:
        for _ in range(3):
            neighbour.delivers()
        neighbour.is_well()
    failed = [answer for answer in crowd.answers if answer.status == 500]
    assert failed
    assert "too costly: all bindings of an event together" in failed[0].json["message"]


def test_what_a_tenant_pays_for_is_still_his(tenant):
    tenant.binding("costly", COSTLY)
    tenant.binding("mine", "payload.n == 1", '"x"')
    answer = tenant.event({"n": 1})
    assert answer.status == 200
    assert len(answer.json["workflows"]) == 1
