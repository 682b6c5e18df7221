"""Names with dots: the functions of namespaces, and the types that are written like selections."""

from __future__ import annotations

from collections.abc import Callable

from triggerfish.expressions.cel.functions import GLOBALS, MEMBERS, NAMESPACES, CelFunction
from triggerfish.expressions.cel.syntax import nodes as n
from triggerfish.expressions.cel.values import TYPES


def resolved(node: n.CelCall, free: Callable[[n.CelNode], bool]) -> tuple[CelFunction, n.CelNode | None]:
    """The function, and the receiver where it has one. Raises ``LookupError`` for a function there is not.

    ``free`` tells whether a name is no variable of a macro.
    """
    target = node.target
    if target is None:
        return GLOBALS[node.name], None
    if isinstance(target, n.Name) and target.name in NAMESPACES and free(target):
        full = f"{target.name}.{node.name}"
        if full in GLOBALS:
            return GLOBALS[full], None
    if node.name in ("or", "orValue"):
        return MEMBERS["value"], target
    return MEMBERS[node.name], target


def type_named(node: n.CelNode) -> str | None:
    """``google.protobuf.Timestamp`` and its like, written as selections."""
    names: list[str] = []
    while isinstance(node, n.Select) and not node.optional and not node.test:
        names.append(node.name)
        node = node.operand
    if isinstance(node, n.Name) and names:
        full = ".".join([node.name, *reversed(names)])
        return full if full in TYPES else None
    return None
