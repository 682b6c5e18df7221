"""The API that GitHub, Gitea and Forgejo share: the same paths and objects, different pages and words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from triggerfish.hosts import github_payload
from triggerfish.hosts.api.conversation import (
    MOST_PAGES,
    all_items,
    commit_name,
    content,
    each_once,
    get,
    items,
    made_hook,
    next_query,
    order,
    paths,
    pull_request_of,
    segment,
    segments,
    send,
    too_many_pages,
    unreadable,
)
from triggerfish.hosts.api.statuses import Statuses
from triggerfish.hosts.api.values import (
    NO_IDS,
    Exchange,
    GitChange,
    Hook,
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
from triggerfish.hosts.facts import at, text, whole

_PERMISSIONS = {
    "owner": Permission.ADMIN,
    "admin": Permission.ADMIN,
    "maintain": Permission.WRITE,
    "write": Permission.WRITE,
    "triage": Permission.READ,
    "read": Permission.READ,
    "none": Permission.NONE,
}
# These hosts have four states: what runs is pending, and nobody canceled anything.
_WORDS = {
    State.PENDING: "pending",
    State.RUNNING: "pending",
    State.SUCCESS: "success",
    State.FAILURE: "failure",
    State.ERROR: "error",
    State.CANCELED: "error",
}
_STATES = {
    "pending": State.PENDING,
    "success": State.SUCCESS,
    "failure": State.FAILURE,
    "error": State.ERROR,
    "warning": State.FAILURE,
}


class GitHubLike(Statuses):
    """``url`` is the base of the API. What differs among the three is in the class's fields."""

    title: ClassVar[str]
    # The query of a page, and of the newest statuses first.
    page: ClassVar[str]
    newest: ClassVar[str]
    words: ClassVar[Mapping[State, str]] = _WORDS
    states: ClassVar[Mapping[str, State]] = _STATES
    longest_description: ClassVar[int] = 140
    # Where a status has its state.
    state_field: ClassVar[str]
    events: ClassVar[Mapping[str, tuple[str, ...]]]
    hook_kind: ClassVar[str]
    tests: ClassVar[str]

    def __init__(self, url: str) -> None:
        self.url = url

    def _of(self, repository: str) -> str:
        return f"{self.url}/repos/{'/'.join(segments(repository))}"

    # --- statuses ---

    def post_status(self, repository: str, sha: str, status: Status, ids: Ids = NO_IDS) -> Exchange[None]:
        """POST ``/repos/{r}/statuses/{sha}``."""
        told = self.told(status)
        body = {"state": _WORDS[told.state], "context": told.context, "description": told.description}
        if told.url:
            body["target_url"] = told.url
        yield from send(self.title, "POST", f"{self._of(repository)}/statuses/{commit_name(sha)}", body)

    def read_status(
        self, repository: str, sha: str, context: str, ids: Ids = NO_IDS
    ) -> Exchange[Status | None]:
        """GET ``/repos/{r}/commits/{sha}/statuses``, the newest first."""
        name = self.context(context)
        url = f"{self._of(repository)}/commits/{commit_name(sha)}/statuses"
        following: str | None = self.newest
        found: Json = None
        for _ in range(MOST_PAGES):
            response: HostResponse = yield HostRequest("GET", f"{url}?{following}")
            listed = items(self.title, content(self.title, response))
            named = [each for each in (found, *listed) if at(each, "context") == name]
            found = max(named, key=_number, default=None)
            following = next_query(response)
            # Gitea's names of orders changed places once; that the first page has the newest, numbers prove.
            falling = not listed or _number(listed[0]) >= _number(listed[-1])
            if following is None or (found is not None and falling):
                return None if found is None else self._status(found, name)
        raise too_many_pages(self.title)

    def _status(self, found: Json, name: str) -> Status:
        word = text(found, self.state_field)
        return self.read(word, name, text(found, "description"), text(found, "target_url"))

    # --- facts ---

    def files(self, change: GitChange) -> Exchange[tuple[str, ...] | None]:
        """GET ``/pulls/{n}/files``, or ``/compare/{base}...{head}``."""
        if change.number is not None:
            return (yield from self._files_of_pull(change.repository, change.number))
        if change.base is None or change.head is None:
            return None
        between = f"{commit_name(change.base)}...{commit_name(change.head)}"
        return (yield from self._compared(f"{self._of(change.repository)}/compare/{between}"))

    def _files_of_pull(self, repository: str, number: int) -> Exchange[tuple[str, ...] | None]:
        url = f"{self._of(repository)}/pulls/{number}/files"
        return self._whole((yield from all_items(self.title, url, self.page)))

    def _whole(self, changes: list[Json]) -> tuple[str, ...] | None:
        return each_once(self._paths(changes))

    def _paths(self, changes: list[Json]) -> Iterator[str]:
        return paths(self.title, changes, ("filename",), ("previous_filename",))

    def _compared(self, url: str) -> Exchange[tuple[str, ...] | None]:
        yield from ()
        raise NotImplementedError

    def permission(self, repository: str, user: HostUser, ids: Ids = NO_IDS) -> Exchange[Permission]:
        """GET ``/repos/{r}/collaborators/{u}/permission``."""
        who = segment(user.login, "user's name")
        found = yield from get(self.title, f"{self._of(repository)}/collaborators/{who}/permission")
        permission = _PERMISSIONS.get(text(found, "permission") or "")
        if permission is None:
            raise unreadable(self.title)
        return permission

    def pull_request(self, repository: str, number: int, ids: Ids = NO_IDS) -> Exchange[PullRequest]:
        """GET ``/repos/{r}/pulls/{n}``, which is what a delivery has of it too."""
        found = yield from get(self.title, f"{self._of(repository)}/pulls/{number}")
        base = at(found, "base", "repo")
        if not isinstance(found, Mapping) or whole(found, "number") != number:
            raise unreadable(self.title)
        facts = github_payload.facts_of({"action": "", "pull_request": found, "repository": base})
        author = HostUser(text(found, "user", "login") or "", whole(found, "user", "id"))
        opened = at(found, "state") == "open"
        return pull_request_of(self.title, number, repository, facts, author, is_open=opened)

    # --- webhooks ---

    def create_hook(self, repository: str, url: str, secret: str, events: tuple[str, ...]) -> Exchange[Hook]:
        """POST ``/repos/{r}/hooks``, where no webhook has this address."""
        hooks = f"{self._of(repository)}/hooks"
        known = yield from self._hooks_at(hooks, url)
        body = {
            self.hook_kind.partition("=")[0]: self.hook_kind.partition("=")[2],
            "active": True,
            "events": list(each_once([name for event in events for name in self.events.get(event, ())])),
            "config": {"url": url, "content_type": "json", "secret": secret},
        }
        found = yield from self._made(hooks, known, body)
        return made_hook(self.title, found, url)

    def _hooks_at(self, hooks: str, url: str) -> Exchange[list[int]]:
        """The numbers of the webhooks with that address: with one more, everything would be sent twice."""
        here = yield from all_items(self.title, hooks, self.page)
        numbers = [whole(each, "id") for each in here if at(each, "config", "url") == url]
        return [number for number in numbers if number is not None]

    def _made(self, hooks: str, known: list[int], body: Json) -> Exchange[Json]:
        """A webhook like that: a new one, or one of those that are known, changed."""
        if not known:
            return (yield from send(self.title, "POST", hooks, body, once=True))
        kind = self.hook_kind.partition("=")[0]
        changes = {key: value for key, value in body.items() if key != kind}
        return (yield from send(self.title, "PATCH", f"{hooks}/{known[0]}", changes))

    def ping(self, repository: str, hook: str) -> Exchange[None]:
        """POST ``/repos/{r}/hooks/{id}/pings`` (GitHub) or ``/tests``."""
        url = f"{self._of(repository)}/hooks/{segment(hook, 'webhook')}/{self.tests}"
        yield from order(self.title, url)


def _number(status: Json) -> int:
    return whole(status, "id") or 0
