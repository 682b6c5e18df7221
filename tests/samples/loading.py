"""The captured deliveries, one folder for each sender, and how each of them can be spoilt.

A folder holds ``client.yaml`` (the client's value in the Secret; ``NAME.client.yaml`` for one alone),
``NAME.http`` (headers, an empty line, the body to the last byte) and ``expected.json``: event and id by name,
``proof`` (the header that proves one of each kind) with what it ``signs`` (the body, or nothing), and ``git``
(the facts' event and action where the name does not tell). ``no_ping`` says why there is none; a Git host has
a ``repository``.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from triggerfish.hosts.registry import SENDERS
from triggerfish.webhooks.clients import Clients, parse_clients
from triggerfish.webhooks.delivery import Delivery

FOLDER = Path(__file__).parent
ACCOUNT = "git-hooks"


@dataclass(frozen=True)
class Sample:
    sender: str
    name: str
    client: bytes
    delivery: Delivery
    event: str
    id: str
    git: tuple[str, str | None] | None

    def __str__(self) -> str:
        return f"{self.sender}/{self.name}"

    @property
    def repository(self) -> str | None:
        return json.loads((FOLDER / self.sender / "expected.json").read_text()).get("repository")

    @property
    def clients(self) -> Clients:
        return parse_clients({ACCOUNT: self.client}, SENDERS)


def sample(sender: str, name: str) -> Sample:
    folder = FOLDER / sender
    head, body = (folder / f"{name}.http").read_bytes().split(b"\n\n", 1)
    headers = [tuple(line.split(b": ", 1)) for line in head.split(b"\n")]
    named = {key.lower(): value for key, value in headers}
    stamp = named.get(b"webhook-timestamp") or named.get(b"svix-timestamp") or b"1772366400"
    received = datetime.fromtimestamp(int(stamp) + 1, UTC)
    expected = json.loads((folder / "expected.json").read_text())[name]
    git = tuple(expected["git"]) if "git" in expected else None
    own = folder / f"{name}.client.yaml"
    client = (own if own.exists() else folder / "client.yaml").read_bytes()
    return Sample(
        sender, name, client, Delivery.of(headers, body, received), expected["event"], expected["id"], git
    )


def samples() -> list[Sample]:
    return [sample(path.parent.name, path.stem) for path in sorted(FOLDER.glob("*/*.http"))]


def _proofs() -> Iterator[tuple[str, str, str, bool]]:
    for path in sorted(FOLDER.glob("*/expected.json")):
        for name, one in json.loads(path.read_text()).items():
            if isinstance(one, dict) and "proof" in one:
                yield path.parent.name, name, one["proof"], one["signs"] == "body"


# How each sender proves itself: a sample, the header of the proof, and whether the body is signed.
PROOFS = list(_proofs())


@dataclass(frozen=True)
class Negative:
    """A delivery that must be refused, and the clients it meets."""

    sample: Sample
    why: str
    delivery: Delivery
    clients: Clients

    def __str__(self) -> str:
        return f"{self.sample}: {self.why}"


def negatives() -> list[Negative]:
    """Every row of the negative table, for every way in which a sender proves itself."""
    return list(_negatives())


def _negatives() -> Iterator[Negative]:
    for sender, name, header, signs_body in PROOFS:
        good = sample(sender, name)
        (value,) = good.delivery.values(header)

        def spoilt(why: str, delivery: Delivery, clients: Clients | None = None, good=good) -> Negative:
            return Negative(good, why, delivery, good.clients if clients is None else clients)

        def valued(text: str, good=good, header=header) -> Delivery:
            return with_header(good.delivery, header, lambda _: [text])

        proofs = good.clients.good[0].sender.proofs
        kept = tuple(pair for pair in good.delivery.headers if pair[0] not in proofs)
        yield spoilt("no signature", replace(good.delivery, headers=kept))
        yield spoilt("an empty signature", valued(""))
        yield spoilt("a wrong signature", valued(changed(value)))
        yield spoilt("a truncated signature", valued(value[:-1]))
        yield spoilt("half a signature", valued(value[: len(value) // 2]))
        yield spoilt("a signature that is too long", valued(value + "0"))
        yield spoilt("a signature that is not ASCII", valued(value[:-1] + "\xe9"))
        yield spoilt("a wrong algorithm", valued(other_algorithm(good, value)))
        yield spoilt("the header twice", with_header(good.delivery, header, lambda v: v * 2))
        yield spoilt("a wrong one first", with_header(good.delivery, header, lambda v: [changed(v[0]), *v]))
        yield spoilt("a wrong one last", with_header(good.delivery, header, lambda v: [*v, changed(v[0])]))
        if signs_body:
            body = good.delivery.body
            yield spoilt("the body changed by a byte", replace(good.delivery, body=body[:-1] + b"\x7f"))
            yield spoilt("a byte more", replace(good.delivery, body=body + b" "))
            yield spoilt("no body", replace(good.delivery, body=b""))
            yield spoilt("in capitals", valued(value.swapcase()))
        if any(good.delivery.values(prefix + "timestamp") for prefix in ("webhook-", "svix-")):
            for seconds in (301, -302):
                moved = good.delivery.received + timedelta(seconds=seconds)
                yield spoilt(f"replayed {seconds} s off", replace(good.delivery, received=moved))
        yield spoilt("the secret is another client's", good.delivery, other_secret(good, "another-secret"))
        yield spoilt("the secret was rotated away", good.delivery, other_secret(good, "rotated-in"))
        yield spoilt("an empty secret", signed_with_nothing(good), other_secret(good, ""))
        yield spoilt("no clients", good.delivery, parse_clients({}, SENDERS))


def with_header(delivery: Delivery, header: str, change: Callable[[list[str]], list[str]]) -> Delivery:
    rest = tuple((name, value) for name, value in delivery.headers if name != header)
    values = change(delivery.values(header))
    return replace(delivery, headers=(*rest, *((header, value) for value in values)))


def changed(value: str) -> str:
    """Another value of the same length."""
    middle = len(value) // 2 + 4
    return value[:middle] + ("0" if value[middle] != "0" else "1") + value[middle + 1 :]


def other_secret(good: Sample, secret: str) -> Clients:
    """The sample's client as it was configured, with one other secret."""
    if secret and good.sender == "standard":
        secret = "whsec_" + base64.b64encode(secret.encode()).decode()
    kept = [
        line for line in good.client.decode().splitlines() if not line.startswith(("secret", "  - ", "#"))
    ]
    return parse_clients({ACCOUNT: "\n".join([*kept, f"secret: {secret!r}"]).encode()}, SENDERS)


