"""What every host's requests and readings share: names in URLs, answers and refusals, pages."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote, urlsplit

from triggerfish.errors import HostError, HostRefused, HostUnanswered
from triggerfish.hosts.api.credentials import AccessToken, Basic
from triggerfish.hosts.api.values import (
    Exchange,
    Headers,
    Hook,
    HostRequest,
    HostResponse,
    HostUser,
    Json,
    PullRequest,
)
from triggerfish.hosts.facts import Facts, at, whole

T = TypeVar("T")

MOST_PAGES = 30
"""A host that has more pages of something than this is not asked to the end."""

_longest_wait = 3600.0
_sha = re.compile(r"[0-9a-f]{7,64}")
_lengths = frozenset({40, 64})
_later = frozenset({408, 425, 429})
_resets = ("x-ratelimit-reset", "ratelimit-reset")


# --- requests ---


def segment(name: str, what: str = "name") -> str:
    """One part of a path; ``HostRefused`` for a text that would lead to another path."""
    if not name or name in (".", "..") or not name.isprintable() or "\\" in name:
        raise HostRefused(f"the {what} is not one that a host can be asked for")
    return quote(name, safe="")


def segments(repository: str, least: int = 2, most: int = 2) -> tuple[str, ...]:
    """The parts of a repository's name, such as ``org/app``, each as a part of a path."""
    parts = repository.split("/")
    if not least <= len(parts) <= most:
        raise HostRefused("the repository's name is not one of this host")
    return tuple(segment(part, "repository's name") for part in parts)


def commit_name(sha: str | None, *, short: bool = False) -> str:
    """The full name of a commit, or its beginning where a host says no more; ``HostRefused`` otherwise."""
    if sha is None or not _sha.fullmatch(sha) or (len(sha) not in _lengths and not short):
        raise HostRefused("the commit has no full name")
    return sha


def clipped(words: str, most: int) -> str:
    """One line of at most so many characters."""
    line = " ".join(words.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def bearer(auth: AccessToken) -> Headers:
    """A token as most hosts take it."""
    return (("Authorization", f"Bearer {auth.value}"),)


def basic(auth: Basic) -> Headers:
    """A user's name and password."""
    pair = b64encode(f"{auth.username}:{auth.password}".encode()).decode("ascii")
    return (("Authorization", f"Basic {pair}"),)


# --- answers ---


def is_later(response: HostResponse) -> bool:
    """Return whether an answer says only that it was not now: 429, 5xx, and the 403 of a used-up rate."""
    return (
        response.status in _later
        or response.status >= 500
        or (response.status == 403 and _rate_is_used(response))
    )


def _rate_is_used(response: HostResponse) -> bool:
    return "retry-after" in response.headers or response.headers.get("x-ratelimit-remaining") == "0"


def retry_after(response: HostResponse) -> float | None:
    """Seconds until the same request is worth another attempt, at most an hour; None: nothing says it.

    What is said as a time is compared with the answer's own ``Date``.
    """
    now = _moment(response.headers.get("date", ""))
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), _longest_wait)
    until = _moment(said)
    for name in _resets:
        reset = response.headers.get(name, "").strip()
        if until is None and reset.isascii() and reset.isdigit() and len(reset) <= 12:
            until = float(reset)
    if until is None or now is None:
        return None
    return min(max(until - now, 0.0), _longest_wait)


def _moment(text: str) -> float | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        return None


def refusal(title: str, response: HostResponse) -> HostError:
    """The error that an answer is; its message has the status alone."""
    message = f"{title} answered {response.status}"
    if is_later(response):
        return HostUnanswered(message, retry_after=retry_after(response))
    return HostRefused(message, status=response.status)


def is_success(response: HostResponse) -> bool:
    """2xx."""
    return 200 <= response.status < 300


def content(title: str, response: HostResponse) -> Json:
    """The JSON of a success; ``HostError`` for any other answer."""
    if not is_success(response):
        raise refusal(title, response)
    try:
        return response.json()
    except HostRefused:
        raise HostRefused(
            f"{title} answered {response.status} without JSON", status=response.status
        ) from None


def get(title: str, url: str) -> Exchange[Json]:
    """Ask for one JSON document."""
    return content(title, (yield HostRequest("GET", url)))


