"""The shape of a broker, which each file of this package fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

CloudEvent = dict[str, Any]
"""A CloudEvent in JSON's structured form, its ``data`` an object."""


@dataclass(frozen=True, slots=True)
class Post:
    """A POST that hands an event over; ``returning`` is how many bytes will come back as a body."""

    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    returning: int


class Broker(Protocol):
    """One kind of broker; nothing is sent here."""

    @property
    def longest(self) -> int:
        """The longest body it takes, in bytes."""

    async def post(self, event: CloudEvent) -> Post:
        """The request that hands ``event`` over; ``TriggerfishError`` when it cannot be made now."""

    def refused(self, post: Post) -> None:
        """The broker answered 401: a credential in it may have expired."""
