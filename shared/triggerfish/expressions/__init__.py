"""PURE. Two dialects behind one ``compile``: expr, which Argo's manifests are written in, and CEL.

expr goes lexer → parser → checker → optimizer → compiler (through Python's ``ast``, never through text) →
``Program``. Rooms, each importing only those below it: compiling/, checking/; syntax/; builtins/ (``table``
names every one); evaluation/, what compiled code calls; go/, Go's values and formats. sprig/ and jsonpath are
what Argo offers beside the language, cel/ is the other dialect. Every bound is in limits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from triggerfish.errors import ExpressionError
from triggerfish.expressions.budget import Budget, TooCostly
from triggerfish.expressions.explanation import Explanation
from triggerfish.expressions.go.json import to_json
from triggerfish.expressions.metadata import metadata_environment
from triggerfish.expressions.program import ExprProgram
from triggerfish.expressions.prospects import Members, Prospect

__all__ = [
    "Budget",
    "Explanation",
    "ExpressionError",
    "Members",
    "Program",
    "Prospect",
    "TooCostly",
    "compile",
    "metadata_environment",
    "to_json",
]


class Program(Protocol):
    """A compiled expression of either dialect."""

    @property
    def source(self) -> str:
        """The text it was compiled from."""

    def evaluate(
        self,
        environment: Mapping[str, Any],
        *,
        now: datetime | None = None,
        seed: bytes = b"",
        budget: Budget | None = None,
    ) -> Any:
        """The value over ``environment``; raises ``ExpressionError``, and nothing else.

        ``budget`` is shared with other evaluations; ``TooCostly`` when it is used up.
        """

    def explain(
        self,
        environment: Mapping[str, Any],
        *,
        now: datetime | None = None,
        seed: bytes = b"",
        budget: Budget | None = None,
    ) -> Explanation:
        """Each of its conditions with its value; raises nothing."""

    def members(self, name: str) -> Members:
        """The members of that name of the environment that it reads; None: any of them."""

    def prospect(
        self,
        environment: Mapping[str, Any],
        name: str,
        unknown: frozenset[str],
        *,
        now: datetime | None = None,
        seed: bytes = b"",
        budget: Budget | None = None,
    ) -> Prospect:
        """Whether it may be true while those members of ``name`` are not known; raises nothing."""


def compile(  # noqa: A001  what it does, and the design names it
    source: str, dialect: str = "expr", *, names: Collection[str] | None = None
) -> Program:
    """Compile ``source``, once, to evaluate it often.

    ``names`` are those the environment will have: an unknown one is then an error here, not on evaluation.
    An environment itself will do: its values then tell the types too, and ``namespace == 1`` is an error.
    Raises ``ExpressionError`` with the place and, for a near miss, a suggestion.
    """
    if dialect == "expr":
        return ExprProgram(source, names)
    if dialect == "cel":
        from triggerfish.expressions import cel  # slow to import beside expr, and rarely used

        return cel.compile(source, names=names)
    raise ExpressionError(f'unknown dialect "{dialect}": it is expr or cel')
