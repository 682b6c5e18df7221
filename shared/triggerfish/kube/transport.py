"""Requests over the network: raw JSON, one pool of connections per kind of identity.

Nothing here is ever logged, and no message carries a header or a body.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import orjson

from triggerfish.errors import SettingError, Unanswered
from triggerfish.kube.connections import Connections, NoAnswer
from triggerfish.kube.tokens import Authorization
from triggerfish.kube.wire import Opened, Request, Response
from triggerfish.runtime.clock import Clock

if TYPE_CHECKING:
    from triggerfish.kube.sessions import Sessions

Observer = Callable[[str, str, str, float], None]
"""Told of each call: verb (``list``), resource (``workflows``), code (``201``, ``none``), seconds."""

# Who a request acts as is the transport's business alone.
_reserved = ("authorization", "proxy-authorization", "cookie", "impersonate-")
_own_headers = {"User-Agent": "triggerfish", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A client certificate and its key, both PEM."""

    certificate: str = field(repr=False)
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Server:
    """One API server. ``ca`` is PEM (empty: the system's authorities), ``tls_name`` the name to verify."""

    url: str
    ca: str = field(default="", repr=False)
    verify: bool = True
    tls_name: str = ""
    proxy: str = field(default="", repr=False)


class Pool:
    """The connections to one API server of one kind of identity: with a client certificate, or without.

    The API server reads a certificate before any token, so identities that have none of ours must never
    share connections with one that has. Two kinds without one may: ``beside`` is the pool of the other. Each
    has its own limit, so that neither waits for the other, and a cold start greets the server once.
    """

    def __init__(
        self, server: Server, certificate: ClientCertificate | None = None, *, beside: Pool | None = None
    ) -> None:
        self._server, self.has_certificate = server, certificate is not None
        self._base = server.url.rstrip("/")
        secure = self._base.startswith("https://")
        self.context: ssl.SSLContext | None
        self.context = beside.context if beside else _context(server, certificate) if secure else None
        self.connections = Connections(self._base, self.context, server.tls_name)
        if beside is not None:
            if self.has_certificate or beside.has_certificate:
                raise ValueError("a connection that shows a certificate is for nobody else")
            self.connections.share(beside.connections)
        self._sessions: Sessions | None = None

    def __repr__(self) -> str:
        return f"Pool({self._server.url!r})"

    async def send(self, request: Request, headers: dict[str, str], *, timeout: float) -> Response:
        """The answer of the API server, whatever it is; ``Unanswered`` when there is none."""
        body = None if request.body is None else orjson.dumps(request.body)
        target = request.path + _encoded(request.query)
        sender = self._session() if self._server.proxy else self.connections
        try:
            return await sender.send(
                request.method, target, _own_headers | headers, body, most=request.most, timeout=timeout
            )
        except (NoAnswer, OSError) as error:
            raise _unanswered(request, error, timeout) from None

    @asynccontextmanager
    async def opened(
        self, request: Request, headers: dict[str, str], *, timeout: float
    ) -> AsyncGenerator[Opened, None]:
        """An answer that goes on; closed at the end, as the connection cannot be used again."""
        target = request.path + _encoded(request.query)
        opened = self._session().opened(request.method, target, _own_headers | headers, timeout=timeout)
        try:
            async with opened as answer:
                yield answer
        except (NoAnswer, OSError) as error:
            raise _unanswered(request, error, timeout) from None

    async def close(self) -> None:
        """Close the connections."""
        await self.connections.close()
        if self._sessions is not None:
            await self._sessions.close()

    def _session(self) -> Sessions:
        if self._sessions is None:
            # A tick or a delivery needs none, and its import is a sixth of a cold start.
            from triggerfish.kube.sessions import Sessions

            self._sessions = Sessions(self._base, self.context, self._server.tls_name, self._server.proxy)
        return self._sessions


