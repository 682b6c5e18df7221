"""Azure DevOps Services and Server: https://learn.microsoft.com/rest/api/azure/devops, version 7.1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar

from triggerfish.errors import HostRefused
from triggerfish.hosts.api.attempts import NoDeliveries
from triggerfish.hosts.api.conversation import (
    MOST_PAGES,
    basic,
    commit_name,
    each_once,
    get,
    items,
    paths,
    pull_request_of,
    refused,
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
    HostUser,
    Ids,
    Json,
    Permission,
    PullRequest,
    State,
    Status,
)
from triggerfish.hosts.azuredevops import AzureDevOps
from triggerfish.hosts.facts import at, text, whole

_VERSION = "api-version=7.1"
_GENRE = "triggerfish"
_WORDS = {
    State.PENDING: "pending",
    State.RUNNING: "pending",
    State.SUCCESS: "succeeded",
    State.FAILURE: "failed",
    State.ERROR: "error",
    State.CANCELED: "error",
}
_STATES = {
    "notSet": State.PENDING,
    "pending": State.PENDING,
    "succeeded": State.SUCCESS,
    "partiallySucceeded": State.SUCCESS,
    "failed": State.FAILURE,
    "error": State.ERROR,
    "notApplicable": State.CANCELED,
}
_page = 1000
_no_permission = (
    "Azure DevOps has no API that tells a user's rights in a repository in one question: its permissions are"
    " sets of bits of security descriptors, along groups"
)
_no_deliveries = "Azure DevOps has no API that sends a delivery again"
_no_ping = "Azure DevOps tests a webhook with the settings of a form, not one that is there"
_events = {
    "push": ("git.push",),
    "tag": ("git.push",),
    "pull_request": ("git.pullrequest.created", "git.pullrequest.updated", "git.pullrequest.merged"),
    "comment": ("ms.vss-code.git-pullrequest-comment-event",),
}


class AzureDevOpsApi(Statuses, NoDeliveries):
    """https://learn.microsoft.com/rest/api/azure/devops; ``url`` has the organization or collection."""

    type: ClassVar[str] = "azuredevops"
    title: ClassVar[str] = "Azure DevOps"
    # Payloads name no organization: the credential does.
    default_url: ClassVar[str] = ""
    cannot: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "permission": _no_permission,
            "failed_deliveries": _no_deliveries,
            "ping": _no_ping,
        }
    )
    headers: ClassVar[Headers] = (("Accept", "application/json"),)
    words: ClassVar[Mapping[State, str]] = _WORDS
    states: ClassVar[Mapping[str, State]] = _STATES

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def authorize(self, auth: AccessToken | Basic) -> Headers:
        """A personal access token is the password of nobody."""
        return basic(auth if isinstance(auth, Basic) else Basic("", auth.value))

    def _of(self, repository: str) -> str:
        project, name = segments(repository)
        return f"{self.url}/{project}/_apis/git/repositories/{name}"

    # --- statuses ---

    def post_status(self, repository: str, sha: str, status: Status, ids: Ids = NO_IDS) -> Exchange[None]:
        """POST ``…/commits/{sha}/statuses``."""
        told = self.told(status)
        body: dict[str, Json] = {
            "state": _WORDS[told.state],
            "context": {"genre": _GENRE, "name": told.context},
            "description": told.description,
        }
        if told.url:
            body["targetUrl"] = told.url
        url = f"{self._of(repository)}/commits/{commit_name(sha)}/statuses?{_VERSION}"
        yield from send(self.title, "POST", url, body)

    def read_status(
        self, repository: str, sha: str, context: str, ids: Ids = NO_IDS
    ) -> Exchange[Status | None]:
        """GET ``…/commits/{sha}/statuses?latestOnly=true``."""
        name = self.context(context)
        base = f"{self._of(repository)}/commits/{commit_name(sha)}/statuses?latestOnly=true"
        listed = yield from self._skipping(base, "top", "skip", "value")
        found = [
            each
            for each in listed
            if at(each, "context", "name") == name and at(each, "context", "genre") == _GENRE
        ]
        if not found:
            return None
        newest = max(found, key=lambda each: whole(each, "id") or 0)
        return self.read(text(newest, "state"), name, text(newest, "description"), text(newest, "targetUrl"))

    def _skipping(self, url: str, top: str, skip: str, path: str) -> Exchange[list[Json]]:
        """All values of a list that is asked for by how many to skip."""
        found: list[Json] = []
        joint = "&" if "?" in url else "?"
        for number in range(MOST_PAGES):
            query = f"{top}={_page}&{skip}={number * _page}&{_VERSION}"
            page = items(self.title, (yield from get(self.title, f"{url}{joint}{query}")), path)
            found += page
            if len(page) < _page:
                return found
        raise too_many_pages(self.title)

    # --- facts ---

    def files(self, change: GitChange) -> Exchange[tuple[str, ...] | None]:
        """GET ``…/pullRequests/{n}/iterations/{i}/changes`` of the last one, or ``…/diffs/commits``."""
        base = self._of(change.repository)
        if change.number is not None:
            iterations = f"{base}/pullRequests/{change.number}/iterations"
            listed = items(self.title, (yield from get(self.title, f"{iterations}?{_VERSION}")), "value")
            last = max((whole(each, "id") or 0 for each in listed), default=0)
            if not last:
                return None
            url, path = f"{iterations}/{last}/changes", "changeEntries"
        elif change.base is not None and change.head is not None:
            versions = (
                f"baseVersion={commit_name(change.base)}&baseVersionType=commit"
                f"&targetVersion={commit_name(change.head)}&targetVersionType=commit"
            )
            url, path = f"{base}/diffs/commits?diffCommonCommit=true&{versions}", "changes"
        else:
            return None
        changes = yield from self._skipping(url, "$top", "$skip", path)
        return each_once(self._paths(changes))

    def _paths(self, changes: list[Json]) -> Iterator[str]:
        """Paths begin with a slash there; folders are changes too."""
        files = [
            each
            for each in changes
            if at(each, "item", "isFolder") is not True and at(each, "item", "gitObjectType") != "tree"
        ]
        names = (("item", "path"), ("originalPath",), ("sourceServerItem",))
        return (path.removeprefix("/") for path in paths(self.title, files, *names))

    def permission(self, repository: str, user: HostUser, ids: Ids = NO_IDS) -> Exchange[Permission]:
        """Nothing can be asked for."""
        return refused(_no_permission)

    def pull_request(self, repository: str, number: int, ids: Ids = NO_IDS) -> Exchange[PullRequest]:
        """GET ``…/pullRequests/{n}``, which is what a delivery has of it too."""
        found = yield from get(self.title, f"{self._of(repository)}/pullRequests/{number}?{_VERSION}")
        if whole(found, "pullRequestId") != number:
            raise unreadable(self.title)
        payload = {"eventType": "git.pullrequest.created", "publisherId": "tfs", "resource": found}
        facts = AzureDevOps.facts(payload, {})
        by = at(found, "createdBy")
        login = text(by, "uniqueName") or text(by, "displayName") or ""
        author = HostUser(login, text(by, "id"))
        opened = at(found, "status") == "active"
        return pull_request_of(self.title, number, repository, facts, author, is_open=opened)

    # --- webhooks ---

    def create_hook(self, repository: str, url: str, secret: str, events: tuple[str, ...]) -> Exchange[Hook]:
        """POST ``/_apis/hooks/subscriptions`` (PUT), one a kind of event; the ids are joined by commas."""
        about = yield from get(self.title, f"{self._of(repository)}?{_VERSION}")
        repository_id, project_id = text(about, "id"), text(about, "project", "id")
        if repository_id is None or project_id is None:
            raise unreadable(self.title)
        hooks = f"{self.url}/_apis/hooks/subscriptions"
        query = f"?publisherId=tfs&consumerId=webHooks&consumerActionId=httpRequest&{_VERSION}"
        listed = items(self.title, (yield from get(self.title, f"{hooks}{query}")), "value")
        made = []
        for kind in each_once([name for event in events for name in _events.get(event, ())]):
            body = {
                "publisherId": "tfs",
                "eventType": kind,
                "consumerId": "webHooks",
                "consumerActionId": "httpRequest",
                "publisherInputs": {"projectId": project_id, "repository": repository_id},
                "consumerInputs": {
                    "url": url,
                    "basicAuthUsername": _GENRE,
                    "basicAuthPassword": secret,
                },
            }
            found = yield from self._saved(hooks, listed, body)
            if (number := text(found, "id")) is None:
                raise unreadable(self.title)
            made.append(number)
        if not made:
            raise HostRefused("Azure DevOps has none of these events")
        return Hook(",".join(made), url)

    def _saved(self, hooks: str, listed: list[Json], body: Json) -> Exchange[Json]:
        """The subscription for that kind of event of that repository to that address, made or changed."""
        for each in listed:
            ours = at(each, "eventType") == body["eventType"]
            ours = ours and at(each, "consumerInputs", "url") == body["consumerInputs"]["url"]
            inputs = body["publisherInputs"]
            if ours and at(each, "publisherInputs", "repository") == inputs["repository"]:
                number = segment(text(each, "id") or "", "subscription")
                return (yield from send(self.title, "PUT", f"{hooks}/{number}?{_VERSION}", body))
        return (yield from send(self.title, "POST", f"{hooks}?{_VERSION}", body, once=True))

    def ping(self, repository: str, hook: str) -> Exchange[None]:
        """Nothing can be asked for."""
        return refused(_no_ping)
