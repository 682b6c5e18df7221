"""Bitbucket Data Center, once called Server."""

from __future__ import annotations

from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, hmac_of_body
from triggerfish.webhooks.sender import Description, Plain


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
