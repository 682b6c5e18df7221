"""The checker's part for operators with two operands: which types go together, and what comes of them."""

from __future__ import annotations

from triggerfish.expressions import natures as t
from triggerfish.expressions import patterns
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.natures import Nature, agree, assignable, comparable
from triggerfish.expressions.syntax import nodes as n

_NUMBERS = ("int", "float")
_ORDERED = ("int", "float", "string", "time", "duration")
#: Left operand, right operand, result: what + - * may join besides two numbers.
_SUMS = {
    ("+", "string", "string"): t.STRING,
    ("+", "time", "duration"): t.TIME,
    ("+", "duration", "time"): t.TIME,
    ("+", "duration", "duration"): t.DURATION,
    ("-", "time", "time"): t.DURATION,
    ("-", "time", "duration"): t.TIME,
    ("-", "duration", "duration"): t.DURATION,
    ("*", "int", "duration"): t.DURATION,
    ("*", "float", "duration"): t.DURATION,
    ("*", "duration", "int"): t.DURATION,
    ("*", "duration", "float"): t.DURATION,
    ("*", "duration", "duration"): t.DURATION,
}
_MAYBE = {
    "+": _ORDERED,
    "-": ("int", "float", "time", "duration"),
    "*": ("int", "float", "duration"),
}


def operation(node: n.Binary, left: Nature, right: Nature) -> Nature | None:
    """The nature of the result; None when the operator has no meaning for the two. Raises ``Failure``."""
    match node.operator:
        case "==" | "!=":
            return t.BOOL if comparable(left, right) else None
        case "<" | ">" | "<=" | ">=":
            same = (left.number and right.number) or (left.kind == right.kind and left.kind in _ORDERED)
            return t.BOOL if same or agree(left, right, _ORDERED) else None
        case "+" | "-" | "*":
            if left.number and right.number:
                return t.INT if left.kind == right.kind == "int" else t.FLOAT
            if found := _SUMS.get((node.operator, left.kind, right.kind)):
                return found
            return t.UNKNOWN if agree(left, right, _MAYBE[node.operator]) else None
        case "/" | "**":
            return t.FLOAT if _both(left, right, _NUMBERS) else None
        case "%":
            return t.INT if _both(left, right, ("int",)) else None
        case "..":
            return t.array_of(t.INT) if _both(left, right, ("int",)) else None
        case "in":
            return _in(node, left, right)
        case "matches":
            if isinstance(node.right, n.String):
                patterns.check(node.right.value, node.right.position)
            if left.kind == "bytes" and right.kind == "string":
                return t.BOOL
            return t.BOOL if _both(left, right, ("string",)) else None
        case "contains" | "startsWith" | "endsWith":
            return t.BOOL if _both(left, right, ("string",)) else None
        case _:
            return _coalesce(left, right)


def _both(left: Nature, right: Nature, kinds: tuple[str, ...]) -> bool:
    return (left.kind in kinds and right.kind in kinds) or agree(left, right, kinds)


def _in(node: n.Binary, left: Nature, right: Nature) -> Nature | None:
    if right.kind == "map":
        if not left.unknown and left.kind != "string":
            raise Failure(f"cannot use {left.name} as type string in map key", node.position)
        return t.BOOL
    if right.kind == "anymap":
        return t.BOOL
    if right.array:
        held = right.element or t.UNKNOWN
        if not comparable(left, held):
            raise Failure(f"cannot use {left.name} as type {held.name} in array", node.position)
        return t.BOOL
    if right.unknown or (left.unknown and right.kind == "string"):
        return t.BOOL
    # A time is a struct to Go, and any name may be asked of one.
    return t.BOOL if right.kind == "time" and (left.unknown or left.kind == "string") else None


def _coalesce(left: Nature, right: Nature) -> Nature:
    if left.kind == "nil":
        return right
    if right.kind == "nil" or assignable(right, left):
        return left
    return joined(left, right)


def element_of(collection: Nature) -> Nature:
    """The nature of what a list or map holds."""
    held = collection.element or t.UNKNOWN
    return held.of_json() if collection.json else held


def joined(left: Nature, right: Nature) -> Nature:
    """Return what may be one or the other: of the environment only when neither holds numbers of its own."""
    json = (left.json or left.kind in t.NUMBERLESS) and (right.json or right.kind in t.NUMBERLESS)
    return t.JSON if json and (left.json or right.json) else t.UNKNOWN
