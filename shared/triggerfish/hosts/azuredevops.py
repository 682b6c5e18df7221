"""Azure DevOps Services and Server: https://learn.microsoft.com/azure/devops/service-hooks/events."""

from __future__ import annotations

import base64
import re
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
    commit,
    named,
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
from triggerfish.webhooks.proofs import Proof, Secret, password_is_secret
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain

# What the sentence of git.pullrequest.updated says was done. A vote is no update, and after a merge no merge.
_SENTENCES = (
    (("source branch",), "updated"),
    (("approved", "rejected", "waiting for", "voted", "vote ", "reset "), "voted"),
    (("reviewer",), "reviewers_changed"),
    (("reactivated",), "reopened"),
)
_STATUSES = {"completed": "merged", "abandoned": "closed"}


class AzureDevOps(Plain):
    """https://learn.microsoft.com/azure/devops: Basic authentication, the password is the secret.

    The option ``username`` asks for that user name too. Nothing is signed: use HTTPS only.
    """

    type = "azuredevops"
    options = frozenset({"username"})
    proofs = frozenset({"authorization"})
    setup = Setup(
        "Azure DevOps",
        "Project settings → Service hooks → Create subscription → Web Hooks (one for each event)",
        (
            "Code pushed",
            "Pull request created",
            "Pull request updated",
            "Pull request merge attempted",
            "Pull request commented on",
        ),
        form="PROJECT/NAME",
        # Both may have blanks.
        names=re.compile(r"[\w.-][\w. -]*/[\w.-][\w. -]*"),
        secret="Basic authentication password",  # noqa: S106  the label of a field
        fields=(("Basic authentication username", "triggerfish"), ("Resource details to send", "All")),
    )

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
        kind, resource = text(payload, "eventType"), at(payload, "resource")
        if kind is None or (text(payload, "publisherId") is None and not isinstance(resource, Mapping)):
            return None
        known: Fields = {"occurred": latest(at(payload, "createdDate"))}
        if kind == "git.push":
            return _push(resource, known)
        if kind == "ms.vss-code.git-pullrequest-comment-event":
            return Facts(
                **known | _pull_request(at(resource, "pullRequest")) | _comment(at(resource, "comment"))
            )
        if kind.startswith("git.pullrequest."):
            action = _action(kind, text(payload, "message", "text") or "", text(resource, "status") or "")
            return Facts(**known | _pull_request(resource) | {"event": "pull_request", "action": action})
        return Facts(**known | _repository(at(resource, "repository")) | _build(resource))


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def _repository(repository: Json) -> Fields:
    project, name = text(repository, "project", "name"), text(repository, "name")
    return {
        "repository": f"{project}/{name}" if project and name else name,
        "url": text(repository, "remoteUrl"),
    }


def _push(resource: Json, known: Fields) -> Facts:
    """The first reference of a push."""
    first = at(resource, "refUpdates", 0)
    author = text(resource, "pushedBy", "uniqueName") or text(resource, "pushedBy", "displayName")
    known |= _repository(at(resource, "repository")) | {"author": author}
    return pushed(ref(text(first, "name")), known, at(first, "oldObjectId"), at(first, "newObjectId"))


def _pull_request(pull: Json) -> Fields:
    fork = _fork(pull)
    base = _repository(at(pull, "repository"))
    source = _repository(at(pull, "forkSource", "repository")) if fork else base if fork is False else {}
    return {
        **base,
        "number": whole(pull, "pullRequestId"),
        "pull": True,
        "sha": commit(pull, "lastMergeSourceCommit", "commitId"),
        "branch": (text(pull, "sourceRefName") or "").removeprefix(BRANCH) or None,
        "base": (text(pull, "targetRefName") or "").removeprefix(BRANCH) or None,
        "author": text(pull, "createdBy", "uniqueName") or text(pull, "createdBy", "displayName"),
        "opener": person(text(pull, "createdBy", "uniqueName")),
        "fork": fork,
        "source": source.get("repository"),
        "source_url": source.get("url"),
    }


def _fork(pull: Json) -> bool | None:
    """Return whether a pull request comes from a fork: only one in full says so, by what it has not.

    A subscription may send minimal details, which is a number and an address, or none.
    """
    if at(pull, "forkSource") is not None:
        return True
    repository = text(pull, "repository", "id") or text(pull, "repository", "name")
    if not (repository and text(pull, "sourceRefName") and text(pull, "targetRefName")):
        return None
    # The source's commit has an address in its repository.
    address = text(pull, "lastMergeSourceCommit", "url") or ""
    here = {f"/repositories/{text(pull, 'repository', key)}/".lower() for key in ("id", "name")}
    elsewhere = "/repositories/" in address and not any(part in address.lower() for part in here)
    return None if elsewhere else False


def _action(kind: str, message: str, status: str) -> str:
    """The action of a pull request: Azure tells an update's kind in a sentence for people alone."""
    if kind.endswith(".created"):
        return "opened"
    # A title comes after the words "pull request", and may be anything.
    done, english, _ = message.lower().partition("pull request")
    if english and kind.endswith(".updated"):
        for words, action in _SENTENCES:
            if any(word in done for word in words):
                return action
    if status in _STATUSES:
        return _STATUSES[status]
    if kind.endswith(".merged"):
        return "merge_attempted"
    # No sentence, or one in another language, tells nothing: new commits must not be lost.
    return "edited" if english else "updated"


def _comment(comment: Json) -> Fields:
    published, changed = (at(comment, name) for name in ("publishedDate", "lastContentUpdatedDate"))
    action = "deleted" if at(comment, "isDeleted") is True else "created"
    if action == "created" and latest(published, changed) != latest(published):
        action = "edited"
    author = text(comment, "author", "uniqueName") or text(comment, "author", "displayName")
    words = said(text(comment, "content"), new=action == "created")
    sender = person(text(comment, "author", "uniqueName"))
    return {"event": "comment", "action": action, "author": author, "sender": sender} | words


def _build(resource: Json) -> Fields:
    """The commit and the branch of a build, or of the run of a pipeline."""
    run = at(resource, "run", "resources", "repositories", "self")
    # Such as LG:refs/heads/main:600c52d2.
    version = (text(resource, "sourceGetVersion") or "").split(":")
    sha = commit(resource, "sourceVersion") or commit(run, "version") or commit(version, 2)
    name = text(resource, "sourceBranch") or text(run, "refName") or text(version, 1)
    action = text(resource, "result") or text(resource, "run", "result") or text(resource, "run", "state")
    by = at(resource, "requestedFor")
    author = text(by, "uniqueName") or text(by, "displayName")
    return {"sha": sha, "action": action, "author": author} | (named(name) if name else {})
