"""Where a script is evaluated, and what its operands are there: values, numbers, texts, members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from triggerfish.expressions.go.format import text_of
from triggerfish.expressions.go.json import read
from triggerfish.expressions.go.provenance import own
from triggerfish.expressions.go.strconv import parse_bool, parse_float, parse_int
from triggerfish.expressions.jsonpath.errors import PathError
from triggerfish.expressions.jsonpath.steps import Walk
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun, PaidRun

NAMES = ("$", "@", "nil", "null")


class ScriptOperator(Protocol):
    """An operator with its operands."""

    def evaluate(self, scope: Scope) -> Any:
        """Its value; raises ``PathError`` where an operand does not suit."""


Operand = Any
"""A text, a list, a map, an ``ScriptOperator``; None where nothing is written."""


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
        return self._named(found) if isinstance(found, str) and found in NAMES else found

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
        if found not in NAMES:
            return single(found) if len(found) > 1 and found[0] == found[-1] == '"' else found
        value = self._named(found)
        if not isinstance(value, str):
            return self._written(value)
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            return single(value)
        return f"'{value}'"

    def elements(self, operand: Operand) -> list[Any]:
        """The members of a list or a map; a text may be one as JSON."""
        value = self.value(operand)
        if isinstance(value, str) and value[:1] + value[-1:] in ("[]", "{}"):
            value = json_of(PaidRun(self.walk.purse), value)
        members = self.walk.members(value)
        if members is None:
            raise PathError("expected a list or a map")
        return members

    def _written(self, value: Any) -> str:
        return text_of(PaidRun(self.walk.purse), value)


def single(quoted: str) -> str:
    """The text in other quotes: single ones."""
    return f"'{quoted[1:-1]}'"


def json_of(run: ExpressionRun, text: str) -> Any:
    """The value of a JSON text, its numbers float64. Raises ``PathError``."""
    try:
        return own(run, read(run, text))
    except Failure as failure:
        raise PathError(failure.message) from None
