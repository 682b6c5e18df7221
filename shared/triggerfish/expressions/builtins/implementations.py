"""The builtins of one file, gathered by using a ``Implementations`` as a decorator.

A function gets the run it is part of (its allowance, its clock) and the arguments, and raises ``Failure``.
What it takes and costs stands in ``builtins.table``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Body = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Implementations:
    """The functions of one file, by the builtin that each does."""

    members: dict[str, Body] = field(default_factory=dict)

    def __call__(self, name: str) -> Callable[[Body], Body]:
        """Declare the decorated function as the one that does the builtin ``name``."""

        def declare(body: Body) -> Body:
            self.members[name] = body
            return body

        return declare
