"""The expressions of ``[?(…)]`` and ``[(…)]``: the library's operators over texts, numbers and paths.

An operand is a text as it stands in the path, a list or map written as JSON, or another operator. ``@``,
``$``, ``nil`` and ``null`` alone stand for their values. A text that a path finds is put in quotes, as those
are that stand in the path.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from triggerfish.expressions.go.arithmetic import divide, modulo, power
from triggerfish.expressions.go.format import text_of
from triggerfish.expressions.go.json import read
from triggerfish.expressions.go.provenance import own
from triggerfish.expressions.go.strconv import parse_bool, parse_float, parse_int
from triggerfish.expressions.go.values import encode
from triggerfish.expressions.jsonpath.errors import PathError
from triggerfish.expressions.jsonpath.steps import Step, Walk
from triggerfish.expressions.limits import PATTERN, Failure, exceeded
from triggerfish.expressions.patterns import BROUGHT, compiled
from triggerfish.expressions.run import Run

_OPERATION = 20
"""What one operator costs, in units of ``callables.COST_LIMIT``."""
_STEP = 2
"""What a step of ``limits.STEPS`` is in these units."""
_NAMES = ("$", "@", "nil", "null")


class Operator(Protocol):
    """An operator with its operands."""

    def evaluate(self, scope: Scope) -> Any:
        """Its value; raises ``PathError`` where an operand does not suit."""


Operand = Any
"""A text, a list, a map, an ``Operator``; None where nothing is written."""


class _Paid(Run):
    """A run whose steps the walk pays for."""

    __slots__ = ("_walk",)

    def __init__(self, walk: Walk) -> None:
        super().__init__(None, b"")
        self._walk = walk

    def spend(self, steps: int) -> None:
        self._walk.purse.spend(_STEP * steps)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression is evaluated: the walk that knows ``$``, and the value that ``@`` is."""

    walk: Walk
    current: Any

    def value(self, operand: Operand) -> Any:
        """The operand's value; a text that names nothing is itself. Raises ``PathError``."""
        if operand is None:
            raise PathError("an operand is missing")
        found = self.computed(operand)
        return self._named(found) if isinstance(found, str) and found in _NAMES else found

    def computed(self, operand: Operand) -> Any:
        """The value of an operator; anything else as it is written."""
        return operand if isinstance(operand, (str, list, dict)) else operand.evaluate(self)

    def _named(self, name: str) -> Any:
        return self.walk.root if name == "$" else self.current if name == "@" else None

    def number(self, operand: Operand) -> float:
        """As a number: of a text what strconv.ParseFloat reads."""
        value = self.value(operand)
        number = parse_float(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise PathError("expected a number")
        return float(number)

    def integer(self, operand: Operand) -> int:
        """As an int: a float64 by its text, so that one of a million and more is none."""
        value = self.value(operand)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            number = parse_int(value if isinstance(value, str) else self._written(value), base=10)
            if number is not None:
                return number
        raise PathError("expected an int")

    def boolean(self, operand: Operand) -> bool:
        """As a bool: nil is false, a text what strconv.ParseBool reads, 1 is true and 0 false."""
        value = None if operand is None else self.value(operand)
        if value is None:
            return False
        if isinstance(value, bool):
            return value
        if isinstance(value, (str, int, float)):
            found = parse_bool(value if isinstance(value, str) else self._written(value))
            if found is not None:
                return found
        raise PathError("expected a bool")

    def text(self, operand: Operand) -> str:
        """As a text: those that are written or found stand in single quotes, anything else in none."""
        if operand is None:
            raise PathError("an operand is missing")
        found = self.computed(operand)
        if not isinstance(found, str):
            return self._written(found)
        if found not in _NAMES:
            return _single(found) if len(found) > 1 and found[0] == found[-1] == '"' else found
        value = self._named(found)
        if not isinstance(value, str):
            return self._written(value)
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            return _single(value)
        return f"'{value}'"

    def elements(self, operand: Operand) -> list[Any]:
        """The members of a list or a map; a text may be one as JSON."""
        value = self.value(operand)
        if isinstance(value, str) and value[:1] + value[-1:] in ("[]", "{}"):
            value = json_of(_Paid(self.walk), value)
        members = self.walk.members(value)
        if members is None:
            raise PathError("expected a list or a map")
        return members

    def _written(self, value: Any) -> str:
        return text_of(_Paid(self.walk), value)


def _single(quoted: str) -> str:
    return f"'{quoted[1:-1]}'"


def json_of(run: Run, text: str) -> Any:
    """The value of a JSON text, its numbers float64. Raises ``PathError``."""
    try:
        return own(run, read(run, text))
    except Failure as failure:
        raise PathError(failure.message) from None


@dataclass(frozen=True, slots=True)
class Expression:
    """A whole expression; without an operator it is a text that may be a name, a number or a bool."""

    text: str
    operator: Operator | None

    def evaluate(self, walk: Walk, current: Any) -> Any:
        """Its value where ``@`` is ``current``. Raises ``PathError``."""
        scope = Scope(walk, current)
        walk.purse.spend(_OPERATION)
        if self.operator is not None:
            return self.operator.evaluate(scope)
        if self.text in _NAMES:
            return scope.value(self.text)
        for read_as in (parse_float, parse_bool):
            found = read_as(self.text)
            if found is not None:
                return found
        return self.text


@dataclass(frozen=True, slots=True)
class Selector:
    """A path within an expression: ``@.name``, ``$.limits[0]``."""

    steps: tuple[Step, ...]

    def evaluate(self, scope: Scope) -> Any:
        """What it finds; a text in single quotes."""
        found = scope.walk.on(self.steps, scope.current)
        if isinstance(found, str) and not (len(found) > 1 and found[0] == found[-1] == "'"):
            return f"'{found}'"
        return found


@dataclass(frozen=True, slots=True)
class Not:
    """``!operand``."""

    operand: Operand

    def evaluate(self, scope: Scope) -> Any:
        """The contrary of a bool."""
        scope.walk.purse.spend(_OPERATION)
        return not scope.boolean(self.operand)


@dataclass(frozen=True, slots=True)
class Binary:
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
class Equals:
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
class In:
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
class Matches:
    """``=~``: ``pattern`` is compiled when it is written in the path; ``right`` is it otherwise."""

    left: Operand
    right: Operand
    pattern: Any = None

    def evaluate(self, scope: Scope) -> Any:
        """Whether the regular expression is found in the text."""
        data = encode(_bare(scope.text(self.left)))
        pattern = self.pattern or self._brought(scope)
        scope.walk.purse.spend(_STEP * (20 + (len(data) >> 3)))
        return pattern.search(data) is not None

    def _brought(self, scope: Scope) -> Any:
        source = _bare(scope.text(self.right))
        if len(source) > PATTERN:
            raise exceeded(f"{PATTERN} characters in a regular expression")
        pattern = _compiled(source)
        scope.walk.purse.spend(_STEP * (500 + 5 * pattern.programsize))
        return pattern


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


def _compiled(source: str) -> Any:
    try:
        return compiled(source, BROUGHT)
    except Failure as failure:
        raise PathError(failure.message) from None


def matches(left: Operand, right: Operand) -> Matches:
    """The operator ``=~``; a pattern that is none makes it fail when it is evaluated."""
    if not isinstance(right, str) or right in _NAMES:
        return Matches(left, right)
    try:
        return Matches(left, right, _compiled(_bare(_single(right) if right[:1] == '"' else right)))
    except PathError:
        return Matches(left, right)


def _both(kind: Callable[[Scope, Operand], Any], join: Callable[[Any, Any], Any]) -> Make:
    return lambda left, right: Binary(kind, join, left, right)


Make = Callable[[Operand, Operand], Operator]

BINARY: dict[str, Make] = {
    "||": _both(Scope.boolean, lambda left, right: left or right),
    "&&": _both(Scope.boolean, lambda left, right: left and right),
    "==": lambda left, right: Equals(left, right, wanted=True),
    "!=": lambda left, right: Equals(left, right, wanted=False),
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
    "not in": lambda left, right: In(left, right, wanted=False),
    "in": lambda left, right: In(left, right, wanted=True),
}
"""The operators with two operands, by how they are written."""
