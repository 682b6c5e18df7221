"""The base of the compiler: its state while it emits, and the pieces that all its parts use."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, ClassVar

from triggerfish.expressions.compiling.pieces import (
    FALSE,
    TRUE,
    Constant,
    call,
    constant,
    either,
    is_,
    name,
    store,
)
from triggerfish.expressions.natures import Nature
from triggerfish.expressions.syntax import nodes

_TESTS = frozenset({"all", "any", "none", "one", "hasPrefix", "hasSuffix"})

#: Steps that evaluating a node takes, where it is more than one; those of a closure are paid for each turn.
_COSTS: dict[type, int] = {
    nodes.Builtin: 6,
    nodes.FunctionCall: 15,
    nodes.Binary: 4,
    nodes.Slice: 10,
    nodes.Member: 2,
    nodes.Unary: 2,
    nodes.MapLiteral: 3,
}


class Emitter:
    """What emitting any node needs: the place, the price, fresh names; ``emit`` is given by the compiler."""

    #: How each kind of node is emitted.
    emitters: ClassVar[dict[type, Callable[[Any, Any], ast.expr]]] = {}

    def __init__(self) -> None:
        self.needs_run = False
        self.kept: dict[str, Any] = {}
        self.pointers: list[dict[str, str]] = []
        #: Variables of closures that something asks for.
        self.used: set[str] = set()
        self._numbers = 0
        self.cost = 0
        self.line = 1

    def fresh(self, letter: str) -> str:
        """A name that nothing else has."""
        self._numbers += 1
        return f"{letter}{self._numbers}"

    def keep(self, value: Any) -> ast.expr:
        """A value that is no literal of Python, for the program to hold."""
        held = self.fresh("k")
        self.kept[held] = value
        return name(held, self.line)

    @property
    def run(self) -> ast.expr:
        """The run, which is only made when something asks for it."""
        self.needs_run = True
        return name("run", self.line)

    def call(self, function: str, *arguments: ast.expr) -> ast.expr:
        """A call of a function that compiled code knows."""
        return call(function, list(arguments), self.line)

    def emit(self, node: nodes.Node) -> ast.expr:
        """The expression of ``node``; the line is that of the innermost node that fails."""
        line, self.line = self.line, node.position + 1
        self.cost += _COSTS.get(type(node), 1)
        emitted = self.emitters[type(node)](self, node)
        self.line = line
        return emitted

    def own(self, node: nodes.Node) -> ast.expr:
        """The value among the expression's own: numbers of the environment become float64."""
        emitted = self.emit(node)
        if not node.nature.json or isinstance(emitted, Constant):
            return emitted
        return self.call("own", self.run, emitted)

    def number(self, node: nodes.Node) -> ast.expr:
        """An operand of arithmetic."""
        emitted = self.emit(node)
        return self.call("as_float", emitted) if node.nature.json else emitted

    def as_part_of(self, result: Nature, node: nodes.Node) -> ast.expr:
        """The value where it becomes the result, or part of the result, of a node of that nature."""
        return self.emit(node) if result.json else self.own(node)

    def test(self, node: nodes.Node) -> ast.expr:
        """The value as a condition: True or False, or the error that it is neither."""
        emitted = self.emit(node)
        return emitted if sure_test(node) else self.checked(emitted)

    def checked(self, emitted: ast.expr) -> ast.expr:
        """The value, when it is a bool."""
        kept = self.fresh("t")
        line = self.line
        sure = ast.BoolOp(
            ast.Or(),
            [
                is_(store(kept, emitted, line), constant(TRUE, line), line),
                is_(name(kept, line), constant(FALSE, line), line),
            ],
            lineno=line,
            col_offset=0,
        )
        return either(sure, name(kept, line), self.call("truth", name(kept, line)), line)


def sure_test(node: nodes.Node) -> bool:
    """Whether the node cannot but give a bool; its nature is no proof, a right operand is not looked at."""
    if isinstance(node, nodes.Predicate):
        return sure_test(node.node)
    if isinstance(node, nodes.Logic):
        return sure_test(node.operands[-1])
    if isinstance(node, nodes.Builtin):
        return node.name in _TESTS
    if isinstance(node, nodes.Binary):
        return node.nature.kind == "bool" and node.operator != "??"
    return isinstance(node, nodes.Bool) or (isinstance(node, nodes.Unary) and node.operator == "!")
