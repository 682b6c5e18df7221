"""The scheme of https://www.standardwebhooks.com: what is signed is ``id.timestamp.body``.

Kept apart from its sender as GitLab signs this way too.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import timedelta

from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Proof, Secret, digest, encoded, fails, only, same
from triggerfish.webhooks.sender import Headers, Outgoing

KEY_PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)

_timestamp = re.compile(r"[0-9]{1,12}", re.ASCII)
_most_signatures = 20


def key(secret: Secret) -> Secret | None:
    """The key that ``whsec_<base64>`` (or the base64 alone) stands for; None when it is no base64.

    Its padding may be missing, as the scheme's own libraries take it so.
    """
    text = secret.value.strip().removeprefix(KEY_PREFIX.encode())
    text += b"=" * (-len(text) % 4)
    try:
        return Secret(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None


def fault(secret: Secret) -> str:
    """Return why ``secret`` is no key of this scheme, or empty."""
    decoded = key(secret)
    if decoded is None:
        return f"its secret is not {KEY_PREFIX} followed by base64"
    return "" if decoded.value else "its secret is empty"


def verify(delivery: Delivery, secret: Secret, prefix: str = "webhook-") -> Proof:
    """Whether one of the ``v1`` signatures is of this key, and the timestamp within five minutes of arrival.

    ``prefix`` begins the names of the three headers: ``webhook-``, or ``svix-``.
    """
    decoded = key(secret)
    if decoded is None:
        return fails("the secret is not a key")
    values = []
    for name in ("id", "timestamp", "signature"):
        value = only(delivery, prefix + name)
        if isinstance(value, Proof):
            return value
        values.append(value)
    message_id, timestamp, signatures = values
    if "." in message_id:
        # What is signed has no other mark between its parts: it could be cut elsewhere.
        return fails(f"{prefix}id contains a dot")
    if not _timestamp.fullmatch(timestamp):
        return fails(f"{prefix}timestamp is not a whole number")
    if abs(delivery.received.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return fails(f"{prefix}timestamp differs from now by more than five minutes")
    expected = _signature(decoded, message_id, timestamp, delivery.body)
    versioned = [part.partition(",") for part in signatures.split(" ")[:_most_signatures]]
    proofs = [
        same(value, expected, prefix + "signature", decoded)
        for version, _, value in versioned
        if version == "v1"
    ]
    if not proofs:
        return fails(f"{prefix}signature has no version v1")
    return next((proof for proof in proofs if proof.holds), proofs[0])


def sign(outgoing: Outgoing, secret: Secret, prefix: str = "webhook-") -> Headers:
    """The three headers; ``ValueError`` when ``secret`` is no key."""
    decoded = key(secret)
    if decoded is None:
        raise ValueError(fault(secret))
    timestamp = str(int(outgoing.sent.timestamp()))
    signature = _signature(decoded, outgoing.id, timestamp, outgoing.body)
    return (
        (prefix + "id", outgoing.id),
        (prefix + "timestamp", timestamp),
        (prefix + "signature", f"v1,{signature}"),
    )


def _signature(decoded: Secret, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode("latin-1", "replace") + body
    return encoded(digest(decoded, signed), "base64")
