"""A network before a real API server that fails as the model's does, and keeps the same history.

Each caller has a prefix of its own (``http://127.0.0.1:PORT/<name>``), by which the history knows it. Calls
are carried out one at a time, so that the history has them in the order of their effect, and each object as
it was before and after.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
import orjson
from aiohttp import web
from tests.real.apiserver import ApiServer
from tests.simulation.history import Call, Entry, Fault, History
from tests.simulation.model import call_of
from tests.simulation.statuses import refusal

from triggerfish.kube.wire import Request, Response
from triggerfish.workflows.objects import Json

BEFORE = {
    Fault.CONFLICT: lambda: refusal(409, "Conflict", "the object has been modified"),
    Fault.TOO_MANY: lambda: refusal(429, "TooManyRequests", "the server is busy", retry_after=1),
    Fault.ERROR: lambda: refusal(500, "InternalError", "etcdserver: leader changed"),
}
# A proxy cannot kill its caller: the test does that.
NETWORK = (
    Fault.CONFLICT,
    Fault.TOO_MANY,
    Fault.ERROR,
    Fault.ERROR_AFTER,
    Fault.LOST_BEFORE,
    Fault.LOST_AFTER,
)


class Proxy:
    """``choose`` says which fault a call meets, ``delay`` for how many seconds it is held up before.

    ``names`` gives the name that the history uses for a caller's prefix. ``strict``: a write with a field
    that the schema does not know is refused, where the server would only leave the field out.
    """

    def __init__(self, server: ApiServer, *, strict: bool = False) -> None:
        self.server, self.strict = server, strict
        self.history = History()
        self.choose: Callable[[Call], Fault | None] = lambda call: None
        self.delay: Callable[[Call], float] = lambda call: 0.0
        self.names: Callable[[str], str] = lambda prefix: prefix
        self.calls = 0
        self.url = ""
        self._one_at_a_time = asyncio.Lock()
        self._session: aiohttp.ClientSession

    async def handle(self, incoming: web.Request) -> web.StreamResponse:
        """One call, with whatever becomes of it."""
        prefix, _, rest = incoming.path.lstrip("/").partition("/")
        body = await incoming.read()
        request = Request(
            incoming.method,
            f"/{rest}",
            tuple(incoming.query.items()),
            orjson.loads(body) if body else None,
            incoming.headers.get("Content-Type", ""),
            incoming.headers.get("Accept", ""),
        )
        self.calls += 1
        call = call_of(request, self.names(prefix), self.calls, datetime.now(UTC))
        entry = Entry(call)
        fault = self.choose(call)
        await asyncio.sleep(self.delay(call))
        if fault in BEFORE or fault is Fault.LOST_BEFORE:
            entry.fault = fault.value
            self.history.entries.append(entry)
            if fault is Fault.LOST_BEFORE:
                return self._cut(incoming)
            entry.answer = BEFORE[fault]().status
            return _answer(BEFORE[fault]())
        response = await self._carry_out(entry, incoming, body)
        if fault is Fault.LOST_AFTER:
            entry.fault = fault.value
            return self._cut(incoming)
        if fault is Fault.ERROR_AFTER:
            entry.fault = fault.value
            response = refusal(500, "InternalError", "etcdserver: request timed out")
        entry.answer = response.status
        return _answer(response)

    def _cut(self, incoming: web.Request) -> web.StreamResponse:
        transport = incoming.transport
        if transport is not None:
            transport.abort()  # a reset, not an end
        return web.Response(status=500)

    async def _carry_out(self, entry: Entry, incoming: web.Request, body: bytes) -> Response:
        call = entry.call
        async with self._one_at_a_time:
            if call.verb in ("update", "patch", "delete"):
                entry.before = await self._read(call)
            entry.call = replace(call, at=datetime.now(UTC))
            response = await self._send(call, incoming, body)
            self.history.entries.append(entry)
            writes = call.verb not in ("get", "list") and ("dryRun", "All") not in call.request.query
            if writes and response.status < 300:
                self._wrote(entry, await self._whole(call, orjson.loads(response.body)))
            return response

    def _wrote(self, entry: Entry, answered: Json) -> None:
        before = entry.before
        after = answered if answered.get("kind") == entry.call.resource.kind else None
        if after and "deletionTimestamp" in after["metadata"] and not after["metadata"].get("finalizers"):
            after = None
        same = (
            before and after and before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
        )
        if before is None and after:
            # The server's own stamp: it may have come a second later.
            entry.call = replace(
                entry.call, at=datetime.fromisoformat(after["metadata"]["creationTimestamp"])
            )
        entry.after, entry.wrote = after, not same and not entry.call.subresource

    async def _whole(self, call: Call, answered: Json) -> Json:
        """The object that was written: a caller may ask for its metadata alone."""
        if answered.get("kind") != "PartialObjectMetadata":
            return answered
        found = await self._read(replace(call, name=answered["metadata"]["name"]))
        return found or answered

    async def _read(self, call: Call) -> Json | None:
        path = call.resource.path(call.namespace, call.name)
        async with self._session.get(self.server.url + path) as found:
            value: Json = await found.json()
            return value if found.status == 200 else None

    async def _send(self, call: Call, incoming: web.Request, body: bytes) -> Response:
        wanted = ("Accept", "Authorization", "Content-Type", "User-Agent", "Impersonate-User")
        headers = {name: incoming.headers[name] for name in wanted if name in incoming.headers}
        writes = call.verb in ("create", "update", "patch")
        strictly = (("fieldValidation", "Strict"),) if self.strict and writes else ()
        async with self._session.request(
            call.request.method,
            self.server.url + call.request.path,
            params=(*call.request.query, *strictly),
            data=body or None,
            headers={"Authorization": f"Bearer {self.server.token}", **headers},
        ) as answer:
            content = await answer.read()
            kept = {name.lower(): answer.headers[name] for name in ("Date", "Content-Type", "Retry-After")
                    if name in answer.headers}  # fmt: skip
            return Response(answer.status, kept, content)

    @asynccontextmanager
    async def running(self):
        """Serve on a free loopback port; ``url`` is known then."""
        context = ssl.create_default_context(cadata=self.server.ca)
        connector = aiohttp.TCPConnector(ssl=context, limit=100)
        headers = {"Authorization": f"Bearer {self.server.token}"}
        runner = web.AppRunner(_application(self.handle), access_log=None)
        async with aiohttp.ClientSession(connector=connector, headers=headers) as self._session:
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            try:
                yield self
            finally:
                await runner.cleanup()


def _application(handler) -> web.Application:
    application = web.Application(client_max_size=1 << 24)
    application.router.add_route("*", "/{rest:.*}", handler)
    return application


def _answer(response: Response) -> web.Response:
    return web.Response(status=response.status, body=response.body, headers=dict(response.headers))
