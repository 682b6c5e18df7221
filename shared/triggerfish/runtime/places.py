"""Places in flight, shared fairly: one namespace cannot take them all from the others."""

from __future__ import annotations

from types import TracebackType

from triggerfish.errors import AnswerError


class Places:
    """``total`` places, by namespace.

    A namespace that is alone may take all of them, and at most half while others hold some. One that holds
    fewer than an eighth finds a place beyond the total too, up to half as many again: that others were first
    must not shut it out. It belongs to one event loop.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._held: dict[str, int] = {}
        self.taken = 0

    def place(self, namespace: str) -> _Place:
        """Hold a place for a ``with`` block; ``AnswerError`` 503 when there is none for it now."""
        return _Place(self, namespace)

    def take(self, namespace: str) -> None:
        """Take a place; ``AnswerError`` 503 when there is none."""
        if not self._has_room(namespace):
            raise AnswerError(503, 14, "too many requests are in flight", retry_after=1)
        self._held[namespace] = self._held.get(namespace, 0) + 1
        self.taken += 1

    def give_back(self, namespace: str) -> None:
        """Give one back."""
        self.taken -= 1
        self._held[namespace] -= 1
        if not self._held[namespace]:
            del self._held[namespace]

    def _has_room(self, namespace: str) -> bool:
        own = self._held.get(namespace, 0)
        if self.taken < self._total:
            return own == self.taken or own < max(1, self._total // 2)
        return own < max(1, self._total // 8) and own < self.taken < self._total + self._total // 2


class _Place:
    __slots__ = ("_namespace", "_places")

    def __init__(self, places: Places, namespace: str) -> None:
        self._places, self._namespace = places, namespace

    def __enter__(self) -> None:
        self._places.take(self._namespace)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.give_back(self._namespace)
