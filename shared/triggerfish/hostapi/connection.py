"""Connections to Git hosts: HTTPS only, to the very address that was checked, through no proxy."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from triggerfish.hosts.api.addresses import AddressRules

# Requests at once of one namespace, and of those to one host.
_most_of_namespace, _most_of_host = 16, 8


class ConnectionPlaces:
    """Places for requests to hosts: one namespace does not wait for another, nor one host for another.

    It belongs to one event loop.
    """

    def __init__(self) -> None:
        self._lanes: WeakValueDictionary[tuple[str, str], asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def place(self, namespace: str, url: str) -> AsyncIterator[None]:
        """Hold a place for a request of the namespace to the host at ``url``, once there is one."""
        host = self._lane((namespace, url), _most_of_host)
        every = self._lane((namespace, ""), _most_of_namespace)
        async with host, every:
            yield

    def _lane(self, key: tuple[str, str], most: int) -> asyncio.Semaphore:
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = asyncio.Semaphore(most)
        return lane


Resolve = Callable[[str, int], Awaitable[list[tuple[int, str]]]]
"""The addresses of a name now: family and address."""


class AddressRefused(OSError):  # noqa: N818  what it says is the state
    """That address may not be asked."""


class Names(AbstractResolver):
    """Asks for the addresses of a name at each connection; which of them may be asked is decided after."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The name's addresses now."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, address in await self._resolve(host, port)
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def addresses(host: str, port: int) -> list[tuple[int, str]]:
    """Ask the system's resolver: family and address, each once."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((int(each[0]), str(each[4][0])) for each in found))


def connector(rules: AddressRules, authority: str, resolve: Resolve = addresses) -> aiohttp.TCPConnector:
    """The connector of a session; ``authority`` is a file of PEM to trust besides the system's."""

    def checked_socket(info: Any) -> socket.socket:
        # The very address that is connected to, whether a resolver said it or the URL has it.
        if not rules.allowed(str(info[4][0])):
            raise AddressRefused("the address is not allowed")
        return socket.socket(info[0], info[1], info[2])

    context = ssl.create_default_context()
    if authority:
        context.load_verify_locations(cafile=authority)
    return aiohttp.TCPConnector(
        ssl=context,
        resolver=Names(resolve),
        # A kept answer would be checked once and used for longer.
        use_dns_cache=False,
        socket_factory=checked_socket,
        # ``ConnectionPlaces`` bounds them: these would be shared by all namespaces, first come, first served.
        limit=0,
        limit_per_host=0,
    )


def session(rules: AddressRules, authority: str, resolve: Resolve = addresses) -> aiohttp.ClientSession:
    """A session without cookies, and without the proxies of the environment: they choose addresses too."""
    return aiohttp.ClientSession(
        connector=connector(rules, authority, resolve),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": "triggerfish"},
    )
