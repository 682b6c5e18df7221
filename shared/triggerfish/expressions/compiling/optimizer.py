"""Rewrites a checked tree as expr's optimizer does, because some of it shows: ``payload.x.y && false`` is
false whatever the payload, ``filter(...)[0]`` stops at the first, ``x in ["a"]`` wants x to be a string.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triggerfish.expressions import natures as t
from triggerfish.expressions.compiling.sums import instead, literal, series, sum_of
from triggerfish.expressions.go.arithmetic import divide, modulo, power
from triggerfish.expressions.go.values import wrap
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.syntax import nodes as n

_LITERALS = (n.Integer, n.Float, n.String, n.Bool)


def optimize(node: n.Node) -> n.Node:
    """The tree to compile; the one given is used up. Raises ``Failure`` for ``1 % 0``."""
    kind = type(node)
    children = _CHILDREN.get(kind)
    if children is None:
        return node
    lookup = _lookup(node) if isinstance(node, n.Binary) and node.operator == "in" else None
    children(node)
    if lookup is not None and isinstance(node, n.Binary):
        node.right = lookup
    rewrite = _REWRITES.get(kind)
    return rewrite(node) if rewrite else node


# Going down.


def _each(*fields: str) -> Callable[[Any], None]:
    def children(node: Any) -> None:
        for field in fields:
            child = getattr(node, field)
            if isinstance(child, list):
                child[:] = [optimize(item) for item in child]
            elif type(child) in _CHILDREN:
                setattr(node, field, optimize(child))

    return children


_CHILDREN: dict[type, Callable[[Any], None]] = {
    n.Unary: _each("node"),
    n.Binary: _each("left", "right"),
    n.Logic: _each("operands"),
    n.Chain: _each("node"),
    n.Member: _each("node", "property"),
    n.Slice: _each("node", "start", "stop"),
    n.FunctionCall: _each("callee", "arguments"),
    n.Builtin: _each("arguments"),
    n.Predicate: _each("node"),
    n.Let: _each("value", "body"),
    n.Sequence: _each("nodes"),
    n.Conditional: _each("condition", "then", "otherwise"),
    n.Array: _each("nodes"),
    n.Pair: _each("key", "value"),
    n.MapLiteral: _each("pairs"),
}


# Membership in a list of literals, as it is written: nothing in it is folded before.


def _lookup(node: n.Binary) -> n.Node | None:
    if not isinstance(node.right, n.Array) or not node.right.nodes:
        return None
    for wanted, left in ((n.Integer, "int"), (n.String, "")):
        if left and node.left.nature.kind != left:
            continue
        if all(type(item) is wanted for item in node.right.nodes):
            values = frozenset(item.value for item in node.right.nodes)  # type: ignore[attr-defined]  # literals
            return instead(n.Constant(values), node.right)
    return None


# Coming up.


def _unary(node: n.Unary) -> n.Node:
    inner = node.node
    if node.operator == "!":
        return literal(not inner.value, node) if isinstance(inner, n.Bool) else node
    if isinstance(inner, (n.Integer, n.Float)):
        value = inner.value if node.operator == "+" else -inner.value
        return literal(wrap(value) if isinstance(value, int) else value, node)
    return node


def _logic(node: n.Logic) -> n.Node:
    decides = node.operator == "||"
    kept = []
    for operand in node.operands:
        if isinstance(operand, n.Bool):
            if operand.value is decides:
                return literal(decides, node)
        else:
            kept.append(operand)
    if not kept:
        return literal(not decides, node)
    kept = _combined(node.operator, kept)
    node.operands = kept
    return kept[0] if len(kept) == 1 else node


#: all(x, A) && all(x, B) goes over x once.
_COMBINES = {("all", "&&"): "&&", ("any", "||"): "||", ("none", "&&"): "||"}


def _combined(operator: str, operands: list[n.Node]) -> list[n.Node]:
    head, *rest = operands
    while rest and isinstance(head, n.Builtin) and (inner := _COMBINES.get((head.name, operator))):
        other = rest[0]
        if not isinstance(other, n.Builtin) or other.name != head.name:
            break
        if other.arguments[0] != head.arguments[0]:
            break
        one, two = head.arguments[1], other.arguments[1]
        assert isinstance(one, n.Predicate)  # noqa: S101  the parser makes nothing else of it
        assert isinstance(two, n.Predicate)  # noqa: S101  the same
        both = instead(n.Logic(inner, _combined(inner, [one.node, two.node])), one.node)
        if isinstance(both, n.Logic) and len(both.operands) == 1:
            both = both.operands[0]
        body = instead(n.Predicate(both), one)
        head = instead(n.Builtin(head.name, [head.arguments[0], body]), head)
        rest = rest[1:]
    return [head, *rest]


_FOLDS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": divide,
    "**": power,
}


def _binary(node: n.Binary) -> n.Node:
    left, right, operator = node.left, node.right, node.operator
    if operator == "==":
        for kind in (n.Integer, n.String, n.Bool):
            if isinstance(left, kind) and isinstance(right, kind):
                return literal(left.value == right.value, node)
        return node
    if operator in _FOLDS:
        numbers = isinstance(left, (n.Integer, n.Float)) and isinstance(right, (n.Integer, n.Float))
        if numbers or (operator == "+" and isinstance(left, n.String) and isinstance(right, n.String)):
            value = _FOLDS[operator](left.value, right.value)  # type: ignore[attr-defined]  # literals
            return literal(wrap(value) if isinstance(value, int) else value, node)
        return node
    if operator == "%" and isinstance(left, n.Integer) and isinstance(right, n.Integer):
        try:
            return literal(modulo(left.value, right.value), node)
        except Failure as failure:
            raise Failure(failure.message, node.position) from None
    return _count(node)


def _count(node: n.Binary) -> n.Node:
    count, limit = node.left, node.right
    if not isinstance(count, n.Builtin) or count.name != "count" or len(count.arguments) != 2:
        return node
    if not isinstance(limit, n.Integer) or limit.value < 0:
        return node
    enough = {">": limit.value + 1, ">=": limit.value, "<": limit.value, "<=": limit.value + 1}
    if node.operator not in enough:
        return node
    threshold = enough[node.operator]
    if threshold == 1 and node.operator in (">", ">="):
        return instead(n.Builtin("any", count.arguments), node)
    if threshold > 1:
        count.threshold = threshold
    return node


def _array(node: n.Array) -> n.Node:
    if node.nodes and all(isinstance(item, _LITERALS) for item in node.nodes):
        values = [item.value for item in node.nodes]  # type: ignore[attr-defined]  # literals
        return instead(n.Constant(values), node)
    return node


def _is(node: n.Node, name: str, arguments: int) -> bool:
    return isinstance(node, n.Builtin) and node.name == name and len(node.arguments) == arguments


def _member(node: n.Member) -> n.Node:
    base, key = node.node, node.property
    if node.optional or not isinstance(key, n.Integer) or key.value not in (0, -1):
        return node
    if isinstance(base, n.Builtin) and _is(base, "filter", 2):
        name = "find" if key.value == 0 else "findLast"
        return instead(n.Builtin(name, base.arguments, mapped=base.mapped, throws=True), node)
    return node


def _builtin(node: n.Builtin) -> n.Node:
    inner = node.arguments[0] if node.arguments else None
    if isinstance(inner, n.Builtin):
        if _is(inner, "filter", 2):
            return _over_filter(node, inner)
        if (
            node.name == "sum"
            and len(node.arguments) == 1
            and _is(inner, "map", 2)
            and not _has_index(inner.arguments[1])
        ):
            return instead(n.Builtin("sum", inner.arguments), node)
    if node.name == "sum" and len(node.arguments) == 1 and isinstance(inner, n.Array):
        return sum_of(inner.nodes, node) if len(inner.nodes) > 1 else node
    if node.name in ("sum", "reduce") and isinstance(inner, n.Binary) and inner.operator == "..":
        return series(node, inner)
    return node


def _over_filter(node: n.Builtin, inner: n.Builtin) -> n.Node:
    name, count = node.name, len(node.arguments)
    if name in ("first", "last") and count == 1:
        found = "find" if name == "first" else "findLast"
        return instead(n.Builtin(found, inner.arguments, mapped=inner.mapped), node)
    if name == "len" and count == 1:
        return instead(n.Builtin("count", inner.arguments), node)
    closure = node.arguments[1] if count == 2 else None
    if not isinstance(closure, n.Predicate) or inner.mapped is not None:
        return node
    if name == "map" and not _has_index(closure):
        return instead(n.Builtin("filter", inner.arguments, mapped=closure.node), node)
    first = inner.arguments[1]
    if name == "filter" and isinstance(first, n.Predicate):
        both = instead(n.Logic("&&", [first.node, closure.node]), closure.node)
        both.nature = t.BOOL
        return instead(n.Builtin("filter", [inner.arguments[0], instead(n.Predicate(both), closure)]), node)
    return node


def _has_index(closure: n.Node) -> bool:
    return n.contains(closure, lambda node: isinstance(node, n.Pointer) and node.name == "index")


_REWRITES: dict[type, Callable[[Any], n.Node]] = {
    n.Unary: _unary,
    n.Logic: _logic,
    n.Binary: _binary,
    n.Array: _array,
    n.Member: _member,
    n.Builtin: _builtin,
}
