"""GitLab, at gitlab.com and self-managed: https://docs.gitlab.com/api/rest, below ``/api/v4``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hosts.api.conversation import (
    all_items,
    commit_name,
    content,
    each_once,
    get,
    is_success,
    items,
    paths,
    refusal,
    segment,
    unreadable,
)
from triggerfish.hosts.api.gitlab_hooks import GitLabHooks
from triggerfish.hosts.api.statuses import Statuses
from triggerfish.hosts.api.values import (
    NO_IDS,
    Exchange,
    GitChange,
    Headers,
    HostRequest,
    HostResponse,
    HostUser,
    Ids,
    Json,
    Permission,
    PullRequest,
    State,
    Status,
)
from triggerfish.hosts.facts import at, commit, differ, text, whole

_WORDS = {
    State.PENDING: "pending",
    State.RUNNING: "running",
    State.SUCCESS: "success",
    State.FAILURE: "failed",
    State.ERROR: "failed",
    State.CANCELED: "canceled",
}
_STATES = {
    "created": State.PENDING,
    "waiting_for_resource": State.PENDING,
    "preparing": State.PENDING,
    "waiting_for_callback": State.PENDING,
    "pending": State.PENDING,
    "scheduled": State.PENDING,
    "manual": State.PENDING,
    "running": State.RUNNING,
    "success": State.SUCCESS,
    "failed": State.FAILURE,
    "skipped": State.CANCELED,
    "canceling": State.CANCELED,
    "canceled": State.CANCELED,
}
# https://docs.gitlab.com/api/members/#roles: Developer may push, Maintainer and Owner administer.
_READ, _WRITE, _ADMIN = 5, 30, 40
# GitLab lists no more files of a comparison, and does not say so.
_most_compared = 1000


class GitLabApi(Statuses, GitLabHooks):
    """https://docs.gitlab.com/api/rest; a project's path stands for its number, so no payload chooses it."""

    type: ClassVar[str] = "gitlab"
    cannot: ClassVar[Mapping[str, str]] = MappingProxyType({})
    headers: ClassVar[Headers] = (("Accept", "application/json"),)
    words: ClassVar[Mapping[State, str]] = _WORDS
    states: ClassVar[Mapping[str, State]] = _STATES

    # --- statuses ---

    def as_read(self, status: Status) -> Status:
        """Of two runs that go on, GitLab keeps the link to the first: whose it is says nothing."""
        read = super().as_read(status)
        return replace(read, url="") if read.state in (State.PENDING, State.RUNNING) else read

    def post_status(self, repository: str, sha: str, status: Status, ids: Ids = NO_IDS) -> Exchange[None]:
        """POST ``/projects/{id}/statuses/{sha}``; of a fork's merge request, in the fork first."""
        source = ids.get("source")
        if isinstance(source, str) and source and source != repository:
            # The token may have no right there; the commit is known in the target too.
            with suppress(HostRefused):
                return (yield from self._post(source, sha, status))
        return (yield from self._post(repository, sha, status))

    def _post(self, repository: str, sha: str, status: Status) -> Exchange[None]:
        told = self.told(status)
        body = {"state": _WORDS[told.state], "name": told.context, "description": told.description}
        if told.url:
            body["target_url"] = told.url
        url = f"{self._of(repository)}/statuses/{commit_name(sha)}"
        response: HostResponse = yield HostRequest("POST", url, json=body)
        if is_success(response):
            return
        if response.status == 409:
            # Another run is telling its status of this commit just now.
            raise HostUnanswered(f"{self.title} answered 409")
        if response.status == 400:
            # "Cannot transition status": it has that state already, or one after it.
            found = yield from self._read(repository, sha, status.context)
            if found is not None and found.state is self.as_read(status).state:
                return
        raise refusal(self.title, response)

    def read_status(
        self, repository: str, sha: str, context: str, ids: Ids = NO_IDS
    ) -> Exchange[Status | None]:
        """GET ``/projects/{id}/repository/commits/{sha}/statuses``, those of that name.

        Of a fork's merge request, in the fork first, as it is told there first.
        """
        source = ids.get("source")
        if isinstance(source, str) and source and source != repository:
            with suppress(HostRefused):
                found = yield from self._read(source, sha, context)
                if found is not None:
                    return found
        return (yield from self._read(repository, sha, context))

    def _read(self, repository: str, sha: str, context: str) -> Exchange[Status | None]:
        name = self.context(context)
        url = f"{self._of(repository)}/repository/commits/{commit_name(sha)}/statuses"
        query = f"name={segment(name, 'context')}&per_page=100"
        listed = yield from all_items(self.title, url, query)
        found = [each for each in listed if at(each, "name") == name]
        if not found:
            return None
        # One status of a name for each pipeline of the commit; the newest has the highest number.
        newest = max(found, key=lambda each: whole(each, "id") or 0)
        return self.read(
            text(newest, "status"), name, text(newest, "description"), text(newest, "target_url")
        )

    # --- facts ---

    def files(self, change: GitChange) -> Exchange[tuple[str, ...] | None]:
        """GET ``/merge_requests/{n}/diffs``, or ``/repository/compare``."""
        base = self._of(change.repository)
        if change.number is not None:
            return (yield from self._files_of_request(f"{base}/merge_requests/{change.number}"))
        if change.base is None or change.head is None:
            return None
        between = f"from={commit_name(change.base)}&to={commit_name(change.head)}"
        found = yield from get(self.title, f"{base}/repository/compare?{between}")
        if at(found, "compare_timeout") is True:
            return None
        changes = items(self.title, found, "diffs")
        return self._paths(changes) if len(changes) < _most_compared else None

    def _files_of_request(self, url: str) -> Exchange[tuple[str, ...] | None]:
        changes = yield from all_items(self.title, f"{url}/diffs", "per_page=100")
        request = yield from get(self.title, url)
        # "1000+" says that some are left out; the number itself must be the number listed.
        count = at(request, "changes_count")
        return self._paths(changes) if count is None or str(count) == str(len(changes)) else None

    def _paths(self, changes: list[Json]) -> tuple[str, ...]:
        return each_once(paths(self.title, changes, ("new_path",), ("old_path",)))

    def permission(self, repository: str, user: HostUser, ids: Ids = NO_IDS) -> Exchange[Permission]:
        """GET ``/projects/{id}/members/all/{user id}``, inherited rights too; by name without an id."""
        base = f"{self._of(repository)}/members/all"
        if user.id is None:
            return (yield from self._permission_by_name(base, user.login))
        response: HostResponse = yield HostRequest("GET", f"{base}/{segment(str(user.id), 'user')}")
        if response.status == 404:
            # The project is there, or the next question is refused too.
            yield from get(self.title, self._of(repository))
            return Permission.NONE
        found = content(self.title, response)
        if text(found, "username") != user.login:
            raise HostRefused("the user's number and name are not of one user")
        return self._level(found)

    def _permission_by_name(self, url: str, login: str) -> Exchange[Permission]:
        listed = yield from all_items(self.title, url, f"query={segment(login, 'user')}&per_page=100")
        found = [each for each in listed if at(each, "username") == login]
        levels = [self._level(each) for each in found]
        return min(levels, key=list(Permission).index, default=Permission.NONE)

    def _level(self, member: Json) -> Permission:
        level = whole(member, "access_level")
        if level is None:
            raise unreadable(self.title)
        if at(member, "state") not in (None, "active"):
            # Blocked, or not there yet.
            return Permission.NONE
        if level >= _ADMIN:
            return Permission.ADMIN
        if level >= _WRITE:
            return Permission.WRITE
        return Permission.READ if level >= _READ else Permission.NONE

    def pull_request(self, repository: str, number: int, ids: Ids = NO_IDS) -> Exchange[PullRequest]:
        """GET ``/projects/{id}/merge_requests/{n}``, and of a fork's its project."""
        found = yield from get(self.title, f"{self._of(repository)}/merge_requests/{number}")
        sha, branch, base = commit(found, "sha"), text(found, "source_branch"), text(found, "target_branch")
        login = text(found, "author", "username")
        if not (sha and branch and base and login) or whole(found, "iid") != number:
            raise unreadable(self.title)
        fork = differ(at(found, "source_project_id"), at(found, "target_project_id"))
        source, source_url = yield from self._source(repository, found, fork=fork)
        author = HostUser(login, whole(found, "author", "id"))
        is_open = at(found, "state") in ("opened", "locked")
        return PullRequest(number, repository, sha, branch, base, author, fork, source, source_url, is_open)

    def _source(
        self, repository: str, request: Json, *, fork: bool | None
    ) -> Exchange[tuple[str | None, str | None]]:
        """The path and the clone URL of the source; None where the project is gone or may not be seen."""
        project = whole(request, "source_project_id")
        if project is None:
            return None, None
        url = f"{self.url}/projects/{project}" if fork else self._of(repository)
        response: HostResponse = yield HostRequest("GET", url)
        if response.status in (403, 404):
            return None, None
        found = content(self.title, response)
        return text(found, "path_with_namespace"), text(found, "http_url_to_repo")
