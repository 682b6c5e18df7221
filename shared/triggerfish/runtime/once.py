"""One value that takes a while to make, made by the first caller that needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Opens once, however many first requests there are; again only if that failed.

    It belongs to the event loop of the request that opens it.
    """

    def __init__(self, opener: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._opener = opener
        self._opening: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """The value; what the opener raises, while it fails."""
        if self._opening is not None and self._opening.done() and not self._opening.exception():
            return self._opening.result()
        if self._opening is None or self._opening.done():
            self._opening = asyncio.ensure_future(self._opener())
        # A caller who gives up must not stop it for the others.
        return await asyncio.shield(self._opening)
