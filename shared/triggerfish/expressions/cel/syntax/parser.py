"""Tokens to a tree, by the tables of cel-python's grammar (grammar.json): shift and reduce."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from triggerfish.expressions.cel.limits import Exceeded
from triggerfish.expressions.cel.syntax import nodes as n
from triggerfish.expressions.cel.syntax.lexer import CelToken, tokens
from triggerfish.expressions.cel.syntax.macros import expanded
from triggerfish.expressions.limits import NESTING, Failure

#: Words that CEL keeps for later, but for ``namespace``: it is a variable here.
_RESERVED = frozenset({
    "as", "break", "const", "continue", "else", "for", "function", "if", "import",
    "let", "loop", "package", "return", "var", "void", "while",
})  # fmt: skip


@cache
def _tables() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "grammar.json").read_text())
    return found


def parse(source: str) -> n.CelNode:
    """The tree of ``source``. Raises ``Failure`` with the place."""
    tables = _tables()
    rules, states = tables["rules"], tables["states"]
    read = tokens(source)
    if not read:
        raise Failure("the expression is empty", 0)
    stack: list[int] = [tables["start"]]
    values: list[Any] = []
    end = CelToken("$END", None, len(source), len(source))
    place, token, last = 0, read[0], tables["end"]
    while token is not end or stack[-1] != last:
        action = states[stack[-1]].get(token.terminal)
        if action is None:
            raise _unexpected(source, token)
        if action > 0:
            stack.append(action - 1)
            values.append(token)
            place += 1
            token = read[place] if place < len(read) else end
            continue
        name, length = rules[-1 - action]
        if length > 1 or name in _SINGLE:
            made = _REDUCE[name](values[-length:]) if name in _REDUCE else values[-length:]
            del stack[-length:], values[-length:]
            values.append(made)
        else:  # a rule that only passes on what it holds
            del stack[-1:]
        stack.append(states[stack[-1]][name] - 1)
    return values[-1]  # type: ignore[no-any-return]


def _unexpected(source: str, token: CelToken) -> Failure:
    if token.terminal == "$END":
        return Failure("the expression ends too early", len(source))
    text = source[token.start : token.end]
    return Failure(f"unexpected {text if len(text) <= 40 else f'{text[:40]}…'!r}", token.start)


def _deep(*below: n.CelNode) -> int:
    depth = 1 + max([node.depth for node in below], default=0)
    if depth > NESTING:
        raise Exceeded(f"{NESTING} nested operators and calls", below[0].position)
    return depth


def _literal(parts: list[Any]) -> n.CelNode:
    token = parts[0]
    return n.Literal(token.value, position=token.start, start=token.start, end=token.end)


def _ident(parts: list[Any]) -> n.CelNode:
    token = parts[-1]
    if token.value in _RESERVED:
        raise Failure(f"{token.value} is a reserved word of CEL and cannot be a name", token.start)
    return n.Name(token.value, len(parts) > 1, position=token.start, start=parts[0].start, end=token.end)


def _paren(parts: list[Any]) -> n.CelNode:
    node: n.CelNode = parts[1]
    node.outer = (parts[0].start, parts[2].end)
    return node


def _start(node: n.CelNode) -> int:
    """Return where the node begins, with its parentheses."""
    return node.start if node.outer is None else node.outer[0]


def _end(node: n.CelNode) -> int:
    return node.end if node.outer is None else node.outer[1]


def _member_dot(parts: list[Any]) -> n.CelNode:
    operand, name = parts[0], parts[-1]
    optional = len(parts) == 4
    return n.Select(
        operand, name.value, optional,
        position=name.start, start=_start(operand), end=name.end, depth=_deep(operand),
    )  # fmt: skip


def _member_call(parts: list[Any]) -> n.CelNode:
    target, name = parts[0], parts[2]
    arguments = parts[4] if len(parts) == 6 else []
    return expanded(n.CelCall(
        name.value, target, arguments,
        position=name.start, start=_start(target), end=parts[-1].end, depth=_deep(target, *arguments),
    ))  # fmt: skip


def _call(parts: list[Any]) -> n.CelNode:
    name = next(part for part in parts if part.terminal == "IDENT")
    arguments = parts[-2] if isinstance(parts[-2], list) else []
    if name.value in _RESERVED:
        raise Failure(f"{name.value} is a reserved word of CEL and cannot be a name", name.start)
    return expanded(n.CelCall(
        name.value, None, arguments,
        position=name.start, start=parts[0].start, end=parts[-1].end, depth=_deep(*arguments),
    ))  # fmt: skip


def _index(parts: list[Any]) -> n.CelNode:
    operand, key = parts[0], parts[-2]
    return n.Index(
        operand, key, len(parts) == 5,
        position=parts[1].start, start=_start(operand), end=parts[-1].end, depth=_deep(operand, key),
    )  # fmt: skip


def _message(parts: list[Any]) -> n.CelNode:
    return n.Message(position=_start(parts[0]), start=_start(parts[0]), end=parts[-1].end)


def _separated(parts: list[Any]) -> list[Any]:
    """The items between commas, of a rule that goes on in a list of them."""
    items: list[Any] = []
    for part in parts:
        if isinstance(part, list):
            items.extend(part)
        elif not isinstance(part, CelToken) or part.terminal not in (",", ":"):
            items.append(part)
    return items


def _optional(parts: list[Any]) -> n.CelNode:
    mark, node = parts
    return n.CelOptional(node, position=mark.start, start=mark.start, end=_end(node), depth=node.depth)


def _list(parts: list[Any]) -> n.CelNode:
    items = parts[1] if isinstance(parts[1], list) else []
    return n.Items(
        items, position=parts[0].start, start=parts[0].start, end=parts[-1].end, depth=_deep(*items)
    )


def _map(parts: list[Any]) -> n.CelNode:
    flat = parts[1] if isinstance(parts[1], list) else []
    entries = list(zip(flat[::2], flat[1::2], strict=True))
    return n.Entries(
        entries, position=parts[0].start, start=parts[0].start, end=parts[-1].end, depth=_deep(*flat)
    )


def _unary(parts: list[Any]) -> n.CelNode:
    mark, operand = parts
    return n.CelUnary(
        mark.terminal, operand,
        position=mark.start, start=mark.start, end=_end(operand), depth=_deep(operand),
    )  # fmt: skip


def _binary(parts: list[Any]) -> n.CelNode:
    (left, mark), right = parts
    return n.CelBinary(
        mark.terminal, left, right,
        position=mark.start, start=_start(left), end=_end(right), depth=_deep(left, right),
    )  # fmt: skip


def _logic(parts: list[Any]) -> n.CelNode:
    left, mark, right = parts
    operator = mark.terminal
    # A chain is one node; what stands in parentheses is its own, as its source is.
    chain = isinstance(left, n.CelLogic) and left.operator == operator and left.outer is None
    operands = [*left.operands, right] if chain else [left, right]
    return n.CelLogic(
        operator, operands,
        position=mark.start, start=_start(left), end=_end(right), depth=_deep(*operands),
    )  # fmt: skip


def _choice(parts: list[Any]) -> n.CelNode:
    condition, mark, then, _, otherwise = parts
    return n.Choice(
        condition, then, otherwise,
        position=mark.start, start=_start(condition), end=_end(otherwise),
        depth=_deep(condition, then, otherwise),
    )  # fmt: skip


_REDUCE: dict[str, Callable[[list[Any]], Any]] = {
    "literal": _literal,
    "ident": _ident,
    "dot_ident": _ident,
    "paren_expr": _paren,
    "member_dot": _member_dot,
    "member_opt_dot": _member_dot,
    "member_dot_arg": _member_call,
    "ident_arg": _call,
    "dot_ident_arg": _call,
    "member_index": _index,
    "member_opt_index": _index,
    "member_object": _message,
    "opt_expr": _optional,
    "list_lit": _list,
    "map_lit": _map,
    "unary": _unary,
    "relation": _binary,
    "addition": _binary,
    "multiplication": _binary,
    "conditionaland": _logic,
    "conditionalor": _logic,
    "expr": _choice,
    **dict.fromkeys(("exprlist", "listinits", "mapinits", "fieldinits"), _separated),
    **dict.fromkeys(
        ("__exprlist_star_1", "__fieldinits_star_2", "__listinits_star_0", "__mapinits_star_3"), _separated
    ),
}
#: Rules of one symbol that make something of it.
_SINGLE = frozenset({"literal", "ident", "exprlist", "listinits"})
