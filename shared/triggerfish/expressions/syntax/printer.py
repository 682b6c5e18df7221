"""A syntax tree as source again: ``parse(to_source(tree)) == tree`` for every tree that the parser makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triggerfish.expressions.syntax import nodes as n
from triggerfish.expressions.syntax.lexer import is_identifier
from triggerfish.expressions.syntax.operators import BINARY, COMPARISONS, UNARY

#: What stands where any expression may, and where only a value may that something can be appended to.
_LOOSE, _POSTFIX = 0, 1000


def to_source(node: n.Node) -> str:
    """The source of a tree, in one line."""
    return _PRINTERS[type(node)](node)


def _strength(node: n.Node) -> int:
    """Return how tightly a node holds together as it is printed."""
    if isinstance(node, (n.Let, n.Sequence)) or (isinstance(node, n.Conditional) and not node.ternary):
        return -2
    if isinstance(node, n.Conditional):
        return -1
    if isinstance(node, (n.Logic, n.Binary)):
        return BINARY[node.operator].precedence
    if isinstance(node, n.Unary):
        return UNARY[node.operator].precedence
    if isinstance(node, (n.Integer, n.Float, n.Bool, n.Nil)):
        return _POSTFIX - 1
    return _POSTFIX


def _at(strength: int, node: n.Node) -> str:
    text = to_source(node)
    return text if _strength(node) >= strength else f"({text})"


def _operand(strength: int, node: n.Node) -> str:
    # ?? may not stand beside another operator without parentheses.
    return f"({to_source(node)})" if _is(node, "??") else _at(strength, node)


def _is(node: n.Node, operator: str) -> bool:
    return isinstance(node, n.Binary) and node.operator == operator


def _binary(node: n.Binary) -> str:
    operator = node.operator
    precedence, right = BINARY[operator]
    if operator == "??":
        left = to_source(node.left) if _is(node.left, "??") else _at(_POSTFIX - 1, node.left)
        return f"{left} ?? {_at(_POSTFIX - 1, node.right)}"
    chained = (
        operator in COMPARISONS and isinstance(node.left, n.Binary) and node.left.operator in COMPARISONS
    )
    left = _operand(precedence + (1 if right or chained else 0), node.left)
    return f"{left} {operator} {_operand(precedence + (0 if right else 1), node.right)}"


def _logic(node: n.Logic) -> str:
    strength = BINARY[node.operator].precedence + 1
    return f" {node.operator} ".join([_operand(strength, operand) for operand in node.operands])


def _unary(node: n.Unary) -> str:
    return f"{node.operator}{_at(UNARY['-'].precedence if _is_unary(node.node) else _POSTFIX - 1, node.node)}"


def _is_unary(node: n.Node) -> bool:
    return isinstance(node, n.Unary) and node.operator != "!"


def _member(node: n.Member) -> str:
    mark = "?." if node.optional else ""
    if isinstance(node.property, n.String) and is_identifier(node.property.value):
        base = "" if node.node == n.Pointer("") and not mark else _at(_POSTFIX, node.node)
        return f"{base}{mark or '.'}{node.property.value}"
    return f"{_at(_POSTFIX, node.node)}{mark}[{_at(_LOOSE, node.property)}]"


def _slice(node: n.Slice) -> str:
    start, stop = ("" if bound is None else _at(_LOOSE, bound) for bound in (node.start, node.stop))
    return f"{_at(_POSTFIX, node.node)}[{start}:{stop}]"


def _list(items: list[n.Node]) -> str:
    return ", ".join([_at(_LOOSE, item) for item in items])


def _predicate(node: n.Predicate) -> str:
    text = to_source(node.node)
    return f"{{ {text} }}" if text.startswith("{") or _strength(node.node) < _LOOSE else text


def _builtin(node: n.Builtin) -> str:
    items = [
        _predicate(item) if isinstance(item, n.Predicate) else _at(_LOOSE, item) for item in node.arguments
    ]
    return f"{node.name}({', '.join(items)})"


def _conditional(node: n.Conditional) -> str:
    if node.ternary:
        parts = (node.condition, node.then, node.otherwise)
        condition, then, otherwise = (_at(_LOOSE, part) for part in parts)
        return f"{condition} ? {then} : {otherwise}"
    condition, then = _at(_LOOSE, node.condition), to_source(node.then)
    return f"if {condition} {{ {then} }} else {{ {to_source(node.otherwise)} }}"


def _let(node: n.Let) -> str:
    return f"let {node.name} = {_at(_LOOSE, node.value)}; {to_source(node.body)}"


def _sequence(node: n.Sequence) -> str:
    return "; ".join([_at(_LOOSE, item) for item in node.nodes])


def _map(node: n.MapLiteral) -> str:
    return "{" + ", ".join([f"{_key(pair.key)}: {_at(_LOOSE, pair.value)}" for pair in node.pairs]) + "}"


def _key(key: n.Node) -> str:
    if not isinstance(key, n.String):
        return f"({to_source(key)})"
    # true, in and the like are operators or literals where a key may stand.
    return key.value if is_identifier(key.value) and key.value not in _WORDS else quoted(key.value)


_WORDS = frozenset(BINARY) | frozenset(UNARY) | {"let", "if", "else"}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """A string as a literal."""
    return '"' + "".join([_ESCAPES.get(c) or (c if c >= " " else f"\\u{ord(c):04x}") for c in text]) + '"'


def _bytes(node: n.Bytes) -> str:
    shown = [chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in node.value]
    return f'b"{"".join(shown)}"'


_PRINTERS: dict[type, Callable[[Any], str]] = {
    n.Nil: lambda node: "nil",
    n.Identifier: lambda node: node.name,
    n.Integer: lambda node: str(node.value),
    n.Float: lambda node: repr(node.value),
    n.Bool: lambda node: "true" if node.value else "false",
    n.String: lambda node: quoted(node.value),
    n.Bytes: _bytes,
    n.Unary: _unary,
    n.Binary: _binary,
    n.Logic: _logic,
    n.Chain: lambda node: to_source(node.node),
    n.Member: _member,
    n.Slice: _slice,
    n.FunctionCall: lambda node: f"{to_source(node.callee)}({_list(node.arguments)})",
    n.Builtin: _builtin,
    n.Predicate: _predicate,
    n.Pointer: lambda node: f"#{node.name}",
    n.Let: _let,
    n.Sequence: _sequence,
    n.Conditional: _conditional,
    n.Array: lambda node: f"[{_list(node.nodes)}]",
    n.MapLiteral: _map,
}
