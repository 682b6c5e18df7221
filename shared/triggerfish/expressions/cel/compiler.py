"""A tree to a Python function, by way of Python's own syntax tree, as expr's compiler does it.

No text of the source becomes code: its names and texts are constants, variables are numbered. A node's line
in Python is its position in the source plus one, so that a traceback tells where an expression failed.

There are two ways to compile. The fast one ends at the first failure. The careful one, which is made when an
evaluation has failed, follows CEL: what fails beside ``||`` or ``&&`` may not count, and every message is
complete; it also notes what each condition gave, for explanations.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from triggerfish.expressions.cel import evaluation, operators
from triggerfish.expressions.cel.emitter import CelEmitter, sure, text_of, texts_of
from triggerfish.expressions.cel.functions import CelFunction
from triggerfish.expressions.cel.functions.standard import matches_literal
from triggerfish.expressions.cel.loops import MACROS
from triggerfish.expressions.cel.names import resolved
from triggerfish.expressions.cel.syntax import nodes as n
from triggerfish.expressions.cel.values import PLAIN, List
from triggerfish.expressions.compiling.pieces import (
    CallOf,
    constant,
    either,
    is_,
    lambda_,
    name,
    store,
)
from triggerfish.expressions.compiling.pieces import listed as pieces_listed
from triggerfish.expressions.patterns import compiled as compiled_pattern

#: The file that tracebacks name.
FILENAME = "<cel>"

_OPERATORS = {
    "<": "less",
    "<=": "at_most",
    ">": "more",
    ">=": "at_least",
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "remainder",
    "in": "contained",
}
_GLOBALS: dict[str, Any] = {
    "__builtins__": {},
    "PLAIN": PLAIN,
    "List": List,
    **{kind.__name__: kind for kind in (type, dict, str)},
    **{key: getattr(module, key) for module in (evaluation, operators) for key in module.__all__},
}

Compiled = Callable[..., Any]
"""``compiled(environment, account)``; the careful one also takes a note: ``note(number, later)``."""


def compiled(tree: n.CelNode, *, careful: dict[int, int] | None = None) -> Compiled:
    """The fast function of (environment, account), or the careful one of (environment, account, note).

    ``careful`` numbers the nodes that are noted, by their ids.
    """
    compiler = _Compiler(careful)
    body = compiler.emit(tree)
    parameters = ["env", "run"] if careful is None else ["env", "run", "note"]
    outer = compile(ast.Expression(lambda_(parameters, body)), FILENAME, "eval")
    inner = next(const for const in outer.co_consts if isinstance(const, CodeType))
    return FunctionType(inner, {**_GLOBALS, **compiler.kept})


class _Compiler(CelEmitter):
    # --- operators ------------------------------------------------------------------------------------------

    def unary(self, node: n.CelUnary) -> ast.expr:
        if node.operator == "-":
            return self.call("negate", self.run, self.emit(node.operand))
        return ast.UnaryOp(ast.Not(), self.test(node.operand), lineno=self.line, col_offset=0)

    def binary(self, node: n.CelBinary) -> ast.expr:
        if node.operator in ("==", "!="):
            return self._equality(node)
        if node.operator == "in" and (texts := texts_of(node.right)) is not None:
            kept, line = self.fresh("t"), self.line
            sort = is_(self.call("type", store(kept, self.raw(node.left), line)), name("str", line), line)
            among = ast.Compare(name(kept, line), [ast.In()], [self.keep(texts)], lineno=line, col_offset=0)
            return ast.BoolOp(ast.And(), [sort, among], lineno=line, col_offset=0)
        left, right = self.emit(node.left), self.emit(node.right)
        return self.call(_OPERATORS[node.operator], self.run, left, right)

    def _equality(self, node: n.CelBinary) -> ast.expr:
        line, positive = self.line, node.operator == "=="
        for side, other in ((node.left, node.right), (node.right, node.left)):
            if not isinstance(side, n.Literal) or isinstance(other, n.Literal):
                continue
            value = side.value
            if value is None or type(value) is bool:
                return is_(self.raw(other), constant(value, line), line, positive=positive)
            if type(value) is str:
                # A text is equal to nothing else that Python could have here.
                operator = ast.Eq() if positive else ast.NotEq()
                return ast.Compare(
                    self.raw(other), [operator], [constant(value, line)], lineno=line, col_offset=0
                )
        same = self.call("equal", self.run, self.emit(node.left), self.emit(node.right))
        return same if positive else ast.UnaryOp(ast.Not(), same, lineno=line, col_offset=0)

    def logic(self, node: n.CelLogic) -> ast.expr:
        line = self.line
        if self.careful is None:
            operator = ast.And() if node.operator == "&&" else ast.Or()
            return ast.BoolOp(
                operator, [self.test(each) for each in node.operands], lineno=line, col_offset=0
            )
        operands = ast.Tuple(
            [self.later(each) for each in node.operands], ast.Load(), lineno=line, col_offset=0
        )
        return self.call("every_all" if node.operator == "&&" else "either_all", self.run, operands)

    def choice(self, node: n.Choice) -> ast.expr:
        condition = self.emit(node.condition)
        if not sure(node.condition):
            condition = self.checked(condition, "demand")
        return either(condition, self.emit(node.then), self.emit(node.otherwise), self.line)

    # --- lists and maps -------------------------------------------------------------------------------------

    def items(self, node: n.Items) -> ast.expr:
        optional = frozenset(i for i, item in enumerate(node.items) if isinstance(item, n.CelOptional))
        items = [self.emit(item.node if isinstance(item, n.CelOptional) else item) for item in node.items]
        made = pieces_listed(items, self.line)
        if optional:
            return self.call("listed", self.run, made, self.keep(optional))
        return self.call("List", made)

    def entries(self, node: n.Entries) -> ast.expr:
        optional = frozenset(i for i, (key, _) in enumerate(node.entries) if isinstance(key, n.CelOptional))
        keys = [self.emit(key.node if isinstance(key, n.CelOptional) else key) for key, _ in node.entries]
        values = [self.emit(value) for _, value in node.entries]
        line = self.line
        return self.call(
            "mapped", self.run, pieces_listed(keys, line), pieces_listed(values, line), self.keep(optional)
        )

    # --- calls ----------------------------------------------------------------------------------------------

    def called(self, node: n.CelCall) -> ast.expr:
        function, target = resolved(node, self.free)
        if target is None:
            arguments = node.arguments
        else:
            if node.name in ("or", "orValue") and len(node.arguments) == 1:
                ready = "or_value" if node.name == "orValue" else "or_else"
                return self.call(ready, self.emit(target), self.later(node.arguments[0]))
            arguments = [target, *node.arguments]
        self.cost += 6
        if node.name == "matches" and len(arguments) == 2 and (pattern := text_of(arguments[1])) is not None:
            return CallOf(
                self.keep(_Pattern(pattern, function)), [self.run, self.emit(arguments[0])], [],
                lineno=self.line, col_offset=0,
            )  # fmt: skip
        emitted = [self.run, *[self.emit(argument) for argument in arguments]]
        return CallOf(self.keep(function), emitted, [], lineno=self.line, col_offset=0)

    def macro(self, node: n.Macro) -> ast.expr:
        over = self.emit(node.over)
        before, self.cost = self.cost, 0
        parameters = [self.fresh("v") for _ in node.variables]
        self.variables += zip(node.variables, parameters, strict=True)
        bodies: list[ast.expr] = [lambda_(parameters, self.emit(body), self.line) for body in node.bodies]
        del self.variables[-len(parameters) :]
        weight = constant(3 + self.cost, self.line)
        self.cost = before + 5
        function = self.keep(MACROS[node.name, len(parameters)])
        return CallOf(function, [self.run, weight, over, *bodies], [], lineno=self.line, col_offset=0)

    def bind(self, node: n.Bind) -> ast.expr:
        line, steps = self.line, []
        for variable, value in zip(node.variables, node.values, strict=True):
            held = self.fresh("v")
            if self.careful is None:
                steps.append(store(held, self.emit(value), line))
            else:
                # The value of a binding may fail where it does not count.
                steps.append(store(held, self.call("OnceEvaluated", self.later(value)), line))
                self.lazy.add(held)
            self.variables.append((variable, held))
        steps.append(self.emit(node.body))
        del self.variables[len(self.variables) - len(node.variables) :]
        made = ast.Tuple(steps, ast.Load(), lineno=line, col_offset=0)
        return ast.Subscript(made, constant(len(steps) - 1, line), ast.Load(), lineno=line, col_offset=0)


class _Pattern:
    """``text.matches('…')``: the pattern is compiled once, when it is first needed."""

    def __init__(self, pattern: str, function: CelFunction) -> None:
        self._pattern, self._function = pattern, function
        self._compiled: Any = None

    def __call__(self, run: Any, text: Any) -> Any:
        if type(text) is not str:
            return self._function(run, text, self._pattern)
        if self._compiled is None:
            self._compiled = compiled_pattern(self._pattern, groups=False)
        return matches_literal(run, text, self._compiled)


_Compiler.emitters = {
    n.Literal: _Compiler.literal,
    n.Name: _Compiler.name,
    n.Select: _Compiler.select,
    n.Index: _Compiler.index,
    n.CelUnary: _Compiler.unary,
    n.CelBinary: _Compiler.binary,
    n.CelLogic: _Compiler.logic,
    n.Choice: _Compiler.choice,
    n.Items: _Compiler.items,
    n.Entries: _Compiler.entries,
    n.CelCall: _Compiler.called,
    n.Macro: _Compiler.macro,
    n.Bind: _Compiler.bind,
}
