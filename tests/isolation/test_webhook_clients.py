"""What a tenant's webhook clients and a stranger's bodies cost together."""

import base64
import threading

import pytest
from tests.support.events import SECRET

UNSIGNED = b"x" * (2 << 20)


def many(number, secrets):
    """A Secret with so many clients, as large as the API takes it."""
    text = "{type: github, secrets: [" + ", ".join(f"'s{n}'" for n in range(secrets)) + "]}"
    value = base64.b64encode(text.encode()).decode()
    return {f"c{n:04}": value for n in range(number)}


def put_clients(place, data):
    path = f"/api/v1/namespaces/{place.namespace}/secrets"
    body = {"metadata": {"name": "argo-workflows-webhook-clients"}, "data": data}
    status, answer = place.cluster.request("POST", path, body)
    assert status == 201, answer


class Storm:
    """Strangers who post unsigned bodies to a namespace for as long as the block lasts."""

    def __init__(self, place, number):
        self.answers, self._ends = [], threading.Event()
        self._threads = [threading.Thread(target=self._post, args=(place,)) for _ in range(number)]

    def _post(self, place):
        while not self._ends.is_set():
            answer = place.github(UNSIGNED, secret="not it")
            self.answers.append(answer.status)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize(
    ("number", "secrets"),
    [
        pytest.param(2500, 10, id="2,500 clients with 10 secrets"),
        pytest.param(100, 5, id="as many as are allowed"),
    ],
)
def test_a_stranger_and_a_tenant_freeze_nobody(neighbour, tenant, events, number, secrets):
    put_clients(tenant, many(number, secrets))
    with Storm(tenant, 4) as storm:
        for _ in range(5):
            neighbour.delivers()
        neighbour.is_well()
    assert set(storm.answers) <= {401, 403, 503}
    if number > 100:
        assert "no more than 100 webhook clients" in events.log


def test_bodies_that_wait_to_be_proved_take_no_room_of_small_ones(neighbour, tenant):
    put_clients(tenant, many(100, 5))
    with Storm(tenant, 40) as storm:
        for _ in range(10):
            neighbour.delivers()
    assert 503 in storm.answers
    neighbour.is_well()


def test_made_up_namespaces_are_asked_for_by_nobody_without_a_proof(neighbour, events):
    for number in range(50):
        assert events.send("POST", f"/api/v1/events/made-up-{number}/", b"{}").status == 401
    assert "does not exist" not in events.log
    neighbour.is_well()


def test_a_secret_that_is_the_sixth_proves_nothing(tenant):
    text = "{type: github, secrets: [a, b, c, d, e, '" + SECRET + "']}"
    put_clients(tenant, {"github.com": base64.b64encode(text.encode()).decode()})
    tenant.binding("mine", "true")
    assert tenant.github({"message": "x"}).status == 403
