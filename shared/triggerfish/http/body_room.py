"""Memory for bodies: who holds the most of it makes room for the others, with what is still being sent."""

from __future__ import annotations

from collections import Counter

_most_known = 1024


class Body:
    """One body as far as it has come, of the namespace ``owner``; ``evicted``: others needed its bytes."""

    __slots__ = ("chunks", "evicted", "owner", "room", "size")

    def __init__(self, owner: str, room: BodyRoom) -> None:
        self.owner, self.room = owner, room
        self.chunks: list[bytes] = []
        self.size = 0
        self.evicted = False


class BodyRoom:
    """``most`` bytes, of which an owner has at most half while others hold some.

    A complete body stays until it is handled, and such bodies may fill the room: then an owner who holds less
    than an eighth of it may use ``beyond`` more bytes, half of them if nobody has proved yet that it is one:
    anybody can make up owners. The body that goes has been sent for the longest: many that are sent slowly
    must not outlast one that comes at once.
    """

    def __init__(self, most: int, beyond: int = 0) -> None:
        self._most, self._beyond = most, beyond
        # The oldest first.
        self._sending: dict[Body, None] = {}
        self._of: Counter[str] = Counter()
        self._known: dict[str, None] = {}
        self.held = 0

    def add(self, body: Body, size: int) -> None:
        """Count ``size`` more bytes of the body; without room for them bodies are evicted, perhaps it."""
        self._sending[body] = None
        self._count(body, size)
        while oldest := self._to_go():
            oldest.evicted = True
            self.release(oldest)

    def complete(self, body: Body) -> None:
        """It has all come: from now on nobody takes it away."""
        self._sending.pop(body, None)

    def release(self, body: Body) -> None:
        """It is held no longer."""
        self.complete(body)
        body.chunks.clear()
        self._count(body, -body.size)

    def _count(self, body: Body, size: int) -> None:
        body.size += size
        self.held += size
        self._of[body.owner] += size
        if not self._of[body.owner]:
            del self._of[body.owner]

    def proved(self, owner: str) -> None:
        """Somebody has proved that there is such an owner; the last thousand are known."""
        self._known.pop(owner, None)
        self._known[owner] = None
        if len(self._known) > _most_known:
            del self._known[next(iter(self._known))]

    def _to_go(self) -> Body | None:
        if not self._sending:
            return None
        if self.held > self._most + self._beyond // 2:
            for body in self._sending:
                if body.owner not in self._known:
                    return body
        oldest = max(self._sending, key=lambda body: self._of[body.owner])
        own = self._of[oldest.owner]
        crowds = own > self._most // 2 and own < self.held
        lacks = self.held > self._most and own > self._most // 8
        return oldest if crowds or lacks or self.held > self._most + self._beyond else None
