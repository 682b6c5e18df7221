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

from triggerfish.expressions import loops, nodes, patterns, runtime
from triggerfish.expressions import natures as t
from triggerfish.expressions.builtins import BUILTINS, FUNCTIONS, PREDICATES
from triggerfish.expressions.emit import (
    FALSE,
    TRUE,
    CallOf,
    Constant,
    attribute,
    call,
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
from triggerfish.expressions.natures import Nature
from triggerfish.expressions.text import contains_text, ends_with, starts_with

#: The file that tracebacks name.
FILENAME = "<expression>"

_GLOBALS: dict[str, Any] = {
    "__builtins__": {},
    "type": type,
    "dict": dict,
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list,
    "ABSENT": runtime.ABSENT,
    "contains_text": contains_text,
    "starts_with": starts_with,
    "ends_with": ends_with,
    "matches": patterns.matches,
    **{f"b_{key}": builtin.call for key, builtin in FUNCTIONS.items()},
    **{f"p_{key}": value for key, value in vars(loops).items() if callable(value)},
    **{key: value for key, value in vars(runtime).items() if callable(value)},
}

_LOOPS = {
    "all": "p_every",
    "none": "p_none",
    "any": "p_some",
    "one": "p_one",
    "filter": "p_keep",
    "map": "p_each",
    "count": "p_count",
    "sum": "p_total",
    "find": "p_find",
    "findLast": "p_find_last",
    "findIndex": "p_find_index",
    "findLastIndex": "p_find_last_index",
    "groupBy": "p_group",
    "sortBy": "p_sort_by",
    "reduce": "p_reduce",
}
_ORDER = {"<": ("less", ast.Lt()), ">": ("more", ast.Gt())}
_ORDER |= {"<=": ("at_most", ast.LtE()), ">=": ("at_least", ast.GtE())}
_ARITHMETIC = {"-": "subtract", "*": "multiply", "/": "divide", "%": "modulo", "**": "power"}
_SCALARS = frozenset({"nil", "bool", "int", "float", "string", "time", "duration", "month", "weekday"})
_TESTS = frozenset({"all", "any", "none", "one", "hasPrefix", "hasSuffix"})
_TEXT = {"contains": "contains_text", "startsWith": "starts_with", "endsWith": "ends_with"}
_METHODS = {"startsWith": "startswith", "endsWith": "endswith"}


def compiled(node: nodes.Node) -> tuple[Callable[[Any, Any], Any], bool]:
    """The function of (environment, run), and whether it needs a run at all."""
    compiler = _Compiler()
    body = compiler.emit(node)
    tree = ast.Expression(lambda_(["env", "run"], body))
    outer = compile(tree, FILENAME, "eval")
    inner = next(const for const in outer.co_consts if isinstance(const, CodeType))
    return FunctionType(inner, _GLOBALS), compiler.needs_run


class _Compiler:
    def __init__(self) -> None:
        self.needs_run = False
        self._variables: list[tuple[str, str]] = []
        self._pointers: list[dict[str, str]] = []
        self._numbers = 0
        self._cost = 0
        self._line = 1

    # Pieces.

    def fresh(self, letter: str) -> str:
        self._numbers += 1
        return f"{letter}{self._numbers}"

    @property
    def run(self) -> ast.expr:
        self.needs_run = True
        return name("run", self._line)

    def call(self, function: str, *arguments: ast.expr) -> ast.expr:
        return call(function, list(arguments), self._line)

    def emit(self, node: nodes.Node) -> ast.expr:
        """The expression of ``node``; the line is that of the innermost node that fails."""
        line, self._line = self._line, node.position + 1
        self._cost += _COSTS.get(type(node), 1)
        emitted = _EMITTERS[type(node)](self, node)
        self._line = line
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
        kept = self.fresh("t")
        line = self._line
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

    # Names and literals.

    def literal(self, node: Any) -> ast.expr:
        return constant(node.value, self._line)

    def nil(self, node: nodes.Nil) -> ast.expr:
        return constant(None, self._line)

    def constant(self, node: nodes.Constant) -> ast.expr:
        if isinstance(node.value, list):
            return listed([constant(item, self._line) for item in node.value], self._line)
        return constant(node.value, self._line)

    def identifier(self, node: nodes.Identifier) -> ast.expr:
        for wanted, variable in reversed(self._variables):
            if wanted == node.name:
                return name(variable, self._line)
        if node.name == "$env":
            return name("env", self._line)
        if node.nature is t.FUNCTION and node.name in BUILTINS:
            return constant(None, self._line)
        return fixed("env", node.name, self._line)

    def pointer(self, node: nodes.Pointer) -> ast.expr:
        return name(self._pointers[-1][node.name], self._line)

    def let(self, node: nodes.Let) -> ast.expr:
        variable = self.fresh("v")
        value = store(variable, self.emit(node.value), self._line)
        self._variables.append((node.name, variable))
        body = self.emit(node.body)
        self._variables.pop()
        return self._last([value, body])

    def sequence(self, node: nodes.Sequence) -> ast.expr:
        return self._last([self.emit(item) for item in node.nodes])

    def _last(self, values: list[ast.expr]) -> ast.expr:
        line = self._line
        made = ast.Tuple(values, ast.Load(), lineno=line, col_offset=0)
        return ast.Subscript(made, constant(len(values) - 1, line), ast.Load(), lineno=line, col_offset=0)

    def array(self, node: nodes.Array) -> ast.expr:
        return listed([self.own(item) for item in node.nodes], self._line)

    def map(self, node: nodes.Map) -> ast.expr:
        keys: list[ast.expr | None] = []
        literal = [pair.key.value for pair in node.pairs if isinstance(pair.key, nodes.String)]
        unique = len(literal) == len(node.pairs) == len(set(literal))
        # Of two equal keys the first one counts.
        pairs = node.pairs if unique else node.pairs[::-1]
        for pair in pairs:
            key = self.emit(pair.key)
            keys.append(key if isinstance(pair.key, nodes.String) else self.call("map_key", key))
        return mapped(keys, [self.own(pair.value) for pair in pairs], self._line)

    # Operators.

    def unary(self, node: nodes.Unary) -> ast.expr:
        if node.operator == "!":
            return ast.UnaryOp(ast.Not(), self.test(node.node), lineno=self._line, col_offset=0)
        if node.operator == "+":
            return self.emit(node.node)
        return self.call("minus", self.number(node.node))

    def logic(self, node: nodes.Logic) -> ast.expr:
        operands = [self.test(operand) for operand in node.operands[:-1]]
        operands.append(self.emit(node.operands[-1]))
        operator = ast.And() if node.operator == "&&" else ast.Or()
        return ast.BoolOp(operator, operands, lineno=self._line, col_offset=0)

    def conditional(self, node: nodes.Conditional) -> ast.expr:
        then = self.as_part_of(node.nature, node.then)
        otherwise = self.as_part_of(node.nature, node.otherwise)
        return either(self.test(node.condition), then, otherwise, self._line)

    def binary(self, node: nodes.Binary) -> ast.expr:
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
            return self.call("matches", self.run, self.emit(node.left), self.emit(node.right))
        if operator == "..":
            return self.call("span", self.run, self.emit(node.left), self.emit(node.right))
        return self._coalesce(node)

    def _equality(self, node: nodes.Binary) -> ast.expr:
        line, positive = self._line, node.operator == "=="
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
        line, kept = self._line, self.fresh("t")
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
        line, kept = self._line, self.fresh("t")
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
        left, right, line = self.emit(node.left), self.emit(node.right), self._line
        function = _TEXT[node.operator]
        if node.operator == "contains" or not isinstance(node.right, nodes.String):
            return self.call(function, self.run, left, right)
        kept = self.fresh("t")
        sort = is_(self.call("type", store(kept, left, line)), name("str", line), line)
        method = attribute(name(kept, line), _METHODS[node.operator], line)
        fast = CallOf(method, [right], [], lineno=line, col_offset=0)
        return either(sort, fast, self.call(function, constant(None, line), name(kept, line), right), line)

    def _in(self, node: nodes.Binary) -> ast.expr:
        line = self._line
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
        if left.nature.kind in _SCALARS or left.nature.json == right.nature.json:
            return self.call("contains", self.run, self.emit(left), self.emit(right))
        return self.call("contains", self.run, self.own(left), self.own(right))

    def _coalesce(self, node: nodes.Binary) -> ast.expr:
        line, kept = self._line, self.fresh("t")
        left = store(kept, self.as_part_of(node.nature, node.left), line)
        json = node.left.nature.json
        absent = is_(left, constant(None, line), line) if json else self.call("is_nil", left)
        return either(absent, self.as_part_of(node.nature, node.right), name(kept, line), line)

    # Members.

    def chain(self, node: nodes.Chain) -> ast.expr:
        """Everything after a ``?.`` is nil with what stands before it."""
        links: list[nodes.Node] = []
        inner = node.node
        while True:
            links.append(inner)
            if isinstance(inner, nodes.Member):
                inner = inner.node
            elif isinstance(inner, nodes.Call):
                inner = inner.callee
            else:
                break
        links.pop()
        code = self.emit(inner)
        guards: list[tuple[str, ast.expr]] = []
        line = self._line
        for link in reversed(links):
            self._line = link.position + 1
            if isinstance(link, nodes.Call):
                code = self._called(code, link)
                continue
            assert isinstance(link, nodes.Member)  # noqa: S101  nothing else was collected
            if link.optional:
                kept = self.fresh("t")
                guards.append((kept, code))
                code = name(kept, self._line)
            code = self._fetched(code, link)
        self._line = line
        for kept, guarded in reversed(guards):
            absent = is_(store(kept, guarded, line), constant(None, line), line)
            code = either(absent, constant(None, line), code, line)
        return code

    def member(self, node: nodes.Member) -> ast.expr:
        return self._fetched(self.emit(node.node), node)

    def _fetched(self, base: ast.expr, node: nodes.Member) -> ast.expr:
        line = self._line
        if not isinstance(node.property, nodes.String):
            key = self.emit(node.property) if node.node.nature.json else self.own(node.property)
            return self.call("item", self.run, base, key)
        key = constant(node.property.value, line)
        if isinstance(node.node, nodes.Identifier) and node.node.name == "$env" and not node.optional:
            return fixed("env", node.property.value, line)
        kept = self.fresh("t")
        sort = is_(self.call("type", store(kept, base, line)), name("dict", line), line)
        fast = CallOf(attribute(name(kept, line), "get", line), [key], [], lineno=line, col_offset=0)
        return either(sort, fast, self.call("fetch", name(kept, line), key), line)

    def slice(self, node: nodes.Slice) -> ast.expr:
        bounds = [
            name("ABSENT", self._line) if bound is None else self.emit(bound)
            for bound in (node.start, node.stop)
        ]
        return self.call("cut", self.run, self.emit(node.node), *bounds)

    # Calls.

    def called(self, node: nodes.Call) -> ast.expr:
        return self._called(self.emit(node.callee), node)

    def _called(self, callee: ast.expr, node: nodes.Call) -> ast.expr:
        arguments = [self.own(argument) for argument in node.arguments]
        return self.call("call", self.run, callee, listed(arguments, self._line))

    def builtin(self, node: nodes.Builtin) -> ast.expr:
        if node.name in PREDICATES:
            return self._loop(node)
        builtin = FUNCTIONS[node.name]
        owned = builtin.content == "own" or (builtin.content == "all" and not node.nature.json)
        arguments = [self.own(item) if owned else self.emit(item) for item in node.arguments]
        if builtin.tells:
            arguments.append(constant(node.arguments[0].nature.json, self._line))
        return self.call(f"b_{node.name}", self.run, *arguments)

    def predicate(self, node: nodes.Predicate) -> ast.expr:
        return self.emit(node.node)

    def _closure(self, emit: Callable[[], ast.expr], *pointers: str) -> ast.expr:
        named = {pointer: self.fresh("e") for pointer in pointers}
        self._pointers.append(named)
        body = emit()
        self._pointers.pop()
        return lambda_(list(named.values()), body, self._line)

    def _loop(self, node: nodes.Builtin) -> ast.expr:
        function, closures = _LOOPS[node.name], []
        body = node.arguments[1] if len(node.arguments) > 1 else None
        before, self._cost = self._cost, 0
        if node.name == "reduce":
            assert body is not None  # noqa: S101  the parser asks for it
            closures.append(self._closure(lambda: self.own(body), "acc", "", "index"))
        elif node.name == "map":
            assert body is not None  # noqa: S101  the same
            closures.append(self._closure(lambda: self.emit(body), "", "index"))
            function = "p_each_with_index"
        elif node.name in ("sum", "groupBy", "sortBy"):
            closures.append(self._maker(node, body))
        elif body is not None:
            closures.append(self._closure(lambda: self.test(body), ""))
        else:
            closures.append(constant(None, self._line))
        if node.name in ("find", "findLast", "filter") and (node.mapped or node.throws):
            mapped_to = node.mapped
            closures.append(
                constant(None, self._line)
                if mapped_to is None
                else self._closure(lambda: self.emit(mapped_to), "")
            )
            if node.throws:
                closures.append(constant(TRUE, self._line))
        if node.threshold is not None:
            closures.append(constant(node.threshold, self._line))
        weight = constant(3 + self._cost + _EXTRA.get(node.name, 0), self._line)
        self._cost = before + 10
        collection = self.emit(node.arguments[0])
        if node.name == "reduce" and len(node.arguments) == 2 and node.arguments[0].nature.json:
            collection = self.call("own", self.run, collection)
        if len(node.arguments) == 3:
            closures.append(self.own(node.arguments[2]))
        return self.call(function, self.run, collection, weight, *closures)

    def _maker(self, node: nodes.Builtin, body: nodes.Node | None) -> ast.expr:
        if body is not None:
            make = self.emit if node.name == "sortBy" else self.own
            return self._closure(lambda: make(body), "")
        if not node.arguments[0].nature.json:
            return constant(None, self._line)
        return name("as_float", self._line)


#: Steps that evaluating a node takes, where it is more than one; those of a closure are paid for each turn.
_COSTS: dict[type, int] = {
    nodes.Builtin: 6,
    nodes.Call: 15,
    nodes.Binary: 4,
    nodes.Slice: 10,
    nodes.Member: 2,
    nodes.Unary: 2,
    nodes.Map: 3,
}
_EXTRA = {"groupBy": 10, "sortBy": 5, "sum": 6, "reduce": 2}


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


def _plain(node: nodes.Node) -> bool:
    """Whether Python's == with this literal is the language's: a string, or a list of strings."""
    if isinstance(node, nodes.Constant):
        return isinstance(node.value, list) and all(isinstance(item, str) for item in node.value)
    return isinstance(node, nodes.String)


_EMITTERS: dict[type, Callable[[_Compiler, Any], ast.expr]] = {
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
    nodes.Call: _Compiler.called,
    nodes.Builtin: _Compiler.builtin,
    nodes.Predicate: _Compiler.predicate,
    nodes.Pointer: _Compiler.pointer,
    nodes.Let: _Compiler.let,
    nodes.Sequence: _Compiler.sequence,
    nodes.Conditional: _Compiler.conditional,
    nodes.Array: _Compiler.array,
    nodes.Map: _Compiler.map,
}
