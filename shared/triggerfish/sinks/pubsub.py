"""Google Pub/Sub: a message is published for each event, and a push subscription brings it back.

https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish, in the binary mode of
CloudEvents' binding for Pub/Sub: the message is the data, its attributes are the event's. A push
subscription that unwraps the payload and writes metadata makes of it an ordinary CloudEvent over HTTP,
whose headers are the attributes.
"""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

import orjson

from triggerfish.errors import SettingError
from triggerfish.kube.identities.gke import google_credentials, google_tokens
from triggerfish.kube.tokens import Authorization
from triggerfish.runtime.clock import Clock
from triggerfish.sinks.broker import CloudEvent, Post

ENDPOINT = "https://pubsub.googleapis.com"

_topic = re.compile(r"pubsub://(projects/[^/\s]+/topics/[^/\s]+)")


class PubSub:
    """Publishes to ``topic`` (``projects/PROJECT/topics/TOPIC``) as the identity of ``authorization``."""

    # A request has at most 10 MB; its attributes are short, so this is the only limit that can be met.
    longest = 10_000_000

    def __init__(self, topic: str, authorization: Authorization, endpoint: str = ENDPOINT) -> None:
        self._url = f"{endpoint}/v1/{quote(topic)}:publish"
        self._authorization = authorization

    @classmethod
    def of(cls, url: str, clock: Clock) -> PubSub:
        """``SettingError`` when the URL names no topic. The identity is asked for with the first event."""
        found = _topic.fullmatch(url)
        if found is None:
            raise SettingError("K_SINK names no topic; write it as in pubsub://projects/PROJECT/topics/TOPIC")
        return cls(found[1], google_tokens(clock, google_credentials))

    async def post(self, event: CloudEvent) -> Post:
        """The publication of one message."""
        attributes = {
            f"ce-{name}": value for name, value in event.items() if name not in ("data", "datacontenttype")
        }
        data = orjson.dumps(event["data"])
        message = {
            "data": base64.b64encode(data).decode("ascii"),
            "attributes": {**attributes, "Content-Type": event["datacontenttype"]},
        }
        token = await self._authorization.token()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return Post(self._url, orjson.dumps({"messages": [message]}), headers, len(data))

    def refused(self, post: Post) -> None:
        """Another token next time."""
        self._authorization.refused(post.headers["Authorization"].removeprefix("Bearer "))
