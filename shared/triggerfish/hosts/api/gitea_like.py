"""The API that Gitea and Forgejo share, where it differs from GitHub's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from triggerfish.hosts.api.attempts import NoDeliveries
from triggerfish.hosts.api.conversation import basic, each_once, get, items, send
from triggerfish.hosts.api.credentials import AccessToken, Basic
from triggerfish.hosts.api.github_like import GitHubLike
from triggerfish.hosts.api.values import Exchange, Headers, Json
from triggerfish.hosts.facts import at, whole

_PATH = "/api/v1"


class GiteaLike(GitHubLike, NoDeliveries):
    """What both have: pages of 50, the files of a comparison at each commit, no list of deliveries."""

    type: ClassVar[str]
    default_url: ClassVar[str]
    headers: ClassVar[Headers] = (("Accept", "application/json"),)
    cannot: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"failed_deliveries": "it has no API that lists the deliveries of a webhook"}
    )
    page: ClassVar[str] = "limit=50"
    # The orders by index have each other's name there: this is the newest first.
    newest: ClassVar[str] = "sort=leastindex&limit=50"
    state_field: ClassVar[str] = "status"
    tests: ClassVar[str] = "tests"
    events: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType(
        {
            "push": ("push", "delete"),
            "tag": ("push",),
            "pull_request": ("pull_request", "pull_request_sync"),
            "comment": ("issue_comment", "pull_request_comment"),
            "release": ("release",),
        }
    )

    def __init__(self, url: str) -> None:
        base = (url or self.default_url).rstrip("/")
        super().__init__(base if base.endswith(_PATH) else base + _PATH)

    def authorize(self, auth: AccessToken | Basic) -> Headers:
        """An access token, or a user's password."""
        if isinstance(auth, Basic):
            return basic(auth)
        return (("Authorization", f"token {auth.value}"),)

    def _compared(self, url: str) -> Exchange[tuple[str, ...] | None]:
        """Each commit has its files, if all commits are there."""
        found = yield from get(self.title, url)
        commits = at(found, "commits")
        if commits is None and whole(found, "total_commits") == 0:
            return ()
        listed = items(self.title, found, "commits")
        if whole(found, "total_commits") != len(listed):
            return None
        changes = [at(each, "files") for each in listed]
        if not all(isinstance(each, list) for each in changes):
            return None
        return each_once([path for each in changes for path in self._paths(each)])

    def _made(self, hooks: str, known: list[int], body: Json) -> Exchange[Json]:
        """A new one, and then none of the old: the API changes all of a webhook but its secret."""
        made = yield from send(self.title, "POST", hooks, body, once=True)
        for number in known:
            yield from send(self.title, "DELETE", f"{hooks}/{number}")
        return made
