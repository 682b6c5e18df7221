"""What it costs to find out who signed: nothing without its proof, and nobody else's time."""

import asyncio
import hashlib
import hmac
import threading
from types import SimpleNamespace

import pytest
from tests.kube.fakes import FakeClock

from triggerfish.errors import AnswerError
from triggerfish.events_function.authenticator import Authenticator
from triggerfish.hosts.registry import SENDERS
from triggerfish.http.messages import Call
from triggerfish.kube.retry import Retry
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.webhooks.clients import Clients, WebhookClient
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Secret, fails

LONG, SHORT = b"x" * (2 << 20), b"{}"


class Watched(Delivery):
    """A delivery that counts how often somebody reads its body, which is what a proof costs."""

    read = 0

    @property
    def body(self):
        Watched.read += 1
        return LONG


OPTIONS = {"hmac": {"header": "x-my-signature"}}


@pytest.mark.parametrize("kind", SENDERS)
def test_a_body_is_read_only_where_a_proof_of_the_client_s_type_is_in_the_request(kind):
    sender = SENDERS[kind].of(OPTIONS.get(kind, {}))
    headers = [(name, "proof") for other in SENDERS for name in _proofs(other) if name not in _proofs(kind)]
    delivery = object.__new__(Watched)
    object.__setattr__(delivery, "headers", tuple(headers))
    object.__setattr__(delivery, "received", FakeClock().now())
    delivery.__post_init__()
    Watched.read = 0
    for secret in (Secret(b"secret"), Secret(b"whsec_c2VjcmV0")):
        assert not sender.verify(delivery, secret).holds
    assert Watched.read == 0


def _proofs(kind):
    return SENDERS[kind].of(OPTIONS.get(kind, {})).proofs


class Sender:
    """Proves nothing; ``entered`` has the thread of each attempt, and ``goes_on`` ends those with a body."""

    type, proofs = "test", frozenset()

    def __init__(self):
        self.entered, self.begun, self.goes_on = [], threading.Event(), threading.Event()

    def verify(self, delivery, secret):
        self.entered.append(threading.get_ident())
        self.begun.set()
        if len(delivery.body) > 1000:
            assert self.goes_on.wait(30)
        return fails("no")


def authenticator(**senders):
    class Store:
        async def clients(self, namespace):
            client = WebhookClient("sa", senders[namespace], (Secret(b"a"),))
            return Clients((client,))

    return Authenticator(SimpleNamespace(), Store(), Settings(), FakeClock(), Retry(attempts=1))


async def refused(found, namespace, body):
    signature = hmac.new(b"other", body, hashlib.sha256).hexdigest()
    headers = [(b"x-hub-signature-256", f"sha256={signature}".encode())]
    delivery = Delivery.of(headers, body, FakeClock().now())
    with pytest.raises(AnswerError):
        await found.webhook(Call("POST", {"namespace": namespace}, (), delivery))


async def test_a_long_body_is_tried_off_the_event_loop():
    sender = Sender()
    found = authenticator(ns=sender)
    await refused(found, "ns", SHORT)
    assert sender.entered == [threading.get_ident()]
    sender.goes_on.set()
    await refused(found, "ns", LONG)
    assert sender.entered[1] != threading.get_ident()


async def test_namespaces_that_nobody_knows_are_asked_for_a_few_at_a_time_and_known_ones_at_once():
    goes_on, asked, under_way, most = asyncio.Event(), [], 0, 0

    class Store:
        async def clients(self, namespace):
            nonlocal under_way, most
            asked.append(namespace)
            if namespace != "known":
                under_way += 1
                most = max(most, under_way)
                await goes_on.wait()
                under_way -= 1
            return Clients(())

    found = Authenticator(SimpleNamespace(), Store(), Settings(), FakeClock(), Retry(attempts=1))
    await refused(found, "known", SHORT)
    strangers = [asyncio.ensure_future(refused(found, f"made-up-{n}", SHORT)) for n in range(50)]
    for _ in range(10):
        await asyncio.sleep(0)
    await refused(found, "known", SHORT)
    assert most == 4
    goes_on.set()
    await asyncio.gather(*strangers)
    assert most == 4


async def test_a_request_without_any_proof_asks_for_nothing():
    class Store:
        async def clients(self, namespace):
            raise AssertionError("asked")

    found = Authenticator(SimpleNamespace(), Store(), Settings(), FakeClock(), Retry(attempts=1))
    headers = [(b"content-type", b"application/json"), (b"user-agent", b"x"), (b"x-forwarded-for", b"1")]
    delivery = Delivery.of(headers, SHORT, FakeClock().now())
    with pytest.raises(AnswerError) as told:
        await found.webhook(Call("POST", {"namespace": "made-up"}, (), delivery))
    assert told.value.status == 401


class Passing(Clock):
    """Each look takes three milliseconds: a turn has two parts."""

    seconds = 0.0

    def monotonic(self):
        Passing.seconds += 0.003
        return Passing.seconds

    def worked(self):
        return Passing.seconds


class Noted:
    """Proves nothing; ``log`` has the namespace of each attempt."""

    type, proofs = "test", frozenset()

    def __init__(self, namespace, log):
        self.namespace, self.log = namespace, log

    def verify(self, delivery, secret):
        self.log.append(self.namespace)
        return fails("no")


async def test_namespaces_take_turns_at_long_bodies_however_many_they_send_and_secrets_they_have():
    log = []

    class Store:
        async def clients(self, namespace):
            secrets = tuple(Secret(b"%d" % n) for n in range(2 if namespace == "alone" else 40))
            return Clients((WebhookClient("sa", Noted(namespace, log), secrets),))

    found = Authenticator(SimpleNamespace(), Store(), Settings(), Passing(), Retry(attempts=1))
    crowd = [f"crowd-{n}" for n in range(6)]
    storm = [asyncio.ensure_future(refused(found, each, LONG)) for each in crowd for _ in range(5)]
    await asyncio.sleep(0)
    await refused(found, "alone", LONG)
    before = len(log)
    await asyncio.gather(*storm)
    assert len(log) == 6 * 5 * 40 + 2
    # All have had two turns by then at most, and one is in its third.
    assert before <= 6 * 3 * 2 + 2


async def test_a_short_body_is_proved_beside_long_ones():
    hostile, other = Sender(), Sender()
    found = authenticator(hostile=hostile, other=other)
    storm = [asyncio.ensure_future(refused(found, "hostile", LONG)) for _ in range(20)]
    await asyncio.to_thread(hostile.begun.wait, 30)
    try:
        await refused(found, "other", SHORT)
        assert len(hostile.entered) == 1
    finally:
        hostile.goes_on.set()
        await asyncio.gather(*storm)
    assert len(hostile.entered) == 20
