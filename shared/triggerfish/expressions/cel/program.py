"""Source to program: parsed by cel-python, its names checked, evaluated on a count of steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import celpy
import lark
from celpy.celparser import CELParseError
from celpy.evaluation import (
    Activation,
    CELEvalError,
    CELSyntaxError,
    CELUnsupportedError,
    base_functions,
)

from triggerfish.errors import ExpressionError
from triggerfish.expressions.cel.evaluator import Counting, Tree, nearest, plain_message
from triggerfish.expressions.cel.explanation import Part, Tracing, taken_apart
from triggerfish.expressions.cel.functions import NAMES, functions
from triggerfish.expressions.cel.limits import Budget, Exceeded, check_source
from triggerfish.expressions.cel.values import Value, from_cel, to_cel
from triggerfish.expressions.explanation import Explanation

_MACROS = frozenset({"map", "filter", "all", "exists", "exists_one", "has", "dyn"})
_STANDARD = frozenset(
    name for name in base_functions if name.isidentifier() and name not in ("reduce", "min")
)
_CALLABLE = _MACROS | _STANDARD | NAMES
_TYPES = frozenset(
    {
        "bool",
        "bytes",
        "double",
        "int",
        "list",
        "map",
        "null_type",
        "string",
        "timestamp",
        "duration",
        "type",
        "uint",
    }
)


def compile(source: str, *, names: Collection[str] | None = None) -> Program:  # noqa: A001  the name that the design gives it
    """The program. With ``names``, a variable that is none of them is an error with a suggestion."""
    check_source(source)
    try:
        tree = celpy.Environment().compile(source)
    except CELParseError as error:
        raise _syntax(source, error) from None
    except RecursionError:
        raise ExpressionError("too much: the expression is nested too deeply", source) from None
    variables = frozenset(_checked(source, tree, frozenset(names) if names is not None else None))
    return Program(source, tree, variables)


class Program:
    """A compiled expression; evaluating it changes nothing, so it can be kept and shared."""

    def __init__(self, source: str, tree: Tree, variables: frozenset[str]) -> None:
        self.source, self._tree, self._variables = source, tree, variables
        self._parts: Part | None = None

    @property
    def names(self) -> Collection[str]:
        """The names it takes from the environment."""
        return self._variables

    def evaluate(
        self, environment: Mapping[str, Any], *, now: datetime | None = None, seed: bytes = b""
    ) -> Any:
        """The result as plain JSON. ExpressionError and nothing else; CEL has no clock and no randomness."""
        del now, seed
        return self._evaluated(environment, Counting)

    def explain(
        self, environment: Mapping[str, Any], *, now: datetime | None = None, seed: bytes = b""
    ) -> Explanation:
        """The value of every condition in it, for who asks why it (does not) match. Raises nothing."""
        del now, seed
        if self._parts is None:
            self._parts = taken_apart(self._tree, self.source)
        seen, problem = self._parts.unseen(), None
        try:
            self._evaluated(environment, partial(Tracing, seen=seen))
        except ExpressionError as error:
            problem = error.message
        return self._parts.explanation(seen, problem)

    def _evaluated(self, environment: Mapping[str, Any], interpreter: Callable[..., Counting]) -> Any:
        budget = Budget()
        activation = Activation(functions=functions(budget))
        try:
            context = {
                name: _CONVERTED.of(environment, name) for name in self._variables if name in environment
            }
            evaluator = interpreter(self._tree, activation, budget)
            return from_cel(evaluator.evaluate(context))
        except Exceeded as error:
            raise ExpressionError(str(error), self.source) from None
        except (CELEvalError, CELSyntaxError, CELUnsupportedError) as error:
            position = _offset(self.source, getattr(error, "line", None), getattr(error, "column", None))
            raise ExpressionError(plain_message(error), self.source, position) from None
        except ExpressionError as error:
            raise ExpressionError(error.message, self.source, error.position) from None
        except RecursionError:
            raise ExpressionError("too much: the value is nested too deeply", self.source) from None
        except Exception as error:  # a library over strangers' values: no input may raise anything else
            raise ExpressionError(f"cannot be evaluated: {type(error).__name__}", self.source) from None


class _Converted:
    """Variables as CEL's values: one event is seen by many expressions, and a payload may be large.

    Only the last environment's are kept. Nothing changes a value of the library's once it is made.
    """

    def __init__(self) -> None:
        self._environment: Mapping[str, Any] = {}
        self._values: dict[str, tuple[Any, Value]] = {}

    def of(self, environment: Mapping[str, Any], name: str) -> Value:
        """The variable of that name, converted."""
        if environment is not self._environment:
            self._environment, self._values = environment, {}
        source = environment[name]
        known = self._values.get(name)
        if known is None or known[0] is not source:
            known = self._values[name] = source, to_cel(_variable(environment, name))
        return known[1]


_CONVERTED = _Converted()


def _variable(environment: Mapping[str, Any], name: str) -> Any:
    value = environment[name]
    if isinstance(value, dict) and any(inner is value for inner in value.values()):
        # ``event`` is the environment itself; CEL's maps do not hold themselves.
        return {key: item for key, item in value.items() if key != name}
    return value


def _checked(source: str, tree: Tree, names: frozenset[str] | None) -> Iterator[str]:
    """The variables. ExpressionError for a function there is not: evaluation would say so at length."""
    bound = {str(token) for node in _macros(tree) for token in _bound(node)}
    for node in tree.iter_subtrees():
        if node.data in ("member_dot_arg", "ident_arg", "dot_ident_arg"):
            token = next(child for child in node.children if isinstance(child, lark.Token))
            if token not in _CALLABLE:
                raise ExpressionError(
                    f"unknown function {str(token)!r}{nearest(str(token), sorted(_CALLABLE))}",
                    source,
                    token.start_pos,
                )
        elif node.data in ("ident", "dot_ident"):
            token = node.children[0]
            if token in bound or token in _TYPES:
                continue
            if names is not None and token not in names:
                raise ExpressionError(
                    f"unknown name {str(token)!r}{nearest(str(token), sorted(names))}",
                    source,
                    token.start_pos,
                )
            yield str(token)


def _macros(tree: Tree) -> Iterator[Tree]:
    for node in tree.iter_subtrees():
        if node.data == "member_dot_arg" and len(node.children) == 3 and node.children[1] in _MACROS:
            yield node


def _bound(node: Tree) -> Iterator[lark.Token]:
    """The variable of a macro: its first argument."""
    arguments = node.children[2]
    if arguments.children and isinstance(arguments.children[0], lark.Tree):
        for ident in arguments.children[0].find_data("ident"):
            yield from (child for child in ident.children if isinstance(child, lark.Token))


def _syntax(source: str, error: CELParseError) -> ExpressionError:
    place = _offset(source, error.line, error.column)
    if not source.strip():
        return ExpressionError("the expression is empty", source, 0)
    # The library hides the token it stumbled over in the error below its own.
    token = getattr(error.__context__, "token", None)
    if place is None or place >= len(source) or getattr(token, "type", "") == "$END":
        return ExpressionError("the expression ends too early", source, len(source))
    return ExpressionError(f"unexpected {source[place]!r}", source, place)


def _offset(source: str, line: int | None, column: int | None) -> int | None:
    """A place of the library's, from 1 and 1, as an offset."""
    if line is None or column is None or line < 1 or column < 1:
        return None
    lines = source.split("\n")
    if line > len(lines):
        return len(source)
    return min(sum(len(text) + 1 for text in lines[: line - 1]) + column - 1, len(source))
