"""Equality, order and arithmetic of CEL's values, as cel-go has them. Each raises ``Failure``."""

from __future__ import annotations

import math
from typing import Any

from triggerfish.expressions.cel.limits import Account, Exceeded
from triggerfish.expressions.cel.times import CelDuration, Timestamp, duration, timestamp
from triggerfish.expressions.cel.values import (
    LISTS,
    MAPS,
    NUMBERS,
    PLAIN,
    CelMap,
    List,
    OptionalValue,
    Uint,
    Value,
    adopt,
    elements,
    kind,
    lookup,
)
from triggerfish.expressions.limits import DEPTH, Failure

__all__ = [
    "add",
    "at_least",
    "at_most",
    "contained",
    "divide",
    "equal",
    "less",
    "more",
    "multiply",
    "negate",
    "remainder",
    "subtract",
]

_SCALARS = frozenset({str, bool, int, float, Uint, bytes, type(None)})
_ORDERED = frozenset({str, bool, int, float, Uint, bytes, Timestamp, CelDuration})
_SPANS = frozenset({Timestamp, CelDuration})


def equal(run: Account, left: Value, right: Value, depth: int = 0) -> bool:
    """``left == right``: values of different kinds are not equal, numbers compare by value."""
    sort, other = type(left), type(right)
    if sort is other and sort in _SCALARS:
        if sort is str or sort is bytes:
            run.read(left)
        return bool(left == right)
    if sort in NUMBERS and other in NUMBERS:
        # An int beside a double is taken for a double, as in Go.
        return float(left) == float(right) if float in (sort, other) else int(left) == int(right)
    if depth > DEPTH:
        raise Exceeded(f"{DEPTH} nested lists and maps")
    if sort in LISTS and other in LISTS:
        return _equal_lists(run, left, right, depth + 1)
    if sort in MAPS and other in MAPS:
        return _equal_maps(run, left, right, depth + 1)
    if sort is not other:
        return False
    if sort is OptionalValue:
        if left.present is not right.present:
            return False
        return not left.present or equal(run, left.value, right.value, depth + 1)
    return bool(left == right)


def _equal_lists(run: Account, left: Any, right: Any, depth: int) -> bool:
    if len(left) != len(right):
        return False
    run.spend(8 + 2 * len(left))
    plain, also = type(left) is List, type(right) is List
    for one, two in zip(left, right, strict=True):
        mine = one if plain or type(one) in PLAIN else adopt(one)
        if not equal(run, mine, two if also or type(two) in PLAIN else adopt(two), depth):
            return False
    return True


def _equal_maps(run: Account, left: Any, right: Any, depth: int) -> bool:
    if len(left) != len(right):
        return False
    run.spend(8 + 4 * len(left))
    for place, value in _places(left):
        found = _found(right, place)
        if found is _ABSENT or not equal(run, value, found, depth):
            return False
    return True


_ABSENT = OptionalValue(None)


def _places(value: Any) -> list[tuple[Any, Value]]:
    if type(value) is CelMap:
        return [(place, item) for place, (_, item) in value.held.items()]
    return [(key, adopt(item)) for key, item in value.items()]


def _found(value: Any, place: Any) -> Value:
    if type(value) is CelMap:
        pair = value.held.get(place)
        return _ABSENT if pair is None else pair[1]
    return adopt(value[place]) if place in value else _ABSENT


def contained(run: Account, item: Value, value: Value) -> bool:
    """``item in value``: among the elements of a list, the keys of a map."""
    sort = type(value)
    if sort in LISTS:
        run.spend(6 + (len(value) >> 2))
        if type(item) is str:
            return any(type(other) is str and other == item for other in value)
        run.spend(2 * len(value))
        return any(equal(run, item, other) for other in elements(value))
    if sort is CelMap:
        return _key(item) in value.held
    if sort is dict:
        return type(item) is str and item in value
    raise _none("in", item, value)


def _key(item: Value) -> Any:
    return lookup(item) if type(item) in _SCALARS else None


# --- order --------------------------------------------------------------------------------------------------


def _ordered(run: Account, operator: str, left: Value, right: Value) -> tuple[Value, Value]:
    """Both sides, comparable by Python: an int beside a double is taken for a double, as in Go."""
    sort, other = type(left), type(right)
    if sort is other:
        if sort in _ORDERED:
            if sort is str or sort is bytes:
                run.read(left)
            return left, right
    elif sort in NUMBERS and other in NUMBERS:
        return (float(left), float(right)) if float in (sort, other) else (left, right)
    raise _none(operator, left, right)


