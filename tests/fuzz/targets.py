"""What is fuzzed: each target takes any bytes, and raises only when a promise is broken.

Bytes for a delivery are laid out as in ``tests/samples/*/*.http``, which are also the seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tests.fuzz import languages
from tests.fuzz.target import Target
from tests.samples.loading import FOLDER, PROOFS, other_secret, sample

from triggerfish.errors import AnswerError, SecretError, SettingError
from triggerfish.events import occurrences
from triggerfish.hosts.registry import SENDERS
from triggerfish.kube.kubeconfig import current_context
from triggerfish.secrets.backend import split
from triggerfish.webhooks.authenticate import Refused, authenticate
from triggerfish.webhooks.clients import Clients, parse_clients
from triggerfish.webhooks.delivery import Delivery

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

# None of these secrets is in a seed: whatever the fuzzer finds, it must not be let in.
STRANGERS = Clients(
    tuple(
        client
        for sender, name, *_ in PROOFS
        for secret in ("5f1c-not-in-a-seed", "whsec_NWYxYy1ub3QtaW4tYS1zZWVk")
        for client in other_secret(sample(sender, name), secret).good
    )
)


def delivery(data: bytes) -> Delivery:
    head, _, body = data.partition(b"\n\n")
    headers = [line.partition(b": ")[::2] for line in head.split(b"\n") if line]
    return Delivery.of(headers, body, NOW)


def webhooks(data: bytes) -> None:
    """Nobody who does not know a secret is let in, and whatever is signed can be described and read."""
    given = delivery(data)
    answer = authenticate(given, STRANGERS)
    assert isinstance(answer, Refused), answer
    for client in STRANGERS.good:
        client.sender.describe(given)
        assert isinstance(client.sender.content(given), bytes)


def clients(data: bytes) -> None:
    """A client's YAML is a client or a problem that quotes nothing of it."""
    parsed = parse_clients({"jenkins": data}, SENDERS)
    assert len(parsed.good) + len(parsed.bad) == 1
    for bad in parsed.bad:
        assert len(data) < 60 or data.decode("utf-8", "replace") not in bad.problem
    for client in parsed.good:
        assert all(secret.value for secret in client.secrets)


def secret_store(data: bytes) -> None:
    """A store's document is clients or a ``SecretError``."""
    try:
        parse_clients(split(data, "it"), SENDERS)
    except SecretError:
        return


def kubeconfig(data: bytes) -> None:
    """A kubeconfig is a context or a ``SettingError``."""
    try:
        current_context({"/config": data.decode("utf-8", "replace")})
    except SettingError:
        return


def cloudevents(data: bytes) -> None:
    """A body is events, or the caller's fault."""
    given = delivery(data)
    try:
        found = occurrences.read(dict(reversed(given.headers)), given.body)
    except AnswerError as error:
        if error.status != 400:
            raise
        return
    assert all(isinstance(occurrence.identity, bytes) for occurrence in found)


def _samples() -> Iterator[bytes]:
    return (path.read_bytes() for path in sorted(FOLDER.glob("*/*.http")))


def _clients() -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted(FOLDER.glob("*/*client.yaml")))
    yield b"type: github\nsecrets: [new, 'old', 0123, ~]\n"


def _documents() -> Iterator[bytes]:
    yield b"jenkins: {type: github, secret: one}\nother: |\n  type: gitlab\n  secret: two\n"


def _kubeconfigs() -> Iterator[bytes]:
    yield (
        b"current-context: dev\n"
        b"contexts: [{name: dev, context: {cluster: c, user: u}}]\n"
        b"clusters: [{name: c, cluster: {server: 'https://k', certificate-authority-data: TUFv}}]\n"
        b"users: [{name: u, user: {token: t, client-certificate-data: TUFv, client-key: k, exec: {}}}]\n"
    )


def _events() -> Iterator[bytes]:
    event = b'{"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "time": "2026-03-01T12:00:00Z"'
    yield b"content-type: application/cloudevents+json\n\n" + event + b', "data": {"n": 1}}'
    yield b"content-type: application/cloudevents+json\n\n" + event + b', "data_base64": "aGk="}'
    yield b"content-type: application/cloudevents-batch+json\n\n[" + event + b"}]"
    yield b"ce-specversion: 1.0\nce-id: 1\nce-source: /s\nce-type: t\ncontent-type: text/plain\n\nhi"
    yield b'\n\n{"message": "hello"}'


TARGETS = {
    "webhooks": Target(webhooks, _samples),
    "clients": Target(clients, _clients),
    "secret-store": Target(secret_store, _documents),
    "kubeconfig": Target(kubeconfig, _kubeconfigs),
    "cloudevents": Target(cloudevents, _events),
    **languages.TARGETS,
}
