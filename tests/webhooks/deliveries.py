"""Making deliveries and clients for tests."""

import hashlib
import hmac
from datetime import UTC, datetime

from triggerfish.hosts.registry import SENDERS
from triggerfish.webhooks.clients import parse_clients
from triggerfish.webhooks.delivery import Delivery

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def delivery(headers, body=b"{}", received=NOW):
    pairs = headers.items() if isinstance(headers, dict) else headers
    return Delivery.of([(name.encode(), value.encode()) for name, value in pairs], body, received)


def hexed(secret, body, algorithm="sha256"):
    return hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()


def clients(**yamls):
    return parse_clients({name.replace("_", "-"): text.encode() for name, text in yamls.items()}, SENDERS)
