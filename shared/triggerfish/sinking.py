"""Hands verified deliveries to a broker, which brings them back at its own pace."""

from __future__ import annotations

import logging

import aiohttp
import orjson

from triggerfish.events.sealed import Passage

log = logging.getLogger("triggerfish.sink")

_timeout_seconds = 3.0
_kind = "application/cloudevents+json; charset=utf-8"


class Sink:
    """The broker at ``url`` (``K_SINK``). It belongs to one event loop."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def forward(self, passage: Passage, secret: bytes) -> bool:
        """Whether the broker has it; when it has not, or does not say so, the log says why."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=_timeout_seconds), cookie_jar=aiohttp.DummyCookieJar()
            )
        body = orjson.dumps(passage.cloud_event(secret))
        try:
            async with self._session.post(
                self._url, data=body, headers={"Content-Type": _kind}, allow_redirects=False
            ) as answer:
                if answer.status < 300:
                    return True
                log.warning("the sink answered %d", answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("the sink cannot be reached: %s", type(error).__name__)
        return False

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