def less(run: Account, left: Value, right: Value) -> bool:
    """``left < right``."""
    one, two = _ordered(run, "<", left, right)
    return bool(one < two)


def at_most(run: Account, left: Value, right: Value) -> bool:
    """``left <= right``."""
    one, two = _ordered(run, "<=", left, right)
    return bool(one <= two)


def more(run: Account, left: Value, right: Value) -> bool:
    """``left > right``."""
    one, two = _ordered(run, ">", left, right)
    return bool(one > two)


def at_least(run: Account, left: Value, right: Value) -> bool:
    """``left >= right``."""
    one, two = _ordered(run, ">=", left, right)
    return bool(one >= two)


# --- arithmetic ---------------------------------------------------------------------------------------------


def _none(operator: str, left: Value, right: Value) -> Failure:
    message = f"no such overload: {kind(left)} {operator} {kind(right)}"
    sorts = {type(left), type(right)}
    if float in sorts and sorts & {int, Uint} and operator in "+-*/":
        message += ": numbers of the payload are doubles; write 1.0 for 1, or int(x) for x"
    elif operator == "%" and float in sorts:
        message += ": numbers of the payload are doubles; write int(x) for x"
    return Failure(message)


def whole(value: int) -> int:
    """An int. Raises ``Failure`` beyond 64 bits."""
    if -(1 << 63) <= value < 1 << 63:
        return value
    raise Failure("integer overflow")


def unsigned(value: int) -> Uint:
    """A uint. Raises ``Failure`` below 0 and beyond 64 bits."""
    if 0 <= value < 1 << 64:
        return Uint(value)
    raise Failure("unsigned integer overflow")


def add(run: Account, left: Value, right: Value) -> Value:
    """``left + right``."""
    sort, other = type(left), type(right)
    if sort is other:
        if sort is str or sort is bytes:
            run.text(len(left) + len(right))
            return left + right
        if sort is int:
            return whole(left + right)
        if sort is float:
            return left + right
        if sort is Uint:
            return unsigned(int(left) + int(right))
        if sort is CelDuration:
            return duration(left.nanoseconds + right.nanoseconds)
    if sort in LISTS and other in LISTS:
        run.elements(len(left) + len(right))
        made = List(elements(left))
        made += elements(right)
        return made
    if {sort, other} == _SPANS:
        moment = left if sort is Timestamp else right
        return timestamp(left.nanoseconds + right.nanoseconds, moment.offset)
    raise _none("+", left, right)


def subtract(_run: Account, left: Value, right: Value) -> Value:
    """``left - right``."""
    sort, other = type(left), type(right)
    if sort is other:
        if sort is int:
            return whole(left - right)
        if sort is float:
            return left - right
        if sort is Uint:
            return unsigned(int(left) - int(right))
        if sort in _SPANS:
            return duration(left.nanoseconds - right.nanoseconds)
    if sort is Timestamp and other is CelDuration:
        return timestamp(left.nanoseconds - right.nanoseconds, left.offset)
    raise _none("-", left, right)


def multiply(_run: Account, left: Value, right: Value) -> Value:
    """``left * right``."""
    sort = type(left)
    if sort is type(right):
        if sort is int:
            return whole(left * right)
        if sort is float:
            return left * right
        if sort is Uint:
            return unsigned(int(left) * int(right))
    raise _none("*", left, right)


def divide(_run: Account, left: Value, right: Value) -> Value:
    """``left / right``: ints towards zero, doubles as IEEE 754 has it."""
    sort = type(left)
    if sort is type(right):
        if sort is float:
            if right:
                return left / right
            if not left or left != left:
                return math.nan
            return math.copysign(math.inf, left) * math.copysign(1.0, right)
        if sort is int or sort is Uint:
            if not right:
                raise Failure("division by zero")
            quotient = abs(int(left)) // abs(int(right))
            if sort is Uint:
                return Uint(quotient)
            return whole(-quotient if (left < 0) != (right < 0) else quotient)
    raise _none("/", left, right)


def remainder(_run: Account, left: Value, right: Value) -> Value:
    """``left % right``: of ints alone, with the sign of the left."""
    sort = type(left)
    if sort is type(right) and sort in (int, Uint):
        if not right:
            raise Failure("modulus by zero")
        if sort is Uint:
            return Uint(int(left) % int(right))
        if left == -(1 << 63) and right == -1:
            raise Failure("integer overflow")
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    raise _none("%", left, right)


def negate(_run: Account, value: Value) -> Value:
    """``-value``."""
    if type(value) is int:
        return whole(-value)
    if type(value) is float:
        return -value
    raise Failure(f"no such overload: -{kind(value)}")
