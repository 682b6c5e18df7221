"""Where the ``Authorization`` header of an identity comes from, and what to do when it is refused."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from triggerfish.errors import SettingError, Unanswered
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock


class Authorization(Protocol):
    """Gives the token of one identity, fresh enough to be sent."""

    async def token(self) -> str | None:
        """The bearer token; None when the identity is not proved by one (a client certificate)."""
        ...

    def refused(self, token: str | None) -> None:
        """The API server answered 401 or 403 to ``token``: forget it, if it came from somewhere."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """A token that is what it is, or none."""

    value: str | None = field(default=None, repr=False)

    async def token(self) -> str | None:
        """The same each time."""
        return self.value

    def refused(self, token: str | None) -> None:
        """Nothing to forget: there is no other."""


class TokenFile:
    """A token that somebody else rotates: read again as soon as the file is another one."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._stamp: tuple[int, ...] = ()
        self._value = ""

    def __repr__(self) -> str:
        return f"TokenFile({self._path!r})"

    async def token(self) -> str:
        """The file's text, without blanks around it."""
        return self.read()

    def read(self) -> str:
        """The same, at once; ``SettingError`` when there is no such file, or nothing in it."""
        try:
            # A stat costs two microseconds; it follows the links by which a mounted volume is swapped.
            facts = os.stat(self._path)
            stamp = (facts.st_mtime_ns, facts.st_ino, facts.st_size)
            if stamp != self._stamp:
                with open(self._path, encoding="ascii") as file:
                    self._value = file.read().strip()
                self._stamp = stamp
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(
                f"the token file {self._path} cannot be read: {type(error).__name__}"
            ) from None
        if not self._value:
            raise SettingError(f"the token file {self._path} is empty")
        return self._value

    def refused(self, token: str | None) -> None:
        """Read it again next time."""
        self._stamp = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """A token and for how many seconds from now it may be used."""

    token: str = field(repr=False)
    seconds: float


PATIENCE = 10.0
"""Seconds that a request waits for its token at most."""


class Leased:
    """A token that must be asked for, kept while it lasts; one question however many wait.

    A question without an answer goes on: who asks again waits for the same one. Else each try of a call
    would leave another plugin that hangs.
    """

    def __init__(
        self, clock: Clock, ask: Callable[[], Awaitable[Lease]], *, patience: float = PATIENCE
    ) -> None:
        self._cache: Cache[None, Lease] = Cache(clock, life=lambda lease: lease.seconds, patience=patience)
        self._ask, self._patience = ask, patience

    async def token(self) -> str:
        """Return what was answered last, or is answered now; ``Unanswered`` when that takes too long."""
        try:
            return (await self._cache.get(None, self._ask)).token
        except TimeoutError:
            raise Unanswered(f"no token within {self._patience:g} s") from None

    def refused(self, token: str | None) -> None:
        """Ask again next time, unless somebody already did."""
        self._cache.drop(None, lambda lease: lease.token == token)


def digest(*parts: str) -> bytes:
    """A hash of a whole credential, to key a cache by: never a claim read from it."""
    return hashlib.sha256("\0".join(parts).encode()).digest()
