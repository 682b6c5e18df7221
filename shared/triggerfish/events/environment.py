"""What an expression can see of an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triggerfish.hosts import WithGit
from triggerfish.webhooks.credentials import is_credential
from triggerfish.workflows.labels import Creator

Environment = Mapping[str, Any]
Headers = Mapping[str, list[str]]

_anything = object()

# Examples: an expression is checked against their types when its binding is read. A payload may be anything.
NAMES: Mapping[str, Any] = {
    "namespace": "",
    "discriminator": "",
    "event": {},
    "payload": _anything,
    "metadata": {},
    "git": _anything,
}
# What ``submit.metadata`` sees besides.
METADATA_NAMES: Mapping[str, Any] = {
    **NAMES,
    "sprig": {},
    **dict.fromkeys(("asInt", "asFloat", "jsonpath", "toJson"), _anything),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event came from: the sender's type, what the sender calls the event, the delivery's id.

    ``account`` is the service account of the webhook client that signed it, empty where none did.
    """

    sender: str = "token"
    event: str = ""
    id: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One event that its sender was entitled to send.

    ``key`` are 32 bytes: of the delivery's identity when ``repeatable`` (a redelivery has the same), else
    noise. ``creator`` is who the Workflows are made for; ``received`` is an aware time, ``occurred`` seconds
    since 1970, None when the sender did not say. ``size`` are the bytes of the body that it came in,
    without its encoding.
    """

    namespace: str
    discriminator: str
    payload: Any
    metadata: Headers
    creator: Creator
    key: bytes
    repeatable: bool
    received: datetime
    occurred: float | None = None
    origin: Origin = Origin()
    size: int = 0


class _Names(WithGit):
    """``event`` is the environment itself, and not kept in it: a circle would hold a payload in memory long
    after its delivery, until the interpreter looks for circles.
    """

    def __missing__(self, name: str) -> Any:
        return self if name == "event" else super().__missing__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As ``environment[name]``."""
        return self if name == "event" else super().get(name, default)

    def __contains__(self, name: object) -> bool:
        return name == "event" or super().__contains__(name)


def environment(event: Event) -> dict[str, Any]:
    """The names an expression starts from; ``event`` is the environment itself, as Argo documents it.

    ``git`` is worked out only for the first expression that asks for it.
    """
    return _Names(
        sender=event.origin.sender,
        namespace=event.namespace,
        discriminator=event.discriminator,
        payload=event.payload,
        metadata=event.metadata,
    )


def metadata(
    headers: Iterable[tuple[str, str]], credentials: frozenset[str] = frozenset()
) -> dict[str, list[str]]:
    """The ``x-*`` headers by lower-cased name, without any that carries a credential.

    ``credentials`` names more of those, in lower case: what this client's proof was read from.
    """
    seen: dict[str, list[str]] = {}
    for name, value in headers:
        # Few do: the rest is not looked at again.
        if not name.startswith(("x-", "X-")):
            continue
        lower = name.lower()
        if lower not in credentials and not is_credential(lower):
            seen.setdefault(lower, []).append(value)
    return seen
