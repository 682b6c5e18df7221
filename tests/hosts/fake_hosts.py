"""Hosts without a network: conversations run against a Python object that plays GitHub, Gitea or Forgejo."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from triggerfish.errors import HostError, HostUnanswered
from triggerfish.hosts.api.credentials import AccessToken, Credential, HostCredentials, credential_for
from triggerfish.hosts.api.registry import api_of
from triggerfish.hosts.api.values import HostRequest, HostResponse

SHA = "1a" * 20
PAGE = 100


def answered(body: Any = None, status: int = 200, **headers: str) -> HostResponse:
    """A response with a JSON body; ``retry_after="5"`` becomes the header ``retry-after``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HostResponse(status, named, b"" if body is None else json.dumps(body).encode())


@dataclass
class Before:
    """A fault instead of an answer: nothing was done. ``raised`` is an error, or the answer."""

    raised: HostError | HostResponse


@dataclass
class After:
    """The request was carried out, and its answer is lost."""

    raised: HostError = field(default_factory=lambda: HostUnanswered("the host did not answer in time"))


class FakeHost:
    """GitHub's state and routes (Gitea's and Forgejo's too: they differ in their base and some fields).

    ``statuses`` by repository and commit, the newest first, each as the API writes it; ``pulls`` and
    ``files`` by repository and number, ``compared`` by repository and ``base...head``, ``permissions`` by
    repository and login, ``deliveries`` by repository and hook, the newest first.
    """

    def __init__(self) -> None:
        self.statuses: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.pulls: dict[tuple[str, int], dict[str, Any]] = {}
        self.files: dict[tuple[str, int], list[str]] = {}
        self.compared: dict[tuple[str, str], list[str]] = {}
        self.permissions: dict[tuple[str, str], str] = {}
        self.deliveries: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.redelivered: list[str] = []

    def answer(self, request: HostRequest) -> HostResponse:
        """The answer of the route, 404 for any other."""
        parts = urlsplit(request.url)
        path = re.sub(r"^/api/v[13]", "", unquote(parts.path))
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        for method, pattern, route in ROUTES:
            if request.method == method and (found := re.fullmatch(pattern, path)):
                return route(self, *found.groups(), request=request, query=query)
        return answered({"message": "Not Found"}, 404)

    def latest(self, repository: str, sha: str, context: str) -> tuple[str, str]:
        """State and description of the newest status of that name."""
        found = (each for each in self.statuses.get((repository, sha), []) if each["context"] == context)
        newest = next(found, None)
        return (newest["state"], newest["description"]) if newest else ("", "")

    def pull(self, repository: str, number: int, **more: Any) -> dict[str, Any]:
        """Open a pull request from the repository itself, and return it: tests change what they need."""
        repo = {"full_name": repository, "clone_url": f"https://host.example/{repository}.git"}
        made = {
            "number": number,
            "state": "open",
            "user": {"login": "octocat", "id": 1},
            "head": {"sha": SHA, "ref": "topic", "repo": repo},
            "base": {"sha": "2b" * 20, "ref": "main", "repo": repo},
        } | more
        self.pulls[repository, number] = made
        return made

    # --- routes ---

    def _post_status(self, repository: str, sha: str, *, request: HostRequest, **_: Any) -> HostResponse:
        known = self.statuses.setdefault((repository, sha), [])
        made = {"description": "", "target_url": ""} | request.json | {"id": len(known)}
        # Gitea reads it back under another name.
        known.insert(0, made | {"status": made["state"]})
        return answered(known[0], 201)

    def _statuses(self, repository: str, sha: str, *, query: dict[str, str], **_: Any) -> HostResponse:
        return paged(self.statuses.get((repository, sha), []), query)

    def _pull(self, repository: str, number: str, **_: Any) -> HostResponse:
        found = self.pulls.get((repository, int(number)))
        return answered(found) if found else answered({"message": "Not Found"}, 404)

    def _files(self, repository: str, number: str, *, query: dict[str, str], **_: Any) -> HostResponse:
        return paged([{"filename": name} for name in self.files.get((repository, int(number)), [])], query)

    def _compare(self, repository: str, between: str, **_: Any) -> HostResponse:
        files = [{"filename": name} for name in self.compared.get((repository, between), [])]
        return answered({"files": files, "total_commits": 1, "commits": [{"files": files}]})

    def _permission(self, repository: str, login: str, **_: Any) -> HostResponse:
        found = self.permissions.get((repository, login))
        return answered({"permission": found}) if found else answered({"message": "Not Found"}, 404)

    def _deliveries(self, repository: str, hook: str, *, query: dict[str, str], **_: Any) -> HostResponse:
        return paged(self.deliveries.get((repository, hook), []), query)

    def _redeliver(self, repository: str, hook: str, delivery: str, **_: Any) -> HostResponse:
        self.redelivered.append(delivery)
        return answered({}, 202)


