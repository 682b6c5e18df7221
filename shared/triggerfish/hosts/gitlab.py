"""GitLab, at gitlab.com and self-managed.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from triggerfish.hosts.facts import (
    Facts,
    Fields,
    Json,
    Metadata,
    at,
    commit,
    differ,
    files,
    person,
    pushed,
    ref,
    said,
    text,
    whole,
)
from triggerfish.hosts.setup import Setup
from triggerfish.hosts.times import latest
from triggerfish.webhooks import standard_webhooks
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, value_is_secret
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain

# GitLab leaves out the commits of a push beyond these.
_MOST_COMMITS = 20
_ACTIONS = {"open": "opened", "close": "closed", "merge": "merged", "reopen": "reopened"}


class GitLab(Plain):
    """https://docs.gitlab.com/user/project/integrations/webhooks: X-Gitlab-Token is the secret token itself.

    A secret that begins with ``whsec_`` is a signing token: then only webhook-signature (Standard Webhooks)
    counts.
    """

    type = "gitlab"
    proofs = frozenset({"x-gitlab-token", "webhook-signature"})
    setup = Setup(
        "GitLab",
        "project → Settings → Webhooks → Add new webhook",
        ("Push events", "Tag push events", "Comments", "Merge request events", "Releases events"),
        form="GROUP/PROJECT",
        names=re.compile(r"[\w.-]+(/[\w.-]+){1,20}", re.ASCII),
        secret="Secret token",  # noqa: S106  the label of a field
        fields=(("SSL verification", "enabled"),),
        test="push",
    )

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

    @staticmethod
    def facts(payload: Mapping[str, Json], metadata: Metadata) -> Facts | None:
        """By ``object_kind``; a system hook may have ``event_name`` alone."""
        kind = text(payload, "object_kind")
        if kind is None and text(payload, "event_name") in _KINDS:
            kind = text(payload, "event_name")
        if kind is None:
            return None
        known: Fields = _own(payload) | {
            **_author(payload),
            "action": text(payload, "object_attributes", "action") or text(payload, "action"),
            "occurred": latest(
                at(payload, "object_attributes", "created_at"), at(payload, "object_attributes", "updated_at")
            ),
        }
        read = _KINDS.get(kind)
        return Facts(**known | _about(payload)) if read is None else read(payload, known)


def _signs(secret: Secret) -> bool:
    return secret.value.startswith(standard_webhooks.KEY_PREFIX.encode())


def _author(payload: Json) -> Fields:
    """The author; GitLab is asked about one by the number, which stands beside the name."""
    user = at(payload, "user")
    if name := text(user, "username"):
        return _named(name, whole(user, "id"))
    if name := text(payload, "user_username"):
        return _named(name, whole(payload, "user_id"))
    return {"author": text(user, "name") or text(payload, "user_name")}


def _named(name: str, number: int | None) -> Fields:
    return {"author": name, "author_id": number, "sender": person(name, number)}


def _own(payload: Json) -> Fields:
    """The project, which old jobs have as a repository alone: its path is in an address."""
    known, old = _project(at(payload, "project")), at(payload, "repository")
    address = (text(old, "git_ssh_url") or "").removesuffix(".git")
    # git@example.com:group/project, or ssh://git@example.com:22/group/project.
    path = address.partition("://")[2].partition("/")[2] or address.partition(":")[2]
    return {
        "repository": known["repository"] or path or None,
        "url": known["url"] or text(old, "git_http_url") or text(old, "homepage"),
    }


def _about(payload: Json) -> Fields:
    """The merge request or the commit that another kind of event is about, such as an emoji."""
    request = at(payload, "merge_request")
    return _request(request) if request else {"sha": commit(payload, "commit", "id")}


def _project(project: Json) -> Fields:
    return {
        "repository": text(project, "path_with_namespace"),
        "url": text(project, "git_http_url") or text(project, "web_url"),
    }


def _push(payload: Json, known: Fields) -> Facts:
    commits, total = at(payload, "commits"), whole(payload, "total_commits_count")
    if total is None and isinstance(commits, list) and len(commits) >= _MOST_COMMITS:
        total = _MOST_COMMITS + 1
    known |= {"files": files(commits, total)}
    found = pushed(ref(text(payload, "ref")), known, at(payload, "before"), at(payload, "after"))
    # Of an annotated tag ``after`` is the tag itself, ``checkout_sha`` its commit.
    checkout = commit(payload, "checkout_sha")
    return replace(found, sha=checkout) if found.sha and checkout else found


def _merge_request(payload: Json, known: Fields) -> Facts:
    request = at(payload, "object_attributes")
    action = known["action"]
    if action == "update":
        # Only new commits come with the old one; else a title or a label was changed.
        action = "updated" if commit(request, "oldrev") else "edited"
    named: Fields = {"event": "pull_request", "pull": True, "action": _ACTIONS.get(action, action)}
    return Facts(**known | _request(request) | named | {"previous": commit(request, "oldrev")})


def _request(request: Json) -> Fields:
    source = _project(at(request, "source"))
    return {
        "number": whole(request, "iid"),
        "sha": commit(request, "last_commit", "id"),
        "branch": text(request, "source_branch"),
        "base": text(request, "target_branch"),
        "fork": differ(at(request, "source_project_id"), at(request, "target_project_id")),
        "source": source["repository"],
        "source_url": source["url"],
    }


def _note(payload: Json, known: Fields) -> Facts:
    note, request, issue = (at(payload, name) for name in ("object_attributes", "merge_request", "issue"))
    where: Fields = (
        _request(request)
        if request
        else {"number": whole(issue, "iid"), "sha": commit(payload, "commit", "id")}
    )
    # GitLab told no action before 16: each was a new one.
    action = known["action"] or "create"
    words = said(text(note, "note"), new=action == "create")
    occurred = latest(known["occurred"], at(request, "updated_at"), at(issue, "updated_at"))
    about: Fields = {
        "event": "comment",
        "action": action,
        "occurred": occurred,
        "pull": isinstance(request, Mapping),
    }
    return Facts(**known | where | words | about)


def _release(payload: Json, known: Fields) -> Facts:
    about: Fields = {
        "event": "release",
        "tag": text(payload, "tag"),
        "sha": commit(payload, "commit", "id"),
        "occurred": latest(at(payload, "created_at"), at(payload, "released_at")),
    }
    return Facts(**known | about)


def _pipeline(payload: Json, known: Fields) -> Facts:
    pipeline = at(payload, "object_attributes")
    about: Fields = {
        "action": text(pipeline, "status"),
        "sha": commit(pipeline, "sha"),
        "number": whole(payload, "merge_request", "iid"),
        "occurred": latest(known["occurred"], at(pipeline, "finished_at")),
    }
    return Facts(**known | _where(pipeline) | about)


def _job(payload: Json, known: Fields) -> Facts:
    moments = (at(payload, f"build_{name}_at") for name in ("created", "started", "finished"))
    about: Fields = {
        "action": text(payload, "build_status"),
        "sha": commit(payload, "sha") or commit(payload, "commit", "sha"),
        "occurred": latest(*moments),
    }
    return Facts(**known | _where(payload) | about)


def _deployment(payload: Json, known: Fields) -> Facts:
    # The commit in full is in its address alone.
    sha = (text(payload, "commit_url") or "").rpartition("/-/commit/")[2]
    about: Fields = {
        "action": text(payload, "status"),
        "sha": commit(sha) or commit(payload, "sha"),
        "branch": text(payload, "ref"),
        "occurred": latest(at(payload, "status_changed_at")),
    }
    return Facts(**known | about)


def _where(of: Json) -> Fields:
    """The branch or tag that a pipeline or a job is of."""
    return {"tag" if at(of, "tag") is True else "branch": text(of, "ref")}


_KINDS: dict[str, Callable[[Json, Fields], Facts]] = {
    "push": _push,
    "tag_push": _push,
    "merge_request": _merge_request,
    "note": _note,
    "release": _release,
    "pipeline": _pipeline,
    "build": _job,
    "deployment": _deployment,
}
