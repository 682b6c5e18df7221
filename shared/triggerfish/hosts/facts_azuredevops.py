"""Azure DevOps: https://learn.microsoft.com/azure/devops/service-hooks/events."""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish.hosts.facts import BRANCH, Facts, Fields, Headers, Json, at, change, commit, ref, text, whole

_STATUSES = {"completed": "merged", "abandoned": "closed"}


class AzureDevOps:
    """``eventType`` names the event, ``resource`` is its subject."""

    def facts(self, payload: Mapping[str, Json], metadata: Headers) -> Facts | None:
        """By ``eventType``."""
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
