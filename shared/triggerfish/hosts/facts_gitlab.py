"""GitLab: https://docs.gitlab.com/user/project/integrations/webhook_events/."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from triggerfish.hosts.facts import (
    Facts,
    Fields,
    Headers,
    Json,
    at,
    change,
    commit,
    differ,
    files,
    ref,
    text,
    whole,
)

_ACTIONS = {"open": "opened", "close": "closed", "merge": "merged", "reopen": "reopened"}


class GitLab:
    """``object_kind`` names the event."""

    def facts(self, payload: Mapping[str, Json], metadata: Headers) -> Facts | None:
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
