"""A Kubernetes API in memory, by the real one's rules, that fails when a test says so.

``Model`` is a ``Transport`` as the administrator; ``acting(user)`` and ``bearer(token)`` are the same API as
somebody else. Its clock stands still until a test sets ``now``. What a kube-controller-manager would do, it
does when asked: ``collect_garbage()``. tests/contract/ holds it to what a real API server does.
"""

import random
from datetime import UTC, datetime
from email.utils import format_datetime

import orjson
from tests.simulation.history import Call, Crash, Entry, History, Hook, NoFaults
from tests.simulation.server import KNOWN, NAMESPACES, Allowed, Server, everything

from triggerfish.errors import Unanswered
from triggerfish.kube.resources import Resource
from triggerfish.kube.wire import Request, Response, type_merge_patch
from triggerfish.workflows.objects import Json

ADMINISTRATOR = "admin"
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Model:
    """One API server: ``history`` is every call with its outcome, ``faults`` the hook around each.

    ``now`` is its clock, ``behind`` how many writes a list with ``resourceVersion=0`` lags.
    """

    def __init__(
        self,
        *,
        now: datetime = datetime(2026, 1, 1, tzinfo=UTC),
        seed: int = 0,
        faults: Hook | None = None,
        allowed: Allowed = everything,
    ) -> None:
        self.server = Server(random.Random(seed), now, allowed)
        self.faults = faults or NoFaults()
        self.history = History()
        self.calls = 0
        for name in ("default", "kube-system"):
            self.put(NAMESPACES, None, {"metadata": {"name": name}})

    @property
    def now(self) -> datetime:
        return self.server.now

    @now.setter
    def now(self, moment: datetime) -> None:
        self.server.now = moment

    @property
    def behind(self) -> int:
        return self.server.behind

    @behind.setter
    def behind(self, writes: int) -> None:
        self.server.behind = writes

    # -- identities and calls -------------------------------------------------------------------

    def acting(self, user: str) -> "As":
        """The API as that user; as nobody (401) when it is empty."""
        return As(self, user)

    def bearer(self, token: str) -> "As":
        """The API with that bearer token: as the service account it was made for, or 401."""
        return As(self, self.server.tokens.get(token, ""))

    async def send(self, request: Request, *, timeout: float = 10.0) -> Response:
        return await self.acting(ADMINISTRATOR).send(request, timeout=timeout)

    def read(self, request: Request, user: str) -> Call:
        """What the request asks. A path of no resource that Triggerfish uses raises ``KeyError``."""
        self.calls += 1
        return call_of(request, user, self.calls, self.now)

    def carry_out(self, entry: Entry) -> Response:
        """At once, and written down."""
        self.history.entries.append(entry)
        response = self.server.carry_out(entry)
        entry.answer = response.status
        date = format_datetime(self.now.astimezone(UTC).replace(microsecond=0), usegmt=True)
        body = response.body
        if "as=PartialObjectMetadata;" in entry.call.request.accept and response.status < 300:
            kind = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
            body = orjson.dumps({**kind, "metadata": orjson.loads(body)["metadata"]})
        return Response(response.status, {**response.headers, "date": date}, body)

    # -- the test's own hand: no fault, no wait ---------------------------------------------------

    def do(self, request: Request, user: str = ADMINISTRATOR) -> Response:
        """One call as that user, and what it was answered."""
        return self.carry_out(Entry(self.read(request, user)))

    def put(self, resource: Resource, namespace: str | None, body: Json, user: str = ADMINISTRATOR) -> Json:
        """Create it, its kind filled in; the object as stored. ``AssertionError`` when it is refused."""
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        return self._done(Request("POST", resource.path(namespace), body={**kind, **body}), user)

    def edit(
        self, resource: Resource, namespace: str | None, name: str, patch: Json, user: str = ADMINISTRATOR
    ) -> Json:
        """Merge-patch it; the object as stored. ``AssertionError`` when it is refused."""
        path = resource.path(namespace, name)
        return self._done(Request("PATCH", path, body=patch, content_type=type_merge_patch), user)

    def remove(self, resource: Resource, namespace: str | None, name: str, user: str = ADMINISTRATOR) -> None:
        """Delete it. ``AssertionError`` when it is refused."""
        self._done(Request("DELETE", resource.path(namespace, name)), user)

    def _done(self, request: Request, user: str) -> Json:
        response = self.do(request, user)
        assert response.status < 300, response.body.decode()
        value: Json = orjson.loads(response.body)
        return value

    def objects(self, resource: Resource, namespace: str | None = None) -> list[Json]:
        """What is stored now, in the order of a list. Not to be changed by the reader."""
        return self.server.store.select(resource, namespace)

    def expire_continues(self) -> None:
        """Compaction: every continue token so far is answered 410."""
        self.server.continues.clear()

    def collect_garbage(self, user: str = "system:kube-controller-manager") -> int:
        """Delete what has owners and none of them alive, until nothing has; how many were deleted."""
        deleted = 0
        while orphans := self.server.store.orphans():
            for resource, namespace, name in orphans:
                self.remove(resource, namespace or None, name, user)
            deleted += len(orphans)
        return deleted


def call_of(request: Request, user: str, number: int, at: datetime) -> Call:
    """What a request asks. A path of no resource that Triggerfish uses raises ``KeyError``."""
    parts = request.path.strip("/").split("/")
    group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (*parts[1:3], parts[3:])
    namespace = None
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource = (*rest, None, None)[:3]
    headers = {key.lower(): value for key, value in request.headers.items()}
    return Call(
        number=number,
        at=at,
        user=user,
        impersonated=headers.get("impersonate-user", ""),
        verb=VERBS.get(request.method) or ("get" if name else "list"),
        resource=KNOWN[group, version, plural],
        namespace=namespace,
        name=name,
        subresource=subresource or "",
        request=request,
    )


class As:
    """The model as one user."""

    def __init__(self, model: Model, user: str) -> None:
        self.model, self.user = model, user

    async def send(self, request: Request, *, timeout: float = 10.0) -> Response:
        """The answer, the hook's answer in its stead, or what the hook raises."""
        model = self.model
        entry = Entry(model.read(request, self.user))
        try:
            instead = await model.faults.before(entry.call)
        except (Unanswered, Crash) as fault:
            model.history.entries.append(entry)
            entry.fault = f"{_name(fault)} before"
            raise
        if instead is not None:
            model.history.entries.append(entry)
            entry.answer, entry.fault = instead.status, f"{instead.status} before"
            return instead
        response = model.carry_out(entry)
        entry.answer = None  # until the caller has it
        try:
            instead = await model.faults.after(entry.call, response)
        except (Unanswered, Crash) as fault:
            entry.fault = f"{_name(fault)} after"
            raise
        if instead is not None:
            entry.fault, response = f"{instead.status} after", instead
        entry.answer = response.status
        return response


def _name(fault: Unanswered | Crash) -> str:
    return "crash" if isinstance(fault, Crash) else "lost"
