"""Every kind of sender there is, by the word that a client's YAML calls it. A new one is one line here."""

from __future__ import annotations

from triggerfish.webhooks.sender import Sender
from triggerfish.webhooks.senders.github import GitHub

_senders: tuple[type[Sender], ...] = (GitHub,)

SENDERS: dict[str, type[Sender]] = {sender.type: sender for sender in _senders}
