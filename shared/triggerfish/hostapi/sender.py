"""One request to a host and its answer: bounded in time and bytes, sent again where that helps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import urljoin

import aiohttp
import orjson
import yarl

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hostapi.connection import AddressRefused
from triggerfish.hostapi.weighing import ConversationWeight
from triggerfish.hosts.api.addresses import origin
from triggerfish.hosts.api.conversation import is_later, retry_after
from triggerfish.hosts.api.values import Headers, HostRequest, HostResponse
from triggerfish.runtime.clock import Clock

most_bytes = 8 << 20
"""A longer answer is refused."""

_most_redirects = 3
_most_attempts = 4
_first_wait = 0.25
_redirects = frozenset({301, 302, 303, 307, 308})
_same_method = frozenset({307, 308})
# After these the host says that it did nothing.
_undone = frozenset({403, 429})


Place = Callable[[], AbstractAsyncContextManager[None]]
"""A place for one request, waited for."""


class HostTransport(Protocol):
    """Sends one request as it is; ``HostUnanswered`` when there is no answer in so many seconds."""

    async def __call__(self, request: HostRequest, headers: Headers, seconds: float) -> HostResponse:
        """The answer, whatever its status; redirects are not followed."""
        ...


class HostSender:
    """Sends requests of one host: ``title`` is how errors call it, ``base`` where every URL must begin."""

    def __init__(self, transport: HostTransport, clock: Clock, title: str, base: str) -> None:
        self._transport, self._clock, self._title = transport, clock, title
        self._origin = origin(base)

    async def send(self, request: HostRequest, headers: Headers, deadline: float) -> HostResponse:
        """The final answer before ``deadline`` (``Clock.monotonic``), sent again after 429 and 5xx.

        An answer that says when to come back, and means a later time than that, is final.
        """
        for attempt in range(_most_attempts):
            last = attempt == _most_attempts - 1
            try:
                response = await self._followed(request, headers, deadline)
            except HostUnanswered:
                if last or request.once or not await self._waited(_first_wait * 2**attempt, deadline):
                    raise
                continue
            if last or not is_later(response) or (request.once and response.status not in _undone):
                return response
            said = retry_after(response)
            if not await self._waited(_first_wait * 2**attempt if said is None else said, deadline):
                return response
        raise AssertionError("the last attempt returns or raises")

    def _is_own(self, url: str) -> bool:
        """Whether it is of the host itself, and nothing that breaks a line."""
        own = origin(url)
        plain = url.isascii() and url.isprintable() and " " not in url
        return plain and own is not None and own == self._origin and own[0] == "https"

    async def _waited(self, seconds: float, deadline: float) -> bool:
        """Wait, if there is time for it and for one more attempt."""
        if self._clock.monotonic() + seconds >= deadline:
            return False
        await self._clock.sleep(seconds)
        return True

    async def _followed(self, request: HostRequest, headers: Headers, deadline: float) -> HostResponse:
        """The answer after redirects, which may lead to other paths of the same host alone."""
        for _ in range(_most_redirects + 1):
            if not self._is_own(request.url):
                raise HostRefused(f"{self._title} names an address that its credential's url does not have")
            left = deadline - self._clock.monotonic()
            if left <= 0:
                raise HostUnanswered(f"{self._title} did not answer in time")
            response = dated(await self._transport(request, headers, left), self._clock)
            target = response.headers.get("location", "")
            if response.status not in _redirects or not target:
                return response
            if request.method != "GET" and response.status not in _same_method:
                return response
            url = urljoin(request.url, target)
            if origin(url) != self._origin:
                raise HostRefused(f"{self._title} redirects to another host")
            request = HostRequest(request.method, url, request.headers, request.json, request.once)
        raise HostRefused(f"{self._title} redirects without end")


def dated(response: HostResponse, clock: Clock) -> HostResponse:
    """With a ``Date``, ours if the host sent none: what is said as a time is compared with it."""
    if "date" in response.headers:
        return response
    now = format_datetime(clock.now(), usegmt=True)
    return HostResponse(response.status, {**response.headers, "date": now}, response.body)


class HttpTransport:
    """The real one, of one conversation. ``weight`` counts what arrives, ``place`` waits for a connection."""

    def __init__(
        self, session: aiohttp.ClientSession, title: str, weight: ConversationWeight, place: Place
    ) -> None:
        self._session, self._title, self._weight, self._place = session, title, weight, place

    async def __call__(self, request: HostRequest, headers: Headers, seconds: float) -> HostResponse:
        """Send it; no text of an error of the library is told, as some have the URL."""
        body = None if request.json is None else orjson.dumps(request.json)
        sent = [*headers, *request.headers]
        if body is not None:
            sent.append(("Content-Type", "application/json"))
        try:
            async with (
                asyncio.timeout(seconds),
                self._place(),
                self._session.request(
                    request.method,
                    # As it is: what was checked is what is sent.
                    yarl.URL(request.url, encoded=True),
                    headers=sent,
                    data=body,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=seconds),
                ) as answer,
            ):
                content = await self._bounded(answer)
                return HostResponse(answer.status, _joined(answer.headers), content)
        except TimeoutError:
            raise HostUnanswered(f"{self._title} did not answer in time") from None
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, AddressRefused):
                raise self._refused() from None
            raise self._unanswered(error) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._unanswered(error) from None

    async def _bounded(self, answer: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        try:
            await self._read(answer, content)
            return bytes(content)
        except BaseException:
            # The error holds this frame, for as long as somebody waits to ask again.
            content.clear()
            # A host that sends on, or never ends, must not have it kept open until it agrees to a close.
            if answer.connection is not None and answer.connection.transport is not None:
                answer.connection.transport.abort()
            raise
        finally:
            self._weight.arrived()

    async def _read(self, answer: aiohttp.ClientResponse, content: bytearray) -> None:
        async for chunk in answer.content.iter_any():
            content += chunk
            if len(content) > most_bytes:
                raise HostRefused(f"{self._title} answered more than {most_bytes >> 20} MiB")
            self._weight.arriving(len(content))

    def _refused(self) -> HostRefused:
        return HostRefused(
            f"{self._title} has no public address here; HOST_ADDRESSES says which others may be asked"
        )

    def _unanswered(self, error: Exception) -> HostUnanswered:
        return HostUnanswered(f"{self._title} did not answer: {type(error).__name__}")


def _joined(headers: Mapping[str, str]) -> dict[str, str]:
    """Names in lower case; several of one name as one."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found
