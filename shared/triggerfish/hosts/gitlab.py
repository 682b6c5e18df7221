"""GitLab, at gitlab.com and self-managed.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from triggerfish.hosts.facts import (
    Facts,
    Fields,
    Json,
    Metadata,
    at,
    change,
    commit,
    differ,
    files,
    ref,
    text,
    whole,
)
from triggerfish.webhooks import standard_webhooks
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, value_is_secret
from triggerfish.webhooks.sender import Description, Headers, Outgoing, Plain

_ACTIONS = {"open": "opened", "close": "closed", "merge": "merged", "reopen": "reopened"}


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

    @staticmethod
    def facts(payload: Mapping[str, Json], metadata: Metadata) -> Facts | None:
        """By ``object_kind``."""
        kind = text(payload, "object_kind")
        if kind is None:
            return None
        project = at(payload, "project")
        known: Fields = {
            "repository": text(project, "path_with_namespace"),
            "url": text(project, "git_http_url") or text(project, "web_url"),
            "author": text(payload, "user", "username") or text(payload, "user_username"),
            "action": text(payload, "object_attributes", "action") or text(payload, "action"),
        }
        read = _KINDS.get(kind)
        return Facts(**known) if read is None else read(payload, known)


def _signs(secret: Secret) -> bool:
    return secret.value.startswith(standard_webhooks.KEY_PREFIX.encode())


def _push(payload: Json, known: Fields) -> Facts:
    before, after = commit(payload, "before"), commit(payload, "after")
    known |= {
        "action": change(before, after),
        # Of an annotated tag ``after`` is the tag itself, ``checkout_sha`` its commit.
        "sha": commit(payload, "checkout_sha") or after,
        "fork": False,
        "files": files(at(payload, "commits"), whole(payload, "total_commits_count")),
    }
    return Facts(**known | ref(text(payload, "ref")))


def _merge_request(payload: Json, known: Fields) -> Facts:
    request = at(payload, "object_attributes")
    action = known["action"]
    if action == "update":
        # Only new commits come with the old one; else a title or a label was changed.
        action = "updated" if commit(request, "oldrev") else "edited"
    named: Fields = {"event": "pull_request", "action": _ACTIONS.get(action, action)}
    return Facts(**known | _request(request) | named)


def _request(request: Json) -> Fields:
    return {
        "number": whole(request, "iid"),
        "sha": commit(request, "last_commit", "id"),
        "branch": text(request, "source_branch"),
        "base": text(request, "target_branch"),
        "fork": differ(at(request, "source_project_id"), at(request, "target_project_id")),
    }


def _note(payload: Json, known: Fields) -> Facts:
    request, issue = at(payload, "merge_request"), at(payload, "issue")
    where: Fields = (
        _request(request)
        if request
        else {"number": whole(issue, "iid"), "sha": commit(payload, "commit", "id")}
    )
    return Facts(**known | where | {"event": "comment", "action": known["action"] or "create"})


def _release(payload: Json, known: Fields) -> Facts:
    about: Fields = {"event": "release", "tag": text(payload, "tag"), "sha": commit(payload, "commit", "id")}
    return Facts(**known | about)


_KINDS: dict[str, Callable[[Json, Fields], Facts]] = {
    "push": _push,
    "tag_push": _push,
    "merge_request": _merge_request,
    "note": _note,
    "release": _release,
}
