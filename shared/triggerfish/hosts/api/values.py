"""The values that every host's API takes and gives, and the shape of one."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, TypeVar

import orjson

from triggerfish.errors import HostRefused
from triggerfish.hosts.api.credentials import AccessToken, Basic

Json = Any
T = TypeVar("T")
Ids = Mapping[str, str | int]
NO_IDS: Ids = MappingProxyType({})
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HostRequest:
    """One request. ``url`` is absolute and begins with the base of the API, never with a payload's address.

    ``json`` is the body (it may hold a new webhook's secret, so no repr shows it). ``once``: the same again
    would do it twice, so it is repeated only after an answer that says it was not done. ``passing``: nothing
    of the answer's size is kept once it was read.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    json: Json | None = field(default=None, repr=False)
    once: bool = False
    passing: bool = False


@dataclass(frozen=True, slots=True)
class HostResponse:
    """An answer, success or not; names of headers are in lower case. The body is in no repr."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> Json:
        """The body as JSON; ``HostRefused`` when it is none. The message quotes nothing of it."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise HostRefused("the answer is not JSON", status=self.status) from None


Exchange = Generator[HostRequest, HostResponse, T]
"""A conversation: yields requests, is sent the response to each, and returns a value.

Raises ``HostRefused`` and ``HostUnanswered``, and nothing else, whatever is sent.
"""


class State(Enum):
    """The state of a run, as a commit shows it."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Status:
    """A status on a commit: ``context`` is its name there, ``url`` where it leads."""

    state: State
    context: str
    description: str = ""
    url: str = ""


class Permission(Enum):
    """The rights of somebody in a repository; ``write`` may push."""

    ADMIN = "admin"
    WRITE = "write"
    READ = "read"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class GitChange:
    """The change whose files are asked for: a pull request by ``number``, else from ``base`` to ``head``."""

    repository: str
    number: int | None = None
    base: str | None = None
    head: str | None = None
    ids: Ids = field(default_factory=lambda: NO_IDS)


@dataclass(frozen=True, slots=True)
class HostUser:
    """Somebody at a host: ``login`` as ``git.author`` shows it, ``id`` where the host names people by ids."""

    login: str
    id: str | int | None = None


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as it is now; ``sha`` and ``branch`` are its head's, ``base`` is where it would go.

    ``fork``: its commits come from another repository (``source``), or one that is gone; None: not known.
    """

    number: int
    repository: str
    sha: str
    branch: str
    base: str
    author: HostUser
    fork: bool | None
    source: str | None
    source_url: str | None
    open: bool


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """A delivery of a webhook that nobody took: ``id`` is the host's own of the newest attempt.

    ``guid`` is the same for all attempts; ``at`` is the time of the newest one in seconds since 1970, 0 where
    the host does not say it; ``asked`` how many attempts somebody had asked for.
    """

    id: str
    guid: str
    at: float
    reason: str
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook at its host."""

    id: str
    url: str


class HostApi(Protocol):
    """The API of one host, below the base URL that it is made with.

    ``cannot`` says what the host has no API for, by the name of the method, and why; such a method raises
    ``HostRefused`` with that sentence. ``default_url`` is the base of the public host, empty where every
    credential must name one. ``ids`` are what a host needs besides names, from the verified payload: they
    never decide which repository is asked or told. ``headers`` go with every request.
    A host keeps failed deliveries for so many seconds, and sends so many of a webhook again at once.
    """

    type: ClassVar[str]
    title: ClassVar[str]
    default_url: ClassVar[str]
    cannot: ClassVar[Mapping[str, str]]
    headers: ClassVar[Headers]
    keeps_deliveries: ClassVar[float]
    most_redeliveries: ClassVar[int]

    def __init__(self, url: str) -> None: ...

    @property
    def url(self) -> str:
        """The base of the API: every request's URL begins with it."""
        ...

    def authorize(self, auth: AccessToken | Basic) -> Headers:
        """The headers that carry a credential."""
        ...

    def post_status(self, repository: str, sha: str, status: Status, ids: Ids = NO_IDS) -> Exchange[None]:
        """Set the status of a commit; the same again changes nothing.

        GitLab takes the fork's repository in ``ids["source"]``, which is told first: give it only where the
        credential fits that repository too.
        """
        ...

    def read_status(
        self, repository: str, sha: str, context: str, ids: Ids = NO_IDS
    ) -> Exchange[Status | None]:
        """The newest status of that name on the commit; None: there is none."""
        ...

    def as_read(self, status: Status) -> Status:
        """How that status reads back once it was posted: hosts have fewer states, and shorter texts."""
        ...

    def files(self, change: GitChange) -> Exchange[tuple[str, ...] | None]:
        """The paths of all files that the change adds, modifies, renames or removes, each once.

        None: the host does not list them all.
        """
        ...

    def permission(self, repository: str, user: HostUser, ids: Ids = NO_IDS) -> Exchange[Permission]:
        """The rights of somebody in the repository."""
        ...

    def pull_request(self, repository: str, number: int, ids: Ids = NO_IDS) -> Exchange[PullRequest]:
        """The pull request as it is now."""
        ...

    def failed_deliveries(
        self, repository: str, hook: str, since: float
    ) -> Exchange[tuple[FailedDelivery, ...]]:
        """The deliveries since then to ask for again, oldest first.

        The newest attempt met no answer, 429 or 5xx, and they were not asked for three times yet.
        """
        ...

    def redeliver(self, repository: str, hook: str, delivery: str) -> Exchange[None]:
        """Ask for one more attempt of a delivery, by the id of its newest attempt."""
        ...

    def create_hook(self, repository: str, url: str, secret: str, events: tuple[str, ...]) -> Exchange[Hook]:
        """Make a webhook that sends these facts' events (push, pull_request, …) as JSON to ``url``.

        A webhook with that address is changed instead, so that nothing is sent twice.
        """
        ...

    def ping(self, repository: str, hook: str) -> Exchange[None]:
        """Ask the host to send a test delivery through that webhook."""
        ...
