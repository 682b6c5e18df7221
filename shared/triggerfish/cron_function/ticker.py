"""Ticks without a scheduler: the function calls its own tick, every ``TICK_EVERY`` seconds.

There is no hook at the start of a function, so the first request begins it; a probe of the kubelet is one.
Each tick is a request to the function's own port, like anybody's: a server that is told to end finishes it.
Two functions that tick at once do no harm: a slot runs once however many ticks meet it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

log = logging.getLogger("triggerfish.cron")

# A sleep may end a moment early, and the minute must have begun.
_margin_seconds = 0.05
# The API server's times are cut to seconds, and a tick waits for the minute that begins within two.
_negligible_skew = 1.5
# What a tick may take beyond its deadline: its last request, the heartbeat.
_patience_seconds = 30.0

Post = Callable[[str, dict[str, str], float], Awaitable[int]]
"""POSTs to a URL with those headers, within those seconds; the status of the answer."""


class Ticker:
    """Calls the tick of this very server; ``skew`` is our clock less the API server's, in seconds.

    It belongs to one event loop.
    """

    def __init__(
        self, settings: Settings, clock: Clock, skew: Callable[[], float], post: Post | None = None
    ) -> None:
        self._every, self._shards = settings.tick_every, settings.tick_shards
        self._longest = settings.tick_deadline_seconds + _patience_seconds
        token = settings.tick_token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._clock, self._skew, self._post = clock, skew, post or _sent
        self._running: asyncio.Task[None] | None = None

    def begin(self, server: tuple[str, int | None] | None) -> None:
        """Tick from now on, at the address that a request came to; once, however many come."""
        if self._running is not None and not self._running.done():
            return
        if server is None or server[1] is None:
            return
        host, port = server
        base = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
        self._running = asyncio.get_running_loop().create_task(self._run(base))

    async def close(self) -> None:
        """Tick no more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self, base: str) -> None:
        # A function that starts late has slots to make up for.
        while True:
            await asyncio.gather(*(self._tick(base + share) for share in self._shares()))
            await self._clock.sleep(self._left() + _margin_seconds)

    def _shares(self) -> list[str]:
        if self._shards == 1:
            return [""]
        return [f"?shard={number}/{self._shards}" for number in range(1, self._shards + 1)]

    def _left(self) -> float:
        """Seconds to the next full minute (or period) of the API server's clock."""
        skew = self._skew()
        now = self._clock.now().timestamp() - (skew if abs(skew) > _negligible_skew else 0.0)
        return self._every - now % self._every

    async def _tick(self, url: str) -> None:
        import aiohttp  # here: a function that is called from outside needs none

        try:
            status = await self._post(url, self._headers, self._longest)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # A server that ends takes no more requests; else the next tick makes up for it.
            log.warning("the function did not answer its own tick: %s", type(error).__name__)
            return
        if status not in (200, 500):  # the tick itself has told why it failed
            log.error("the function refused its own tick: %d", status)


async def _sent(url: str, headers: dict[str, str], longest: float) -> int:
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=longest)
    async with (
        aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
        session.post(url, headers=headers) as answer,
    ):
        await answer.read()
        return answer.status
