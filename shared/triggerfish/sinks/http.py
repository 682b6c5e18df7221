"""A broker that takes CloudEvents by POST, as Knative's do.

https://github.com/cloudevents/spec, HTTP protocol binding, structured mode.
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import orjson

from triggerfish.errors import SettingError
from triggerfish.runtime.clock import Clock
from triggerfish.sinks.broker import CloudEvent, Post

_headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}


class HttpBroker:
    """The broker at ``url``; nothing proves to it who sends: the network does."""

    # Each has a limit of its own, and says 413.
    longest = sys.maxsize

    def __init__(self, url: str) -> None:
        self._url = url

    @classmethod
    def of(cls, url: str, clock: Clock) -> HttpBroker:
        """``K_SINK`` as Knative's SinkBinding sets it; ``SettingError`` when it names no host."""
        try:
            named = bool(urlsplit(url).hostname)
        except ValueError:
            named = False
        if not named:
            raise SettingError("K_SINK names no host; write it as in https://broker.example.com/path")
        return cls(url)

    async def post(self, event: CloudEvent) -> Post:
        """The event, unchanged."""
        body = orjson.dumps(event)
        return Post(self._url, body, _headers, len(body))

    def refused(self, post: Post) -> None:
        """There is no credential."""
