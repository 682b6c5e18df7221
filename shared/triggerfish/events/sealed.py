"""A verified delivery on its way through a broker, sealed so that no one who may publish there can forge one.

The seal is an HMAC with the webhook client's own secret over all that will be acted on. The secret and the
headers that proved it stay behind.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from triggerfish.hosts.registry import SENDERS
from triggerfish.workflows.objects import Json

TYPE = "dev.triggerfish.delivery"
_purpose = b"triggerfish delivery seal v1\0"


_texts = {
    "namespace": "namespace",
    "discriminator": "discriminator",
    "service_account": "serviceAccount",
    "sender": "sender",
    "event": "event",
    "delivery": "delivery",
}


@dataclass(frozen=True, slots=True)
class VerifiedDelivery:
    """A verified delivery: ``service_account`` is whom it acts as, ``content`` what is to be read as JSON.

    ``metadata`` are the headers that expressions see, ``attributes`` those that say what the content is.
    """

    namespace: str
    discriminator: str
    service_account: str
    sender: str
    event: str
    delivery: str
    metadata: Mapping[str, list[str]]
    attributes: Mapping[str, str]
    received: datetime
    content: bytes = field(repr=False)

    @property
    def kept_id(self) -> str:
        """The sender's id for this delivery, if a redelivery has it too; else nothing."""
        sender = SENDERS.get(self.sender)
        return self.delivery if sender is None or sender.keeps_id else ""

    @property
    def id(self) -> str:
        """The same for a redelivery, so that a broker may drop it."""
        parts = (self.namespace, self.service_account, self.kept_id)
        hashed = hashlib.sha256("\0".join(parts).encode() + b"\0" + self.content)
        return hashed.hexdigest()[:32]

    def cloud_event(self, secret: bytes) -> Json:
        """The CloudEvent, structured, sealed with ``secret``."""
        data = self._data()
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": f"/api/v1/events/{self.namespace}",
            "type": TYPE,
            "time": self.received.isoformat(),
            "datacontenttype": "application/json",
            "data": {**data, "seal": _seal(data, secret)},
        }

    def _data(self) -> Json:
        return {
            **{name: getattr(self, field) for field, name in _texts.items()},
            "metadata": dict(self.metadata),
            "attributes": dict(self.attributes),
            "received": self.received.isoformat(),
            "content": base64.b64encode(self.content).decode("ascii"),
        }


def read(data: Any) -> VerifiedDelivery | None:
    """The delivery in a CloudEvent's data, not yet believed; None when there is none."""
    if not isinstance(data, dict):
        return None
    texts: dict[str, Any] = {field: data.get(name) for field, name in _texts.items()}
    metadata, attributes = data.get("metadata"), data.get("attributes")
    try:
        received = datetime.fromisoformat(data["received"])
        content = base64.b64decode(data["content"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
    if (
        not all(isinstance(text, str) for text in texts.values())
        or received.tzinfo is None
        or not isinstance(metadata, dict)
        or not all(isinstance(value, list) for value in metadata.values())
        or not isinstance(attributes, dict)
        or not all(isinstance(value, str) for value in attributes.values())
    ):
        return None
    return VerifiedDelivery(
        **texts, metadata=metadata, attributes=attributes, received=received, content=content
    )


def holds(verified: VerifiedDelivery, data: Mapping[str, Any], secrets: Iterable[bytes]) -> bool:
    """Return whether ``data``, which ``verified`` was read from, was sealed with one of the secrets."""
    given = data.get("seal")
    if not isinstance(given, str) or not given.isascii():
        return False
    fields = verified._data()  # noqa: SLF001  its own file's
    return any(hmac.compare_digest(given, _seal(fields, secret)) for secret in secrets if secret)


def _seal(data: Json, secret: bytes) -> str:
    text = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    return hmac.new(secret, _purpose + text, hashlib.sha256).hexdigest()
