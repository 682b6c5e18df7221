"""A conversation with a host, driven to its end: requests go out, answers come in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from triggerfish.hosts.api.values import Exchange, Headers, HostRequest, HostResponse

T = TypeVar("T")

Send = Callable[[HostRequest, Headers], Awaitable[HostResponse]]
"""Sends a request with the headers of a credential."""


async def held(exchange: Exchange[T], answer: Callable[[HostRequest], Awaitable[HostResponse]]) -> T:
    """What the conversation returns, each of its requests answered by ``answer``; its errors are raised."""
    try:
        request = next(exchange)
        while True:
            request = exchange.send(await answer(request))
    except StopIteration as done:
        found: T = done.value
        return found
    finally:
        exchange.close()
