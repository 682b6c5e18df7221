"""How many watches a worker keeps open: each takes a connection of the caller and one to the API server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from triggerfish.errors import AnswerError

_most = 64
_most_of_one = 16


@dataclass(slots=True)
class Watches:
    """How many watches are open, for everybody and for each identity. It belongs to one event loop."""

    _open: Counter[bytes] = field(default_factory=Counter)

    @contextmanager
    def place(self, identity: bytes) -> Iterator[None]:
        """A place for one watch; ``AnswerError`` 503 when there is none."""
        if self._open.total() >= _most or self._open[identity] >= _most_of_one:
            raise AnswerError(503, 14, "too many watches are open", retry_after=5)
        self._open[identity] += 1
        try:
            yield
        finally:
            self._open[identity] -= 1
            if not self._open[identity]:
                del self._open[identity]