_repo = r"/repos/([^/]+/[^/]+)"
ROUTES: list[tuple[str, str, Callable[..., HostResponse]]] = [
    ("POST", rf"{_repo}/statuses/([0-9a-f]+)", FakeHost._post_status),
    ("GET", rf"{_repo}/commits/([0-9a-f]+)/statuses", FakeHost._statuses),
    ("GET", rf"{_repo}/pulls/(\d+)", FakeHost._pull),
    ("GET", rf"{_repo}/pulls/(\d+)/files", FakeHost._files),
    ("GET", rf"{_repo}/compare/([^/]+)", FakeHost._compare),
    ("GET", rf"{_repo}/collaborators/([^/]+)/permission", FakeHost._permission),
    ("GET", rf"{_repo}/hooks/(\d+)/deliveries", FakeHost._deliveries),
    ("POST", rf"{_repo}/hooks/(\d+)/deliveries/(\d+)/attempts", FakeHost._redeliver),
]


def paged(values: list[Any], query: dict[str, str]) -> HostResponse:
    """One page of them, with the header ``Link`` when there is another."""
    size = int(query.get("per_page") or query.get("limit") or PAGE)
    page = int(query.get("page", "1"))
    rest = "&".join(f"{name}={value}" for name, value in query.items() if name != "page")
    more = len(values) > page * size
    # The address there is not ours: only the query of it may be used.
    link = {"link": f'<https://elsewhere.example/x?{rest}&page={page + 1}>; rel="next"'} if more else {}
    return answered(values[(page - 1) * size : page * size], **link)


class FakeHosts:
    """Stands for ``hostapi.hosts.Hosts``: the same methods, an object for the network.

    ``faults`` are met one for each request, in order; None is none. ``calls`` has each request that was sent.
    """

    def __init__(
        self, host: FakeHost | Callable[[HostRequest], HostResponse], *credentials: Credential
    ) -> None:
        self.answer = host.answer if isinstance(host, FakeHost) else host
        self.known = HostCredentials(
            tuple(sorted(credentials or (credential(),), key=lambda each: each.name))
        )
        self.calls: list[HostRequest] = []
        self.faults: list[Before | After | None] = []
        self.installations: list[int | None] = []
        self.by_anybody: list[bool] = []
        # Raised instead of the credentials, as where the Secret may not be read.
        self.unreadable: HostError | None = None

    async def credentials(self, namespace: str) -> HostCredentials:
        if self.unreadable is not None:
            raise self.unreadable
        return self.known

    async def credential(self, namespace: str, host_type: str, repository: str) -> Credential | None:
        return credential_for(await self.credentials(namespace), host_type, repository)

    async def run(
        self,
        credential: Credential,
        make: Any,
        *,
        seconds: float,
        namespace: str = "",
        installation: Any = None,
    ) -> Any:
        self.installations.append(installation)
        return converse(make(api_of(credential)), self._answered)

    async def ask(self, credential: Credential, make: Any, *, by_anybody: bool = False, **limits: Any) -> Any:
        self.by_anybody.append(by_anybody)
        return await self.run(credential, make, **limits)

    async def close(self) -> None:
        pass

    def _answered(self, request: HostRequest) -> HostResponse:
        fault = self.faults.pop(0) if self.faults else None
        self.calls.append(request)
        if isinstance(fault, Before):
            if isinstance(fault.raised, HostResponse):
                return fault.raised
            raise fault.raised
        response = self.answer(request)
        if isinstance(fault, After):
            raise fault.raised
        return response


def credential(
    name: str = "ci", kind: str = "github", url: str = "", repositories: Iterable[str] = ("*",)
) -> Credential:
    """A credential with a token; Gitea and Forgejo have a url of their own."""
    return Credential(name, kind, url, tuple(repositories), AccessToken("hush-token"))


def converse(exchange: Any, answer: Callable[[HostRequest], HostResponse]) -> Any:
    """What the conversation returns, each request answered at once."""
    try:
        request = next(exchange)
        while True:
            request = exchange.send(answer(request))
    except StopIteration as done:
        return done.value
