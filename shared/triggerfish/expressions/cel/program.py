"""A compiled expression of CEL's: evaluate it as often as you like, on as many environments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions.budget import Budget
from triggerfish.expressions.cel import reading
from triggerfish.expressions.cel.checker import check
from triggerfish.expressions.cel.compiler import FILENAME, Compiled, compiled
from triggerfish.expressions.cel.explanation import Part, taken_apart
from triggerfish.expressions.cel.limits import Account, Exceeded
from triggerfish.expressions.cel.missing import Missing
from triggerfish.expressions.cel.results import plain
from triggerfish.expressions.cel.syntax.nodes import CelNode
from triggerfish.expressions.cel.syntax.parser import parse
from triggerfish.expressions.cel.values import Value
from triggerfish.expressions.explanation import Explanation
from triggerfish.expressions.limits import DEPTH, NESTING, SOURCE, STEPS, Failure
from triggerfish.expressions.prospects import Condition, Members, Prospect

_SCALARS = frozenset({str, bool, int, type(None)})


def compile(source: str, *, names: Collection[str] | None = None) -> CelProgram:  # noqa: A001  the name that the design gives it
    """The program. With ``names``, a variable that is none of them is an error with a suggestion."""
    return CelProgram(source, names)


class CelProgram:
    """An expression of one source, checked and compiled. It can be kept and shared."""

    __slots__ = ("_careful", "_conditions", "_fast", "_names", "_parts", "_tree", "source")

    def __init__(self, source: str, names: Collection[str] | None = None) -> None:
        self.source = source
        try:
            if len(source) > SOURCE:
                raise Exceeded(f"{SOURCE} characters of source")
            if not source.isascii():
                # Halves of surrogate pairs, which no file has, are U+FFFD.
                source = source.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            tree = parse(source)
            self._make(tree, check(tree, names))
        except Failure as failure:
            raise failure.error(source if len(source) <= SOURCE else "") from None
        except RecursionError:
            raise Exceeded(f"{NESTING} nested operators and calls").error(source) from None

    def _make(self, tree: CelNode, names: frozenset[str]) -> None:
        self._tree, self._names = tree, names
        self._careful: Compiled | None = None
        self._parts: tuple[Part, Compiled] | None = None
        # By the name of the environment that may have unknown members.
        self._conditions: dict[str, Condition] = {}
        self._fast = compiled(tree)

    @property
    def names(self) -> Collection[str]:
        """The names it takes from the environment."""
        return self._names

    def evaluate(
        self,
        environment: Mapping[str, Any],
        *,
        now: datetime | None = None,
        seed: bytes = b"",
        budget: Budget | None = None,
    ) -> Any:
        """The result as plain JSON. ExpressionError and nothing else; CEL has no clock and no randomness."""
        del now, seed
        if budget is None:
            return self._evaluate(environment, Account(), Account())
        steps = budget.grant(self.source, STEPS)
        fast, careful = Account(steps), Account(steps)
        try:
            return self._evaluate(environment, fast, careful)
        except ExpressionError:
            if min(fast.left, careful.left) < 0 and steps < STEPS:
                raise budget.exceeded() from None
            raise
        finally:
            budget.pay(2 * steps - fast.left - careful.left)

    def _evaluate(self, environment: Mapping[str, Any], fast: Account, careful: Account) -> Any:
        try:
            value = self._fast(environment, fast)
            return value if type(value) in _SCALARS else plain(fast, value)
        except Exception as problem:  # whatever a payload does, a delivery must not die of it
            if isinstance(problem, (Exceeded, RecursionError)):
                raise self._error(problem) from None
        # What failed may stand beside an operand that decides without it, and its message can say more.
        try:
            return plain(careful, self._carefully(environment, careful))
        except Exception as problem:  # as above
            raise self._error(problem) from None

    def value(self, environment: Mapping[str, Any]) -> Value:
        """The result as a value of CEL's, not as JSON: an int is no double. Raises ``ExpressionError``."""
        try:
            return self._carefully(environment, Account())
        except Exception as problem:  # as above
            raise self._error(problem) from None

    def _carefully(self, environment: Mapping[str, Any], account: Account) -> Value:
        if self._careful is None:
            self._careful = compiled(self._tree, careful={})
        return self._careful(environment, account, None)

    def explain(
        self,
        environment: Mapping[str, Any],
        *,
        now: datetime | None = None,
        seed: bytes = b"",
        budget: Budget | None = None,
    ) -> Explanation:
        """The value of every condition in it, for who asks why it (does not) match. Raises nothing."""
        del now, seed
        if self._parts is None:
            part = taken_apart(self._tree, self.source)
            self._parts = part, compiled(self._tree, careful=part.numbers())
        part, function = self._parts
        seen = dict[int, Any]()
        problem, steps, account = None, STEPS, Account()
        try:
            if budget is not None:
                steps = budget.grant(self.source, STEPS)
                account = Account(steps)
            plain(account, function(environment, account, _noting(seen, self._message)))
        except Exception as fault:  # as above
            problem = self._message(fault)
        if budget is not None:
            budget.pay(steps - account.left)
        return part.explanation(seen, problem)

    def members(self, name: str) -> Members:
        """The members of that name of the environment that it reads; None: any of them."""
        return reading.members(self._tree, name)

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
        if name not in self._conditions:
            self._conditions[name] = reading.conditions(
                self._tree, name, lambda node: CelProgram.of(node, self.source, self._names)
            )
        return self._conditions[name].prospect(environment, unknown, now, seed, budget)

    @classmethod
    def of(cls, tree: CelNode, source: str, names: frozenset[str]) -> CelProgram:
        """The program of a part of a checked tree; ``source`` is where its positions point to."""
        program = cls.__new__(cls)
        program.source = source
        program._make(tree, names)
        return program

    def _message(self, problem: Exception) -> str:
        return self._error(problem).message

    def _error(self, problem: Exception) -> ExpressionError:
        position = _place(problem)
        if isinstance(problem, Missing):
            return problem.in_full().error(self.source, position)
        if isinstance(problem, Failure):
            return problem.error(self.source, position)
        if isinstance(problem, ExpressionError):
            return ExpressionError(problem.message, self.source, position)
        if isinstance(problem, RecursionError):
            return Exceeded(f"{DEPTH} nested lists and maps: it is nested too deeply").error(
                self.source, position
            )
        return ExpressionError(f"internal error: {type(problem).__name__}", self.source, position)


def _noting(seen: dict[int, Any], message: Callable[[Exception], str]) -> Callable[..., Any]:
    """Return what the careful function tells of each condition: its value, or why it has none."""
    # One for all of them: an expression may look at a large value a hundred times.
    account = Account()

    def note(number: int, later: Callable[[], Any]) -> Any:
        try:
            value = later()
        except (Exceeded, RecursionError):
            raise
        except Exception as problem:  # noted, and passed on
            seen[number] = (None, message(problem))
            raise
        try:
            seen[number] = (plain(account, value), None)
        except Failure as problem:
            seen[number] = (None, problem.message)
        return value

    return note


def _place(problem: Exception) -> int | None:
    """Return the place in the source, from the line of the innermost frame of compiled code."""
    position, trace = None, problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            position = trace.tb_lineno - 1
        trace = trace.tb_next
    return position
