"""Places in flight, shared fairly: one namespace cannot take them all from the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from triggerfish.errors import AnswerError


class Places:
    """``total`` places, by namespace.

    A namespace that is alone may take all of them, and at most half while others hold some. One that holds
    fewer than an eighth finds a place beyond the total too, up to half as many again: that others were first
    must not shut it out. It belongs to one event loop.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._held: Counter[str] = Counter()
        self.taken = 0

    @contextmanager
    def place(self, namespace: str) -> Iterator[None]:
        """Hold a place; ``AnswerError`` 503 when there is none for this namespace now."""
        if not self._has_room(namespace):
            raise AnswerError(503, 14, "too many requests are in flight", retry_after=1)
        self._held[namespace] += 1
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._held[namespace] -= 1
            if not self._held[namespace]:
                del self._held[namespace]

    def _has_room(self, namespace: str) -> bool:
        own = self._held.get(namespace, 0)
        if self.taken < self._total:
            return own == self.taken or own < max(1, self._total // 2)
        return own < max(1, self._total // 8) and own < self.taken < self._total + self._total // 2
