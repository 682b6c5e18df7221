"""Types as they are known before anything is evaluated: ``int``, ``list(string)``, ``dyn`` for any.

A type is a tuple of its name and its parameters: ``("list", ("string",))``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

Type = tuple[Any, ...]

DYN: Type = ("dyn",)
BOOL: Type = ("bool",)
INT: Type = ("int",)
STRING: Type = ("string",)
TYPE: Type = ("type",)
NUMBERS = frozenset({"int", "uint", "double"})
ORDERED = NUMBERS | {"bool", "string", "bytes", "timestamp", "duration"}
#: The kinds that each operator takes.
SUMS = {
    "+": frozenset({"int", "uint", "double", "string", "bytes", "list", "timestamp", "duration"}),
    "-": frozenset({"int", "uint", "double", "timestamp", "duration"}),
    "*": NUMBERS,
    "/": NUMBERS,
    "%": frozenset({"int", "uint"}),
}
#: Of timestamps and durations, by operator and both sides.
_SPANS = {
    ("+", "timestamp", "duration"): "timestamp",
    ("+", "duration", "timestamp"): "timestamp",
    ("+", "duration", "duration"): "duration",
    ("-", "timestamp", "duration"): "timestamp",
    ("-", "timestamp", "timestamp"): "duration",
    ("-", "duration", "duration"): "duration",
}
#: null may stand beside these, as they are messages in other implementations.
_NULLABLE = frozenset({"null", "timestamp", "duration"})
_PARAMETERS = {"list": 1, "map": 2, "optional": 1}


@cache
def read(text: str) -> Type:
    """A type as forms of functions write it: ``map(string, dyn)``; ``list`` alone is a list of anything."""
    outer, _, inside = text.partition("(")
    if not inside:
        return (outer, *[DYN] * _PARAMETERS.get(outer, 0))
    parts, depth, start = [], 0, 0
    inside = inside[:-1]
    for place, character in enumerate(inside):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            parts.append(inside[start:place].strip())
            start = place + 1
    return (outer, *[read(part) for part in [*parts, inside[start:].strip()]])


def written(type_: Type) -> str:
    """The type as people write it."""
    return type_[0] if len(type_) == 1 else f"{type_[0]}({', '.join(written(part) for part in type_[1:])})"


def fits(wanted: Type, given: Type, bound: dict[str, Type]) -> bool:
    """Return whether what is given may be what is wanted; ``A`` and ``B`` are bound to what fits."""
    if wanted in (("A",), ("B",)):
        known = bound.get(wanted[0], given)
        bound[wanted[0]] = join(known, given)
        return agree(known, given)
    if DYN in (wanted, given):
        return True
    if wanted[0] != given[0]:
        return False
    return all(fits(one, two, bound) for one, two in zip(wanted[1:], given[1:], strict=True))


def with_bound(type_: Type, bound: dict[str, Type]) -> Type:
    """The type with what its ``A`` and ``B`` are bound to."""
    if len(type_) == 1:
        return bound.get(type_[0], DYN if type_[0] in ("A", "B") else type_)
    return (type_[0], *[with_bound(part, bound) for part in type_[1:]])


def agree(one: Type, two: Type) -> bool:
    """Return whether there may be a value of both types."""
    if DYN in (one, two) or (("null",) in (one, two) and {one[0], two[0]} <= _NULLABLE):
        return True
    return one[0] == two[0] and all(map(agree, one[1:], two[1:]))


def join(one: Type, two: Type) -> Type:
    """The type of what may be of either."""
    if one == two:
        return one
    if one[0] == two[0] and len(one) == len(two) > 1:
        return (one[0], *[join(left, right) for left, right in zip(one[1:], two[1:], strict=True)])
    return DYN


def sum_of(operator: str, left: Type, right: Type) -> Type | None:
    """The type of ``left operator right``, or None where there is none."""
    sorts = {left[0], right[0]} - {"dyn"}
    if not sorts <= SUMS[operator]:
        return None
    if sorts & {"timestamp", "duration"}:
        if DYN in (left, right):
            return DYN
        made = _SPANS.get((operator, left[0], right[0]))
        return None if made is None else (made,)
    if not sorts:
        return DYN
    if sorts == {"list"}:
        if not agree(left, right):
            return None
        return ("list", DYN) if DYN in (left, right) else join(left, right)
    return (sorts.pop(),) if len(sorts) == 1 else None
