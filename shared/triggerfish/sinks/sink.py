"""Hands verified deliveries to a broker, which brings them back at its own pace."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from triggerfish.errors import SettingError, TriggerfishError
from triggerfish.events.sealed import VerifiedDelivery
from triggerfish.runtime import tracing
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.sinks.broker import Broker, Post
from triggerfish.sinks.registry import BROKERS

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger("triggerfish.sink")

_timeout_seconds = 3.0


class Sink:
    """One broker, and the connections to it; what would come back with more than ``most_bytes`` is not sent.

    It belongs to one event loop.
    """

    def __init__(self, broker: Broker, most_bytes: int) -> None:
        self._broker, self._most_bytes = broker, most_bytes
        self._session: aiohttp.ClientSession | None = None

    async def forward(self, verified: VerifiedDelivery, secret: bytes) -> bool:
        """True when the broker has accepted it; if not, or if that is unknown, the log says why."""
        try:
            async with asyncio.timeout(_timeout_seconds):
                event = verified.cloud_event(secret)
                if parent := tracing.traceparent():
                    # https://github.com/cloudevents/spec: the extension for distributed tracing.
                    event = {**event, "traceparent": parent}
                post = await self._broker.post(event)
                if post.returning > self._most_bytes or len(post.body) > self._broker.longest:
                    log.info("a delivery of %d bytes is too long for the sink", len(verified.content))
                    return False
                return await self._sent(post)
        except TriggerfishError as error:
            log.warning("the sink is not usable: %s", error)
        except Exception as error:  # whatever keeps it from the broker, the delivery is handled at once
            log.warning("the sink cannot be reached: %s", type(error).__name__)
        return False

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _sent(self, post: Post) -> bool:
        if self._session is None:
            import aiohttp  # here: the first delivery need not wait for it

            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        async with self._session.post(
            post.url, data=post.body, headers=post.headers, allow_redirects=False
        ) as answer:
            if answer.status < 300:
                return True
            log.warning("the sink answered %d", answer.status)
            if answer.status == 401:
                self._broker.refused(post)
            return False


def open_sink(settings: Settings, clock: Clock) -> Sink | None:
    """The sink of ``K_SINK``, None when there is none; ``SettingError`` for an unknown kind."""
    if not settings.k_sink:
        return None
    scheme = settings.k_sink.partition("://")[0]
    if scheme not in BROKERS:
        raise SettingError(
            f"K_SINK takes a URL that begins with one of: {', '.join(f'{kind}://' for kind in BROKERS)}"
        )
    # What comes back is a request like any other.
    return Sink(BROKERS[scheme](settings.k_sink, clock), settings.max_body_bytes)
