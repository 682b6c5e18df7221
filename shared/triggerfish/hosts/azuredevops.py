"""Azure DevOps Services and Server: https://learn.microsoft.com/azure/devops/service-hooks/events."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Self

import orjson

from triggerfish.hosts.facts import (
    BRANCH,
    Facts,
    Fields,
    Json,
    Metadata,
    at,
    change,
    commit,
    ref,
    text,
    whole,
)
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, password_is_secret
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain

_STATUSES = {"completed": "merged", "abandoned": "closed"}


class AzureDevOps(Plain):
    """https://learn.microsoft.com/azure/devops: Basic authentication, the password is the secret.

    The option ``username`` asks for that user name too. Nothing is signed: use HTTPS only.
    """

    type = "azuredevops"
    options = frozenset({"username"})
    proofs = frozenset({"authorization"})

    def __init__(self, username: str = "") -> None:
        self._username = username

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Self:
        """With the user name, if one is given."""
        return cls(options.get("username", ""))

    def verify(self, delivery: Delivery, secret: Secret) -> Proof:
        """By the password."""
        return password_is_secret(delivery, secret, self._username)

    def describe(self, delivery: Delivery) -> Description:
        """The body says it, in ``eventType`` and ``id``."""
        try:
            body: Any = orjson.loads(delivery.body)
        except orjson.JSONDecodeError:
            return Description("", "")
        return Description(_text(body, "eventType"), _text(body, "id"))

    def sign(self, outgoing: Outgoing, secret: Secret) -> Headers:
        """With the password; event and id are the body's own."""
        credentials = (self._username or "triggerfish").encode() + b":" + secret.value
        return (("Authorization", "Basic " + base64.b64encode(credentials).decode("ascii")),)

    @staticmethod
    def facts(payload: Mapping[str, Json], metadata: Metadata) -> Facts | None:
        """By ``eventType``; ``resource`` is its subject."""
        kind = text(payload, "eventType")
        if kind is None or text(payload, "publisherId") is None:
            return None
        resource = at(payload, "resource")
        if kind == "git.push":
            return _push(resource)
        if kind == "ms.vss-code.git-pullrequest-comment-event":
            author = text(resource, "comment", "author", "uniqueName")
            about: Fields = {"event": "comment", "action": "created", "author": author}
            return Facts(**_pull_request(at(resource, "pullRequest")) | about)
        if kind.startswith("git.pullrequest."):
            word = "opened" if kind.endswith(".created") else "updated"
            action = _STATUSES.get(text(resource, "status") or "", word)
            return Facts(**_pull_request(resource) | {"event": "pull_request", "action": action})
        return Facts(**_repository(at(resource, "repository")))


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def _repository(repository: Json) -> Fields:
    project, name = text(repository, "project", "name"), text(repository, "name")
    return {
        "repository": f"{project}/{name}" if project and name else name,
        "url": text(repository, "remoteUrl"),
    }


def _push(resource: Json) -> Facts:
    """The first reference of a push."""
    first = at(resource, "refUpdates", 0)
    before, after = commit(first, "oldObjectId"), commit(first, "newObjectId")
    known: Fields = {**_repository(at(resource, "repository")), "action": change(before, after), "sha": after}
    author = text(resource, "pushedBy", "uniqueName") or text(resource, "pushedBy", "displayName")
    return Facts(**known | ref(text(first, "name")) | {"author": author, "fork": False})


def _pull_request(pull: Json) -> Fields:
    return {
        **_repository(at(pull, "repository")),
        "number": whole(pull, "pullRequestId"),
        "sha": commit(pull, "lastMergeSourceCommit", "commitId"),
        "branch": (text(pull, "sourceRefName") or "").removeprefix(BRANCH) or None,
        "base": (text(pull, "targetRefName") or "").removeprefix(BRANCH) or None,
        "author": text(pull, "createdBy", "uniqueName") or text(pull, "createdBy", "displayName"),
        "fork": "forkSource" in pull if isinstance(pull, Mapping) else None,
    }
