"""A delivery as it arrived, before anybody believed a byte of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    _values: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look through the headers once."""
        found: dict[str, list[str]] = {}
        for name, value in self.headers:
            if name in found:
                found[name].append(value)
            else:
                found[name] = [value]
        object.__setattr__(self, "_values", found)

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]], body: bytes, received: datetime) -> Delivery:
        """From the bytes of the wire; each byte is one character (Latin-1), so that none is lost.

        Blanks around a value are no part of it (RFC 9110, 5.5), and not every server takes them away.
        """
        pairs = [
            (name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")) for name, value in headers
        ]
        return cls(tuple(pairs), body, received)

    @property
    def names(self) -> Iterable[str]:
        """The names of its headers, each once."""
        return self._values.keys()

    @property
    def firsts(self) -> dict[str, str]:
        """The first value of each header, by its name; for what proves nothing."""
        return {name: values[0] for name, values in self._values.items()}

    def values(self, name: str) -> Sequence[str]:
        """All values of the header of that lower-cased name."""
        return self._values.get(name, ())

    def first(self, name: str) -> str:
        """Its first value, empty when there is none; for what proves nothing."""
        return self._values[name][0] if name in self._values else ""
