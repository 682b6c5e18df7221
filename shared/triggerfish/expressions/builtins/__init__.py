"""The functions of the language, a file for each family; the registry is all that the compiler knows."""

from __future__ import annotations

from typing import NamedTuple

from triggerfish.expressions.builtins import aggregates, bits, dates, encoding, lists, maps, numbers, strings
from triggerfish.expressions.builtins.registry import Builtin

FUNCTIONS: dict[str, Builtin] = {
    name: builtin
    for module in (aggregates, bits, dates, encoding, lists, maps, numbers, strings)
    for name, builtin in module.family.members.items()
}


class Shape(NamedTuple):
    """The arguments of a builtin that takes a closure: each ``value`` or ``closure``, so many required."""

    required: int
    wanted: tuple[str, ...] = ("value", "closure")


#: The builtins that take a closure; the compiler makes loops of them (``evaluation.loops``).
PREDICATES: dict[str, Shape] = {
    "all": Shape(2),
    "none": Shape(2),
    "any": Shape(2),
    "one": Shape(2),
    "filter": Shape(2),
    "map": Shape(2),
    "count": Shape(1),
    "sum": Shape(1),
    "find": Shape(2),
    "findIndex": Shape(2),
    "findLast": Shape(2),
    "findLastIndex": Shape(2),
    "groupBy": Shape(2),
    "sortBy": Shape(2, ("value", "closure", "value")),
    "reduce": Shape(2, ("value", "closure", "value")),
}

BUILTINS = frozenset(FUNCTIONS) | frozenset(PREDICATES)
