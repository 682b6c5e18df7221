"""One evaluation: what it may still do, what time it is, and its randomness. Never shared between two."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.limits import ELEMENTS, STEPS, STRING, exceeded


class ExpressionRun:
    """``left`` counts down the steps; code that works through many values or long texts pays first."""

    __slots__ = ("_context", "copies", "left", "now", "seed")

    def __init__(self, now: datetime | None, seed: bytes, steps: int = STEPS) -> None:
        self.left = steps
        self.now = now
        self.seed = seed
        self.copies: dict[int, tuple[Any, Any]] = {}
        self._context: CallContext | None = None

    def spend(self, steps: int) -> None:
        """Pay for that many steps. Raises ``Failure`` when they are used up."""
        self.left -= steps
        if self.left < 0:
            raise exceeded(f"{STEPS} evaluation steps")

    def spend_text(self, text: str | bytes, shift: int = 6) -> None:
        """Pay for working through a text, a step for each ``2 ** shift`` characters."""
        if len(text) > 63:
            self.spend(len(text) >> shift)

    def text(self, length: int) -> None:
        """Pay for making a text of this length. Raises ``Failure`` when it is too long."""
        if length > STRING:
            raise exceeded(f"{STRING} characters in one string")
        if length > 63:
            self.spend(length >> 6)

    def elements(self, count: int) -> None:
        """Pay for making a list of this length. Raises ``Failure`` when it is too long."""
        if count > ELEMENTS:
            raise exceeded(f"{ELEMENTS} elements in one list")
        self.spend(count >> 2)

    def context(self) -> CallContext:
        """Return what functions of the environment are told: the same for all calls of one evaluation."""
        if self._context is None:
            self._context = CallContext(self.now, self.seed)
        return self._context


class PaidRun(ExpressionRun):
    """Work within a call of a function of the environment: its steps count as the call's cost."""

    __slots__ = ("_payer",)

    def __init__(self, payer: Payer) -> None:
        super().__init__(None, b"")
        self._payer = payer

    def spend(self, steps: int) -> None:
        """Pay for so many steps. Raises as ``payer`` does when they are used up."""
        self._payer.spend(_STEP_COST * steps)


class Payer(Protocol):
    """Who pays: the ``CallContext`` of the calls."""

    def spend(self, cost: int) -> None:
        """Account for a cost before the work is done."""


_STEP_COST = 2
"""A step of 100 ns in units of ``callables.COST_LIMIT``, which are 50 ns."""
