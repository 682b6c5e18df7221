"""The optimizer's part for sums, and how it puts one node in the place of another."""

from __future__ import annotations

from typing import Any

from triggerfish.expressions import natures as t
from triggerfish.expressions.go.values import wrap
from triggerfish.expressions.natures import Nature
from triggerfish.expressions.syntax import nodes as n

_OF_TYPE: dict[type, tuple[type[Any], Nature]] = {
    int: (n.Integer, t.INT),
    float: (n.Float, t.FLOAT),
    str: (n.String, t.STRING),
    bool: (n.Bool, t.BOOL),
}


def literal(value: Any, like: n.Node) -> n.Node:
    """A literal in the place of ``like``."""
    kind, nature = _OF_TYPE[type(value)]
    replacement: n.Node = kind(value, position=like.position)
    replacement.nature = nature
    return replacement


def instead(replacement: n.Node, like: n.Node) -> n.Node:
    """``replacement`` takes the place and the nature of ``like``."""
    replacement.position, replacement.nature = like.position, like.nature
    return replacement


def sum_of(items: list[n.Node], like: n.Node) -> n.Node:
    """sum([a, b, c]) is a + (b + c): nothing is added to 0."""
    total = items[-1]
    for item in reversed(items[:-1]):
        total = n.Binary("+", item, total)
        total.position, total.nature = like.position, t.UNKNOWN
    total.nature = like.nature
    return total


def series(node: n.Builtin, span: n.Binary) -> n.Node:
    """The sum of a range of literals, by the formula."""
    if not isinstance(span.left, n.Integer) or not isinstance(span.right, n.Integer):
        return node
    first, last = span.left.value, span.right.value
    if last < first:
        return node
    count = wrap(last - first + 1)
    twice = wrap(count * wrap(first + last))
    total = -(-twice // 2) if twice < 0 else twice // 2
    answer = _sum(node, total, count) if node.name == "sum" else _reduced(node, total)
    return node if answer is None else literal(wrap(answer), node)


def _sum(node: n.Builtin, total: int, count: int) -> int | None:
    if len(node.arguments) == 1:
        return total
    body = getattr(node.arguments[1], "node", None)
    here = n.Pointer("")
    if body == here:
        return total
    if not isinstance(body, n.Binary):
        return None
    constant = body.right if body.left == here else body.left if body.right == here else None
    if not isinstance(constant, n.Integer):
        return None
    k = constant.value
    match body.operator:
        case "*":
            return k * total
        case "+":
            return total + count * k
        case "-":
            return total - count * k if body.left == here else count * k - total
        case _:
            return None


def _reduced(node: n.Builtin, total: int) -> int | None:
    body = getattr(node.arguments[1], "node", None)
    here, so_far = n.Pointer(""), n.Pointer("acc")
    if body not in (n.Binary("+", here, so_far), n.Binary("+", so_far, here)):
        return None
    if len(node.arguments) == 2:
        return total
    start = node.arguments[2]
    return start.value + total if isinstance(start, n.Integer) else None
