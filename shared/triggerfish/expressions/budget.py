"""What many evaluations may cost together: those of one delivery, or of one CronWorkflow in a tick.

The bounds of ``limits`` hold for one evaluation. A tenant may write hundreds of expressions, each just within
them; a budget is handed down to all of them, and ends with a reason that names it.
"""

from __future__ import annotations

from triggerfish.errors import ExpressionError

#: The least that an evaluation costs, in steps, and the characters of source that cost one step more.
_BASE, _SOURCE_SHIFT = 20, 3


class TooCostly(ExpressionError):  # noqa: N818  it says what is the matter
    """A budget is used up: what is asked for is not evaluated."""


class Budget:
    """``left`` counts down from ``steps``; ``payer`` is what people read: ``one delivery``."""

    __slots__ = ("_payer", "_steps", "left")

    def __init__(self, steps: int, payer: str) -> None:
        self._steps, self._payer = steps, payer
        self.left = steps

    def grant(self, source: str, most: int) -> int:
        """How many steps an evaluation of ``source`` may take, ``most`` at most. ``TooCostly`` for none."""
        self.take(_BASE + (len(source) >> _SOURCE_SHIFT))
        return min(most, self.left)

    def take(self, steps: int) -> None:
        """Pay before something is done; ``TooCostly`` when that is more than there is."""
        self.left -= steps
        if self.left <= 0:
            raise self.exceeded()

    def pay(self, steps: int) -> None:
        """Take off what an evaluation has taken."""
        self.left -= steps

    def exceeded(self) -> TooCostly:
        """The error that names this budget."""
        return TooCostly(f"too costly: {self._payer} may take no more than {self._steps} evaluation steps")
