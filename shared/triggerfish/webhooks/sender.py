"""The shape of a sender: each Git host, ``hmac`` and ``standard`` have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret


@dataclass(frozen=True, slots=True)
class Description:
    """What a delivery says of itself: ``event`` as the sender names it, ``id`` the same on a redelivery.

    Each is empty when the sender does not say.
    """

    event: str
    id: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery to be made up, as the host would send it: for trying a binding, and for tests."""

    event: str
    id: str
    body: bytes
    sent: datetime


Headers = tuple[tuple[str, str], ...]


class Sender(Protocol):
    """One kind of sender, configured for one client. Pure; no method raises on any delivery.

    ``type`` is the word in the client's YAML; ``options`` are the further fields that it takes. ``keeps_id``:
    a redelivery has the id of the first attempt; without it only the body tells that it is one.
    """

    type: str
    keeps_id: bool
    options: frozenset[str]

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Self:
        """As the client's YAML configures it; ``ValueError`` with a sentence that names a wrong option."""
        ...

    @property
    def proofs(self) -> frozenset[str]:
        """The headers, in lower case, that a proof is read from: no expression may see them."""
        ...

    def fault(self, secret: Secret) -> str:
        """Return why ``secret`` can never be proved (it is not a key of this sender's kind), or empty."""
        ...

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """Return whether the sender of ``delivery`` knows ``secret``, judged on raw bytes."""
        ...

    def describe(self, delivery: Delivery) -> Description:
        """Return what it says of itself; asked only when it was verified."""
        ...

    def content(self, delivery: Delivery) -> bytes:
        """The JSON text in it; asked only when it was verified."""
        ...

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """The headers that the host would send with it: those of the proof, the event and the id."""
        ...


class Plain:
    """What most senders have in common: no options, any secret, the body is the JSON."""

    options: frozenset[str] = frozenset()
    keeps_id: bool = True

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Self:
        """There is nothing to configure."""
        return cls()

    def fault(self, secret: Secret) -> str:
        """Any secret will do."""
        return ""

    def content(self, delivery: Delivery) -> bytes:
        """The body as it is."""
        return delivery.body
