"""What an expression reads of a name of the environment, and its conditions by that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy

from triggerfish.expressions.explanation import PARTS, Evaluates
from triggerfish.expressions.prospects import Condition, Members
from triggerfish.expressions.syntax import nodes as n

# The names of the environment itself, of which a name may be a member too.
_ENVIRONMENT = frozenset(("$env", "event"))
_LITERALS = (n.Nil, n.Integer, n.Float, n.Bool, n.String)


class NameUses:
    """The uses of ``name`` in a tree; a ``let`` may give it another name."""

    def __init__(self, name: str, tree: n.Node) -> None:
        self._name, self._names, self._environments = name, {name}, set(_ENVIRONMENT)
        for let in _each(tree):
            if isinstance(let, n.Let):
                if self._is_name(let.value):
                    self._names.add(let.name)
                elif self._is_environment(let.value):
                    self._environments.add(let.name)

    def members(self, node: n.Node) -> Members:
        """What the node reads; None when it takes the name as a whole."""
        found: set[str] = set()
        return frozenset(found) if self._gathered(node, found) else None

    def is_member(self, node: n.Node) -> bool:
        """Return whether the node is a member of the name, and no more."""
        while isinstance(node, n.Chain):
            node = node.node
        return isinstance(node, n.Member) and self._is_name(node.node) and _key(node) is not None

    def _gathered(self, node: n.Node, found: set[str]) -> bool:
        if isinstance(node, n.Let) and self._is_name(node.value):
            return self._gathered(node.body, found)
        if self.is_member(node):
            found.add(_member(node))
            return True
        if self._is_name(node):
            return False
        return all(self._gathered(below, found) for below in _below(node))

    def _is_name(self, node: n.Node) -> bool:
        if isinstance(node, n.Identifier):
            return node.name in self._names
        return isinstance(node, n.Member) and self._is_environment(node.node) and _key(node) == self._name

    def _is_environment(self, node: n.Node) -> bool:
        return isinstance(node, n.Identifier) and node.name in self._environments


def conditions(tree: n.Node, name: str, make: Callable[[n.Node], Evaluates]) -> Condition:
    """The tree taken apart by what it reads of ``name``; ``make`` compiles a part, which it may use up."""
    return _Taker(NameUses(name, tree), make).part(tree)


class _Taker:
    def __init__(self, uses: NameUses, make: Callable[[n.Node], Evaluates]) -> None:
        self._uses, self._make = uses, make
        self._left = PARTS
        self._lets: list[n.Let] = []

    def part(self, node: n.Node) -> Condition:
        self._left -= 1
        if isinstance(node, n.Let):
            self._lets.append(node)
            found = self.part(node.body)
            self._lets.pop()
            return found
        members = self._members(node)
        operator, operands = _taken_apart(node) if members != frozenset() else ("", [])
        if len(operands) > self._left:
            operator, operands = "", []
        parts = tuple(self.part(operand) for operand in operands)
        return Condition(operator, parts, self._program(node), members, self._is_total(node), in_order=True)

    def _members(self, node: n.Node) -> Members:
        found, read = self._uses.members(node), [node]
        for let in reversed(self._lets):
            # What a let holds is read by what names it.
            if any(n.contains(one, _named(let.name)) for one in read):
                read.append(let.value)
                more = self._uses.members(n.Let(let.name, let.value, n.Nil()))
                found = None if found is None or more is None else found | more
        return found

    def _is_total(self, node: n.Node) -> bool:
        if not isinstance(node, n.Binary):
            return False
        left, right = node.left, node.right
        if node.operator in ("==", "!="):
            sides = (left, right), (right, left)
            return any(self._uses.is_member(one) and isinstance(other, _LITERALS) for one, other in sides)
        listed = isinstance(right, n.Array) and all(isinstance(each, _LITERALS) for each in right.nodes)
        return node.operator == "in" and listed and self._uses.is_member(left)

    def _program(self, node: n.Node) -> Evaluates:
        whole = deepcopy(node)
        for let in reversed(self._lets):
            whole = n.Let(let.name, deepcopy(let.value), whole, position=let.position)
        return self._make(whole)


def _taken_apart(node: n.Node) -> tuple[str, list[n.Node]]:
    if isinstance(node, n.Logic):
        return node.operator, node.operands
    if isinstance(node, n.Unary) and node.operator == "!":
        return "!", [node.node]
    if isinstance(node, n.Conditional):
        return "?", [node.condition, node.then, node.otherwise]
    return "", []


def _named(name: str) -> Callable[[n.Node], bool]:
    return lambda node: isinstance(node, n.Identifier) and node.name == name


def _key(member: n.Member) -> str | None:
    return member.property.value if isinstance(member.property, n.String) else None


def _member(node: n.Node) -> str:
    while isinstance(node, n.Chain):
        node = node.node
    assert isinstance(node, n.Member)  # noqa: S101  the caller looked; this tells the type checker
    return _key(node) or ""


def _each(node: n.Node) -> Iterator[n.Node]:
    yield node
    for below in _below(node):
        yield from _each(below)


def _below(node: n.Node) -> Iterator[n.Node]:
    for field in type(node).__slots__:
        held = getattr(node, field)
        for one in held if isinstance(held, list) else (held,):
            if isinstance(one, n.Node):
                yield one
