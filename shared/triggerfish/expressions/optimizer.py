"""Rewrites a checked tree as expr's optimizer does, because some of it shows: ``payload.x.y && false`` is
false whatever the payload, ``filter(...)[0]`` stops at the first, ``x in ["a"]`` wants x to be a string.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triggerfish.expressions import natures as t
from triggerfish.expressions import nodes as n
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.natures import Nature
from triggerfish.expressions.runtime import divide, modulo, power
from triggerfish.expressions.values import wrap

_LITERALS = (n.Integer, n.Float, n.String, n.Bool)
_OF_TYPE: dict[type, tuple[type[Any], Nature]] = {
    int: (n.Integer, t.INT),
    float: (n.Float, t.FLOAT),
    str: (n.String, t.STRING),
    bool: (n.Bool, t.BOOL),
}


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


def _literal(value: Any, like: n.Node) -> n.Node:
    kind, nature = _OF_TYPE[type(value)]
    made: n.Node = kind(value, position=like.position)
    made.nature = nature
    return made


def _instead(made: n.Node, like: n.Node) -> n.Node:
    """``made`` takes the place and the nature of ``like``."""
    made.position, made.nature = like.position, like.nature
    return made


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
    n.Call: _each("callee", "arguments"),
    n.Builtin: _each("arguments"),
    n.Predicate: _each("node"),
    n.Let: _each("value", "body"),
    n.Sequence: _each("nodes"),
    n.Conditional: _each("condition", "then", "otherwise"),
    n.Array: _each("nodes"),
    n.Pair: _each("key", "value"),
    n.Map: _each("pairs"),
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
            return _instead(n.Constant(values), node.right)
    return None


# Coming up.


def _unary(node: n.Unary) -> n.Node:
    inner = node.node
    if node.operator == "!":
        return _literal(not inner.value, node) if isinstance(inner, n.Bool) else node
    if isinstance(inner, (n.Integer, n.Float)):
        value = inner.value if node.operator == "+" else -inner.value
        return _literal(wrap(value) if isinstance(value, int) else value, node)
    return node


def _logic(node: n.Logic) -> n.Node:
    decides = node.operator == "||"
    kept = []
    for operand in node.operands:
        if isinstance(operand, n.Bool):
            if operand.value is decides:
                return _literal(decides, node)
        else:
            kept.append(operand)
    if not kept:
        return _literal(not decides, node)
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
        both = _instead(n.Logic(inner, _combined(inner, [one.node, two.node])), one.node)
        if isinstance(both, n.Logic) and len(both.operands) == 1:
            both = both.operands[0]
        body = _instead(n.Predicate(both), one)
        head = _instead(n.Builtin(head.name, [head.arguments[0], body]), head)
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
                return _literal(left.value == right.value, node)
        return node
    if operator in _FOLDS:
        numbers = isinstance(left, (n.Integer, n.Float)) and isinstance(right, (n.Integer, n.Float))
        if numbers or (operator == "+" and isinstance(left, n.String) and isinstance(right, n.String)):
            value = _FOLDS[operator](left.value, right.value)  # type: ignore[attr-defined]  # literals
            return _literal(wrap(value) if isinstance(value, int) else value, node)
        return node
    if operator == "%" and isinstance(left, n.Integer) and isinstance(right, n.Integer):
        try:
            return _literal(modulo(left.value, right.value), node)
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
        return _instead(n.Builtin("any", count.arguments), node)
    if threshold > 1:
        count.threshold = threshold
    return node


def _array(node: n.Array) -> n.Node:
    if node.nodes and all(isinstance(item, _LITERALS) for item in node.nodes):
        values = [item.value for item in node.nodes]  # type: ignore[attr-defined]  # literals
        return _instead(n.Constant(values), node)
    return node


def _is(node: n.Node, name: str, arguments: int) -> bool:
    return isinstance(node, n.Builtin) and node.name == name and len(node.arguments) == arguments


def _member(node: n.Member) -> n.Node:
    base, key = node.node, node.property
    if node.optional or not isinstance(key, n.Integer) or key.value not in (0, -1):
        return node
    if isinstance(base, n.Builtin) and _is(base, "filter", 2):
        name = "find" if key.value == 0 else "findLast"
        return _instead(n.Builtin(name, base.arguments, mapped=base.mapped, throws=True), node)
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
            return _instead(n.Builtin("sum", inner.arguments), node)
    if node.name == "sum" and len(node.arguments) == 1 and isinstance(inner, n.Array):
        return _sum_of(inner.nodes, node) if len(inner.nodes) > 1 else node
    if node.name in ("sum", "reduce") and isinstance(inner, n.Binary) and inner.operator == "..":
        return _series(node, inner)
    return node


def _over_filter(node: n.Builtin, inner: n.Builtin) -> n.Node:
    name, count = node.name, len(node.arguments)
    if name in ("first", "last") and count == 1:
        found = "find" if name == "first" else "findLast"
        return _instead(n.Builtin(found, inner.arguments, mapped=inner.mapped), node)
    if name == "len" and count == 1:
        return _instead(n.Builtin("count", inner.arguments), node)
    closure = node.arguments[1] if count == 2 else None
    if not isinstance(closure, n.Predicate) or inner.mapped is not None:
        return node
    if name == "map" and not _has_index(closure):
        return _instead(n.Builtin("filter", inner.arguments, mapped=closure.node), node)
    first = inner.arguments[1]
    if name == "filter" and isinstance(first, n.Predicate):
        both = _instead(n.Logic("&&", [first.node, closure.node]), closure.node)
        both.nature = t.BOOL
        return _instead(n.Builtin("filter", [inner.arguments[0], _instead(n.Predicate(both), closure)]), node)
    return node


def _has_index(node: Any) -> bool:
    if isinstance(node, n.Pointer):
        return node.name == "index"
    if isinstance(node, list):
        return any(map(_has_index, node))
    return isinstance(node, n.Node) and any(
        _has_index(getattr(node, field))
        for field in type(node).__slots__
        if field not in ("position", "nature")
    )


def _sum_of(items: list[n.Node], like: n.Node) -> n.Node:
    """sum([a, b, c]) is a + (b + c): nothing is added to 0."""
    total = items[-1]
    for item in reversed(items[:-1]):
        total = n.Binary("+", item, total)
        total.position, total.nature = like.position, t.UNKNOWN
    total.nature = like.nature
    return total


def _series(node: n.Builtin, span: n.Binary) -> n.Node:
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
    return node if answer is None else _literal(wrap(answer), node)


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


_REWRITES: dict[type, Callable[[Any], n.Node]] = {
    n.Unary: _unary,
    n.Logic: _logic,
    n.Binary: _binary,
    n.Array: _array,
    n.Member: _member,
    n.Builtin: _builtin,
}
