"""Which client signed this delivery?"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from triggerfish.webhooks.clients import BadClient, Clients, WebhookClient
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.encoding import plain
from triggerfish.webhooks.proofs import Proof

_most_reasons = 20
default_most_bytes = 2 << 20


@dataclass(frozen=True, slots=True)
class Verified:
    """A delivery whose sender knows the secret of the client ``service_account``.

    ``sender`` is its type, ``event`` what the sender calls it, ``delivery_id`` the same on a redelivery (both
    may be empty: only the body is sure to be signed); ``proofs`` are the headers, in lower case, that no
    expression may see; ``content`` is the text that is to be read as JSON.
    """

    service_account: str
    sender: str
    event: str
    delivery_id: str
    proofs: frozenset[str]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody's delivery. ``reason`` is for the log alone: it quotes nothing of the delivery and no secret.

    ``misconfigured``: a client could not be asked, as it is written wrongly; the answer is then 403, not 401.
    """

    reason: str
    misconfigured: bool


def authenticate(
    delivery: Delivery, clients: Clients, *, most_bytes: int = default_most_bytes
) -> Verified | Refused:
    """What ``attempts`` finds, in one go."""
    work = attempts(delivery, clients, most_bytes=most_bytes)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: Verified | Refused = end.value
            return found


def attempts(
    delivery: Delivery, clients: Clients, *, most_bytes: int = default_most_bytes
) -> Generator[None, None, Verified | Refused]:
    """The first client, by name, one of whose secrets its sender proves; a part is one secret. Pure.

    Each secret is tried in turn, in constant time; nothing of the body is parsed before one holds: the proof
    is over the bytes as they came, what is read is their content, inflated to ``most_bytes`` at most.
    ``AnswerError`` 400, 413 or 415 when it cannot be.
    """
    failed: list[tuple[WebhookClient, int, Proof]] = []
    for client in clients.good:
        for number, secret in enumerate(client.secrets, 1):
            proof = client.sender.verify(delivery, secret)
            if proof.holds:
                return _verified(plain(delivery, most_bytes), client)
            failed.append((client, number, proof))
            yield
    return Refused(_reason(failed, clients.bad), bool(clients.bad))


def _verified(delivery: Delivery, client: WebhookClient) -> Verified:
    description = client.sender.describe(delivery)
    return Verified(
        client.service_account,
        client.sender.type,
        description.event,
        description.id,
        client.sender.proofs,
        client.sender.content(delivery),
    )


def _reason(failed: list[tuple[WebhookClient, int, Proof]], bad: tuple[BadClient, ...]) -> str:
    reasons = []
    for client, number, proof in failed[:_most_reasons]:
        which = f" secret {number}" if len(client.secrets) > 1 else ""
        reasons.append(f"{client.service_account} ({client.sender.type}){which}: {proof.reason}")
    room = _most_reasons - len(reasons)
    reasons += [f"{one.service_account} (not a client): {one.problem}" for one in bad[:room]]
    if more := len(failed) + len(bad) - len(reasons):
        reasons.append(f"and {more} more")
    return "; ".join(reasons) or "there are no webhook clients"