def send(title: str, method: str, url: str, json: Json = None, *, once: bool = False) -> Exchange[Json]:
    """Send a JSON document; None where the answer has no body."""
    response: HostResponse = yield HostRequest(method, url, json=json, once=once)
    if not is_success(response):
        raise refusal(title, response)
    return content(title, response) if response.body.strip() else None


def order(title: str, url: str, *, once: bool = False) -> Exchange[None]:
    """Ask for something to be done whose answer says nothing more: POST without a body."""
    response: HostResponse = yield HostRequest("POST", url, once=once)
    if not is_success(response):
        raise refusal(title, response)


def saved_hook(
    title: str, hooks: str, listed: list[Json], body: Json, key: str = "id", *, query: str = ""
) -> Exchange[Json]:
    """POST a webhook, or PUT the one of those ``listed`` that has its address.

    With one more, the host would send everything twice.
    """
    known = next((at(each, key) for each in listed if at(each, "url") == body["url"]), None)
    if known is None:
        return (yield from send(title, "POST", f"{hooks}{query}", body, once=True))
    return (yield from send(title, "PUT", f"{hooks}/{segment(str(known), 'webhook')}{query}", body))


def made_hook(title: str, answer: Json, url: str) -> Hook:
    """The webhook that was made, by its number."""
    number = whole(answer, "id")
    if number is None:
        raise unreadable(title)
    return Hook(str(number), url)


def unreadable(title: str) -> HostRefused:
    """The error for JSON of a shape that the host does not document."""
    return HostRefused(f"{title} answered JSON of an unknown shape")


def items(title: str, value: Json, *path: str) -> list[Json]:
    """The list at a path of an answer."""
    found = at(value, *path)
    if not isinstance(found, list):
        raise unreadable(title)
    return found


# --- pages ---


def next_query(response: HostResponse) -> str | None:
    """The query of the next page as the header ``Link`` has it; None on the last page.

    Only the query is taken: the address there may be one that the credential's url is not.
    """
    for link in response.headers.get("link", "").split(","):
        address, _, parameters = link.partition(";")
        if re.search(r'rel="?next"?(;|\s|$)', parameters):
            try:
                return urlsplit(address.strip().strip("<>")).query or None
            except ValueError:
                return None
    return None


def pages(title: str, url: str, query: str) -> Exchange[Iterator[Json]]:
    """All pages, by ``Link``; ``HostRefused`` when there are more than ``MOST_PAGES``."""
    found: list[Json] = []
    following: str | None = query
    while following is not None:
        if len(found) >= MOST_PAGES:
            raise too_many_pages(title)
        response: HostResponse = yield HostRequest("GET", f"{url}?{following}")
        found.append(content(title, response))
        following = next_query(response)
    return iter(found)


def all_items(title: str, url: str, query: str) -> Exchange[list[Json]]:
    """The elements of the lists of all pages."""
    found = yield from pages(title, url, query)
    return [each for page in found for each in items(title, page)]


def too_many_pages(title: str) -> HostRefused:
    """The error of a list that has no end in sight."""
    return HostRefused(f"{title} answered more than {MOST_PAGES} pages")


# --- readings ---


def paths(title: str, changes: list[Json], *names: tuple[str, ...]) -> Iterator[str]:
    """The paths at some places of each change, new and old ones."""
    for change in changes:
        found = [path for name in names if isinstance(path := at(change, *name), str) and path]
        if not found:
            raise unreadable(title)
        yield from found


def each_once(found: Iterator[str] | list[str]) -> tuple[str, ...]:
    """In the order of the host, each once."""
    return tuple(dict.fromkeys(found))


def pull_request_of(
    title: str, number: int, repository: str, facts: Facts | None, who: HostUser, *, is_open: bool
) -> PullRequest:
    """The pull request that the facts of one tell; ``HostRefused`` when its head or base is missing."""
    if facts is None or not facts.sha or not facts.branch or not facts.base or not who.login:
        raise unreadable(title)
    return PullRequest(
        number,
        facts.repository or repository,
        facts.sha,
        facts.branch,
        facts.base,
        who,
        facts.fork,
        facts.source,
        facts.source_url,
        is_open,
    )


def refused(reason: str) -> Exchange[T]:
    """The conversation about what a host has no API for: it asks nothing."""
    yield from ()
    raise HostRefused(reason)
