"""The compiler's part for operators: the common types inline, the rest by functions."""

from __future__ import annotations

import ast

from triggerfish.expressions import patterns
from triggerfish.expressions.compiling.emitter import Emitter
from triggerfish.expressions.compiling.pieces import (
    CallOf,
    Constant,
    attribute,
    constant,
    either,
    is_,
    name,
    store,
)
from triggerfish.expressions.syntax import nodes

_ORDER = {"<": ("less", ast.Lt()), ">": ("more", ast.Gt())}
_ORDER |= {"<=": ("at_most", ast.LtE()), ">=": ("at_least", ast.GtE())}
_ARITHMETIC = {"-": "subtract", "*": "multiply", "/": "divide", "%": "modulo", "**": "power"}
_SCALARS = frozenset({"nil", "bool", "int", "float", "string", "time", "duration", "month", "weekday"})
_TEXT = {"contains": "contains_text", "startsWith": "starts_with", "endsWith": "ends_with"}
_METHODS = {"startsWith": "startswith", "endsWith": "endswith"}


class Operators(Emitter):
    """Unary and binary operators, logic, ?: and ??."""

    def unary(self, node: nodes.Unary) -> ast.expr:
        """Not, minus, plus."""
        if node.operator == "!":
            return ast.UnaryOp(ast.Not(), self.test(node.node), lineno=self.line, col_offset=0)
        if node.operator == "+":
            return self.emit(node.node)
        return self.call("minus", self.number(node.node))

    def logic(self, node: nodes.Logic) -> ast.expr:
        """Python's own short circuit, over operands that are sure to be bools."""
        operands = [self.test(operand) for operand in node.operands[:-1]]
        operands.append(self.emit(node.operands[-1]))
        operator = ast.And() if node.operator == "&&" else ast.Or()
        return ast.BoolOp(operator, operands, lineno=self.line, col_offset=0)

    def conditional(self, node: nodes.Conditional) -> ast.expr:
        """The branch that is not taken is not evaluated."""
        then = self.as_part_of(node.nature, node.then)
        otherwise = self.as_part_of(node.nature, node.otherwise)
        return either(self.test(node.condition), then, otherwise, self.line)

    def binary(self, node: nodes.Binary) -> ast.expr:
        """All other operators."""
        operator = node.operator
        if operator in ("==", "!="):
            return self._equality(node)
        if operator in _ORDER:
            return self._comparison(node)
        if operator == "+":
            return self.call("add", self.run, self.number(node.left), self.number(node.right))
        if operator in _ARITHMETIC:
            return self.call(_ARITHMETIC[operator], self.number(node.left), self.number(node.right))
        if operator in _TEXT:
            return self._text(node)
        if operator == "in":
            return self._in(node)
        if operator == "matches":
            return self._matches(node)
        if operator == "..":
            return self.call("span", self.run, self.emit(node.left), self.emit(node.right))
        return self._coalesce(node)

    def _equality(self, node: nodes.Binary) -> ast.expr:
        line, positive = self.line, node.operator == "=="
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(other, (nodes.Bool, nodes.Nil)):
                if isinstance(other, nodes.Nil) and one.nature.array and not one.nature.json:
                    break  # a list may be a nil one
                value = self.emit(one)
                if isinstance(value, Constant):
                    break  # Python warns of a literal that is another
                wanted = constant(getattr(other, "value", None), line)
                return is_(value, wanted, line, positive=positive)
            if _plain(other):
                compare = ast.Eq() if positive else ast.NotEq()
                return ast.Compare(self.emit(one), [compare], [self.emit(other)], lineno=line, col_offset=0)
            if isinstance(other, (nodes.Integer, nodes.Float)):
                return self._equals_number(one, other, positive=positive)
        function, left, right = self._operands_of_equality(node)
        found = self.call(function, self.run, left, right)
        return found if positive else ast.UnaryOp(ast.Not(), found, lineno=line, col_offset=0)

    def _equals_number(self, one: nodes.Node, number: nodes.Node, *, positive: bool) -> ast.expr:
        # True is 1 in Python, and nothing of the kind here.
        line, kept = self.line, self.fresh("t")
        compare = ast.Compare(
            store(kept, self.emit(one), line), [ast.Eq()], [self.emit(number)], lineno=line, col_offset=0
        )
        sort = is_(self.call("type", name(kept, line)), name("bool", line), line, positive=False)
        both = ast.BoolOp(ast.And(), [compare, sort], lineno=line, col_offset=0)
        return both if positive else ast.UnaryOp(ast.Not(), both, lineno=line, col_offset=0)

    def _operands_of_equality(self, node: nodes.Binary) -> tuple[str, ast.expr, ast.expr]:
        left, right = node.left, node.right
        if left.nature.json and right.nature.json:
            return "equal_json", self.emit(left), self.emit(right)
        if left.nature.kind in _SCALARS or right.nature.kind in _SCALARS:
            return "equal", self.emit(left), self.emit(right)
        return "equal", self.own(left), self.own(right)

    def _comparison(self, node: nodes.Binary) -> ast.expr:
        function, compare = _ORDER[node.operator]
        left, right = self.emit(node.left), self.emit(node.right)
        if not isinstance(node.right, (nodes.Integer, nodes.Float)):
            return self.call(function, self.run, left, right)
        line, kept = self.line, self.fresh("t")
        number = ast.BoolOp(
            ast.Or(),
            [
                is_(self.call("type", store(kept, left, line)), name("int", line), line),
                is_(self.call("type", name(kept, line)), name("float", line), line),
            ],
            lineno=line,
            col_offset=0,
        )
        fast = ast.Compare(name(kept, line), [compare], [right], lineno=line, col_offset=0)
        return either(number, fast, self.call(function, constant(None, line), name(kept, line), right), line)

    def _text(self, node: nodes.Binary) -> ast.expr:
        left, right, line = self.emit(node.left), self.emit(node.right), self.line
        function = _TEXT[node.operator]
        if node.operator == "contains" or not isinstance(node.right, nodes.String):
            return self.call(function, self.run, left, right)
        kept = self.fresh("t")
        sort = is_(self.call("type", store(kept, left, line)), name("str", line), line)
        method = attribute(name(kept, line), _METHODS[node.operator], line)
        fast = CallOf(method, [right], [], lineno=line, col_offset=0)
        return either(sort, fast, self.call(function, constant(None, line), name(kept, line), right), line)

    def _matches(self, node: nodes.Binary) -> ast.expr:
        if isinstance(node.right, nodes.String):
            pattern = self.keep(patterns.compiled(node.right.value, groups=False))
            return self.call("matches_compiled", self.run, self.emit(node.left), pattern)
        return self.call("matches", self.run, self.emit(node.left), self.emit(node.right))

    def _in(self, node: nodes.Binary) -> ast.expr:
        line = self.line
        if isinstance(node.right, nodes.Constant) and isinstance(node.right.value, frozenset):
            if all(isinstance(value, int) for value in node.right.value):
                members = self.emit(node.right)
                return ast.Compare(self.emit(node.left), [ast.In()], [members], lineno=line, col_offset=0)
            kept = self.fresh("t")
            sort = is_(self.call("type", store(kept, self.emit(node.left), line)), name("str", line), line)
            fast = ast.Compare(
                name(kept, line), [ast.In()], [self.emit(node.right)], lineno=line, col_offset=0
            )
            slow = self.call("in_strings", name(kept, line), self.emit(node.right))
            return either(sort, fast, slow, line)
        left, right = node.left, node.right
        if isinstance(right, nodes.Binary) and right.operator == "..":
            bounds = self.emit(right.left), self.emit(right.right)
            return self.call("in_span", self.emit(left), *bounds)
        if left.nature.kind in _SCALARS or left.nature.json == right.nature.json:
            return self.call("contains", self.run, self.emit(left), self.emit(right))
        return self.call("contains", self.run, self.own(left), self.own(right))

    def _coalesce(self, node: nodes.Binary) -> ast.expr:
        line, kept = self.line, self.fresh("t")
        left = store(kept, self.as_part_of(node.nature, node.left), line)
        json = node.left.nature.json
        absent = is_(left, constant(None, line), line) if json else self.call("is_nil", left)
        return either(absent, self.as_part_of(node.nature, node.right), name(kept, line), line)


def _plain(node: nodes.Node) -> bool:
    """Return whether Python's == with this literal is the language's: a string, or a list of strings."""
    if isinstance(node, nodes.Constant):
        return isinstance(node.value, list) and all(isinstance(item, str) for item in node.value)
    return isinstance(node, nodes.String)
