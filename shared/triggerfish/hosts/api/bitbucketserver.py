"""Bitbucket Data Center: https://developer.atlassian.com/server/bitbucket/rest, its ``/rest/api/latest``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import quote

from triggerfish.hosts.api.attempts import NoDeliveries
from triggerfish.hosts.api.conversation import (
    MOST_PAGES,
    basic,
    bearer,
    commit_name,
    content,
    each_once,
    get,
    items,
    made_hook,
    order,
    paths,
    pull_request_of,
    saved_hook,
    segment,
    segments,
    send,
    too_many_pages,
    unreadable,
)
from triggerfish.hosts.api.credentials import AccessToken, Basic
from triggerfish.hosts.api.statuses import Statuses
from triggerfish.hosts.api.values import (
    NO_IDS,
    Exchange,
    GitChange,
    Headers,
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
from triggerfish.hosts.bitbucketserver import BitbucketServer
from triggerfish.hosts.facts import at, text, whole

_PATH = "/rest/api/latest"
_WORDS = {
    State.PENDING: "INPROGRESS",
    State.RUNNING: "INPROGRESS",
    State.SUCCESS: "SUCCESSFUL",
    State.FAILURE: "FAILED",
    State.ERROR: "FAILED",
    State.CANCELED: "CANCELLED",
}
_STATES = {
    "INPROGRESS": State.RUNNING,
    "UNKNOWN": State.PENDING,
    "SUCCESSFUL": State.SUCCESS,
    "FAILED": State.FAILURE,
    "CANCELLED": State.CANCELED,
}
_PERMISSIONS = (
    ("REPO_ADMIN", Permission.ADMIN),
    ("REPO_WRITE", Permission.WRITE),
    ("REPO_READ", Permission.READ),
)
# What a server lists on a page, unless its ``page.max.changes`` says otherwise.
_most_changes = 1000
_no_deliveries = "Bitbucket Data Center has no API that sends a delivery again"
_events = {
    "push": ("repo:refs_changed",),
    "tag": ("repo:refs_changed",),
    "pull_request": (
        "pr:opened",
        "pr:from_ref_updated",
        "pr:modified",
        "pr:merged",
        "pr:declined",
        "pr:deleted",
    ),
    "comment": ("pr:comment:added",),
}


class BitbucketServerApi(Statuses, NoDeliveries):
    """https://developer.atlassian.com/server/bitbucket/rest; ``url`` is that of the pages."""

    type: ClassVar[str] = "bitbucketserver"
    title: ClassVar[str] = "Bitbucket Data Center"
    default_url: ClassVar[str] = ""
    cannot: ClassVar[Mapping[str, str]] = MappingProxyType({"failed_deliveries": _no_deliveries})
    headers: ClassVar[Headers] = (("Accept", "application/json"),)
    words: ClassVar[Mapping[State, str]] = _WORDS
    states: ClassVar[Mapping[str, State]] = _STATES

    def __init__(self, url: str) -> None:
        self._pages_url = url.rstrip("/").removesuffix(_PATH)
        self.url = f"{self._pages_url}{_PATH}"

    def authorize(self, auth: AccessToken | Basic) -> Headers:
        """An HTTP access token, or a user's password."""
        return basic(auth) if isinstance(auth, Basic) else bearer(auth)

    def _of(self, repository: str) -> str:
        project, name = segments(repository)
        return f"{self.url}/projects/{project}/repos/{name}"

    def _values(self, url: str) -> Exchange[list[Json]]:
        """All values of a list."""
        found, _ = yield from self._listed(url, 100)
        return found

    def _listed(self, url: str, limit: int) -> Exchange[tuple[list[Json], bool]]:
        """The values of a list, by ``nextPageStart``, and whether the host says that these are all."""
        found: list[Json] = []
        start = 0
        joint = "&" if "?" in url else "?"
        for _ in range(MOST_PAGES):
            page = yield from get(self.title, f"{url}{joint}limit={limit}&start={start}")
            found += items(self.title, page, "values")
            following = whole(page, "nextPageStart")
            last = at(page, "isLastPage")
            if last is not False or following is None or following <= start:
                return found, last is True
            start = following
        raise too_many_pages(self.title)

    # --- statuses ---

    def post_status(self, repository: str, sha: str, status: Status, ids: Ids = NO_IDS) -> Exchange[None]:
        """POST ``/projects/{p}/repos/{r}/commits/{sha}/builds``; the same key again replaces it."""
        told = self.told(status)
        body = {
            "key": told.context,
            "state": _WORDS[told.state],
            "name": told.context,
            "description": told.description,
            "url": told.url or self._page(repository, sha),
        }
        yield from send(self.title, "POST", f"{self._of(repository)}/commits/{commit_name(sha)}/builds", body)

    def _page(self, repository: str, sha: str) -> str:
        """The page of the commit: a build wants some address."""
        project, name = segments(repository)
        return f"{self._pages_url}/projects/{project}/repos/{name}/commits/{commit_name(sha)}"

    def read_status(
        self, repository: str, sha: str, context: str, ids: Ids = NO_IDS
    ) -> Exchange[Status | None]:
        """GET ``/projects/{p}/repos/{r}/commits/{sha}/builds?key=…``."""
        key = quote(self.context(context), safe="")
        url = f"{self._of(repository)}/commits/{commit_name(sha)}/builds?key={key}"
        response: HostResponse = yield HostRequest("GET", url)
        if response.status == 404:
            return None
        found = content(self.title, response)
        address = text(found, "url")
        # The commit's own page stands for none.
        link = None if address == self._page(repository, sha) else address
        return self.read(text(found, "state"), text(found, "name"), text(found, "description"), link)

    # --- facts ---

    def files(self, change: GitChange) -> Exchange[tuple[str, ...] | None]:
        """GET ``/pull-requests/{n}/changes``, or ``/compare/changes``."""
        base = self._of(change.repository)
        if change.number is not None:
            # It has one page alone, and answers that whatever ``start`` is asked for.
            url = f"{base}/pull-requests/{change.number}/changes?limit={_most_changes}"
            page = yield from get(self.title, url)
            changes, complete = items(self.title, page, "values"), at(page, "isLastPage") is True
        elif change.base is not None and change.head is not None:
            url = f"{base}/compare/changes?from={commit_name(change.head)}&to={commit_name(change.base)}"
            changes, complete = yield from self._listed(url, _most_changes)
        else:
            return None
        found = each_once(paths(self.title, changes, ("path", "toString"), ("srcPath", "toString")))
        return found if complete else None

    def permission(self, repository: str, user: HostUser, ids: Ids = NO_IDS) -> Exchange[Permission]:
        """GET ``/users?filter={u}&permission.1=…``: who has the right in whatever way, by exact name."""
        project, name = segments(repository)
        who = segment(user.login, "user's name")
        for word, permission in _PERMISSIONS:
            query = (
                f"filter={who}&permission.1={word}"
                f"&permission.1.projectKey={project}&permission.1.repositorySlug={name}"
            )
            listed = yield from self._values(f"{self.url}/users?{query}")
            if any(at(each, "name") == user.login and at(each, "active") is not False for each in listed):
                return permission
        return Permission.NONE

    def pull_request(self, repository: str, number: int, ids: Ids = NO_IDS) -> Exchange[PullRequest]:
        """GET ``/pull-requests/{n}``, which is what a delivery has of it too."""
        found = yield from get(self.title, f"{self._of(repository)}/pull-requests/{number}")
        if whole(found, "id") != number:
            raise unreadable(self.title)
        facts = BitbucketServer.facts({"eventKey": "pr:opened", "pullRequest": found}, {})
        user = at(found, "author", "user")
        author = HostUser(text(user, "name") or "", whole(user, "id"))
        opened = at(found, "state") == "OPEN"
        return pull_request_of(self.title, number, repository, facts, author, is_open=opened)

    # --- webhooks ---

    def create_hook(self, repository: str, url: str, secret: str, events: tuple[str, ...]) -> Exchange[Hook]:
        """POST ``/projects/{p}/repos/{r}/webhooks``, or PUT the one that has this address."""
        hooks = f"{self._of(repository)}/webhooks"
        listed = yield from self._values(hooks)
        body = {
            "name": "triggerfish",
            "url": url,
            "active": True,
            "sslVerificationRequired": True,
            "configuration": {"secret": secret},
            "events": list(each_once([name for event in events for name in _events.get(event, ())])),
        }
        found = yield from saved_hook(self.title, hooks, listed, body)
        return made_hook(self.title, found, url)

    def ping(self, repository: str, hook: str) -> Exchange[None]:
        """POST ``/projects/{p}/repos/{r}/webhooks/test?webhookId=…&url=…``."""
        number = segment(hook, "webhook")
        base = f"{self._of(repository)}/webhooks"
        url = text((yield from get(self.title, f"{base}/{number}")), "url")
        if url is None:
            raise unreadable(self.title)
        query = f"webhookId={number}&url={quote(url, safe='')}"
        yield from order(self.title, f"{base}/test?{query}")
