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
    """Whether what is given may be what is wanted; ``A`` and ``B`` are bound to what fits."""
    if wanted in (("A",), ("B",)):
        known = bound.setdefault(wanted[0], given)
        if known == DYN or given == DYN:
            bound[wanted[0]] = DYN
        elif known != given:
            bound[wanted[0]] = join(known, given)
        return True
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


def join(one: Type, two: Type) -> Type:
    """The type of what may be of either."""
    if one == two:
        return one
    if one[0] == two[0] and len(one) == len(two) > 1:
        return (one[0], *[join(left, right) for left, right in zip(one[1:], two[1:], strict=True)])
    return DYN
