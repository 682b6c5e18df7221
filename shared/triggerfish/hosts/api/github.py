"""GitHub and GitHub Enterprise Server: https://docs.github.com/rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import urlsplit

from triggerfish.errors import HostRefused
from triggerfish.hosts.api.attempts import Attempt, to_redeliver
from triggerfish.hosts.api.conversation import (
    MOST_PAGES,
    basic,
    bearer,
    content,
    get,
    items,
    next_query,
    order,
    segment,
    send,
    unreadable,
)
from triggerfish.hosts.api.credentials import AccessToken, Basic
from triggerfish.hosts.api.github_like import GitHubLike
from triggerfish.hosts.api.values import Exchange, FailedDelivery, Headers, HostRequest, HostResponse, Json
from triggerfish.hosts.facts import at, text, whole
from triggerfish.hosts.times import seconds

# GitHub lists no more files than these of a pull request, and of a comparison.
_MOST_FILES, _MOST_COMPARED = 3000, 300
_API = "https://api.github.com"
_ABOUT = re.compile(r"/repos/([\w.-]+/[\w.-]+)/", re.ASCII)


def api_url(url: str) -> str:
    """The base of the API for the URL in a credential, which may be that of the pages."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("github.com", "www.github.com"):
        return _API
    if host.endswith(".ghe.com") and not host.startswith("api."):
        return f"https://api.{parts.netloc}"
    if parts.path.strip("/") or host.startswith("api."):
        return url.rstrip("/")
    return f"{url.rstrip('/')}/api/v3"


class GitHubApi(GitHubLike):
    """https://docs.github.com/rest, version 2022-11-28."""

    type: ClassVar[str] = "github"
    title: ClassVar[str] = "GitHub"
    default_url: ClassVar[str] = _API
    cannot: ClassVar[Mapping[str, str]] = MappingProxyType({})
    keeps_deliveries: ClassVar[float] = 3 * 86400.0
    most_redeliveries: ClassVar[int] = 50
    headers: ClassVar[Headers] = (
        ("Accept", "application/vnd.github+json"),
        ("X-GitHub-Api-Version", "2022-11-28"),
    )
    page: ClassVar[str] = "per_page=100"
    newest: ClassVar[str] = "per_page=100"
    state_field: ClassVar[str] = "state"
    hook_kind: ClassVar[str] = "name=web"
    tests: ClassVar[str] = "pings"
    events: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType(
        {
            "push": ("push",),
            "tag": ("push",),
            "pull_request": ("pull_request",),
            "comment": ("issue_comment",),
            "release": ("release",),
        }
    )

    def __init__(self, url: str) -> None:
        super().__init__(api_url(url or _API))

    def authorize(self, auth: AccessToken | Basic) -> Headers:
        """A token of any kind, an app's too."""
        return basic(auth) if isinstance(auth, Basic) else bearer(auth)

    def _whole(self, changes: list[Json]) -> tuple[str, ...] | None:
        return None if len(changes) >= _MOST_FILES else super()._whole(changes)

    def _compared(self, url: str) -> Exchange[tuple[str, ...] | None]:
        """The first page alone has the files."""
        found = yield from get(self.title, f"{url}?per_page=1")
        changes = items(self.title, found, "files")
        return None if len(changes) >= _MOST_COMPARED else self._whole(changes)

    # --- an app's token ---

    def installation_of(self, repository: str) -> Exchange[int]:
        """GET ``/repos/{r}/installation``, as the app itself."""
        found = yield from get(self.title, f"{self._of(repository)}/installation")
        number = whole(found, "id")
        if number is None:
            raise unreadable(self.title)
        return number

    def installation_token(self, installation: int) -> Exchange[tuple[str, float]]:
        """POST ``/app/installations/{id}/access_tokens``: a token, and its end in seconds since 1970."""
        url = f"{self.url}/app/installations/{installation}/access_tokens"
        found = yield from send(self.title, "POST", url)
        token, end = text(found, "token"), seconds(at(found, "expires_at"))
        if token is None or end is None or not token.isascii() or not token.isprintable() or " " in token:
            raise unreadable(self.title)
        return token, end

    # --- lost deliveries ---

    def failed_deliveries(
        self, repository: str, hook: str, since: float
    ) -> Exchange[tuple[FailedDelivery, ...]]:
        """GET ``/repos/{r}/hooks/{id}/deliveries``, the newest first, until one is older than ``since``."""
        url = f"{self._of(repository)}/hooks/{segment(hook, 'webhook')}/deliveries"
        attempts: list[Attempt] = []
        following: str | None = "per_page=100"
        for _ in range(MOST_PAGES):
            response: HostResponse = yield HostRequest("GET", f"{url}?{following}", passing=True)
            found = [self._attempt(each) for each in items(self.title, content(self.title, response))]
            attempts += [each for each in found if each.at >= since]
            following = next_query(response)
            if following is None or not found or found[-1].at < since:
                break
        # Deliveries before the last page are old, and the newer ones are worth more than none.
        return to_redeliver(attempts)

    def _attempt(self, found: Json) -> Attempt:
        number, guid = whole(found, "id"), text(found, "guid")
        at_time, code = seconds(at(found, "delivered_at")), whole(found, "status_code")
        if number is None or guid is None or at_time is None:
            raise unreadable(self.title)
        # Without an answer the code is 0, and the status says why ("timed out").
        return Attempt(
            str(number),
            guid,
            at_time,
            code or 0,
            text(found, "status") or "",
            again=at(found, "redelivery") is True,
        )

    def redeliver(self, repository: str, hook: str, delivery: str) -> Exchange[None]:
        """POST ``/repos/{r}/hooks/{id}/deliveries/{delivery}/attempts``."""
        if not delivery.isascii() or not delivery.isdigit():
            raise HostRefused("the delivery's id is not one of GitHub's")
        base = f"{self._of(repository)}/hooks/{segment(hook, 'webhook')}/deliveries"
        yield from order(self.title, f"{base}/{delivery}/attempts", once=True)


def repository_in(api: GitHubApi, request: HostRequest) -> str:
    """The repository that a request is about; ``HostRefused`` when it is about none."""
    found = _ABOUT.match(request.url.removeprefix(api.url))
    if found is None:
        raise HostRefused("the credential is a GitHub App without installationId, and no delivery names one")
    return found[1]
