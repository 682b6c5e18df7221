"""The expressions of ``[?(…)]`` and ``[(…)]``: the library's operators over texts, numbers and paths.

An operand is a text as it stands in the path, a list or map written as JSON, or another operator. ``@``,
``$``, ``nil`` and ``null`` alone stand for their values. A text that a path finds is put in quotes, as those
are that stand in the path.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from triggerfish.expressions.go.arithmetic import divide, modulo, power
from triggerfish.expressions.go.strconv import parse_bool, parse_float
from triggerfish.expressions.go.values import encode
from triggerfish.expressions.jsonpath.errors import PathError
from triggerfish.expressions.jsonpath.scope import NAMES, Operand, Scope, ScriptOperator, single
from triggerfish.expressions.jsonpath.steps import PathStep, Walk
from triggerfish.expressions.limits import PATTERN, Failure, exceeded
from triggerfish.expressions.patterns import BROUGHT, compile_cost, compiled, search_cost
from triggerfish.expressions.run import PaidRun

_OPERATION = 20
"""What one operator costs, in units of ``callables.COST_LIMIT``."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A whole expression; without an operator it is a text that may be a name, a number or a bool."""

    text: str
    operator: ScriptOperator | None

    def evaluate(self, walk: Walk, current: Any) -> Any:
        """Its value where ``@`` is ``current``. Raises ``PathError``."""
        scope = Scope(walk, current)
        walk.purse.spend(_OPERATION)
        if self.operator is not None:
            return self.operator.evaluate(scope)
        if self.text in NAMES:
            return scope.value(self.text)
        for read_as in (parse_float, parse_bool):
            found = read_as(self.text)
            if found is not None:
                return found
        return self.text


@dataclass(frozen=True, slots=True)
class SelectorOperator:
    """A path within an expression: ``@.name``, ``$.limits[0]``."""

    steps: tuple[PathStep, ...]

    def evaluate(self, scope: Scope) -> Any:
        """Return what it finds; a text in single quotes."""
        found = scope.walk.on(self.steps, scope.current)
        if isinstance(found, str) and not (len(found) > 1 and found[0] == found[-1] == "'"):
            return f"'{found}'"
        return found


@dataclass(frozen=True, slots=True)
class NotOperator:
    """``!operand``."""

    operand: Operand

    def evaluate(self, scope: Scope) -> Any:
        """The contrary of a bool."""
        scope.walk.purse.spend(_OPERATION)
        return not scope.boolean(self.operand)


@dataclass(frozen=True, slots=True)
class BinaryOperator:
    """``left operator right``: both as ``kind`` has them, joined by ``join``."""

    kind: Callable[[Scope, Operand], Any]
    join: Callable[[Any, Any], Any]
    left: Operand
    right: Operand

    def evaluate(self, scope: Scope) -> Any:
        """The join; both sides are evaluated, whatever the first one is."""
        scope.walk.purse.spend(_OPERATION)
        left = self.kind(scope, self.left)
        return self.join(left, self.kind(scope, self.right))


@dataclass(frozen=True, slots=True)
class EqualsOperator:
    """``==`` and ``!=``: as numbers where both are, else as texts."""

    left: Operand
    right: Operand
    wanted: bool

    def evaluate(self, scope: Scope) -> Any:
        """True or false."""
        scope.walk.purse.spend(2 * _OPERATION)
        try:
            same = scope.number(self.left) == scope.number(self.right)
        except PathError:
            same = scope.text(self.left) == scope.text(self.right)
        return same is self.wanted


@dataclass(frozen=True, slots=True)
class InOperator:
    """``in`` and ``not in``: a number, or a text with its quotes, among the members."""

    left: Operand
    right: Operand
    wanted: bool

    def evaluate(self, scope: Scope) -> Any:
        """True or false."""
        scope.walk.purse.spend(2 * _OPERATION)
        item = self._item(scope)
        members = scope.elements(self.right)
        scope.walk.purse.spend(len(members))
        return any(type(member) is type(item) and member == item for member in members) is self.wanted

    def _item(self, scope: Scope) -> Any:
        for kind in (scope.number, scope.text):
            try:
                return kind(self.left)
            except PathError:
                continue
        return object()  # an operand that fails is equal to nothing, nil included


@dataclass(frozen=True, slots=True)
class RegexOperator:
    """``=~``: ``pattern`` is compiled when it is written in the path; ``right`` is it otherwise."""

    left: Operand
    right: Operand
    pattern: Any = None

    def evaluate(self, scope: Scope) -> Any:
        """Return whether the regular expression is found in the text."""
        data = encode(_bare(scope.text(self.left)))
        pattern = self.pattern or self._brought(scope)
        PaidRun(scope.walk.purse).spend(search_cost(pattern, len(data), BROUGHT))
        return pattern.search(data) is not None

    def _brought(self, scope: Scope) -> Any:
        source = _bare(scope.text(self.right))
        if len(source) > PATTERN:
            raise exceeded(f"{PATTERN} characters in a regular expression")
        pattern = _compiled(source)
        PaidRun(scope.walk.purse).spend(compile_cost(pattern))
        return pattern


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


def _compiled(source: str) -> Any:
    try:
        return compiled(source, BROUGHT, groups=False)
    except Failure as failure:
        raise PathError(failure.message) from None


def matches(left: Operand, right: Operand) -> RegexOperator:
    """The operator ``=~``; a pattern that is none makes it fail when it is evaluated."""
    if not isinstance(right, str) or right in NAMES:
        return RegexOperator(left, right)
    try:
        return RegexOperator(left, right, _compiled(_bare(single(right) if right[:1] == '"' else right)))
    except PathError:
        return RegexOperator(left, right)


def _both(kind: Callable[[Scope, Operand], Any], join: Callable[[Any, Any], Any]) -> Make:
    return lambda left, right: BinaryOperator(kind, join, left, right)


Make = Callable[[Operand, Operand], ScriptOperator]

BINARY: dict[str, Make] = {
    "||": _both(Scope.boolean, lambda left, right: left or right),
    "&&": _both(Scope.boolean, lambda left, right: left and right),
    "==": lambda left, right: EqualsOperator(left, right, wanted=True),
    "!=": lambda left, right: EqualsOperator(left, right, wanted=False),
    "<=": _both(Scope.number, python.le),
    ">=": _both(Scope.number, python.ge),
    "<": _both(Scope.number, python.lt),
    ">": _both(Scope.number, python.gt),
    "=~": matches,
    "+": _both(Scope.number, python.add),
    "-": _both(Scope.number, python.sub),
    "**": _both(Scope.number, power),
    "*": _both(Scope.number, python.mul),
    "/": _both(Scope.number, divide),
    "%": _both(Scope.integer, modulo),
    "not in": lambda left, right: InOperator(left, right, wanted=False),
    "in": lambda left, right: InOperator(left, right, wanted=True),
}
"""The operators with two operands, by how they are written."""
