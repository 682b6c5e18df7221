"""Forgejo, and Codeberg, which runs on it."""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish.hosts import github_payload
from triggerfish.hosts.facts import Facts, Json, Metadata, at, commit, header, named, text
from triggerfish.hosts.setup import Setup
from triggerfish.hosts.times import latest
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, hmac_of_body, hmac_value
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain

_own, _gitea = "x-forgejo-signature", "x-gitea-signature"


class Forgejo(Plain):
    """https://forgejo.org/docs/latest/user/webhooks: X-Forgejo-Signature is the bare hex HMAC-SHA256.

    Hooks of the kind "Gitea" send X-Gitea-Signature alone.
    """

    type = "forgejo"
    keeps_id = False
    proofs = frozenset({_own, _gitea, "x-gogs-signature", "x-hub-signature", "x-hub-signature-256"})
    setup = Setup(
        "Forgejo",
        "repository → Settings → Webhooks → Add webhook → Forgejo",
        (
            "Push",
            "Delete",
            "Release",
            "Issue comment",
            "Pull request modification",
            "Pull request synchronized",
            "Pull request comment",
        ),
        url="Target URL",
        fields=(("HTTP method", "POST"), ("POST content type", "application/json")),
        test="push",
    )

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """By Forgejo's own header where there is one: a wrong one is not mended by the other."""
        return hmac_of_body(delivery, secret, _own if delivery.values(_own) else _gitea)

    def describe(self, delivery: Delivery) -> Description:
        """A redelivery has the same body, and an X-Forgejo-Delivery of its own."""
        return Description(
            delivery.first("x-forgejo-event") or delivery.first("x-gitea-event"),
            delivery.first("x-forgejo-delivery") or delivery.first("x-gitea-delivery"),
        )

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """With the signature."""
        return (
            ("X-Forgejo-Event", outgoing.event),
            ("X-Forgejo-Delivery", outgoing.id),
            ("X-Forgejo-Signature", hmac_value(secret, outgoing.body)),
        )

    @staticmethod
    def facts(payload: Mapping[str, Json], metadata: Metadata) -> Facts | None:
        """As Gitea, and what Actions did."""
        if github_payload.from_github(payload, metadata):
            return None
        event = header(metadata, "x-forgejo-event") or header(metadata, "x-gitea-event")
        if isinstance(at(payload, "run"), Mapping) and text(payload, "run", "commit_sha"):
            return _action_run(payload)
        return github_payload.deletion_of(payload, event) or github_payload.facts_of(payload)


def _action_run(payload: Json) -> Facts:
    """A run of Actions that failed, succeeded or recovered: its repository is in the run."""
    run = at(payload, "run")
    known = github_payload.repository_of(run) | {"author": text(run, "trigger_user", "login")}
    name = text(run, "prettyref") or ""
    return Facts(
        **known
        | ({} if name.startswith("#") else named(name or None))
        | {
            "action": text(payload, "action"),
            "sha": commit(run, "commit_sha"),
            "occurred": latest(*(at(run, stamp) for stamp in ("created", "started", "stopped", "updated"))),
        }
    )
