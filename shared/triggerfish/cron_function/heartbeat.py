"""Tells somebody outside that ticks come: who misses them knows that the scheduler is dead."""

from __future__ import annotations

import logging

log = logging.getLogger("triggerfish.cron")

_seconds = 5.0


async def beat(url: str) -> None:
    """GET ``url``. A beat that is lost is a warning; the URL, which may hold a secret, is never shown."""
    import aiohttp  # here: the first tick need not wait for it

    try:
        timeout = aiohttp.ClientTimeout(total=_seconds)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            if response.status >= 400:
                log.warning("the heartbeat URL answered %d", response.status)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        log.warning("the heartbeat did not arrive: %s", type(error).__name__)
