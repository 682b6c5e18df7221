"""GitLab's webhooks and their deliveries, and where its API is: https://docs.gitlab.com/api/project_webhooks."""

from __future__ import annotations

from typing import ClassVar

from triggerfish.hosts.api.attempts import Attempt, to_redeliver
from triggerfish.hosts.api.conversation import (
    MOST_PAGES,
    all_items,
    basic,
    bearer,
    content,
    is_success,
    items,
    made_hook,
    next_query,
    order,
    refusal,
    saved_hook,
    segment,
    segments,
    unreadable,
)
from triggerfish.hosts.api.credentials import AccessToken, Basic
from triggerfish.hosts.api.values import (
    Exchange,
    FailedDelivery,
    Headers,
    Hook,
    HostRequest,
    HostResponse,
    Json,
)
from triggerfish.hosts.facts import at, text, whole

_PATH = "/api/v4"
_most_groups = 21
_triggers = {
    "push": "push_events",
    "tag": "tag_push_events",
    "pull_request": "merge_requests_events",
    "comment": "note_events",
    "release": "releases_events",
}


class GitLabHooks:
    """A project's path stands for its number, so no payload chooses it."""

    title: ClassVar[str] = "GitLab"
    default_url: ClassVar[str] = "https://gitlab.com"
    keeps_deliveries: ClassVar[float] = 7 * 86400.0
    # Five a minute for each webhook.
    most_redeliveries: ClassVar[int] = 5

    def __init__(self, url: str) -> None:
        base = (url or self.default_url).rstrip("/")
        self.url = base if base.endswith(_PATH) else base + _PATH

    def authorize(self, auth: AccessToken | Basic) -> Headers:
        """A personal, group, project or OAuth token."""
        return basic(auth) if isinstance(auth, Basic) else bearer(auth)

    def _of(self, repository: str) -> str:
        return f"{self.url}/projects/{'%2F'.join(segments(repository, 2, _most_groups))}"

    def failed_deliveries(
        self, repository: str, hook: str, since: float
    ) -> Exchange[tuple[FailedDelivery, ...]]:
        """GET ``/projects/{id}/hooks/{h}/events``, the newest first: GitLab keeps seven days and no times."""
        url = f"{self._of(repository)}/hooks/{segment(hook, 'webhook')}/events"
        attempts: list[Attempt] = []
        # Each has its payload in it: no larger pages.
        following: str | None = "per_page=20"
        for _ in range(MOST_PAGES):
            response: HostResponse = yield HostRequest("GET", f"{url}?{following}", passing=True)
            attempts += [self._attempt(each) for each in items(self.title, content(self.title, response))]
            following = next_query(response)
            if following is None:
                break
        return to_redeliver(attempts)

    def _attempt(self, found: Json) -> Attempt:
        number = whole(found, "id")
        if number is None:
            raise unreadable(self.title)
        # "internal error" where there was no answer.
        status = at(found, "response_status")
        code = int(status) if str(status).isascii() and str(status).isdigit() and len(str(status)) < 4 else 0
        guid = text(found, "request_headers", "Idempotency-Key")
        return Attempt(str(number), guid or f"event {number}", 0.0, code, "" if code else str(status))

    def redeliver(self, repository: str, hook: str, delivery: str) -> Exchange[None]:
        """POST ``/projects/{id}/hooks/{h}/events/{e}/resend``, since GitLab 17.4."""
        base = f"{self._of(repository)}/hooks/{segment(hook, 'webhook')}/events"
        url = f"{base}/{segment(delivery, 'delivery')}/resend"
        response: HostResponse = yield HostRequest("POST", url, once=True)
        # What the function answered to it is in the answer, or is the answer.
        if not is_success(response) and response.status != 422:
            raise refusal(self.title, response)

    def create_hook(self, repository: str, url: str, secret: str, events: tuple[str, ...]) -> Exchange[Hook]:
        """POST ``/projects/{id}/hooks`` (PUT); a secret that begins with ``whsec_`` is for signatures."""
        hooks = f"{self._of(repository)}/hooks"
        listed = yield from all_items(self.title, hooks, "per_page=100")
        body: dict[str, Json] = {"url": url, "enable_ssl_verification": True}
        body["signing_token" if secret.startswith("whsec_") else "token"] = secret
        body |= {field: event in events for event, field in _triggers.items()}
        found = yield from saved_hook(self.title, hooks, listed, body)
        return made_hook(self.title, found, url)

    def ping(self, repository: str, hook: str) -> Exchange[None]:
        """POST ``/projects/{id}/hooks/{h}/test/push_events``: the newest push is sent as a test."""
        url = f"{self._of(repository)}/hooks/{segment(hook, 'webhook')}/test/push_events"
        yield from order(self.title, url)
