"""The operator table: how tightly each binds, and to which side it leans."""

from __future__ import annotations

from typing import NamedTuple


class Operator(NamedTuple):
    """A higher ``precedence`` binds tighter; ``right``: ``a ** b ** c`` is ``a ** (b ** c)``."""

    precedence: int
    right: bool = False


UNARY = {"not": Operator(50), "!": Operator(50), "-": Operator(90), "+": Operator(90)}

BINARY = {
    "|": Operator(0),
    "or": Operator(10),
    "||": Operator(10),
    "and": Operator(15),
    "&&": Operator(15),
    "==": Operator(20),
    "!=": Operator(20),
    "<": Operator(20),
    ">": Operator(20),
    ">=": Operator(20),
    "<=": Operator(20),
    "in": Operator(20),
    "matches": Operator(20),
    "contains": Operator(20),
    "startsWith": Operator(20),
    "endsWith": Operator(20),
    "..": Operator(25),
    "+": Operator(30),
    "-": Operator(30),
    "*": Operator(60),
    "/": Operator(60),
    "%": Operator(60),
    "**": Operator(100, right=True),
    "^": Operator(100, right=True),
    "??": Operator(500),
}

#: Two spellings, one meaning: the tree keeps the second.
SPELLINGS = {"or": "||", "and": "&&", "not": "!", "^": "**"}

#: ``a not in b`` is ``not (a in b)``.
NEGATABLE = frozenset({"in", "matches", "contains", "startsWith", "endsWith"})

#: ``a < b < c`` is ``a < b && b < c``.
COMPARISONS = frozenset({"<", ">", "<=", ">="})

#: Words that are operators and never names.
WORDS = frozenset(
    {"not", "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"}
)
