"""Bitbucket Cloud: https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/.

Its payloads name no event; what a pull request's payload leaves out, ``X-Event-Key`` says.
"""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish.hosts.facts import (
    Facts,
    Fields,
    Json,
    Metadata,
    at,
    change,
    commit,
    differ,
    header,
    text,
    whole,
)
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, hmac_of_body, hmac_value, value_is_secret
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain

_ACTIONS = {"created": "opened", "updated": "updated", "fulfilled": "merged", "rejected": "closed"}
_STATES = {"MERGED": "merged", "DECLINED": "closed", "SUPERSEDED": "closed"}


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

    @staticmethod
    def facts(payload: Mapping[str, Json], metadata: Metadata) -> Facts | None:
        """By the object that a payload has: push, pullrequest, comment."""
        if text(payload, "repository", "full_name") is None or "actor" not in payload:
            return None
        key = header(metadata, "x-event-key")
        known: Fields = {
            "repository": text(payload, "repository", "full_name"),
            "url": text(payload, "repository", "links", "html", "href"),
            "author": text(payload, "actor", "nickname") or text(payload, "actor", "display_name"),
            "action": key.partition(":")[2] or None,
        }
        if isinstance(payload.get("comment"), Mapping):
            return _comment(payload, known)
        if isinstance(payload.get("pullrequest"), Mapping):
            return _pull_request(payload, known)
        return _push(payload, known) if isinstance(at(payload, "push", "changes"), list) else Facts(**known)


def _push(payload: Json, known: Fields) -> Facts:
    """The first change of a push; Bitbucket sends several in one when several references were pushed."""
    first = at(payload, "push", "changes", 0)
    new = at(first, "new")
    changed = new or at(first, "old")
    before, after = commit(first, "old", "target", "hash"), commit(new, "target", "hash")
    name = text(changed, "name")
    where: Fields = (
        {"event": "tag", "tag": name} if text(changed, "type") == "tag" else {"event": "push", "branch": name}
    )
    return Facts(**known | where | {"action": change(before, after), "sha": after, "fork": False})


def _pull_request(payload: Json, known: Fields) -> Facts:
    pull = at(payload, "pullrequest")
    word = known["action"] or ""
    action = _ACTIONS.get(word, word) or _STATES.get(text(pull, "state") or "") or _opened(pull)
    author = text(pull, "author", "nickname") or text(pull, "author", "display_name")
    return Facts(**known | _request(pull) | {"event": "pull_request", "action": action, "author": author})


def _opened(pull: Json) -> str:
    """Of an open pull request without a header: opened until its first change."""
    return "opened" if at(pull, "created_on") == at(pull, "updated_on") else "updated"


def _request(pull: Json) -> Fields:
    source, target = at(pull, "source"), at(pull, "destination")
    return {
        "number": whole(pull, "id"),
        "sha": commit(source, "commit", "hash"),
        "branch": text(source, "branch", "name"),
        "base": text(target, "branch", "name"),
        "fork": differ(at(source, "repository", "full_name"), at(target, "repository", "full_name")),
    }


def _comment(payload: Json, known: Fields) -> Facts:
    pull = at(payload, "pullrequest")
    where: Fields = (
        _request(pull)
        if pull
        else {"sha": commit(payload, "commit", "hash"), "number": whole(payload, "issue", "id")}
    )
    return Facts(**known | where | {"event": "comment"})
