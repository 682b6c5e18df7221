"""The HTTP face: one ASGI endpoint that reads a request, asks who and whether, and hands it to a verb."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster import discovery, openapi, reading
from triggerfish_laptop.cluster.answers import Presenter, Reply
from triggerfish_laptop.cluster.authentication import ANONYMOUS, TokenReader, impersonated
from triggerfish_laptop.cluster.bodies import read_body
from triggerfish_laptop.cluster.calls import ApiCall, User, parse
from triggerfish_laptop.cluster.clock import OwnClock, WaitableClock, control
from triggerfish_laptop.cluster.deleting import delete, delete_collection
from triggerfish_laptop.cluster.escalation import Escalation
from triggerfish_laptop.cluster.rbac import Attributes, Authorizer, denied
from triggerfish_laptop.cluster.reading import WatchStreams
from triggerfish_laptop.cluster.registry import Registry, ServedResource
from triggerfish_laptop.cluster.reviews import REVIEWS, Reviewer
from triggerfish_laptop.cluster.status import (
    NoSuchPath,
    StatusError,
    bad_request,
    method_not_allowed,
    no_such_path,
    not_found,
    too_large,
    unauthorized,
)
from triggerfish_laptop.cluster.store import ObjectStore
from triggerfish_laptop.cluster.writing import Writer

_log = logging.getLogger("triggerfish_laptop.cluster")
_limit = 3 * 1024 * 1024
_public = ("/healthz", "/livez", "/readyz", "/version")
_clock_path = "/clock"
_review_paths = {(review.group, review.version, review.plural) for review in REVIEWS}


@dataclass(frozen=True, slots=True)
class ApiServer:
    """The API server as an ASGI application; ``clock`` and ``monotonic`` are its clocks.

    ``wall`` is the machine's: tokens go by it, whatever time the cluster has.
    """

    store: ObjectStore
    registry: Registry
    authenticator: TokenReader
    authorizer: Authorizer
    escalation: Escalation
    reviewer: Reviewer
    watches: WatchStreams
    address: str
    clock: WaitableClock
    monotonic: Callable[[], float]
    wall: Callable[[], datetime]

    def application(self) -> Starlette:
        """The ASGI application that uvicorn serves."""
        return Starlette(routes=[Mount("/", app=self)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        try:
            body = await _read(receive)
            answer = await self._answer(scope, body)
        except NoSuchPath as error:
            answer = Reply(error.code, error.text, content_type=b"text/plain; charset=utf-8")
        except StatusError as error:
            answer = Reply.of(error.code, error.body())
        except sqlite3.Error as error:
            why = f"cannot store: {error}; nothing was changed"
            answer = Reply.of(507, StatusError(507, "InsufficientStorage", why).body())
        except Exception:
            # The last line of defence: a defect here answers 500, as a real API server's panic handler does.
            _log.exception("%s %s", scope["method"], scope["path"])
            answer = Reply.of(500, StatusError(500, "InternalError", "an error on the server").body())
        if isinstance(answer, Reply):
            await _send(send, answer, self.clock.now())
        else:
            await _stream(receive, send, answer)

    async def _answer(self, scope: Scope, body: bytes) -> Reply | AsyncIterator[bytes]:
        headers: dict[str, str] = {}
        groups = []
        for name, value in scope["headers"]:
            text = value.decode("latin-1")
            if name == b"impersonate-group":
                groups.append(text)
            headers[name.decode("latin-1")] = text
        call = parse(scope["method"], scope["path"], scope["query_string"], headers)
        user = self.authenticator.user(headers)
        if user is None:
            if call.path.rstrip("/") not in _public:
                raise unauthorized()
            user = ANONYMOUS
        user = impersonated(user, headers, groups, self.authorizer)
        if not call.resource:
            if call.path == _clock_path and call.method == "POST" and isinstance(self.clock, OwnClock):
                self._require_path(call, user)
                return Reply.of(200, await control(self.clock, read_body(body, _content_type(call))))
            return self._path(call, user)
        self._authorize(user, call)
        resource = self.registry.find(call.group, call.version, call.resource)
        if resource is None or (call.namespace and not resource.namespaced and call.resource != "namespaces"):
            raise no_such_path(builtin=self.registry.is_builtin(call.group, call.version))
        if call.namespace and not resource.namespaced:
            call = _without_namespace(call)
        return await self._resource(resource, call, user, body)

    def _path(self, call: ApiCall, user: User) -> Reply:
        path = call.path.rstrip("/") or "/"
        if path not in _public:
            self._require_path(call, user)
        if call.method not in ("GET", "HEAD"):
            raise method_not_allowed()
        if path in ("/healthz", "/livez", "/readyz"):
            return Reply(200, b"ok", content_type=b"text/plain; charset=utf-8")
        if path == "/version":
            return Reply.of(200, discovery.VERSION)
        if path.startswith("/openapi/"):
            return openapi.answer(self.registry, path)
        return discovery.answer(self.registry, path, call.headers, self.address)

    def _require_path(self, call: ApiCall, user: User) -> None:
        path = call.path.rstrip("/") or "/"
        if not self.authorizer.allows(user, Attributes(call.verb, path=path)):
            why = f'User "{user.name}" cannot {call.verb} path "{path}"'
            raise StatusError(403, "Forbidden", f"forbidden: {why}", {})

    def _authorize(self, user: User, call: ApiCall) -> None:
        asked = Attributes(call.verb, call.group, call.resource, call.subresource, call.namespace, call.name)
        if not self.authorizer.allows(user, asked):
            raise denied(user, asked)

    async def _resource(
        self, resource: ServedResource, call: ApiCall, user: User, body: bytes
    ) -> Reply | AsyncIterator[bytes]:
        now, content_type = self.clock.now(), _content_type(call)
        if call.subresource == "token" and resource.key == "serviceaccounts":
            if call.method != "POST":
                raise method_not_allowed()
            value = read_body(body, content_type)
            return Reply.of(201, self.reviewer.request_token(call.namespace, call.name, value, self.wall()))
        if call.subresource and not (call.subresource == "status" and resource.status_subresource):
            if resource.custom:
                raise not_found(resource.group, resource.plural, call.name)
            raise no_such_path(builtin=True)
        if call.verb not in resource.verbs:
            raise method_not_allowed()
        if (resource.group, resource.version, resource.plural) in _review_paths:
            value = read_body(body, content_type)
            return Reply.of(201, self.reviewer.answer(resource, call.namespace, value, user))
        show = Presenter.of(resource, call, now)
        if call.verb in ("get", "list", "watch"):
            await self.store.certain()
        if call.verb == "get":
            return reading.get(self.store, resource, call, show)
        if call.verb == "list":
            return reading.list_(self.store, resource, call, show)
        if call.verb == "watch":
            return self.watches.start(resource, call, show, self.monotonic)
        with self.store.asked():
            answer = self._write(resource, call, user, body, show)
        await self.store.committed()
        return answer

    def _write(
        self, resource: ServedResource, call: ApiCall, user: User, body: bytes, show: Presenter
    ) -> Reply:
        guard = self.escalation.guard(resource, user, call)
        writer = Writer.of(self.store, resource, call, show, guard)
        content_type = _content_type(call)
        if call.verb == "create":
            if resource.namespaced and not call.namespace:
                raise method_not_allowed()
            if call.name:
                raise method_not_allowed()
            return writer.create(read_body(body, content_type))
        if call.verb == "update":
            return writer.update(read_body(body, content_type))
        if call.verb == "patch":
            return writer.patch(body, content_type)
        options: Json = read_body(body, content_type) if body else {}
        if call.verb == "delete":
            return delete(self.store, resource, call, show, options)
        if call.verb == "deletecollection":
            return delete_collection(self.store, resource, call, show, options)
        raise method_not_allowed()


def _content_type(call: ApiCall) -> str:
    return call.headers.get("content-type", "").partition(";")[0].strip()


def _without_namespace(call: ApiCall) -> ApiCall:
    """/api/v1/namespaces/x is an object without a namespace that happens to look as if it had one."""
    return ApiCall(
        call.method,
        call.path,
        call.query,
        call.headers,
        call.verb,
        call.group,
        call.version,
        call.resource,
        "",
        call.name,
        call.subresource,
    )


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > _limit:
            raise too_large(_limit)
        return body
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise bad_request("the request ended early")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > _limit:
            raise too_large(_limit)
    return b"".join(parts)


async def _send(send: Send, answer: Reply, now: datetime) -> None:
    headers = [
        (b"date", format_datetime(now, usegmt=True).encode()),
        (b"content-type", answer.content_type),
        (b"content-length", str(len(answer.body)).encode()),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _stream(receive: Receive, send: Send, lines: AsyncIterator[bytes]) -> None:
    """Send lines until they end or the client is gone."""
    headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    # The client sees the headers now: a watch is open before anything happens.
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    sending = asyncio.ensure_future(_copy(send, lines))
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        sending.cancel()
    await asyncio.gather(sending, leaving, return_exceptions=True)


async def _copy(send: Send, lines: AsyncIterator[bytes]) -> None:
    async for line in lines:
        await send({"type": "http.response.body", "body": line, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
