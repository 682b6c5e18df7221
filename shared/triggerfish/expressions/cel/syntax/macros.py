"""Calls that are macros: they bind names, or look at a field without taking it."""

from __future__ import annotations

from triggerfish.expressions.cel.syntax import nodes as n
from triggerfish.expressions.limits import Failure

#: How many variables and how many expressions each takes.
_SHAPES: dict[str, tuple[tuple[int, int], ...]] = {
    "all": ((1, 1), (2, 1)),
    "exists": ((1, 1), (2, 1)),
    "exists_one": ((1, 1), (2, 1)),
    "existsOne": ((1, 1), (2, 1)),
    "map": ((1, 1), (1, 2)),
    "filter": ((1, 1),),
    "transformList": ((2, 1), (2, 2)),
    "transformMap": ((2, 1), (2, 2)),
    "transformMapEntry": ((2, 1), (2, 2)),
    "optMap": ((1, 1),),
    "optFlatMap": ((1, 1),),
    "sortBy": ((1, 1),),
}
#: Macros of one list, by their names.
MACROS = (*_SHAPES, "has", "cel.bind")


def expanded(call: n.CelCall) -> n.CelNode:
    """The macro, or the call itself. Raises ``Failure`` for a macro that is not written as one."""
    if call.target is None:
        return _has(call) if call.name == "has" else call
    if call.name in _SHAPES:
        return _macro(call, call.target)
    if isinstance(call.target, n.Name) and call.target.name == "cel":
        if call.name == "bind":
            return _bind(call)
        if call.name in ("block", "index", "iterVar", "accuVar"):
            return _block(call)
    return call


def _has(call: n.CelCall) -> n.CelNode:
    if len(call.arguments) == 1:
        field = call.arguments[0]
        if isinstance(field, n.Select) and not field.optional and not field.test:
            field.test = True
            field.start, field.end, field.outer = call.start, call.end, None
            return field
    raise Failure("has takes a field: has(x.y)", call.position)


def _macro(call: n.CelCall, over: n.CelNode) -> n.CelNode:
    for variables, bodies in _SHAPES[call.name]:
        if len(call.arguments) == variables + bodies:
            # map(x, p, f) and map(x, f): only the first is a name.
            break
    else:
        return _misshapen(call)
    names = [_variable(argument, call) for argument in call.arguments[:variables]]
    if len(set(names)) != len(names):
        raise Failure(f"{call.name} takes two variables with different names", call.position)
    return n.Macro(
        "exists_one" if call.name == "existsOne" else call.name, over, names, call.arguments[variables:],
        position=call.position, start=call.start, end=call.end, depth=call.depth,
    )  # fmt: skip


def _misshapen(call: n.CelCall) -> n.CelNode:
    takes = "two variables" if _SHAPES[call.name][0][0] == 2 else "a variable"
    form = "x, y, …" if takes == "two variables" else "x, …"
    raise Failure(f"{call.name} takes {takes} and an expression: {call.name}({form})", call.position)


def _variable(node: n.CelNode, call: n.CelCall) -> str:
    if isinstance(node, n.Name) and not node.rooted:
        return node.name
    if isinstance(node, n.Name) or not isinstance(node, n.CelCall):
        raise Failure(f"the variable of {call.name} must be a simple name", node.position)
    raise Failure(f"the variable of {call.name} must be a simple name", node.position)


def _bind(call: n.CelCall) -> n.CelNode:
    if len(call.arguments) != 3:
        raise Failure(
            "cel.bind takes a variable, its value and an expression: cel.bind(x, …, …)", call.position
        )
    name, value, body = call.arguments
    return n.Bind(
        [_variable(name, call)], [value], body,
        position=call.position, start=call.start, end=call.end, depth=call.depth,
    )  # fmt: skip


def _block(call: n.CelCall) -> n.CelNode:
    """Expand what optimizers of cel-go write: ``cel.block([a, b], cel.index(0) + cel.index(1))``."""
    arguments = call.arguments
    if call.name == "block":
        if len(arguments) == 2 and isinstance(arguments[0], n.Items):
            values = arguments[0].items
            if not any(isinstance(value, n.CelOptional) for value in values):
                return n.Bind(
                    [f"@index{i}" for i in range(len(values))], values, arguments[1],
                    position=call.position, start=call.start, end=call.end, depth=call.depth,
                )  # fmt: skip
    elif arguments and all(isinstance(each, n.Literal) and type(each.value) is int for each in arguments):
        numbers = ":".join(str(each.value) for each in arguments if isinstance(each, n.Literal))
        return n.Name(f"@{call.name}{numbers}", position=call.position, start=call.start, end=call.end)
    raise Failure(f"cel.{call.name} cannot be used like this", call.position)
