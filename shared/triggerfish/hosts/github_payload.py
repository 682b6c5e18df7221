"""GitHub's shape of payloads, which Gitea and Forgejo send too.

https://docs.github.com/webhooks/webhook-events-and-payloads, https://docs.gitea.com/usage/webhooks
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from triggerfish.hosts.facts import (
    BRANCH,
    NONE,
    Facts,
    Fields,
    Json,
    Metadata,
    at,
    commit,
    differ,
    files,
    named,
    person,
    pushed,
    ref,
    said,
    text,
    whole,
)
from triggerfish.hosts.times import latest

# Gitea says synchronized, GitHub synchronize.
_ACTIONS = {"synchronize": "updated", "synchronized": "updated"}
# A comment, and a review, that was not there before.
_NEW = {"created", "submitted", "reviewed"}
_GITEA = ("x-gitea-event", "x-forgejo-event", "x-gogs-event")
# GitHub leaves out the commits of a push beyond these, and the files of a commit beyond those.
_MOST_COMMITS, _MOST_FILES = 2048, 3000


def facts_of(payload: Mapping[str, Json]) -> Facts | None:
    """The facts of a payload of this shape, None for any other.

    The objects that a payload has tell its event: each event carries one of its own name.
    """
    if "zen" in payload and "hook_id" in payload:
        return Facts(event="ping", **repository_of(payload))
    if text(payload, "repository", "full_name") is None:
        return None
    known: Fields = repository_of(payload) | {"action": text(payload, "action")}
    for kind, read in _KINDS:
        # Gitea sends "review": null with every pull request.
        if isinstance(payload.get(kind), Mapping):
            return read(payload, known)
    if "ref" in payload and ("before" in payload or "after" in payload):
        return _push(payload, known)
    return Facts(**known | _elsewhere(payload))


def from_github(payload: Mapping[str, Json], metadata: Metadata) -> bool | None:
    """Return whether GitHub itself sent this, None when nothing says so.

    The headers say it (Gitea and Forgejo send GitHub's beside their own), else what GitHub alone writes.
    """
    if any(name in metadata for name in _GITEA):
        return False
    repository = at(payload, "repository")
    if "x-github-event" in metadata or any(at(repository, name) for name in ("node_id", "pushed_at")):
        return True
    return None


def deletion_of(payload: Mapping[str, Json], event: str) -> Facts | None:
    """The deletion of a branch as Gitea and Forgejo tell it: by ``delete`` alone, without a push beside it.

    ``event`` is the event's name in the header, or empty. A deleted tag is a push too, as all are on GitHub.
    """
    deletes = event == "delete" if event else "pusher_type" in payload and "master_branch" not in payload
    where = named(text(payload, "ref"))
    if not deletes or text(payload, "ref_type") != "branch" or "branch" not in where:
        return None
    return pushed({"event": "push"} | where, repository_of(payload), None, NONE)


def repository_of(payload: Json) -> Fields:
    """``repository`` and ``url``, and ``author``: who caused the event."""
    repository = at(payload, "repository")
    pusher = at(payload, "pusher")
    return {
        "repository": text(repository, "full_name"),
        "url": text(repository, "clone_url") or text(repository, "html_url"),
        # GitHub leaves the sender out when it is no longer there, or never was a user.
        "author": text(payload, "sender", "login") or text(pusher, "login") or text(pusher, "name"),
        "installation": whole(payload, "installation", "id"),
    }


def _push(payload: Json, known: Fields) -> Facts:
    commits = at(payload, "commits")
    total = whole(payload, "total_commits")
    if total is None and isinstance(commits, list) and len(commits) >= _MOST_COMMITS:
        total = _MOST_COMMITS + 1
    known |= {
        "files": files(commits, total, _MOST_FILES),
        "occurred": latest(at(payload, "repository", "pushed_at")),
    }
    return pushed(ref(text(payload, "ref")), known, at(payload, "before"), at(payload, "after"))


def _pull_request(payload: Json, known: Fields) -> Facts:
    pull = payload["pull_request"]
    if "thread" in payload:
        # Of a conversation in a review: its own words (resolved) are not those of a pull request.
        return Facts(**known | _head(payload, pull))
    action = known["action"]
    if action == "closed" and at(pull, "merged") is True:
        action = "merged"
    return Facts(
        **known
        | _head(payload, pull)
        | {
            "event": "pull_request",
            "pull": True,
            "action": _ACTIONS.get(action, action),
            "previous": commit(payload, "before"),
            "author": text(pull, "user", "login"),
            "sender": person(text(payload, "sender", "login")),
            "opener": person(text(pull, "user", "login")),
        }
    )


def _head(payload: Json, pull: Json) -> Fields:
    head = at(pull, "head", "repo")
    return {
        # Old Gitea writes it at the top alone.
        "number": whole(pull, "number") or whole(payload, "number"),
        "sha": commit(pull, "head", "sha"),
        "branch": text(pull, "head", "ref"),
        "base": text(pull, "base", "ref"),
        "fork": _fork(pull),
        "source": text(head, "full_name"),
        "source_url": text(head, "clone_url") or text(head, "html_url"),
        "occurred": latest(at(pull, "updated_at")),
    }


def _fork(pull: Json) -> bool | None:
    """Return whether strangers can have made the head.

    On Gitea and Forgejo everybody who may read a repository may push to ``refs/for/main``. Such a pull
    request (AGit) has the repository itself as its head, and ``refs/pull/7/head`` for a branch.
    """
    fork = differ(at(pull, "head", "repo", "full_name"), at(pull, "base", "repo", "full_name"))
    branch = text(pull, "head", "ref")
    if fork is False and (branch is None or branch.startswith("refs/")):
        return None if branch is None else True
    return fork


def _comment(payload: Json, known: Fields) -> Facts:
    pull = at(payload, "pull_request")
    comment = at(payload, "comment") or at(payload, "review")
    where: Fields = (
        _head(payload, pull)
        if pull
        else {
            "sha": commit(comment, "commit_id"),
            "number": whole(payload, "issue", "number") or whole(payload, "number"),
        }
    )
    author = text(comment, "user", "login") or known["author"]
    # Gitea has the text of a review elsewhere.
    words = said(text(comment, "body") or text(comment, "content"), new=known["action"] in _NEW)
    moments = (at(comment, name) for name in ("created_at", "updated_at", "submitted_at"))
    occurred = latest(*moments, at(pull, "updated_at"), at(payload, "issue", "updated_at"))
    # GitHub's comments on a pull request are those on its issue.
    issue = isinstance(at(payload, "issue", "pull_request"), Mapping) or at(payload, "is_pull") is True
    about: Fields = {
        "event": "comment",
        "author": author,
        "sender": person(author),
        "opener": person(text(pull, "user", "login")),
        "occurred": occurred,
        "pull": isinstance(pull, Mapping) or issue,
    }
    return Facts(**known | where | words | about)


def _release(payload: Json, known: Fields) -> Facts:
    release = payload["release"]
    about: Fields = {
        "event": "release",
        "tag": text(release, "tag_name"),
        "author": text(release, "author", "login"),
        "occurred": latest(*(at(release, name) for name in ("created_at", "published_at", "updated_at"))),
    }
    return Facts(**known | about)


def _check(payload: Json, known: Fields) -> Facts:
    run = payload["check_run"]
    suite = at(run, "check_suite")
    return _result(run, known, text(suite, "head_branch"), ("started_at", "completed_at"))


def _suite(payload: Json, known: Fields) -> Facts:
    suite = payload["check_suite"]
    return _result(suite, known, text(suite, "head_branch"), ("created_at", "updated_at"))


def _job(payload: Json, known: Fields) -> Facts:
    job = payload["workflow_job"]
    return _result(job, known, text(job, "head_branch"), ("created_at", "started_at", "completed_at"))


def _run(payload: Json, known: Fields) -> Facts:
    run = payload["workflow_run"]
    return _result(run, known, text(run, "head_branch"), ("created_at", "updated_at"))


def _deployment(payload: Json, known: Fields) -> Facts:
    deployment = payload["deployment"]
    name, sha = text(deployment, "ref"), commit(deployment, "sha")
    stamps = (
        at(payload, *path) for path in (("deployment", "updated_at"), ("deployment_status", "updated_at"))
    )
    # A deployment of a commit has that commit for a reference.
    where = {} if name == sha else named(name)
    return Facts(**known | where | {"sha": sha, "occurred": latest(*stamps)})


def _merge_group(payload: Json, known: Fields) -> Facts:
    group = payload["merge_group"]
    about: Fields = {
        "sha": commit(group, "head_sha"),
        "base": (text(group, "base_ref") or "").removeprefix(BRANCH) or None,
        # GitHub makes this commit at that moment.
        "occurred": latest(at(group, "head_commit", "timestamp")),
    }
    return Facts(**known | named(text(group, "head_ref")) | about)


def _result(of: Json, known: Fields, branch: str | None, stamps: tuple[str, ...]) -> Facts:
    occurred = latest(*(at(of, stamp) for stamp in stamps))
    return Facts(**known | {"sha": commit(of, "head_sha"), "branch": branch, "occurred": occurred})


def _elsewhere(payload: Json) -> Fields:
    """The commit and the reference of an event that names them at the top: status, workflow_dispatch."""
    sha = commit(payload, "sha") or commit(payload, "commit_oid") or commit(payload, "build", "commit")
    issue = at(payload, "issue")
    # That of create and delete is a short one, and theirs is a push as well.
    name = text(payload, "ref") or ""
    where: Fields = named(name) if name.startswith("refs/") and "ref_type" not in payload else {}
    if "client_payload" in payload:
        where = {"branch": text(payload, "branch")}
    if "context" in payload and "state" in payload:
        where = {"branch": _branch_of(at(payload, "branches"), sha), "action": text(payload, "state")}
    return where | {
        "sha": sha,
        "number": whole(issue, "number"),
        "occurred": latest(at(issue, "updated_at"), at(payload, "updated_at"), at(payload, "created_at")),
    }


def _branch_of(branches: Json, sha: str | None) -> str | None:
    """The branch whose head the commit is, else the first that has it."""
    listed = [one for one in branches if text(one, "name")] if isinstance(branches, list) else []
    heads = [one for one in listed if text(one, "commit", "sha") == sha]
    return text((heads or listed or [None])[0], "name")


# The first object that a payload has tells its event: a comment comes with its pull request, a deployment
# with its run.
_KINDS: tuple[tuple[str, Callable[[Json, Fields], Facts]], ...] = (
    ("comment", _comment),
    ("review", _comment),
    ("release", _release),
    ("workflow_job", _job),
    ("deployment", _deployment),
    ("check_run", _check),
    ("check_suite", _suite),
    ("workflow_run", _run),
    ("pull_request", _pull_request),
    ("merge_group", _merge_group),
)
