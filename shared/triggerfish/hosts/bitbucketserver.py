"""Bitbucket Data Center, once called Server.

https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from triggerfish.hosts.facts import (
    Facts,
    Fields,
    Json,
    Metadata,
    at,
    commit,
    differ,
    person,
    pushed,
    ref,
    said,
    text,
    whole,
)
from triggerfish.hosts.setup import Setup
from triggerfish.hosts.times import latest
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, hmac_of_body, hmac_value
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain

_ACTIONS = {
    "opened": "opened",
    "from_ref_updated": "updated",
    "modified": "edited",
    "merged": "merged",
    "declined": "closed",
    "deleted": "closed",
}


class BitbucketServer(Plain):
    """https://confluence.atlassian.com/bitbucketserver: X-Hub-Signature is the body's hex HMAC-SHA256."""

    type = "bitbucketserver"
    proofs = frozenset({"x-hub-signature"})
    setup = Setup(
        "Bitbucket Data Center",
        "repository → Repository settings → Webhooks → Create webhook",
        ("Push", "Pull request opened, source branch updated, modified, merged, declined", "Comment added"),
        form="PROJECT/NAME",
        names=re.compile(r"~?[\w.-]+/[\w.-]+", re.ASCII),
        test="ping",
    )

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

    @staticmethod
    def facts(payload: Mapping[str, Json], metadata: Metadata) -> Facts | None:
        """By ``eventKey``; the test of a connection is ``{"test": true}``."""
        if payload == {"test": True}:
            return Facts(event="ping")
        subject, _, word = (text(payload, "eventKey") or "").partition(":")
        if not subject:
            return Facts(**_repository(at(payload, "repository"))) if "mirrorServer" in payload else None
        known: Fields = {
            "author": text(payload, "actor", "name"),
            "sender": person(text(payload, "actor", "name")),
            "action": word or None,
            "occurred": latest(at(payload, "date")),
        }
        if subject == "pr":
            return _pull_request(payload, word, known)
        known |= _repository(at(payload, "repository"))
        if word == "refs_changed":
            return _push(payload, known)
        if word.startswith("comment"):
            return Facts(**known | _comment(payload, word) | {"sha": commit(payload, "commit")})
        return Facts(**known)


def _repository(repository: Json) -> Fields:
    project, name = text(repository, "project", "key"), text(repository, "slug")
    clones = at(repository, "links", "clone")
    links = {text(link, "name"): text(link, "href") for link in clones} if isinstance(clones, list) else {}
    return {
        "repository": f"{project}/{name}" if project and name else None,
        "url": links.get("http") or links.get("https") or text(repository, "links", "self", 0, "href"),
    }


def _push(payload: Json, known: Fields) -> Facts:
    """The first change of a push."""
    first = at(payload, "changes", 0)
    name = text(first, "ref", "id") or text(first, "refId")
    return pushed(ref(name), known, at(first, "fromHash"), at(first, "toHash"))


def _pull_request(payload: Json, word: str, known: Fields) -> Facts:
    pull = at(payload, "pullRequest")
    source, target = at(pull, "fromRef"), at(pull, "toRef")
    fork = _repository(at(source, "repository"))
    known |= _repository(at(target, "repository"))
    known |= {
        "event": "pull_request",
        "pull": True,
        "number": whole(pull, "id"),
        "opener": person(text(pull, "author", "user", "name")),
        "sha": commit(source, "latestCommit"),
        "previous": commit(payload, "previousFromHash"),
        "branch": text(source, "displayId"),
        "base": text(target, "displayId"),
        "fork": differ(at(source, "repository", "id"), at(target, "repository", "id")),
        "source": fork["repository"],
        "source_url": fork["url"],
        "occurred": known["occurred"] or _milliseconds(pull, "updatedDate"),
    }
    if word.startswith("comment"):
        return Facts(**known | _comment(payload, word))
    author = text(pull, "author", "user", "name")
    return Facts(**known | {"action": _ACTIONS.get(word, word), "author": author})


def _comment(payload: Json, word: str) -> Fields:
    action = word.partition(":")[2] or word
    words = said(text(payload, "comment", "text"), new=action == "added")
    return {"event": "comment", "action": action} | words


def _milliseconds(value: Json, name: str) -> float | None:
    moment = latest(at(value, name))
    return None if moment is None else moment / 1000
