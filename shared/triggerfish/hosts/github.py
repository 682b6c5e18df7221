"""GitHub, and GitHub Enterprise Server."""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish.hosts import github_payload
from triggerfish.hosts.facts import Facts, Json, Metadata
from triggerfish.hosts.setup import Setup
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.forms import field
from triggerfish.webhooks.proofs import Proof, Secret, hmac_of_body, hmac_value
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain

_header = "x-hub-signature-256"


class GitHub(Plain):
    """https://docs.github.com/webhooks: X-Hub-Signature-256 is the hex HMAC-SHA256 of the raw body."""

    type = "github"
    proofs = frozenset({_header, "x-hub-signature"})
    setup = Setup(
        "GitHub",
        "repository → Settings → Webhooks → Add webhook",
        (
            "Pushes",
            "Pull requests",
            "Issue comments",
            "Pull request review comments",
            "Commit comments",
            "Releases",
        ),
        url="Payload URL",
        fields=(("Content type", "application/json"), ("SSL verification", "enabled")),
        test="ping",
    )

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """The older X-Hub-Signature (SHA-1) proves nothing."""
        return hmac_of_body(delivery, secret, _header, prefix="sha256=")

    def describe(self, delivery: Delivery) -> Description:
        """A redelivery has the same X-GitHub-Delivery."""
        return Description(delivery.first("x-github-event"), delivery.first("x-github-delivery"))

    def content(self, delivery: Delivery) -> bytes:
        """The body, or the field ``payload`` of a form (what is signed is the form as it was sent)."""
        kind = delivery.first("content-type").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            return delivery.body
        # A form without the field is content without sense, which the reader of JSON says.
        return field(delivery.body, "payload") or b"{"

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """As JSON, never as a form."""
        return (
            ("X-GitHub-Event", outgoing.event),
            ("X-GitHub-Delivery", outgoing.id),
            ("X-Hub-Signature-256", hmac_value(secret, outgoing.body, prefix="sha256=")),
        )

    @staticmethod
    def facts(payload: Mapping[str, Json], metadata: Metadata) -> Facts | None:
        """By the objects that a payload has; None for what Gitea or Forgejo sent."""
        if github_payload.from_github(payload, metadata) is False:
            return None
        return github_payload.facts_of(payload)
