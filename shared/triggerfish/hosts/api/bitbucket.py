"""Bitbucket Cloud: https://developer.atlassian.com/cloud/bitbucket/rest, below ``/2.0``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import quote, urlsplit

from triggerfish.errors import HostRefused
from triggerfish.hosts.api.addresses import origin
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
    paths,
    pull_request_of,
    refused,
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
from triggerfish.hosts.bitbucket import Bitbucket
from triggerfish.hosts.facts import at, text, whole

_API = "https://api.bitbucket.org"
_PATH = "/2.0"
_WORDS = {
    State.PENDING: "INPROGRESS",
    State.RUNNING: "INPROGRESS",
    State.SUCCESS: "SUCCESSFUL",
    State.FAILURE: "FAILED",
    State.ERROR: "FAILED",
    State.CANCELED: "STOPPED",
}
_STATES = {
    "INPROGRESS": State.RUNNING,
    "SUCCESSFUL": State.SUCCESS,
    "FAILED": State.FAILURE,
    "STOPPED": State.CANCELED,
}
_longest_key = 40
_no_deliveries = "Bitbucket has no API that lists the deliveries of a webhook"
_no_ping = "Bitbucket has no API that tests a webhook"
_events = {
    "push": ("repo:push",),
    "tag": ("repo:push",),
    "pull_request": (
        "pullrequest:created",
        "pullrequest:updated",
        "pullrequest:fulfilled",
        "pullrequest:rejected",
    ),
    "comment": ("pullrequest:comment_created",),
}


class BitbucketApi(Statuses, NoDeliveries):
    """https://developer.atlassian.com/cloud/bitbucket/rest."""

    type: ClassVar[str] = "bitbucket"
    title: ClassVar[str] = "Bitbucket"
    default_url: ClassVar[str] = _API
    cannot: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"failed_deliveries": _no_deliveries, "ping": _no_ping}
    )
    headers: ClassVar[Headers] = (("Accept", "application/json"),)
    words: ClassVar[Mapping[State, str]] = _WORDS
    states: ClassVar[Mapping[str, State]] = _STATES

    def __init__(self, url: str) -> None:
        base = (url or _API).rstrip("/")
        if urlsplit(base).hostname in ("bitbucket.org", "www.bitbucket.org"):
            base = _API
        self.url = base if base.endswith(_PATH) else base + _PATH

    def authorize(self, auth: AccessToken | Basic) -> Headers:
        """An access token of a repository, project or workspace; or an e-mail address and an API token."""
        return basic(auth) if isinstance(auth, Basic) else bearer(auth)

    def _of(self, repository: str) -> str:
        return f"{self.url}/repositories/{'/'.join(segments(repository))}"

    def _pages(self, url: str) -> Exchange[list[Json]]:
        """All values of a list, whose ``next`` is followed at this host alone."""
        found: list[Json] = []
        for _ in range(MOST_PAGES):
            response: HostResponse = yield HostRequest("GET", url)
            page = content(self.title, response)
            found += items(self.title, page, "values")
            following = text(page, "next")
            if following is None:
                return found
            if origin(following) != origin(self.url):
                raise HostRefused("Bitbucket names another host for the next page")
            url = following
        raise too_many_pages(self.title)

    # --- statuses ---

    def post_status(self, repository: str, sha: str, status: Status, ids: Ids = NO_IDS) -> Exchange[None]:
        """POST ``/repositories/{r}/commit/{sha}/statuses/build``; the same key again replaces it."""
        told = self.told(status)
        body = {
            "key": _key(told.context),
            "state": _WORDS[told.state],
            "name": told.context,
            "description": told.description,
            "url": told.url or self._page(repository, sha),
        }
        url = f"{self._of(repository)}/commit/{_commit(sha)}/statuses/build"
        yield from send(self.title, "POST", url, body)

    def _page(self, repository: str, sha: str) -> str:
        """The page of the commit: Bitbucket wants some address."""
        return f"https://bitbucket.org/{'/'.join(segments(repository))}/commits/{_commit(sha)}"

    def read_status(
        self, repository: str, sha: str, context: str, ids: Ids = NO_IDS
    ) -> Exchange[Status | None]:
        """GET ``/repositories/{r}/commit/{sha}/statuses/build/{key}``."""
        key = segment(_key(self.context(context)), "context")
        url = f"{self._of(repository)}/commit/{_commit(sha)}/statuses/build/{key}"
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
        """GET ``/pullrequests/{n}/diffstat`` (which redirects), or ``/diffstat/{head}..{base}``."""
        base = self._of(change.repository)
        if change.number is not None:
            url = f"{base}/pullrequests/{change.number}/diffstat"
        elif change.base is not None and change.head is not None:
            # topic: from where the two have parted, as other hosts compare.
            url = f"{base}/diffstat/{_commit(change.head)}..{_commit(change.base)}?topic=true"
        else:
            return None
        changes = yield from self._pages(f"{url}{'&' if '?' in url else '?'}pagelen=100")
        return each_once(self._paths(changes))

    def _paths(self, changes: list[Json]) -> Iterator[str]:
        return paths(self.title, changes, ("new", "path"), ("old", "path"))

    def permission(self, repository: str, user: HostUser, ids: Ids = NO_IDS) -> Exchange[Permission]:
        """GET ``/workspaces/{w}/permissions/repositories/{repo}?q=user.account_id="…"``, as an administrator.

        Nicknames are not unique there, so a user without an id has no answer.
        """
        if user.id is None:
            raise HostRefused("Bitbucket tells people apart by their account ids, and the payload has none")
        workspace, name = segments(repository)
        field = "uuid" if str(user.id).startswith("{") else "account_id"
        if any(letter in str(user.id) for letter in '"\\') or not str(user.id).isprintable():
            raise HostRefused("the user's id is not one that a host can be asked for")
        query = quote(f'user.{field}="{user.id}"', safe="")
        url = f"{self.url}/workspaces/{workspace}/permissions/repositories/{name}?q={query}"
        listed = yield from self._pages(url)
        for each in listed:
            if at(each, "user", field) == str(user.id):
                return self._permission(each)
        return Permission.NONE

    def _permission(self, found: Json) -> Permission:
        try:
            return Permission(at(found, "permission"))
        except ValueError:
            raise unreadable(self.title) from None

    def pull_request(self, repository: str, number: int, ids: Ids = NO_IDS) -> Exchange[PullRequest]:
        """GET ``/repositories/{r}/pullrequests/{n}``, and its newest commit, whose name is in full there."""
        url = f"{self._of(repository)}/pullrequests/{number}"
        found = yield from get(self.title, url)
        if whole(found, "id") != number:
            raise unreadable(self.title)
        facts = Bitbucket.facts(
            {"repository": at(found, "destination", "repository"), "pullrequest": found, "actor": None}, {}
        )
        login = text(found, "author", "nickname") or text(found, "author", "display_name") or ""
        author = HostUser(login, text(found, "author", "account_id") or text(found, "author", "uuid"))
        opened = at(found, "state") == "OPEN"
        told = pull_request_of(self.title, number, repository, facts, author, is_open=opened)
        newest = text((yield from get(self.title, f"{url}/commits?pagelen=1")), "values", 0, "hash") or ""
        # A push in between: the short name is of what was read.
        return replace(told, sha=newest) if newest.startswith(told.sha) else told

    # --- webhooks ---

    def create_hook(self, repository: str, url: str, secret: str, events: tuple[str, ...]) -> Exchange[Hook]:
        """POST ``/repositories/{r}/hooks``, or PUT the one that has this address."""
        hooks = f"{self._of(repository)}/hooks"
        listed = yield from self._pages(hooks)
        body = {
            "description": "triggerfish",
            "url": url,
            "active": True,
            "secret": secret,
            "events": list(each_once([name for event in events for name in _events.get(event, ())])),
        }
        found = yield from saved_hook(self.title, hooks, listed, body, "uuid")
        uuid = text(found, "uuid")
        if uuid is None:
            raise unreadable(self.title)
        return Hook(uuid, url)

    def ping(self, repository: str, hook: str) -> Exchange[None]:
        """Nothing can be asked for."""
        return refused(_no_ping)


def _commit(sha: str | None) -> str:
    """Payloads of pull requests have the first twelve letters alone."""
    return commit_name(sha, short=True)


def _key(context: str) -> str:
    """The status's key: the name itself if it is short enough, else its beginning and a hash of it."""
    if len(context) <= _longest_key:
        return context
    mark = hashlib.sha256(context.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{context[: _longest_key - 9]}-{mark}"
