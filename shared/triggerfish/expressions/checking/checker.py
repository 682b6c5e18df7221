"""What can be known to be wrong before there is a value: names, types of operands, arguments of builtins.

Sets ``nature`` on every node. Follows expr's checker, which runs before anything is evaluated or folded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any

from triggerfish.expressions import natures as t
from triggerfish.expressions.builtins.table import FUNCTIONS, LOOPS, NAMES
from triggerfish.expressions.checking.closures import check_closure
from triggerfish.expressions.checking.members import call_of, member_of, slice_of
from triggerfish.expressions.checking.operators import element_of, joined, operation
from triggerfish.expressions.go.time import Time
from triggerfish.expressions.limits import NESTING, NODES, Failure, exceeded
from triggerfish.expressions.natures import Nature, agree, assignable
from triggerfish.expressions.syntax import nodes as n


def suggestion(name: str, names: Collection[str]) -> str:
    """``, did you mean "payload"?`` or nothing."""
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    return f', did you mean "{close[0]}"?' if close else ""


def check(node: n.Node, names: Collection[str] | None) -> list[n.Identifier]:
    """Check the whole tree; answers the names it takes from the environment.

    ``names`` are those the environment has, None when that is not known yet; of a mapping the values tell the
    types, as they do in Go. Raises ``Failure``.
    """
    checker = Checker(names)
    checker.visit(node)
    return checker.identifiers


class Checker:
    """One pass over a tree. ``scopes`` are the closures around the node: collection, and named pointers."""

    def __init__(self, names: Collection[str] | None) -> None:
        self._names = names
        self._variables: list[tuple[str, Nature]] = []
        self._depth = self._visits = 0
        self.scopes: list[tuple[Nature, dict[str, Nature]]] = []
        self.identifiers: list[n.Identifier] = []

    def visit(self, node: n.Node) -> Nature:
        """Check ``node`` and all in it."""
        self._visits += 1
        self._depth += 1
        if self._depth > 2 * NESTING:
            raise exceeded(f"{NESTING} levels of nesting")
        if self._visits > NODES:
            raise exceeded(f"{NODES} nodes")
        found = _VISITORS[type(node)]
        nature = node.nature = found if isinstance(found, Nature) else found(self, node)
        self._depth -= 1
        return nature

    # Names.

    def identifier(self, node: n.Identifier) -> Nature:
        """A variable, a name of the environment, or a builtin that is not called."""
        for name, nature in reversed(self._variables):
            if name == node.name:
                return nature
        if node.name == "$env":
            return t.JSON
        return self.of_environment(node, builtins=True)

    def of_environment(self, node: n.Identifier, *, builtins: bool) -> Nature:
        """A name that the environment must have; raises ``Failure`` where it is known not to."""
        known = self._names is not None and node.name in self._names
        if builtins and not known and node.name in NAMES:
            return t.FUNCTION
        if self._names is not None and not known:
            wanted = suggestion(node.name, [*self._names, *(name for name, _ in self._variables)])
            raise Failure(f"unknown name {node.name}{wanted}", node.position)
        self.identifiers.append(node)
        return nature_of(self._names[node.name]) if isinstance(self._names, Mapping) else t.JSON

    def let(self, node: n.Let) -> Nature:
        """A variable hides nothing."""
        what = (
            node.name
            if self._names is not None and node.name in self._names
            else f"builtin {node.name}"
            if node.name in NAMES
            else f"variable {node.name}"
            if any(node.name == name for name, _ in self._variables)
            else None
        )
        if what:
            raise Failure(f"cannot redeclare {what}", node.position)
        self._variables.append((node.name, self.visit(node.value)))
        nature = self.visit(node.body)
        self._variables.pop()
        return nature

    def pointer(self, node: n.Pointer) -> Nature:
        """Return what the closure is given."""
        collection, named = self.scopes[-1]
        if node.name:
            if node.name not in named:
                raise Failure(f"unknown pointer #{node.name}", node.position)
            return named[node.name]
        return element_of(collection)

    # Operators.

    def unary(self, node: n.Unary) -> Nature:
        """Not, minus, plus."""
        nature = self.visit(node.node)
        if node.operator == "!":
            if nature.kind == "bool" or nature.unknown:
                return t.BOOL
        elif nature.number:
            return nature
        elif nature.unknown:
            return nature if node.operator == "+" else t.UNKNOWN
        raise Failure(f"invalid operation: {node.operator} (mismatched type {nature.name})", node.position)

    def logic(self, node: n.Logic) -> Nature:
        """Both sides are bools, or may be."""
        natures = [self.visit(operand) for operand in node.operands]
        left = natures[0]
        for right, operand in zip(natures[1:], node.operands[1:], strict=True):
            if not (left.kind == right.kind == "bool" or agree(left, right, ("bool",))):
                names = f"{left.name} and {right.name}"
                raise Failure(
                    f"invalid operation: {node.operator} (mismatched types {names})", operand.position
                )
            left = t.BOOL
        return t.BOOL

    def binary(self, node: n.Binary) -> Nature:
        """All other operators."""
        left, right = self.visit(node.left), self.visit(node.right)
        result = operation(node, left, right)
        if result is None:
            names = f"{left.name} and {right.name}"
            raise Failure(f"invalid operation: {node.operator} (mismatched types {names})", node.position)
        return result

    def conditional(self, node: n.Conditional) -> Nature:
        """The branches need not agree."""
        condition = self.visit(node.condition)
        if condition.kind != "bool" and not condition.unknown:
            raise Failure(
                f"non-bool expression (type {condition.name}) used as condition", node.condition.position
            )
        then, otherwise = self.visit(node.then), self.visit(node.otherwise)
        if then.kind == "nil":
            return otherwise
        if otherwise.kind == "nil":
            return then
        if assignable(then, otherwise):
            if then.array and then.element != otherwise.element:
                return t.ARRAY
            return then
        return joined(then, otherwise)

    # The rest.

    def builtin(self, node: n.Builtin) -> Nature:
        """By the table."""
        if node.name in LOOPS:
            return check_closure(self, node)
        builtin = FUNCTIONS[node.name]
        arguments = [self.visit(argument) for argument in node.arguments]
        try:
            nature = builtin.check(node.name, arguments)
        except Failure as failure:
            raise Failure(failure.message, node.position) from None
        kept = arguments[:1] if builtin.content == "first" else arguments if builtin.content == "all" else []
        if any(a.json for a in kept) and all(a.json or a.kind in t.NUMBERLESS for a in kept):
            return nature.of_json()
        return nature if builtin.content == "read" else nature.of_own()

    def array(self, node: n.Array) -> Nature:
        """Of one nature when all items are."""
        natures = [self.visit(item) for item in node.nodes]
        if not natures or any(nature.kind != natures[0].kind for nature in natures):
            return t.ARRAY
        return t.array_of(natures[-1].of_own())

    def map(self, node: n.MapLiteral) -> Nature:
        """String keys, anything in it."""
        for pair in node.pairs:
            self.visit(pair.key)
            self.visit(pair.value)
        return t.MAP

    def sequence(self, node: n.Sequence) -> Nature:
        """The last one."""
        return [self.visit(item) for item in node.nodes][-1]

    def inner(self, node: Any) -> Nature:
        """Return what it holds."""
        return self.visit(node.node)


_EXAMPLES: tuple[tuple[type | tuple[type, ...], Nature], ...] = (
    (bool, t.BOOL),
    (str, t.STRING),
    ((int, float), t.FLOAT.of_json()),
    (Mapping, t.MAP.of_json()),
    (list, t.ARRAY.of_json()),
    (Time, t.TIME),
)


def nature_of(example: Any) -> Nature:
    """The nature of a value that stands in the environment, as Go would know it."""
    if example is None:
        return t.NIL
    return next((nature for sort, nature in _EXAMPLES if isinstance(example, sort)), t.JSON)


_VISITORS: dict[type, Nature | Callable[[Checker, Any], Nature]] = {
    n.Nil: t.NIL,
    n.Integer: t.INT,
    n.Float: t.FLOAT,
    n.Bool: t.BOOL,
    n.String: t.STRING,
    n.Bytes: t.BYTES,
    n.Identifier: Checker.identifier,
    n.Unary: Checker.unary,
    n.Binary: Checker.binary,
    n.Logic: Checker.logic,
    n.Chain: Checker.inner,
    n.Member: member_of,
    n.Slice: slice_of,
    n.FunctionCall: call_of,
    n.Builtin: Checker.builtin,
    n.Predicate: Checker.inner,
    n.Pointer: Checker.pointer,
    n.Let: Checker.let,
    n.Sequence: Checker.sequence,
    n.Conditional: Checker.conditional,
    n.Array: Checker.array,
    n.MapLiteral: Checker.map,
}
