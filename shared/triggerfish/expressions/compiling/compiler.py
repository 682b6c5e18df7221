"""A checked tree to a Python function, by way of Python's own syntax tree.

No text of the source becomes code: its names and strings are constants, variables are numbered. Common cases
are inlined behind a check of the type, everything else calls runtime. A node's line in Python is its position
in the source plus one, so that a traceback tells where an expression failed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from triggerfish.expressions import natures as t
from triggerfish.expressions import patterns
from triggerfish.expressions.builtins import CALLS
from triggerfish.expressions.builtins.table import FUNCTIONS, LOOPS, NAMES
from triggerfish.expressions.compiling.loops import Loops
from triggerfish.expressions.compiling.operators import Operators
from triggerfish.expressions.compiling.pieces import (
    CallOf,
    attribute,
    constant,
    either,
    fixed,
    is_,
    lambda_,
    listed,
    mapped,
    name,
    store,
)
from triggerfish.expressions.evaluation import loops, members, strings
from triggerfish.expressions.go import arithmetic, equality, provenance
from triggerfish.expressions.go.values import is_nil
from triggerfish.expressions.syntax import nodes

#: The file that tracebacks name.
FILENAME = "<expression>"

#: What compiled code can name: these and its own variables, nothing else.
_GLOBALS: dict[str, Any] = {
    "__builtins__": {},
    "ABSENT": members.ABSENT,
    "is_nil": is_nil,
    **{kind.__name__: kind for kind in (type, dict, str, int, float, bool)},
    **{f"b_{key}": function for key, function in CALLS.items()},
    **{f"p_{key}": getattr(loops, key) for key in loops.__all__},
    **{
        key: getattr(module, key)
        for module in (arithmetic, equality, patterns, provenance, members, strings)
        for key in module.__all__
    },
}


def compiled(node: nodes.Node) -> tuple[Callable[[Any, Any], Any], bool]:
    """The function of (environment, run), and whether it needs a run at all."""
    compiler = _Compiler()
    body = compiler.emit(node)
    tree = ast.Expression(lambda_(["env", "run"], body))
    outer = compile(tree, FILENAME, "eval")
    inner = next(const for const in outer.co_consts if isinstance(const, CodeType))
    known = {**_GLOBALS, **compiler.kept} if compiler.kept else _GLOBALS
    return FunctionType(inner, known), compiler.needs_run


class _Compiler(Operators, Loops):
    def __init__(self) -> None:
        super().__init__()
        self._variables: list[tuple[str, str]] = []

    # Names and literals.

    def literal(self, node: Any) -> ast.expr:
        return constant(node.value, self.line)

    def nil(self, node: nodes.Nil) -> ast.expr:
        return constant(None, self.line)

    def constant(self, node: nodes.Constant) -> ast.expr:
        if isinstance(node.value, list):
            return listed([constant(item, self.line) for item in node.value], self.line)
        return constant(node.value, self.line)

    def identifier(self, node: nodes.Identifier) -> ast.expr:
        for wanted, variable in reversed(self._variables):
            if wanted == node.name:
                return name(variable, self.line)
        if node.name == "$env":
            return name("env", self.line)
        if node.nature is t.FUNCTION and node.name in NAMES:
            return constant(None, self.line)
        return fixed("env", node.name, self.line)

    def pointer(self, node: nodes.Pointer) -> ast.expr:
        variable = self.pointers[-1][node.name]
        self.used.add(variable)
        return name(variable, self.line)

    def let(self, node: nodes.Let) -> ast.expr:
        variable = self.fresh("v")
        value = store(variable, self.emit(node.value), self.line)
        self._variables.append((node.name, variable))
        body = self.emit(node.body)
        self._variables.pop()
        return self._last([value, body])

    def sequence(self, node: nodes.Sequence) -> ast.expr:
        return self._last([self.emit(item) for item in node.nodes])

    def _last(self, values: list[ast.expr]) -> ast.expr:
        line = self.line
        parts = ast.Tuple(values, ast.Load(), lineno=line, col_offset=0)
        return ast.Subscript(parts, constant(len(values) - 1, line), ast.Load(), lineno=line, col_offset=0)

    def array(self, node: nodes.Array) -> ast.expr:
        return listed([self.own(item) for item in node.nodes], self.line)

    def map(self, node: nodes.MapLiteral) -> ast.expr:
        keys: list[ast.expr | None] = []
        literal = [pair.key.value for pair in node.pairs if isinstance(pair.key, nodes.String)]
        unique = len(literal) == len(node.pairs) == len(set(literal))
        # Of two equal keys the first one counts.
        pairs = node.pairs if unique else node.pairs[::-1]
        for pair in pairs:
            key = self.emit(pair.key)
            keys.append(key if isinstance(pair.key, nodes.String) else self.call("map_key", key))
        return mapped(keys, [self.own(pair.value) for pair in pairs], self.line)

    # Members.

    def chain(self, node: nodes.Chain) -> ast.expr:
        """Everything after a ``?.`` is nil with what stands before it."""
        links: list[nodes.Node] = []
        inner = node.node
        while True:
            links.append(inner)
            if isinstance(inner, nodes.Member):
                inner = inner.node
            elif isinstance(inner, nodes.FunctionCall):
                inner = inner.callee
            else:
                break
        links.pop()
        code = self.emit(inner)
        guards: list[tuple[str, ast.expr]] = []
        line = self.line
        for link in reversed(links):
            self.line = link.position + 1
            if isinstance(link, nodes.FunctionCall):
                code = self._called(code, link)
                continue
            assert isinstance(link, nodes.Member)  # noqa: S101  nothing else was collected
            if link.optional:
                kept = self.fresh("t")
                guards.append((kept, code))
                code = name(kept, self.line)
            code = self._fetched(code, link)
        self.line = line
        for kept, guarded in reversed(guards):
            absent = is_(store(kept, guarded, line), constant(None, line), line)
            code = either(absent, constant(None, line), code, line)
        return code

    def member(self, node: nodes.Member) -> ast.expr:
        return self._fetched(self.emit(node.node), node)

    def _fetched(self, base: ast.expr, node: nodes.Member) -> ast.expr:
        line = self.line
        if not isinstance(node.property, nodes.String):
            key = self.emit(node.property) if node.node.nature.json else self.own(node.property)
            return self.call("item", self.run, base, key)
        key = constant(node.property.value, line)
        if node.named:
            return fixed("env", node.property.value, line)
        kept = self.fresh("t")
        sort = is_(self.call("type", store(kept, base, line)), name("dict", line), line)
        fast = CallOf(attribute(name(kept, line), "get", line), [key], [], lineno=line, col_offset=0)
        return either(sort, fast, self.call("fetch", name(kept, line), key), line)

    def slice(self, node: nodes.Slice) -> ast.expr:
        bounds = [
            name("ABSENT", self.line) if bound is None else self.emit(bound)
            for bound in (node.start, node.stop)
        ]
        return self.call("cut", self.run, self.emit(node.node), *bounds)

    # Calls.

    def called(self, node: nodes.FunctionCall) -> ast.expr:
        return self._called(self.emit(node.callee), node)

    def _called(self, callee: ast.expr, node: nodes.FunctionCall) -> ast.expr:
        arguments = [self.own(argument) for argument in node.arguments]
        return self.call("call", self.run, callee, listed(arguments, self.line))

    def builtin(self, node: nodes.Builtin) -> ast.expr:
        if node.name in LOOPS:
            return self.loop(node)
        builtin = FUNCTIONS[node.name]
        owned = builtin.content == "own" or (builtin.content == "all" and not node.nature.json)
        arguments = [self.own(item) if owned else self.emit(item) for item in node.arguments]
        if builtin.tells:
            arguments.append(constant(node.arguments[0].nature.json, self.line))
        return self.call(f"b_{node.name}", self.run, *arguments)

    def predicate(self, node: nodes.Predicate) -> ast.expr:
        return self.emit(node.node)


_Compiler.emitters = {
    nodes.Nil: _Compiler.nil,
    nodes.Identifier: _Compiler.identifier,
    nodes.Integer: _Compiler.literal,
    nodes.Float: _Compiler.literal,
    nodes.Bool: _Compiler.literal,
    nodes.String: _Compiler.literal,
    nodes.Bytes: _Compiler.literal,
    nodes.Constant: _Compiler.constant,
    nodes.Unary: _Compiler.unary,
    nodes.Binary: _Compiler.binary,
    nodes.Logic: _Compiler.logic,
    nodes.Chain: _Compiler.chain,
    nodes.Member: _Compiler.member,
    nodes.Slice: _Compiler.slice,
    nodes.FunctionCall: _Compiler.called,
    nodes.Builtin: _Compiler.builtin,
    nodes.Predicate: _Compiler.predicate,
    nodes.Pointer: _Compiler.pointer,
    nodes.Let: _Compiler.let,
    nodes.Sequence: _Compiler.sequence,
    nodes.Conditional: _Compiler.conditional,
    nodes.Array: _Compiler.array,
    nodes.MapLiteral: _Compiler.map,
}
