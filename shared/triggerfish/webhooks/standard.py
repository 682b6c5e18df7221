"""Standard Webhooks: senders that sign as https://www.standardwebhooks.com says, such as Svix."""

from __future__ import annotations

from triggerfish.webhooks import standard_webhooks
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain


class Standard(Plain):
    """Three headers, ``webhook-id``, ``-timestamp`` and ``-signature``, or the same with ``svix-``."""

    type = "standard"
    proofs = frozenset({"webhook-signature", "svix-signature"})

    def fault(self, secret: Secret) -> str:
        """The secret must be a key."""
        return standard_webhooks.fault(secret)

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """By the headers of one kind or the other, never by a mixture."""
        return standard_webhooks.verify(delivery, secret, _prefix(delivery))

    def describe(self, delivery: Delivery) -> Description:
        """The id is signed; an event's type has no header of its own."""
        return Description("", delivery.first(_prefix(delivery) + "id"))

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """With the headers that begin with ``webhook-``."""
        return standard_webhooks.sign(outgoing, secret)


def _prefix(delivery: Delivery) -> str:
    return "webhook-" if delivery.values("webhook-signature") else "svix-"
