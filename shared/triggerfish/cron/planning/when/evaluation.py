"""Tokens to a value: precedence climbing, evaluated as it is read, with the short cuts the operators have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from triggerfish.cron.planning.when.lexer import Role, WhenToken, tokens
from triggerfish.errors import ExpressionError
from triggerfish.expressions.go.format import float_text
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.patterns import matches
from triggerfish.expressions.run import ExpressionRun

Value: TypeAlias = "float | str | bool | list[Value] | None"

NESTING_LIMIT = 100
TEXT_LIMIT = 1_000_000

# From the loosest to the tightest; all group to the left, ``**`` too.
_LEVELS = (
    (",",),
    ("?", ":", "??"),
    ("||",),
    ("&&",),
    ("==", "!=", "<", "<=", ">", ">=", "=~", "!~", "in"),
    ("&", "|", "^"),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
    ("**",),
)
_LEVEL_OF = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}


def evaluate(text: str) -> bool:
    """Whether the condition holds; ExpressionError when it cannot be read or gives anything but a boolean."""
    reader = _Reader(text)
    value = reader.expression(0, live=True)
    reader.end()
    if not isinstance(value, bool):
        raise ExpressionError(f"the condition must give true or false, not {_shown(value)}", text, 0)
    return value


class _Reader:
    """Reads and evaluates in one go; what a short cut skips is read with ``live`` false and not evaluated."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._at, self._depth = text, tokens(text), 0, 0

    def end(self) -> None:
        """Nothing may be left."""
        if self._at < len(self._tokens):
            raise ExpressionError("unbalanced parenthesis", self._text, self._tokens[self._at].position)

    def _operator(self, level: int) -> WhenToken | None:
        """The next token, taken, when it is a binary operator of this level or a tighter one."""
        if self._at >= len(self._tokens):
            return None
        token = self._tokens[self._at]
        if token.kind not in (Role.MODIFIER, Role.COMPARATOR, Role.LOGICAL, Role.TERNARY, Role.SEPARATOR):
            return None
        if _LEVEL_OF[str(token.value)] < level:
            return None
        self._at += 1
        return token

    def expression(self, level: int, *, live: bool) -> Value:
        """An expression of operators of ``level`` and tighter."""
        left = self._operand(live=live)
        while (token := self._operator(level)) is not None:
            operator = str(token.value)
            decided = live and _decided(operator, left)
            clause = self._at < len(self._tokens) and self._tokens[self._at].kind is Role.OPEN
            right = self.expression(_LEVEL_OF[operator] + 1, live=live and not decided)
            if operator == "in" and clause and not isinstance(right, list):
                right = [right]  # a list of one has no comma
            if live:
                left = self._applied(token, operator, left, right, decided=decided)
        return left

    def _operand(self, *, live: bool) -> Value:
        token = self._tokens[self._at]
        self._at += 1
        if token.kind is Role.PREFIX:
            operand = self._operand(live=live)
            return self._signed(token, operand) if live else None
        if token.kind is Role.OPEN:
            return self._clause(token, live=live)
        if token.kind is Role.NAME and live:
            raise ExpressionError(
                f"no parameter {token.value!r} found: there are no variables here, "
                f"write '{{{{cronworkflow.name}}}}', or quotes around a text",
                self._text,
                token.position,
            )
        return token.value

    def _clause(self, opening: WhenToken, *, live: bool) -> Value:
        self._depth += 1
        if self._depth > NESTING_LIMIT:
            raise ExpressionError(
                f"more than {NESTING_LIMIT} nested parentheses", self._text, opening.position
            )
        value = self.expression(0, live=live)
        self._depth -= 1
        if self._at >= len(self._tokens) or self._tokens[self._at].kind is not Role.CLOSE:
            raise ExpressionError("unbalanced parenthesis", self._text, opening.position)
        self._at += 1
        return value

    def _signed(self, token: WhenToken, operand: Value) -> Value:
        if token.value == "!":
            if not isinstance(operand, bool):
                raise self._refused(operand, "!", "a boolean", token)
            return not operand
        if not isinstance(operand, float):
            raise self._refused(operand, str(token.value), "a number", token)
        return -operand if token.value == "-" else float(~_int64(operand))

    def _applied(self, token: WhenToken, operator: str, left: Value, right: Value, *, decided: bool) -> Value:
        match operator:
            case ",":
                return [*left, right] if isinstance(left, list) else [left, right]
            case "==" | "!=":
                return _equal(left, right) == (operator == "==")
            case "&&" | "||":
                return self._logical(token, operator, left, right, decided=decided)
            case "?":
                if not isinstance(left, bool):
                    raise self._refused(left, "?", "a boolean", token)
                return right if left else None
            case ":" | "??":
                return right if left is None else left
            case "in":
                if not isinstance(right, list):
                    raise self._refused(right, "in", "a list: write ('a', 'b')", token)
                return any(_equal(left, item) for item in right)
            case "=~" | "!~":
                return self._matched(token, left, right) == (operator == "=~")
            case "<" | "<=" | ">" | ">=":
                return self._compared(token, operator, left, right)
            case "+" if isinstance(left, str) or isinstance(right, str):
                return self._joined(token, left, right)
        if not _is_number(left) or not _is_number(right):
            raise self._refused(right if _is_number(left) else left, operator, "a number", token)
        return _ARITHMETIC[operator](left, right)

    def _logical(self, token: WhenToken, operator: str, left: Value, right: Value, *, decided: bool) -> Value:
        if decided:
            return left
        for side in (left, right):
            if not isinstance(side, bool):
                raise self._refused(side, operator, "a boolean", token)
        return right

    def _compared(self, token: WhenToken, operator: str, left: Value, right: Value) -> bool:
        if (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
            return _COMPARE[operator](left, right)
        raise self._refused(left, operator, "of the same type as the other side", token)

    def _joined(self, token: WhenToken, left: Value, right: Value) -> str:
        joined = _shown(left) + _shown(right)
        if len(joined) > TEXT_LIMIT:
            raise ExpressionError(
                f"the text is longer than {TEXT_LIMIT} characters", self._text, token.position
            )
        return joined

    def _matched(self, token: WhenToken, left: Value, right: Value) -> bool:
        if not isinstance(left, str) or not isinstance(right, str):
            raise self._refused(right if isinstance(left, str) else left, str(token.value), "a string", token)
        try:
            return matches(ExpressionRun(None, b""), left, right)
        except Failure as failure:
            raise ExpressionError(failure.message, self._text, token.position) from None

    def _refused(self, value: Value, operator: str, wanted: str, token: WhenToken) -> ExpressionError:
        return ExpressionError(
            f"{_shown(value)!r} cannot be used with {operator!r}: it is not {wanted}",
            self._text,
            token.position,
        )


def _decided(operator: str, left: Value) -> bool:
    """Return whether the left side alone gives the result, so that the right one is not evaluated."""
    match operator:
        case "&&" | "?":
            return left is False
        case "||":
            return left is True
        case ":" | "??":
            return left is not None
    return False


def _is_number(value: Value) -> bool:
    return isinstance(value, float)


def _equal(left: Value, right: Value) -> bool:
    """Equal in type and value; true is not 'true', NaN is nothing's equal."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return type(left) is type(right) and left == right


def _shown(value: Value) -> str:
    """``%v``."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return float_text(value)
    return value if isinstance(value, str) else f"[{' '.join(map(_shown, value))}]"


def _int64(number: float) -> int:
    if math.isnan(number) or not -(2.0**63) <= number < 2.0**63:
        return -(2**63)
    return int(number)


def _uint64(number: float) -> int:
    return int(number) if 2.0**63 <= number < 2.0**64 else _int64(number) % 2**64


def _shifted_left(left: float, right: float) -> float:
    by = _uint64(right)
    return float(_uint64(left) << by & (2**64 - 1)) if by < 64 else 0.0


def _divided(left: float, right: float) -> float:
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def _remainder(left: float, right: float) -> float:
    return math.nan if not right or math.isinf(left) else math.fmod(left, right)


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ValueError:  # a negative to a fraction, or zero to a negative
        return math.inf if left == 0 else math.nan


_ARITHMETIC: dict[str, Callable[..., float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divided,
    "%": _remainder,
    "**": _power,
    "&": lambda left, right: float(_int64(left) & _int64(right)),
    "|": lambda left, right: float(_int64(left) | _int64(right)),
    "^": lambda left, right: float(_int64(left) ^ _int64(right)),
    "<<": _shifted_left,
    ">>": lambda left, right: float(_uint64(left) >> min(_uint64(right), 64)),
}
_COMPARE: dict[str, Callable[..., bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
