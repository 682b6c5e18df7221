"""Gitea."""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish.hosts import github_payload
from triggerfish.hosts.facts import Facts, Json, Metadata, header
from triggerfish.hosts.setup import Setup
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, hmac_of_body, hmac_value
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain


class Gitea(Plain):
    """https://docs.gitea.com/usage/webhooks: X-Gitea-Signature is the bare hex HMAC-SHA256 of the body.

    Its copies of the signature under GitHub's names prove nothing here.
    """

    type = "gitea"
    keeps_id = False
    proofs = frozenset({"x-gitea-signature", "x-gogs-signature", "x-hub-signature", "x-hub-signature-256"})
    setup = Setup(
        "Gitea",
        "repository → Settings → Webhooks → Add Webhook → Gitea",
        (
            "Push",
            "Delete",
            "Release",
            "Issue Comment",
            "Pull Request",
            "Pull Request Synchronized",
            "Pull Request Comment",
        ),
        url="Target URL",
        fields=(("HTTP method", "POST"), ("POST content type", "application/json")),
        test="push",
    )

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """By the signature."""
        return hmac_of_body(delivery, secret, "x-gitea-signature")

    def describe(self, delivery: Delivery) -> Description:
        """A redelivery has the same body, and an X-Gitea-Delivery of its own."""
        return Description(delivery.first("x-gitea-event"), delivery.first("x-gitea-delivery"))

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """With the signature."""
        return (
            ("X-Gitea-Event", outgoing.event),
            ("X-Gitea-Delivery", outgoing.id),
            ("X-Gitea-Signature", hmac_value(secret, outgoing.body)),
        )

    @staticmethod
    def facts(payload: Mapping[str, Json], metadata: Metadata) -> Facts | None:
        """By GitHub's shape of payloads, but for the deletion of a branch; None for what GitHub sent."""
        if github_payload.from_github(payload, metadata):
            return None
        event = header(metadata, "x-gitea-event") or header(metadata, "x-gogs-event")
        return github_payload.deletion_of(payload, event) or github_payload.facts_of(payload)
