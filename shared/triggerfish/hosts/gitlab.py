"""GitLab, at gitlab.com and self-managed."""

from __future__ import annotations

from triggerfish.webhooks import standard_webhooks
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, value_is_secret
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain


class GitLab(Plain):
    """https://docs.gitlab.com/user/project/integrations/webhooks: X-Gitlab-Token is the secret token itself.

    A secret that begins with ``whsec_`` is a signing token: then only webhook-signature (Standard Webhooks)
    counts.
    """

    type = "gitlab"
    proofs = frozenset({"x-gitlab-token", "webhook-signature"})

    def fault(self, secret: Secret) -> str:
        """A signing token must be one."""
        return standard_webhooks.fault(secret) if _signs(secret) else ""

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """By the signature where the secret is a signing token, else by the token."""
        if _signs(secret):
            return standard_webhooks.verify(delivery, secret)
        return value_is_secret(delivery, secret, "x-gitlab-token")

    def describe(self, delivery: Delivery) -> Description:
        """A retry has the same Idempotency-Key, which is also the webhook-id of a signed one."""
        identity = delivery.first("webhook-id") or delivery.first("idempotency-key")
        return Description(delivery.first("x-gitlab-event"), identity)

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """With a signature where the secret is a signing token, else with the token."""
        told = (("X-Gitlab-Event", outgoing.event), ("Idempotency-Key", outgoing.id))
        if _signs(secret):
            return told + standard_webhooks.sign(outgoing, secret)
        return (*told, ("X-Gitlab-Token", secret.value.decode("latin-1")))


def _signs(secret: Secret) -> bool:
    return secret.value.startswith(standard_webhooks.KEY_PREFIX.encode())
