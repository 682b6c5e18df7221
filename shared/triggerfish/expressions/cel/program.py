"""Source to program: parsed by cel-python, its names checked, evaluated on a count of steps."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import celpy
import lark
from celpy import celtypes
from celpy.evaluation import Activation, CELEvalError, CELSyntaxError, CELUnsupportedError, Evaluator, base_functions

from triggerfish.errors import ExpressionError
from triggerfish.expressions.cel.functions import NAMES, Wrong, functions
from triggerfish.expressions.cel.limits import Budget, Exceeded, check_source
from triggerfish.expressions.cel.values import Value, from_cel, to_cel, weight

_MACROS = frozenset({"map", "filter", "all", "exists", "exists_one", "has", "dyn"})
_STANDARD = frozenset(
    name for name in base_functions if name.isidentifier() and name not in ("reduce", "min")
)
_CALLABLE = _MACROS | _STANDARD | NAMES
_TYPES = frozenset(
    {"bool", "bytes", "double", "int", "list", "map", "null_type", "string", "timestamp", "duration", "type", "uint"}
)
_MESSAGE_LIMIT = 300


def compile(source: str, *, names: Collection[str] | None = None) -> Program:  # noqa: A001  the name that the design gives it
    """The program. With ``names``, a variable that is none of them is an error with a suggestion."""
    check_source(source)
    try:
        tree = celpy.Environment().compile(source)
    except celpy.CELParseError as error:
        raise ExpressionError(_syntax(source, error), source, _offset(source, error.line, error.column)) from None
    except RecursionError:
        raise ExpressionError("too much: the expression is nested too deeply", source) from None
    variables = frozenset(_checked(source, tree, frozenset(names) if names is not None else None))
    return Program(source, tree, variables)


class Program:
    """A compiled expression; evaluating it changes nothing, so it can be kept and shared."""

    def __init__(self, source: str, tree: lark.Tree[Any], variables: frozenset[str]) -> None:
        self.source, self._tree, self._variables = source, tree, variables

    @property
    def names(self) -> Collection[str]:
        """The names it takes from the environment."""
        return self._variables

    def evaluate(
        self, environment: Mapping[str, Any], *, now: datetime | None = None, seed: bytes = b""
    ) -> Any:
        """The result as plain JSON. ExpressionError and nothing else; CEL has no clock and no randomness."""
        del now, seed
        budget = Budget()
        activation = Activation(functions=functions(budget))
        try:
            context = {name: to_cel(_variable(environment, name)) for name in self._variables if name in environment}
            evaluator = _Evaluator(self._tree, activation, budget)
            return from_cel(evaluator.evaluate(context))
        except Exceeded as error:
            raise ExpressionError(str(error), self.source) from None
        except (CELEvalError, CELSyntaxError, CELUnsupportedError) as error:
            position = _offset(self.source, getattr(error, "line", None), getattr(error, "column", None))
            raise ExpressionError(_plain(error), self.source, position) from None
        except ExpressionError as error:
            raise ExpressionError(error.message, self.source, error.position) from None
        except RecursionError:
            raise ExpressionError("too much: the value is nested too deeply", self.source) from None
        except Exception as error:  # a library over strangers' values: no input may raise anything else
            raise ExpressionError(f"cannot be evaluated: {type(error).__name__}", self.source) from None


def _variable(environment: Mapping[str, Any], name: str) -> Any:
    value = environment[name]
    if value is environment or (isinstance(value, Mapping) and value.get(name) is value):
        # ``event`` is the environment itself; CEL's maps do not hold themselves.
        return {key: item for key, item in value.items() if key != name}
    return value


class _Evaluator(Evaluator):
    """cel-python's interpreter, counting each node it visits, and short in what it says of large values."""

    def __init__(self, ast: lark.Tree[Any], activation: Activation, budget: Budget) -> None:
        super().__init__(ast, activation)
        self._budget = budget

    def sub_evaluator(self, ast: lark.Tree[Any]) -> Evaluator:
        """The body of a macro, on the same account."""
        return _Evaluator(ast, self.activation, self._budget)

    def _visit_tree(self, tree: lark.Tree[Any]) -> Any:
        self._budget.spend(1)
        return super()._visit_tree(tree)

    def member_dot(self, tree: lark.Tree[Any]) -> Any:
        """Field selection; the library would print the whole value that has no fields."""
        inner, name = tree.children
        value = self.visit(inner)
        if isinstance(value, celtypes.MapType) and not isinstance(value, celtypes.MessageType):
            if (key := celtypes.StringType(name)) in value:
                return value[key]
            return _fault(f"no such key: {str(name)!r}{_nearest(str(name), value)}", name)
        if isinstance(value, (str, list)) or value is None:
            return _fault(f"{_kind(value)} has no field {str(name)!r}", name)
        return super().member_dot(tree)

    def member_dot_arg(self, tree: lark.Tree[Any]) -> Any:
        """A method or a macro; ``all`` and ``exists`` stop as soon as they know."""
        name = tree.children[1]
        if name not in ("all", "exists", "exists_one", "map", "filter"):
            return super().member_dot_arg(tree)
        values = self.visit(tree.children[0])
        if isinstance(values, CELEvalError):
            return values
        if not isinstance(values, (list, dict)):
            return _fault(f"{name} goes over a list or a map, not {_kind(values)}", name)
        if len(tree.children) != 3 or len(tree.children[2].children) != 2:
            return _fault(f"{name} takes a variable and an expression: {name}(x, …)", name)
        if name in ("all", "exists"):
            return self._quantified(name, values, self.build_ss_macro_eval(tree))
        return super().member_dot_arg(tree)

    def _quantified(self, name: lark.Token, values: Any, holds: Any) -> Any:
        decides = name == "exists"
        fault = None
        for value in values:
            result = holds(value)
            if isinstance(result, celtypes.BoolType):
                if bool(result) is decides:
                    return celtypes.BoolType(decides)
            elif fault is None:
                fault = result if isinstance(result, CELEvalError) else _fault(f"{name} needs a boolean", name)
        return celtypes.BoolType(not decides) if fault is None else fault

    def expr(self, tree: lark.Tree[Any]) -> Any:
        """``condition ? one : other``: only the chosen one is evaluated."""
        if len(tree.children) == 1:
            return super().expr(tree)
        condition = self.visit(tree.children[0])
        if isinstance(condition, CELEvalError):
            return condition
        if not isinstance(condition, celtypes.BoolType):
            return CELEvalError(f"the condition of ?: must be a boolean, not {_kind(condition)}", tree=tree)
        return self.visit(tree.children[1 if condition else 2])

    def relation(self, tree: lark.Tree[Any]) -> Any:
        """A comparison, paid for by the size of what is compared."""
        return self._weighed(super().relation(tree)) if len(tree.children) == 1 else self._compared(tree)

    def _compared(self, tree: lark.Tree[Any]) -> Any:
        operator, right = tree.children
        for side in (operator.children[0], right):
            value = self.visit(side)
            if isinstance(value, (list, dict)):
                self._budget.spend(weight(value, self._budget.left + 1))
        return super().relation(tree)

    def addition(self, tree: lark.Tree[Any]) -> Any:
        """A sum; texts and lists grow by it."""
        return self._weighed(super().addition(tree), grown=len(tree.children) > 1)

    def _weighed(self, value: Any, *, grown: bool = False) -> Any:
        if grown and isinstance(value, (str, list)):
            self._budget.made(len(value))
        return value

    def function_eval(self, name_token: lark.Token, exprlist: Any = None) -> Any:
        """A call; what its arguments lack is an error at its place."""
        try:
            return super().function_eval(name_token, exprlist)
        except Wrong as error:
            return _fault(f"{name_token}: {error.message}", name_token)

    def method_eval(self, object: Any, method_ident: lark.Token, exprlist: Any = None) -> Any:  # noqa: A002  the library's name
        """A call with a receiver."""
        try:
            return super().method_eval(object, method_ident, exprlist)
        except Wrong as error:
            return _fault(f"{method_ident}: {error.message}", method_ident)


