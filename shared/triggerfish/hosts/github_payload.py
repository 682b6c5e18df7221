"""GitHub's shape of payloads, which Gitea and Forgejo send too.

https://docs.github.com/webhooks/webhook-events-and-payloads, https://docs.gitea.com/usage/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish.hosts.facts import (
    Facts,
    Fields,
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

# Gitea says synchronized, GitHub synchronize.
_ACTIONS = {"synchronize": "updated", "synchronized": "updated"}
# GitHub leaves out the commits of a push beyond these.
_MOST_COMMITS = 2048


def facts_of(payload: Mapping[str, Json]) -> Facts | None:
    """The facts of a payload of this shape, None for any other.

    The objects that a payload has tell its event: each event carries one of its own name.
    """
    if "zen" in payload and "hook_id" in payload:
        return Facts(event="ping", **_repository(payload))
    if text(payload, "repository", "full_name") is None or "sender" not in payload:
        return None
    known: Fields = _repository(payload) | {"action": text(payload, "action")}
    # Gitea sends "review": null with every pull request.
    if isinstance(payload.get("comment") or payload.get("review"), Mapping):
        return _comment(payload, known)
    if isinstance(payload.get("release"), Mapping):
        author = text(payload, "release", "author", "login")
        return Facts(
            **known | {"event": "release", "tag": text(payload, "release", "tag_name"), "author": author}
        )
    if isinstance(payload.get("pull_request"), Mapping) and "thread" not in payload:
        return _pull_request(payload, known)
    if "before" in payload and "after" in payload and "ref" in payload:
        return _push(payload, known)
    return Facts(**known)


def _repository(payload: Json) -> Fields:
    repository = at(payload, "repository")
    return {
        "repository": text(repository, "full_name"),
        "url": text(repository, "clone_url") or text(repository, "html_url"),
        "author": text(payload, "sender", "login"),
    }


def _push(payload: Json, known: Fields) -> Facts:
    before, after = commit(payload, "before"), commit(payload, "after")
    commits = at(payload, "commits")
    total = whole(payload, "total_commits")
    if total is None and isinstance(commits, list) and len(commits) >= _MOST_COMMITS:
        total = _MOST_COMMITS + 1
    known |= {"action": change(before, after), "sha": after, "fork": False, "files": files(commits, total)}
    return Facts(**known | ref(text(payload, "ref")))


def _pull_request(payload: Json, known: Fields) -> Facts:
    pull = payload["pull_request"]
    action = known["action"]
    if action == "closed" and at(pull, "merged") is True:
        action = "merged"
    return Facts(
        **known
        | _head(pull)
        | {
            "event": "pull_request",
            "action": _ACTIONS.get(action, action),
            "number": whole(pull, "number"),
            "author": text(pull, "user", "login"),
        }
    )


def _head(pull: Json) -> Fields:
    head, base = at(pull, "head", "repo", "full_name"), at(pull, "base", "repo", "full_name")
    return {
        "sha": commit(pull, "head", "sha"),
        "branch": text(pull, "head", "ref"),
        "base": text(pull, "base", "ref"),
        "fork": differ(head, base),
    }


def _comment(payload: Json, known: Fields) -> Facts:
    pull = at(payload, "pull_request")
    number = whole(pull, "number") or whole(payload, "issue", "number")
    where: Fields = _head(pull) if pull else {"sha": commit(payload, "comment", "commit_id")}
    said = at(payload, "comment") or at(payload, "review")
    author = text(said, "user", "login") or known["author"]
    return Facts(**known | where | {"event": "comment", "number": number, "author": author})
