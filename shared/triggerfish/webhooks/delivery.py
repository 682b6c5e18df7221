"""A delivery as it arrived, before anybody believed a byte of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """``headers`` in the order received, names in lower case, duplicates and all; ``received`` is aware.

    Its repr shows neither headers nor body: they hold credentials.
    """

    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    received: datetime

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]], body: bytes, received: datetime) -> Delivery:
        """From the bytes of the wire; each byte is one character (Latin-1), so that none is lost.

        Blanks around a value are no part of it (RFC 9110, 5.5), and not every server takes them away.
        """
        pairs = (
            (name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")) for name, value in headers
        )
        return cls(tuple(pairs), body, received)

    def values(self, name: str) -> list[str]:
        """All values of the header of that lower-cased name."""
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        """Its first value, empty when there is none; for what proves nothing."""
        return next((value for key, value in self.headers if key == name), "")
