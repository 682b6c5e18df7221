"""PURE. What a delivery calls itself, before anybody verified it: operators find it at its host by that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from triggerfish.events.environment import Origin
from triggerfish.hosts.registry import SENDERS
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.hmac import Hmac
from triggerfish.webhooks.sender import Sender

_longest = 100
# Those that need no option. The time is never read.
_senders: tuple[Sender, ...] = tuple(kind.of({}) for name, kind in SENDERS.items() if name != Hmac.type)
_no_time = datetime.fromtimestamp(0, UTC)


def claimed(headers: Iterable[tuple[bytes, bytes]]) -> Origin:
    """Return what the headers of the wire say; any of it may be empty, or a lie. The body is not read."""
    bare = Delivery.of(headers, b"", _no_time)
    told = [(sender.type, sender.describe(bare)) for sender in _senders]
    # A proxy adds an id of its own; a host names the event too.
    for sender, said in sorted(told, key=lambda each: (not each[1].event, not each[1].id)):
        if said.event or said.id:
            return Origin(sender if said.event else "", said.event[:_longest], said.id[:_longest])
    return Origin("")
