"""What it takes to find out who signed: beside one HMAC of the same body."""

import hashlib
import hmac

import pytest
from tests.samples.loading import sample

from triggerfish.hosts.registry import SENDERS
from triggerfish.webhooks.authenticate import Verified, authenticate
from triggerfish.webhooks.clients import parse_clients

SECRET = b"correct horse battery staple"


@pytest.mark.parametrize("number", [1, 10, 100])
def test_who_signed(number, record, fastest):
    given = sample("github", "push")
    others = {f"a{n}": b"{type: github, secret: other}" for n in range(number - 1)}
    clients = parse_clients({**others, "z": given.client}, SENDERS)
    assert isinstance(authenticate(given.delivery, clients), Verified)
    one = fastest(lambda: hmac.new(SECRET, given.delivery.body, hashlib.sha256).hexdigest())
    ours = fastest(lambda: authenticate(given.delivery, clients), number=200)
    record(f"authenticate among {number} clients / that many HMACs", ours / (one * number), "x", at_most=5)
    record(f"authenticate among {number} clients", ours * 1e6, "µs")


def test_parsing_the_clients(record, fastest):
    data = {f"a{n}": b"type: github\nsecret: correct horse battery staple\n" for n in range(10)}
    taken = fastest(lambda: parse_clients(data, SENDERS), number=20)
    record("parse ten webhook clients", taken * 1e6, "µs", detail="once for each reading of the store")
