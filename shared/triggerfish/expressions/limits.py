"""Bounds on what a tenant's source and a stranger's payload can cost; each names itself when it is met."""

from __future__ import annotations

from triggerfish.errors import ExpressionError

#: Characters of source.
SOURCE = 16_384
#: Nested brackets, calls and operators, in the source.
NESTING = 100
#: Nodes of the syntax tree (the default of expr itself).
NODES = 10_000
#: What one evaluation may do: a step is about 100 ns, an element visited or 64 characters handled.
STEPS = 200_000
#: What writing a result as JSON may do, beside that: a whole payload may be a parameter.
WRITING_STEPS = 3_000_000
#: Characters of one string.
STRING = 8_000_000
#: Elements of one list.
ELEMENTS = 200_000
#: Nested lists and maps, in a value.
DEPTH = 200
#: Characters of a regular expression that is made while evaluating.
PATTERN = 1_000


class Failure(Exception):  # noqa: N818  what is raised inside; people see the ExpressionError made of it
    """An expression fails here. ``position`` is None when the place is that of the node being evaluated."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message, self.position = message, position

    def error(self, source: str, position: int | None = None) -> ExpressionError:
        """Return what people see: with the place in their source."""
        return ExpressionError(self.message, source, position if self.position is None else self.position)


def exceeded(bound: str) -> Failure:
    """The failure that names a bound: ``exceeded(f"{STEPS} evaluation steps")``."""
    return Failure(f"too much: an expression may take no more than {bound}")
