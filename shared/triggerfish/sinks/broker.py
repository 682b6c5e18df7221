"""What a broker is: the shape that each file of this package fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

CloudEvent = dict[str, Any]
"""A CloudEvent in JSON's structured form, its ``data`` an object."""


@dataclass(frozen=True, slots=True)
class Post:
    """A POST that hands an event over; ``returning``: so many bytes will come back as a body."""

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
        """What hands ``event`` over; ``TriggerfishError`` when that cannot be said now."""

    def refused(self, post: Post) -> None:
        """It was answered 401: a credential in it may be of the past."""
