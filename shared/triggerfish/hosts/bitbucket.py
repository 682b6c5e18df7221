"""Bitbucket Cloud."""

from __future__ import annotations

from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, hmac_of_body, hmac_value, value_is_secret
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain


class Bitbucket(Plain):
    """https://support.atlassian.com/bitbucket-cloud: X-Hub-Signature is the hex HMAC-SHA256 of the raw body.

    Argo's way is taken too: the secret is the hook's UUID, and X-Hook-UUID equals it.
    """

    type = "bitbucket"
    proofs = frozenset({"x-hub-signature", "x-hook-uuid"})

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """Either shows the secret; the signature's reason is told, as it is the better way."""
        signature = hmac_of_body(delivery, secret, "x-hub-signature", prefix="sha256=")
        if signature.holds:
            return signature
        uuid = value_is_secret(delivery, secret, "x-hook-uuid")
        return uuid if uuid.holds else signature

    def describe(self, delivery: Delivery) -> Description:
        """A retry has the same X-Request-UUID."""
        return Description(delivery.first("x-event-key"), delivery.first("x-request-uuid"))

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """With the signature."""
        return (
            ("X-Event-Key", outgoing.event),
            ("X-Request-UUID", outgoing.id),
            ("X-Hub-Signature", hmac_value(secret, outgoing.body, prefix="sha256=")),
        )
