"""The checker's part for members, slices, and calls of what is not a builtin."""

from __future__ import annotations

from triggerfish.expressions import natures as t
from triggerfish.expressions.checking.operators import element_of
from triggerfish.expressions.checking.visitor import Visitor
from triggerfish.expressions.go.methods import METHODS
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.natures import Nature, assignable
from triggerfish.expressions.syntax import nodes as n


def member_of(checker: Visitor, node: n.Member) -> Nature:
    """A key of a map, an index of a list, a method of a time."""
    if isinstance(node.node, n.Identifier) and node.node.name == "$env":
        return _member_of_environment(checker, node)
    base, key = checker.visit(node.node), checker.visit(node.property)
    if base.unknown:
        return t.JSON if base.json else t.UNKNOWN
    name = node.property.value if isinstance(node.property, n.String) else None
    if name is not None:
        if base.kind == "nil":
            raise Failure(f"type nil has no field {name}", node.position)
        if base.kind in METHODS and name in METHODS[base.kind]:
            return t.FUNCTION
    if base.mapping:
        if base.kind == "map" and not key.unknown and key.kind != "string":
            raise Failure(f"cannot use {key.name} to get an element from {base.name}", node.property.position)
        return element_of(base)
    if base.array:
        if key.kind != "int" and not key.unknown:
            raise Failure(
                f"array elements can only be selected using an integer (got {key.name})",
                node.property.position,
            )
        return element_of(base)
    if name is None:
        raise Failure(f"type {base.name}[{key.name}] is undefined", node.position)
    raise Failure(f"type {base.name} has no {'method' if node.method else 'field'} {name}", node.position)


def _member_of_environment(checker: Visitor, node: n.Member) -> Nature:
    node.node.nature = t.JSON
    key = checker.visit(node.property)
    if isinstance(node.property, n.String):
        if not node.optional:
            node.named = True
            name = n.Identifier(node.property.value, position=node.property.position)
            checker.of_environment(name, builtins=False)
    elif key.kind not in ("string", "unknown", "nil"):
        raise Failure(f"cannot use {key.name} to get an element of $env", node.property.position)
    return t.JSON


def slice_of(checker: Visitor, node: n.Slice) -> Nature:
    """Of lists and strings."""
    nature = checker.visit(node.node)
    if not nature.unknown and nature.kind != "string" and not nature.array:
        raise Failure(f"cannot slice {nature.name}", node.position)
    for bound in (node.start, node.stop):
        if bound is not None:
            found = checker.visit(bound)
            # Of a value that is not known yet expr checks nothing: 1.5 is cut to 1 when the slice is made.
            if not nature.unknown and found.kind != "int" and not found.unknown:
                raise Failure(f"non-integer slice index {found.name}", bound.position)
    return nature


def call_of(checker: Visitor, node: n.FunctionCall) -> Nature:
    """Of methods; what the environment holds is known later."""
    callee = checker.visit(node.callee)
    arguments = [checker.visit(argument) for argument in node.arguments]
    if callee.unknown:
        return t.UNKNOWN
    if callee.kind == "function" and isinstance(node.callee, n.Member):
        name = node.callee.property
        method = METHODS.get(node.callee.node.nature.kind, {}).get(getattr(name, "value", ""))
        if method is not None:
            check_arguments(method.name, method.parameters, arguments, node)
            return method.result
        return t.UNKNOWN
    if callee.kind == "nil":
        raise Failure("cannot call nil as function", node.position)
    raise Failure(f"{callee.name} is not callable", node.position)


def check_arguments(
    name: str, parameters: tuple[Nature, ...], arguments: list[Nature], node: n.FunctionCall
) -> None:
    """The arguments of a method, by its table."""
    if len(arguments) != len(parameters):
        which = "many" if len(arguments) > len(parameters) else "few"
        raise Failure(f"too {which} arguments to call {name}", node.position)
    for parameter, argument, at in zip(parameters, arguments, node.arguments, strict=True):
        if argument.unknown or assignable(argument, parameter):
            continue
        if not (parameter.kind == argument.kind == "int"):
            raise Failure(
                f"cannot use {argument.name} as argument (type {parameter.name}) to call {name}", at.position
            )
