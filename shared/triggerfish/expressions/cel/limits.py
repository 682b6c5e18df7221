"""The account of one evaluation. The bounds are those of expr: triggerfish.expressions.limits."""

from __future__ import annotations

from triggerfish.expressions.limits import ELEMENTS, STEPS, STRING, Failure


class Exceeded(Failure):
    """A bound was met. No error of CEL's, which ``||`` and ``exists`` would pass over."""

    def __init__(self, bound: str, position: int | None = None) -> None:
        super().__init__(f"too much: an expression may take no more than {bound}", position)


class Account:
    """``left`` counts down the steps; whoever works through many values or long texts pays for it first."""

    __slots__ = ("left",)

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Pay for so many steps. Raises ``Exceeded`` when they are used up."""
        self.left -= steps
        if self.left < 0:
            raise Exceeded(f"{STEPS} evaluation steps")

    def read(self, text: str | bytes) -> None:
        """Pay for working through a text."""
        if len(text) > 63:
            self.spend(len(text) >> 6)

    def text(self, length: int) -> None:
        """Pay for making a text, or bytes, of this length. Raises ``Exceeded`` when it is too long."""
        if length > STRING:
            raise Exceeded(f"{STRING} characters in one text")
        if length > 63:
            self.spend(length >> 6)

    def elements(self, count: int) -> None:
        """Pay for a list or a map of this many. Raises ``Exceeded`` when they are too many."""
        if count > ELEMENTS:
            raise Exceeded(f"{ELEMENTS} elements in one list")
        self.spend(count >> 1)
