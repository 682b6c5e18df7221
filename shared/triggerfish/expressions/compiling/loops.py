"""The compiler's part for builtins that take a closure: a call of loops with a Python function."""

from __future__ import annotations

import ast
from collections.abc import Callable

from triggerfish.expressions.builtins.table import LOOPS
from triggerfish.expressions.compiling.emitter import Emitter
from triggerfish.expressions.compiling.pieces import TRUE, constant, lambda_, name
from triggerfish.expressions.syntax import nodes


class Loops(Emitter):
    """Closures, and the loops that call them."""

    #: Whether the closure emitted last asks for its element.
    _asks = True

    def _closure(self, emit: Callable[[], ast.expr], *pointers: str) -> ast.expr:
        named = {pointer: self.fresh("e") for pointer in pointers}
        self.pointers.append(named)
        body = emit()
        self.pointers.pop()
        self._asks = named[""] in self.used
        return lambda_(list(named.values()), body, self.line)

    def loop(self, node: nodes.Builtin) -> ast.expr:
        """The call of a builtin that takes a closure."""
        row, closures = LOOPS[node.name], []
        body = node.arguments[1] if len(node.arguments) > 1 else None
        before, self.cost = self.cost, 0
        if node.name == "reduce":
            assert body is not None  # noqa: S101  the parser asks for it
            closures.append(self._closure(lambda: self.own(body), "acc", "", "index"))
        elif node.name == "map":
            assert body is not None  # noqa: S101  the same
            closures.append(self._closure(lambda: self.emit(body), "", "index"))
        elif node.name in ("sum", "groupBy", "sortBy"):
            closures.append(self._maker(node, body))
        elif body is not None:
            closures.append(self._closure(lambda: self.test(body), ""))
        else:
            closures.append(constant(None, self.line))
        if node.name in ("find", "findLast", "filter") and (node.mapped or node.throws):
            mapped_to = node.mapped
            closures.append(
                constant(None, self.line)
                if mapped_to is None
                else self._closure(lambda: self.emit(mapped_to), "")
            )
            if node.throws:
                closures.append(constant(TRUE, self.line))
        if node.threshold is not None:
            closures.append(constant(node.threshold, self.line))
        blind = body is not None and not row.keeps and not self._asks
        weight = constant(3 + self.cost + row.turn, self.line)
        self.cost = before + 10
        collection = self.emit(node.arguments[0])
        if node.name == "reduce" and len(node.arguments) == 2 and node.arguments[0].nature.json:
            collection = self.call("own", self.run, collection)
        if blind and (node.name != "reduce" or len(node.arguments) == 3):
            collection = self.call("p_turns", self.run, collection)
        if len(node.arguments) == 3:
            closures.append(self.own(node.arguments[2]))
        return self.call(f"p_{row.runs}", self.run, collection, weight, *closures)

    def _maker(self, node: nodes.Builtin, body: nodes.Node | None) -> ast.expr:
        if body is not None:
            make = self.emit if node.name == "sortBy" else self.own
            return self._closure(lambda: make(body), "")
        if not node.arguments[0].nature.json:
            return constant(None, self.line)
        return name("as_float", self.line)
