"""The base of CEL's compiler: its state while it emits, names, literals and members."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, ClassVar

from triggerfish.expressions.cel.names import type_named
from triggerfish.expressions.cel.syntax import nodes as n
from triggerfish.expressions.cel.values import TYPES
from triggerfish.expressions.compiling.pieces import (
    FALSE,
    TRUE,
    CallOf,
    call,
    constant,
    either,
    is_,
    lambda_,
    name,
    store,
)

_COMPARES = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})


class CelEmitter:
    """What emitting any node needs; the emitters are given by the compiler."""

    #: How each kind of node is emitted.
    emitters: ClassVar[dict[type, Callable[[Any, Any], ast.expr]]] = {}

    def __init__(self, careful: dict[int, int] | None) -> None:
        self.careful = careful
        self.kept: dict[str, Any] = {}
        self.variables: list[tuple[str, str]] = []
        self.lazy: set[str] = set()
        self._numbers = 0
        self.cost = 0
        self.line = 1

    # --- pieces ---------------------------------------------------------------------------------------------

    def fresh(self, letter: str) -> str:
        """A name that nothing else has."""
        self._numbers += 1
        return f"{letter}{self._numbers}"

    def keep(self, value: Any) -> ast.expr:
        """A value that is no literal of Python, for the program to hold."""
        held = self.fresh("k")
        self.kept[held] = value
        return name(held, self.line)

    def call(self, function: str, *arguments: ast.expr) -> ast.expr:
        """A call of a function that compiled code knows."""
        return call(function, list(arguments), self.line)

    @property
    def run(self) -> ast.expr:
        """The account of the evaluation."""
        return name("run", self.line)

    def later(self, node: n.CelNode) -> ast.expr:
        """The value of ``node`` as a function, for what may not look at it."""
        return lambda_([], self.emit(node), self.line)

    def emit(self, node: n.CelNode) -> ast.expr:
        """The expression of ``node``, which gives a value of CEL's."""
        line, self.line = self.line, node.position + 1
        self.cost += 2
        emitted = self.emitters[type(node)](self, node)
        if self.careful is not None and id(node) in self.careful:
            number = constant(self.careful[id(node)], self.line)
            emitted = self.call("note", number, lambda_([], emitted, self.line))
        self.line = line
        return emitted

    def raw(self, node: n.CelNode) -> ast.expr:
        """The value as it is in the environment: what takes it looks at its kind."""
        if self.careful is None:
            if isinstance(node, n.Name) and self._local(node) is None:
                return self._environment(node)
            if isinstance(node, (n.Select, n.Index)):
                line, self.line = self.line, node.position + 1
                self.cost += 2
                emitted = self._taken(node)
                self.line = line
                return emitted
        return self.emit(node)

    def _adopted(self, emitted: ast.expr) -> ast.expr:
        """The value of something raw."""
        kept, line = self.fresh("t"), self.line
        sort = self.call("type", store(kept, emitted, line))
        plain = ast.Compare(sort, [ast.In()], [name("PLAIN", line)], lineno=line, col_offset=0)
        return either(plain, name(kept, line), self.call("adopt", name(kept, line)), line)

    def test(self, node: n.CelNode) -> ast.expr:
        """The value as a condition: True or False, or the error that it is neither."""
        emitted = self.emit(node)
        return emitted if sure(node) else self.checked(emitted, "truth")

    def checked(self, emitted: ast.expr, otherwise: str) -> ast.expr:
        """The value when it is a bool; else what ``otherwise`` makes of it, which is an error."""
        kept, line = self.fresh("t"), self.line
        certain = ast.BoolOp(
            ast.Or(),
            [
                is_(store(kept, emitted, line), constant(TRUE, line), line),
                is_(name(kept, line), constant(FALSE, line), line),
            ],
            lineno=line,
            col_offset=0,
        )
        return either(certain, name(kept, line), self.call(otherwise, name(kept, line)), line)

    # --- names and literals ---------------------------------------------------------------------------------

    def literal(self, node: n.Literal) -> ast.expr:
        """A literal."""
        if node.value is None or type(node.value) in (str, bool, int, float, bytes):
            return constant(node.value, self.line)
        return self.keep(node.value)

    def _local(self, node: n.Name) -> str | None:
        if not node.rooted:
            for wanted, variable in reversed(self.variables):
                if wanted == node.name:
                    return variable
        return None

    def _environment(self, node: n.Name) -> ast.expr:
        if node.name in TYPES:
            return self.keep(TYPES[node.name])
        line = node.position + 1
        return ast.Subscript(
            name("env", line), constant(node.name, line), ast.Load(), lineno=line, col_offset=0
        )

    def name(self, node: n.Name) -> ast.expr:
        """A variable, of a macro or of the environment."""
        local = self._local(node)
        if local is not None:
            bound = name(local, self.line)
            lazy = local in self.lazy
            return CallOf(bound, [], [], lineno=self.line, col_offset=0) if lazy else bound
        if node.name in TYPES:
            return self.keep(TYPES[node.name])
        function = "variable" if self.careful is None else "named"
        return self.call(function, name("env", self.line), constant(node.name, self.line))

    # --- members --------------------------------------------------------------------------------------------

    def select(self, node: n.Select) -> ast.expr:
        """``a.b``."""
        taken = self._taken(node)
        quick = self.careful is None and not node.optional and not node.test
        return self._adopted(taken) if quick else taken

    def index(self, node: n.Index) -> ast.expr:
        """``a[b]``."""
        taken = self._taken(node)
        quick = self.careful is None and not node.optional
        return self._adopted(taken) if quick and text_of(node.key) is not None else taken

    def _taken(self, node: n.Select | n.Index) -> ast.expr:
        """Return what is at the place, raw where a plain dict holds it."""
        if isinstance(node, n.Select) and type_named(node) is not None and self.free(node):
            return self.keep(TYPES[str(type_named(node))])
        line, operand = self.line, self.raw(node.operand)
        key = node.name if isinstance(node, n.Select) else text_of(node.key)
        if isinstance(node, n.Select):
            if node.test:
                return self.call("has", operand, constant(key, line))
            if node.optional:
                return self.call("select_optional", operand, constant(key, line))
        if self.careful is not None or key is None or node.optional:
            if isinstance(node, n.Select):
                return self.call("select", operand, constant(key, line))
            made = self.call("index", operand, self.emit(node.key))
            if node.optional and isinstance(made, ast.Call):
                made.keywords.append(ast.keyword("optional", constant(TRUE, line), lineno=line, col_offset=0))
            return made
        kept = self.fresh("t")
        sort = is_(self.call("type", store(kept, operand, line)), name("dict", line), line)
        quick = ast.Subscript(name(kept, line), constant(key, line), ast.Load(), lineno=line, col_offset=0)
        slow = self.call(
            "select" if isinstance(node, n.Select) else "index", name(kept, line), constant(key, line)
        )
        return either(sort, quick, slow, line)

    def free(self, node: n.CelNode) -> bool:
        """Return whether the name at the root of ``a.b.c`` is no variable of a macro."""
        while isinstance(node, n.Select):
            node = node.operand
        return isinstance(node, n.Name) and self._local(node) is None


def text_of(node: n.CelNode) -> str | None:
    """The text of a literal."""
    return node.value if isinstance(node, n.Literal) and isinstance(node.value, str) else None


def texts_of(node: n.CelNode) -> frozenset[str] | None:
    """The texts of a list of literals."""
    if not isinstance(node, n.Items):
        return None
    found = [text_of(item) for item in node.items]
    return None if None in found else frozenset(text for text in found if text is not None)


def sure(node: n.CelNode) -> bool:
    """Return whether the node cannot but give a bool."""
    if isinstance(node, n.CelBinary):
        return node.operator in _COMPARES
    if isinstance(node, n.Select):
        return node.test
    if isinstance(node, n.Macro):
        return node.name in ("all", "exists", "exists_one")
    if isinstance(node, n.Literal):
        return type(node.value) is bool
    return isinstance(node, n.CelLogic) or (isinstance(node, n.CelUnary) and node.operator == "!")