def other_algorithm(good: Sample, value: str) -> str:
    """A proof that holds by an algorithm which does not count."""
    secrets = [secret.value for client in good.clients.good for secret in client.secrets]
    weak = hmac.new(secrets[0], good.delivery.body, hashlib.sha1).hexdigest()
    scheme, space, rest = value.partition(" ")
    if space:
        return f"Bearer {rest}" if scheme == "Basic" else "v1a," + rest
    if "," in value:
        return "v2," + value.partition(",")[2]
    return ("sha1=" if "=" in value[:8] else "") + weak


def signed_with_nothing(good: Sample) -> Delivery:
    """As somebody signs who bets on an empty secret."""
    empty = hmac.new(b"", good.delivery.body, hashlib.sha256).hexdigest()
    proofs = {
        "authorization": "Basic " + base64.b64encode(b"triggerfish:").decode(),
        "x-hub-signature": "sha256=" + empty,
        "x-hub-signature-256": "sha256=" + empty,
        "x-forgejo-signature": empty,
        "x-gitea-signature": empty,
        "x-gogs-signature": empty,
        "x-gitlab-token": "",
        "x-hook-uuid": "",
    }
    headers = tuple((name, proofs.get(name, value)) for name, value in good.delivery.headers)
    return replace(good.delivery, headers=headers)
