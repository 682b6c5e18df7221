"""Requests by aiohttp: answers that go on for long, such as a watch, and whatever goes through a proxy."""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import yarl

from triggerfish.errors import AnswerTooLong
from triggerfish.kube.connections import NoAnswer
from triggerfish.kube.wire import Opened, Response

_large = 1 << 20


class Sessions:
    """The same as ``Connections``, and ``opened``; through ``proxy``, unless that is empty."""

    def __init__(self, base: str, context: ssl.SSLContext | None, tls_name: str, proxy: str) -> None:
        self._base, self._tls_name, self._proxy = base, tls_name or None, proxy or None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=256, ssl=context or False, keepalive_timeout=60),
            # A cookie would carry one identity's session to the next.
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            skip_auto_headers=("Content-Type",),
        )

    async def send(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes | None,
        *,
        most: int,
        timeout: float,
    ) -> Response:
        """The answer; ``TimeoutError`` when it took longer, ``OSError`` or ``NoAnswer`` for none."""
        async with self._request(method, target, headers, body, timeout) as answer:
            return _response(answer, await _content(answer, most))

    @asynccontextmanager
    async def opened(
        self, method: str, target: str, headers: dict[str, str], *, timeout: float
    ) -> AsyncGenerator[Opened, None]:
        """An answer that goes on, for ``timeout`` seconds at most; the same errors."""
        async with self._request(method, target, headers, None, timeout) as answer:
            content = await answer.read() if answer.status >= 300 else b""
            yield Opened(_response(answer, content), answer.content.iter_any())

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    @asynccontextmanager
    async def _request(
        self, method: str, target: str, headers: dict[str, str], body: bytes | None, timeout: float
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        try:
            async with self._session.request(
                method,
                yarl.URL(self._base + target, encoded=True),
                # aiohttp warns of large bytes; the same as a file it sends in pieces.
                data=io.BytesIO(body) if body is not None and len(body) > _large else body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout),
                server_hostname=self._tls_name,
                proxy=self._proxy,
            ) as answer:
                yield answer
        except (aiohttp.ClientError, asyncio.IncompleteReadError) as error:
            raise _problem(error) from None


async def _content(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """The body, up to ``most`` bytes; what is longer is not read to its end."""
    if not most:
        return await answer.read()
    pieces, size = [], 0
    async for piece in answer.content.iter_any():
        size += len(piece)
        if size > most:
            raise AnswerTooLong(f"the answer has more than {most} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _response(answer: aiohttp.ClientResponse, content: bytes) -> Response:
    return Response(answer.status, {name.lower(): value for name, value in answer.headers.items()}, content)


def _problem(error: Exception) -> NoAnswer:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return NoAnswer("its certificate is not trusted")
    if isinstance(error, aiohttp.ClientConnectorError):
        return NoAnswer("no connection")
    if isinstance(error, asyncio.IncompleteReadError | aiohttp.ClientPayloadError):
        return NoAnswer("the answer ended early")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return NoAnswer("the connection was closed")
    return NoAnswer(type(error).__name__)
