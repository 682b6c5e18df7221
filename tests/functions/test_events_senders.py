"""Every sender over HTTP: its captured deliveries make Workflows, and every spoilt one makes nothing.

tests/webhooks/ has the same table for the pure core; here it is the whole way: status, body, log and cluster.
"""

import contextlib
import http.client
import re

import pytest
from tests.samples.loading import PROOFS, negatives, samples
from tests.support.events import MAY_SUBMIT

ACCOUNT = "github.com"
# Rows in which another client's secret or another clock is met: the pure core's table has them.
PURE_ONLY = ("the secret", "an empty secret", "no clients", "replayed")
PROVED_BY_TIME = ("webhook-timestamp", "svix-timestamp")
SECRETS = re.compile(r"^\s*(?:secret:|-)\s*['\"]?([^'\"\n]{6,})", re.MULTILINE)


@pytest.fixture
def receiving(place):
    """A namespace in which whatever is accepted becomes a Workflow; takes the client's YAML."""
    place.cluster.service_account(place.namespace, ACCOUNT, MAY_SUBMIT)
    place.template()
    place.binding("all", "true", '"x"')

    def use(client: bytes):
        text = client.decode()
        place.clients(**{ACCOUNT: text})
        place.hidden += SECRETS.findall(text)
        return place

    return use


def send(place, delivery):
    """One request with the headers as they are, repeated ones too."""
    connection = http.client.HTTPConnection("127.0.0.1", place.function.port, timeout=20)
    with contextlib.closing(connection):
        connection.putrequest("POST", f"/api/v1/events/{place.namespace}/", skip_accept_encoding=True)
        for name, value in delivery.headers:
            if name not in ("host", "content-length", "accept-encoding"):
                connection.putheader(name, value.encode("latin-1"))
        connection.putheader("Content-Length", str(len(delivery.body)))
        connection.endheaders(delivery.body)
        answer = connection.getresponse()
        return answer.status, answer.read()


def timed(delivery) -> bool:
    return any(delivery.values(name) for name in PROVED_BY_TIME)


@pytest.mark.parametrize("sample", [each for each in samples() if not timed(each.delivery)], ids=str)
def test_a_captured_delivery_makes_one_workflow_however_often_it_comes(receiving, sample):
    place = receiving(sample.client)
    answers = [send(place, sample.delivery) for _ in range(2)]
    assert [status for status, _ in answers] == [200, 200], answers
    assert len(place.workflows()) == 1


@pytest.mark.parametrize(("sender", "name"), [proof[:2] for proof in PROOFS], ids=lambda part: part)
def test_a_spoilt_delivery_makes_nothing_and_is_not_told_why(receiving, sender, name):
    rows = [
        row
        for row in negatives()
        if (row.sample.sender, row.sample.name) == (sender, name) and not row.why.startswith(PURE_ONLY)
    ]
    assert len(rows) >= 10
    place = receiving(rows[0].sample.client)
    told = set()
    for row in rows:
        status, body = send(place, row.delivery)
        assert status in (401, 403), row.why
        told.add(body)
    assert len(told) <= 2
    assert not re.search(rb"signature|secret|hmac|byte|header", b"".join(told), re.IGNORECASE)
    assert place.workflows() == []
    assert place.function.said(f"to {place.namespace} refused: ")
