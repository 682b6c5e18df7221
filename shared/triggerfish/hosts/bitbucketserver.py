"""Bitbucket Data Center, once called Server."""

from __future__ import annotations

from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, hmac_of_body, hmac_value
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain


class BitbucketServer(Plain):
    """https://confluence.atlassian.com/bitbucketserver: X-Hub-Signature is the body's hex HMAC-SHA256."""

    type = "bitbucketserver"
    proofs = frozenset({"x-hub-signature"})

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """By the signature."""
        return hmac_of_body(delivery, secret, "x-hub-signature", prefix="sha256=")

    def describe(self, delivery: Delivery) -> Description:
        """X-Request-Id tells one delivery from another."""
        return Description(delivery.first("x-event-key"), delivery.first("x-request-id"))

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """With the signature."""
        return (
            ("X-Event-Key", outgoing.event),
            ("X-Request-Id", outgoing.id),
            ("X-Hub-Signature", hmac_value(secret, outgoing.body, prefix="sha256=")),
        )