def _fault(message: str, token: lark.Token) -> CELEvalError:
    return CELEvalError(message, token=token)


_KINDS = ((celtypes.BoolType, "a boolean"), (int, "a number"), (float, "a number"), (str, "a string"))


def _kind(value: Value) -> str:
    if value is None:
        return "null"
    found = next((name for class_, name in _KINDS if isinstance(value, class_)), "")
    return found or ("a list" if isinstance(value, list) else "a value of its kind")


def _nearest(name: str, known: Collection[Any]) -> str:
    close = difflib.get_close_matches(name, [str(key) for key in list(known)[:200]], 1)
    return f', did you mean "{close[0]}"?' if close else ""


def _checked(source: str, tree: lark.Tree[Any], names: frozenset[str] | None) -> Iterator[str]:
    """The variables; ExpressionError for a function there is not, before its evaluation would say so at length."""
    bound = {str(token) for node in _macros(tree) for token in _bound(node)}
    for node in tree.iter_subtrees():
        if node.data in ("member_dot_arg", "ident_arg", "dot_ident_arg"):
            token = next(child for child in node.children if isinstance(child, lark.Token))
            if token not in _CALLABLE:
                raise ExpressionError(
                    f"unknown function {str(token)!r}{_nearest(str(token), sorted(_CALLABLE))}", source, token.start_pos
                )
        elif node.data in ("ident", "dot_ident"):
            token = node.children[0]
            if token in bound or token in _TYPES:
                continue
            if names is not None and token not in names:
                raise ExpressionError(
                    f"unknown name {str(token)!r}{_nearest(str(token), sorted(names))}", source, token.start_pos
                )
            yield str(token)


def _macros(tree: lark.Tree[Any]) -> Iterator[lark.Tree[Any]]:
    for node in tree.iter_subtrees():
        if node.data == "member_dot_arg" and len(node.children) == 3 and node.children[1] in _MACROS:
            yield node


def _bound(node: lark.Tree[Any]) -> Iterator[lark.Token]:
    """The variable of a macro: its first argument."""
    arguments = node.children[2]
    if arguments.children and isinstance(arguments.children[0], lark.Tree):
        for ident in arguments.children[0].find_data("ident"):
            yield ident.children[0]


def _syntax(source: str, error: celpy.CELParseError) -> str:
    if not source.strip():
        return "the expression is empty"
    if error.line is None or "$END" in str(error.args):
        return "the expression ends too early"
    place = _offset(source, error.line, error.column)
    found = source[place : place + 1] if place is not None else ""
    return f"unexpected {found!r}" if found else "the expression ends too early"


def _offset(source: str, line: int | None, column: int | None) -> int | None:
    """A place of the library's, from 1 and 1, as an offset."""
    if line is None or column is None or line < 1 or column < 1:
        return None
    lines = source.split("\n")
    if line > len(lines):
        return len(source)
    return min(sum(len(text) + 1 for text in lines[: line - 1]) + column - 1, len(source))


def _plain(error: Exception) -> str:
    message = str(error.args[0]) if error.args else "cannot be evaluated"
    message = message.split(" (in activation", 1)[0].replace("celpy.celtypes.", "")
    return message if len(message) <= _MESSAGE_LIMIT else message[:_MESSAGE_LIMIT] + "…"
