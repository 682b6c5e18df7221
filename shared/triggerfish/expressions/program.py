"""A compiled expression: evaluate it as often as you like, on as many environments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions import reading
from triggerfish.expressions.budget import Budget
from triggerfish.expressions.checking.checker import check, suggestion
from triggerfish.expressions.compiling.compiler import FILENAME, compiled
from triggerfish.expressions.compiling.optimizer import optimize
from triggerfish.expressions.explanation import Conditions, Explanation, conditions
from triggerfish.expressions.go.values import AnyMap, NilList, encode
from triggerfish.expressions.limits import DEPTH, ELEMENTS, NESTING, SOURCE, STEPS, Failure, exceeded
from triggerfish.expressions.prospects import Condition, Members, Prospect
from triggerfish.expressions.reading import NameUses
from triggerfish.expressions.run import ExpressionRun
from triggerfish.expressions.syntax import nodes
from triggerfish.expressions.syntax.parser import parse

_SCALARS = frozenset({str, bool, int, float, type(None)})


class ExprProgram:
    """An expression of one source, checked and compiled. Immutable, and safe to share."""

    __slots__ = ("_conditions", "_function", "_names", "_needs_run", "_of_environment", "_watched", "source")

    def __init__(self, source: str, names: Collection[str] | None = None) -> None:
        if len(source) > SOURCE:
            raise exceeded(f"{SOURCE} characters of source").error("")
        if not source.isascii():
            # Halves of surrogate pairs, which no file has, are U+FFFD.
            source = encode(source).decode("utf-8", "replace")
        try:
            self._make(parse(source, overridden=names or ()), source, names)
        except Failure as failure:
            raise failure.error(source) from None
        except RecursionError:  # brackets in brackets take more of Python's frames than other nesting does
            raise exceeded(f"{NESTING} levels of nesting").error(source) from None

    def _make(self, tree: nodes.Node, source: str, names: Collection[str] | None) -> None:
        self.source = source
        self._conditions: Conditions | None = None
        # By the name of the environment that may have unknown members.
        self._watched: dict[str, Condition] = {}
        self._names = {node.name: node.position for node in reversed(check(tree, names))}
        self._of_environment = tree.nature.json and not nodes.contains(tree, _repeats)
        self._function: Callable[[Any, Any], Any]
        self._function, self._needs_run = compiled(optimize(tree))

    @classmethod
    def of(cls, tree: nodes.Node, source: str) -> ExprProgram:
        """The program of a tree, which is used up; ``source`` is where its positions point to."""
        program = cls.__new__(cls)
        try:
            program._make(tree, source, None)
        except Failure as failure:
            raise failure.error(source) from None
        except RecursionError:
            raise exceeded(f"{NESTING} levels of nesting").error(source) from None
        return program

    @property
    def names(self) -> Collection[str]:
        """The names it takes from the environment."""
        return self._names.keys()

    def evaluate(
        self,
        environment: Mapping[str, Any],
        *,
        now: datetime | None = None,
        seed: bytes = b"",
        budget: Budget | None = None,
    ) -> Any:
        """The value over ``environment``: what json.loads makes, times of go_time, functions of callables.

        ``now`` (aware) is what ``now()`` answers, ``seed`` decides what random functions draw. Pure: the same
        arguments give the same value. Raises ``ExpressionError``, and nothing else: ``TooCostly`` when the
        ``budget``, which it shares with other evaluations, is used up.
        """
        steps = STEPS if budget is None else budget.grant(self.source, STEPS)
        run = ExpressionRun(now, seed, steps) if self._needs_run else None
        try:
            value = self._function(environment, run)
            if type(value) in _SCALARS or self._of_environment:
                return value
            return None if isinstance(value, NilList) else measured(value)
        except Exception as problem:  # whatever a payload does, a delivery must not die of it
            if budget is not None and run is not None and run.left < 0 and steps < STEPS:
                raise budget.exceeded() from None
            raise self._error(problem, environment) from None
        finally:
            if budget is not None and run is not None:
                budget.pay(steps - run.left)

    def explain(
        self,
        environment: Mapping[str, Any],
        *,
        now: datetime | None = None,
        seed: bytes = b"",
        budget: Budget | None = None,
    ) -> Explanation:
        """The value of every condition in it, for who asks why it (does not) match. Raises nothing."""

        if self._conditions is None:
            # Taking it apart costs a thousand evaluations, so it waits for the first who asks, and is kept.
            self._conditions = conditions(parse(self.source), lambda node: ExprProgram.of(node, self.source))
        return self._conditions.explain(environment, now, seed, budget)

    def members(self, name: str) -> Members:
        """The members of that name of the environment that it reads; None: any of them."""
        if name not in self.source:
            return frozenset()
        tree = parse(self.source)
        return NameUses(name, tree).members(tree)

    def prospect(
        self,
        environment: Mapping[str, Any],
        name: str,
        unknown: frozenset[str],
        *,
        now: datetime | None = None,
        seed: bytes = b"",
        budget: Budget | None = None,
    ) -> Prospect:
        """Whether it may be true while those members of ``name`` are not known. Raises nothing."""
        if name not in self._watched:
            tree = parse(self.source)
            self._watched[name] = reading.conditions(
                tree, name, lambda node: ExprProgram.of(node, self.source)
            )
        return self._watched[name].prospect(environment, unknown, now, seed, budget)

    def _error(self, problem: Exception, environment: Mapping[str, Any]) -> ExpressionError:
        position = _place(problem)
        if isinstance(problem, Failure):
            return problem.error(self.source, position)
        if isinstance(problem, ExpressionError):
            return ExpressionError(problem.message, self.source, position)
        if isinstance(problem, KeyError) and problem.args and problem.args[0] in self._names:
            name = problem.args[0]
            message = (
                f"unknown name {name}{suggestion(name, [key for key in environment if isinstance(key, str)])}"
            )
            return ExpressionError(message, self.source, self._names[name])
        if isinstance(problem, RecursionError):
            return exceeded(f"{DEPTH} nested lists and maps").error(self.source, position)
        return ExpressionError(f"internal error: {type(problem).__name__}", self.source, position)


def _repeats(node: nodes.Node) -> bool:
    """Whether the node may put values of the environment into its result more often than they stand there."""
    return isinstance(node, nodes.Builtin) and node.name in ("map", "concat")


def _place(problem: Exception) -> int | None:
    """Return the place in the source, from the line of the innermost frame of compiled code."""
    position, trace = None, problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            position = trace.tb_lineno - 1
        trace = trace.tb_next
    return position


def measured(value: Any) -> Any:
    """The value, if it is small enough to be written down; maps in maps in maps grow by sharing."""
    left = ELEMENTS
    level = [value]
    for _ in range(DEPTH):
        below: list[Any] = []
        for item in level:
            if isinstance(item, (list, tuple)):
                below.extend(item)
            elif isinstance(item, Mapping):
                below.extend(item.values())
            elif isinstance(item, AnyMap):
                below.extend(held for _, held in item.items())
            left -= 1
            if len(below) > left:
                raise exceeded(f"{ELEMENTS} elements in one value")
        if not below:
            return value
        level = [item for item in below if type(item) not in _SCALARS]
        left -= len(below) - len(level)
    raise exceeded(f"{DEPTH} nested lists and maps")
