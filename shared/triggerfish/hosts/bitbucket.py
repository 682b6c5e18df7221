"""Bitbucket Cloud: https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/.

Its payloads name no event; what a pull request's payload leaves out, ``X-Event-Key`` says.
"""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish.hosts.facts import (
    NONE,
    Facts,
    Fields,
    Json,
    Metadata,
    Person,
    at,
    commit,
    differ,
    header,
    named,
    person,
    pushed,
    said,
    text,
    whole,
)
from triggerfish.hosts.setup import Setup
from triggerfish.hosts.times import latest
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, hmac_of_body, hmac_value, value_is_secret
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain

_ACTIONS = {"created": "opened", "updated": "updated", "fulfilled": "merged", "rejected": "closed"}
_NEW = {"comment_created", "commit_comment_created"}
_STATES = {"MERGED": "merged", "DECLINED": "closed", "SUPERSEDED": "closed"}


class Bitbucket(Plain):
    """https://support.atlassian.com/bitbucket-cloud: X-Hub-Signature is the hex HMAC-SHA256 of the raw body.

    Argo's way is taken too: the secret is the hook's UUID, and X-Hook-UUID equals it.
    """

    type = "bitbucket"
    proofs = frozenset({"x-hub-signature", "x-hook-uuid"})
    setup = Setup(
        "Bitbucket Cloud",
        "repository → Repository settings → Webhooks → Add webhook",
        ("Push", "Pull request created, updated, merged, declined", "Comment created"),
        form="WORKSPACE/NAME",
    )

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
        """By the object that a payload has: comment, pullrequest, push, commit_status."""
        key = header(metadata, "x-event-key")
        ours = key or any(name in payload for name in ("actor", "pullrequest", "push", "commit_status"))
        if text(payload, "repository", "full_name") is None or not ours:
            return None
        known: Fields = {
            "repository": text(payload, "repository", "full_name"),
            "url": text(payload, "repository", "links", "html", "href"),
            **_user(at(payload, "actor")),
            "sender": _person(at(payload, "actor")),
            "action": key.partition(":")[2] or None,
        }
        if isinstance(payload.get("comment"), Mapping):
            return _comment(payload, known)
        if isinstance(payload.get("pullrequest"), Mapping):
            return _pull_request(payload, known)
        if isinstance(payload.get("commit_status"), Mapping):
            return _commit_status(payload, known)
        return _push(payload, known) if isinstance(payload.get("push"), Mapping) else Facts(**known)


def _user(user: Json) -> Fields:
    """The author: names are not unique there, so Bitbucket is asked by the uuid."""
    return {
        "author": text(user, "nickname") or text(user, "display_name"),
        "author_id": text(user, "uuid"),
    }


def _person(user: Json) -> Person | None:
    found = _user(user)
    return person(found["author"], found["author_id"])


def _push(payload: Json, known: Fields) -> Facts:
    """The first change of a push; Bitbucket sends several in one when several references were pushed."""
    first = at(payload, "push", "changes", 0)
    changed = at(first, "new") or at(first, "old")
    name = text(changed, "name")
    where: Fields = (
        {"event": "tag", "tag": name} if text(changed, "type") == "tag" else {"event": "push", "branch": name}
    )
    return pushed(where, known, _target(first, "old"), _target(first, "new"))


def _target(change: Json, side: str) -> str | None:
    """The commit on one side of a change: Bitbucket writes null for a reference that is not there."""
    if isinstance(change, Mapping) and side in change and change[side] is None:
        return NONE
    return text(change, side, "target", "hash")


def _pull_request(payload: Json, known: Fields) -> Facts:
    pull = at(payload, "pullrequest")
    word = known["action"] or ""
    action = _ACTIONS.get(word, word) or _STATES.get(text(pull, "state") or "") or _opened(pull)
    about: Fields = {"event": "pull_request", "pull": True, "action": action, **_user(at(pull, "author"))}
    return Facts(**known | _request(pull) | about)


def _opened(pull: Json) -> str:
    """Of an open pull request without a header: opened until its first change."""
    return "opened" if at(pull, "created_on") == at(pull, "updated_on") else "updated"


def _request(pull: Json) -> Fields:
    source, target = at(pull, "source"), at(pull, "destination")
    return {
        "number": whole(pull, "id"),
        "opener": _person(at(pull, "author")),
        "sha": commit(source, "commit", "hash"),
        "branch": text(source, "branch", "name"),
        "base": text(target, "branch", "name"),
        "fork": differ(at(source, "repository", "full_name"), at(target, "repository", "full_name")),
        "source": text(source, "repository", "full_name"),
        "source_url": text(source, "repository", "links", "html", "href"),
        "occurred": latest(at(pull, "created_on"), at(pull, "updated_on")),
    }


def _comment(payload: Json, known: Fields) -> Facts:
    pull, comment, issue = (at(payload, name) for name in ("pullrequest", "comment", "issue"))
    where: Fields = (
        _request(pull) if pull else {"sha": commit(payload, "commit", "hash"), "number": whole(issue, "id")}
    )
    stamps = (at(one, name) for one in (comment, pull, issue) for name in ("created_on", "updated_on"))
    # Without a header: it is new until its first change.
    new = at(comment, "created_on") == at(comment, "updated_on") and at(comment, "deleted") is not True
    words = said(
        text(comment, "content", "raw"),
        new=known["action"] in _NEW if known["action"] else new,
    )
    about: Fields = {"event": "comment", "occurred": latest(*stamps), "pull": isinstance(pull, Mapping)}
    return Facts(**known | where | words | about)


def _commit_status(payload: Json, known: Fields) -> Facts:
    status = at(payload, "commit_status")
    # The commit is in an address where it is not an object of its own.
    address = text(status, "links", "commit", "href") or ""
    about: Fields = {
        "sha": commit(status, "commit", "hash") or commit(address.rpartition("/commit/")[2]),
        "occurred": latest(at(status, "created_on"), at(status, "updated_on")),
    }
    return Facts(**known | named(text(status, "refname")) | about)
