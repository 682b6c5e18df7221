"""What an expression of CEL's reads of a name of the environment, and its conditions by that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from triggerfish.expressions.cel.syntax import nodes as n
from triggerfish.expressions.explanation import PARTS, Evaluates
from triggerfish.expressions.prospects import Condition, Members

_ENVIRONMENT = "event"


def members(node: n.CelNode, name: str) -> Members:
    """What the node reads of ``name``; None when it takes the name as a whole."""
    found: set[str] = set()
    return frozenset(found) if _gathered(node, name, found) else None


def conditions(tree: n.CelNode, name: str, make: Callable[[n.CelNode], Evaluates]) -> Condition:
    """The tree taken apart by what it reads of ``name``; ``make`` compiles a part."""
    return _Taker(name, make).part(tree)


class _Taker:
    def __init__(self, name: str, make: Callable[[n.CelNode], Evaluates]) -> None:
        self._name, self._make = name, make
        self._left = PARTS

    def part(self, node: n.CelNode) -> Condition:
        self._left -= 1
        read = members(node, self._name)
        operator, operands = _taken_apart(node) if read != frozenset() else ("", [])
        if len(operands) > self._left:
            operator, operands = "", []
        parts = tuple(self.part(operand) for operand in operands)
        return Condition(operator, parts, self._make(node), read, self._is_total(node), in_order=False)

    def _is_total(self, node: n.CelNode) -> bool:
        if not isinstance(node, n.CelBinary):
            return False
        left, right = node.left, node.right
        if node.operator in ("==", "!="):
            sides = (left, right), (right, left)
            return any(self._is_member(one) and isinstance(other, n.Literal) for one, other in sides)
        listed = isinstance(right, n.Items) and all(isinstance(each, n.Literal) for each in right.items)
        return node.operator == "in" and listed and self._is_member(left)

    def _is_member(self, node: n.CelNode) -> bool:
        return _member(node, self._name) is not None


def _gathered(node: n.CelNode, name: str, found: set[str]) -> bool:
    if (member := _member(node, name)) is not None:
        found.add(member)
        return True
    if _is_name(node, name):
        return False
    return all(_gathered(below, name, found) for below in _below(node))


def _member(node: n.CelNode, name: str) -> str | None:
    return _key(node) if isinstance(node, n.Select | n.Index) and _is_name(node.operand, name) else None


def _is_name(node: n.CelNode, name: str) -> bool:
    if isinstance(node, n.Name):
        return node.name == name
    if not isinstance(node, n.Select | n.Index) or _key(node) != name:
        return False
    return isinstance(node.operand, n.Name) and node.operand.name == _ENVIRONMENT


def _key(node: n.Select | n.Index) -> str | None:
    if isinstance(node, n.Select):
        return node.name
    value = node.key.value if isinstance(node.key, n.Literal) else None
    return value if isinstance(value, str) else None


def _taken_apart(node: n.CelNode) -> tuple[str, list[n.CelNode]]:
    if isinstance(node, n.CelLogic):
        return node.operator, node.operands
    if isinstance(node, n.CelUnary) and node.operator == "!":
        return "!", [node.operand]
    if isinstance(node, n.Choice):
        return "?", [node.condition, node.then, node.otherwise]
    return "", []


def _below(node: n.CelNode) -> Iterator[n.CelNode]:
    for field in type(node).__slots__:
        yield from _nodes(getattr(node, field))


def _nodes(held: Any) -> Iterator[n.CelNode]:
    if isinstance(held, n.CelNode):
        yield held
    elif isinstance(held, list | tuple):
        for one in held:
            yield from _nodes(one)