@dataclass(frozen=True, slots=True)
class Identified:
    """A ``Transport``: one pool, one identity. Its repr shows no credential.

    A token that is refused (401) is asked for once more, and if there is another by now, the request is sent
    again: a refused request has changed nothing. ``act_as`` is a user to impersonate, empty for none.
    """

    pool: Pool
    authorization: Authorization = field(repr=False)
    clock: Clock = field(repr=False)
    observer: Observer | None = field(default=None, repr=False)
    refused: Callable[[], None] = field(default=lambda: None, repr=False)
    act_as: str = ""

    async def send(self, request: Request, *, timeout: float) -> Response:
        """The answer, whatever its status; ``Unanswered`` when there was none within ``timeout`` seconds."""
        token = await self.authorization.token()
        response = await self._send(request, token, timeout)
        if response.status not in (401, 403):
            return response
        self.refused()
        self.authorization.refused(token)
        if response.status == 401:
            fresh = await self.authorization.token()
            if fresh != token:
                return await self._send(request, fresh, timeout)
        return response

    @asynccontextmanager
    async def opened(self, request: Request, *, timeout: float) -> AsyncGenerator[Opened, None]:
        """An answer that goes on, for ``timeout`` seconds at most; ``Unanswered`` when it breaks off."""
        token = await self.authorization.token()
        start, code = self.clock.monotonic(), "none"
        try:
            async with self.pool.opened(request, self._headers(request, token), timeout=timeout) as opened:
                code = str(opened.response.status)
                if opened.response.status in (401, 403):
                    self.refused()
                    self.authorization.refused(token)
                yield opened
        finally:
            if self.observer is not None:
                self.observer(*described(request), code, self.clock.monotonic() - start)

    async def _send(self, request: Request, token: str | None, timeout: float) -> Response:
        headers = self._headers(request, token)
        if self.observer is None:
            return await self.pool.send(request, headers, timeout=timeout)
        start = self.clock.monotonic()
        code = "none"
        try:
            response = await self.pool.send(request, headers, timeout=timeout)
            code = str(response.status)
        finally:
            self.observer(*described(request), code, self.clock.monotonic() - start)
        return response

    def _headers(self, request: Request, token: str | None) -> dict[str, str]:
        headers = {"Accept": request.accept}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        for name, value in request.headers.items():
            if name.lower().startswith(_reserved):
                raise ValueError(
                    f"a request must not have the header {name}: its transport decides who it acts as"
                )
            headers[name] = value
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if self.act_as:
            headers["Impersonate-User"] = self.act_as
        return headers


def described(request: Request) -> tuple[str, str]:
    """Verb and resource as Kubernetes names them: ``("list", "workflows")``, ``("create", "x/token")``."""
    parts = request.path.strip("/").split("/")
    parts = parts[3 if parts[0] == "apis" else 2 :]
    if len(parts) > 2 and parts[0] == "namespaces":
        parts = parts[2:]
    named = len(parts) > 1
    resource = "/".join(part for index, part in enumerate(parts) if index != 1) or request.path
    read = "get" if named else "list"
    if ("watch", "true") in request.query:
        read = "watch"
    verb = {"GET": read, "POST": "create", "PUT": "update"}.get(request.method, request.method.lower())
    return verb, resource


def _context(server: Server, certificate: ClientCertificate | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=server.ca or None)
    except (ssl.SSLError, ValueError):
        raise SettingError("the certificate authority of the API server is not PEM") from None
    if not server.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        # The ssl module reads a key from files only; a folder of our own is gone at once.
        with tempfile.TemporaryDirectory() as folder:
            pair = Path(folder, "certificate.pem"), Path(folder, "key.pem")
            pair[0].write_text(certificate.certificate)
            pair[1].touch(mode=0o600)
            pair[1].write_text(certificate.key)
            try:
                context.load_cert_chain(*pair)
            except ssl.SSLError:
                raise SettingError("the client certificate and its key are not PEM, or not a pair") from None
    return context


def _unanswered(request: Request, error: Exception, timeout: float) -> Unanswered:
    """Without a library's message: it may hold the proxy's address with its password. The kind is enough."""
    call = f"{request.method} {request.path}"
    if isinstance(error, TimeoutError):
        return Unanswered(f"{call}: no answer within {timeout:g} s")
    if isinstance(error, NoAnswer):
        return Unanswered(f"{call}: {error}")
    untrusted = isinstance(error, ssl.SSLCertVerificationError)
    return Unanswered(f"{call}: {'its certificate is not trusted' if untrusted else 'no connection'}")


@lru_cache(maxsize=256)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    return "?" + urlencode(query, quote_via=quote) if query else ""
