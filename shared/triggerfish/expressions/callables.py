"""What an environment may hold besides data: functions that an expression can call, written in Python.

A dialect calls ``function.call(context, arguments)``; nothing else of the object is reachable. A namespace
(``sprig``) is a plain mapping of names to functions, so that ``sprig.nope`` is nil, as it is in Argo.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from triggerfish.errors import ExpressionError

#: What all calls of one evaluation may cost together. One is a character copied, about 50 ns.
COST_LIMIT = 1_000_000


@dataclass(slots=True)
class CallContext:
    """One evaluation's time, randomness and remaining allowance: arguments, so that the core is pure.

    ``kept`` is what its calls keep for each other, such as patterns that are compiled.
    """

    now: datetime | None = None
    seed: bytes = b""
    spent: int = 0
    kept: dict[Any, Any] = field(default_factory=dict, repr=False)
    _drawn: int = field(default=0, repr=False)

    def time(self) -> datetime:
        """The evaluation's time, aware; ExpressionError when it was given none."""
        if self.now is None:
            raise ExpressionError("this evaluation has no clock")
        return self.now

    def random(self, count: int) -> bytes:
        """The next ``count`` bytes of a stream that the seed alone decides (SHA-256 in counter mode)."""
        blocks = []
        for _ in range(-(-count // 32)):
            blocks.append(hashlib.sha256(self._drawn.to_bytes(8, "big") + self.seed).digest())
            self._drawn += 1
        return b"".join(blocks)[:count]

    def below(self, bound: int) -> int:
        """A number from 0 up to, not including, ``bound``, which is at least 1."""
        return int.from_bytes(self.random(16), "big") % bound

    def spend(self, cost: int) -> None:
        """Account for a cost before the work is done; ExpressionError over the limit."""
        self.spent += max(cost, 0)
        if self.spent > COST_LIMIT:
            raise ExpressionError(f"too much: the calls of one evaluation may cost {COST_LIMIT} together")


@dataclass(frozen=True, slots=True)
class Function:
    """A function of an environment. ``name`` is as people write it: ``sprig.trunc``.

    ``body(context, arguments)`` checks its arguments and returns the value; it raises nothing but
    ExpressionError, without a position: the dialect knows where the call stands.
    """

    name: str
    body: Callable[[CallContext, Sequence[Any]], Any]

    def __str__(self) -> str:
        return self.name

    def call(self, context: CallContext, arguments: Sequence[Any]) -> Any:
        """The value; ExpressionError for a wrong number or type of arguments, or when it fails."""
        return self.body(context, arguments)
