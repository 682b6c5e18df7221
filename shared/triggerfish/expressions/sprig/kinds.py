"""Go's types as sprig sees them, on Python's values: which type is this, is it empty, are two deeply equal.

int is ``int``, float64 ``float``, string ``str``, []interface{} ``list``, map[string]interface{} ``dict``,
nil None. The subclasses here are for what Go tells apart and a plain Python value cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any, ClassVar

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import Function
from triggerfish.expressions.go.calendar import Month, Weekday
from triggerfish.expressions.go.duration import Duration
from triggerfish.expressions.go.time import Location, Time
from triggerfish.expressions.go.values import NilList

_PAIR = 24
"""What looking at two values costs."""

Value = Any
"""A value of an expression: JSON, or one of the classes below, or a time or duration."""


class Int64(int):
    """Go's int64, which most of sprig's arithmetic answers; an int but in ``typeOf`` and ``has``."""

    __slots__ = ()


class TypedList(list[Value]):
    """A slice whose elements have one type."""

    __slots__ = ()
    go_type: ClassVar[str] = "[]interface {}"


class Strings(TypedList):
    """[]string."""

    __slots__ = ()
    go_type = "[]string"


class NilStrings(Strings, NilList):
    """A []string that Go never made: empty, and null as JSON."""

    __slots__ = ()


class Ints(TypedList):
    """[]int."""

    __slots__ = ()
    go_type = "[]int"


class Lists(TypedList):
    """[][]interface{}."""

    __slots__ = ()
    go_type = "[][]interface {}"


class StringMap(dict[str, str]):
    """map[string]string."""

    __slots__ = ()
    go_type: ClassVar[str] = "map[string]string"


def int64(number: int) -> Int64:
    """``number`` wrapped to 64 bits, as Go's arithmetic does."""
    return Int64((number + 2**63) % 2**64 - 2**63)


def type_of(value: Value) -> str:
    """Return what ``%T`` prints."""
    if value is None:
        return "<nil>"
    declared = getattr(type(value), "go_type", None)
    if isinstance(declared, str):
        return declared
    return next((name for class_, name in _TYPES if isinstance(value, class_)), "func()")


_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (Int64, "int64"),
    (int, "int"),
    (float, "float64"),
    (str, "string"),
    (Time, "time.Time"),
    (Duration, "time.Duration"),
    (Location, "*time.Location"),
    (Month, "time.Month"),
    (Weekday, "time.Weekday"),
    (list, "[]interface {}"),
    (dict, "map[string]interface {}"),
)


def kind_of(value: Value) -> str:
    """The reflect.Kind of a value: ``string``, ``slice``, ``map``, ``ptr``, ``invalid`` for nil …"""
    if value is None:
        return "invalid"
    name = type_of(value)
    if name.startswith("[]"):
        return "slice"
    if name.startswith("map["):
        return "map"
    if name.startswith("*"):
        return "ptr"
    if name.startswith("func("):
        return "func"
    return {"time.Time": "struct", "time.Duration": "int64", "time.Month": "int", "time.Weekday": "int"}.get(
        name, name
    )


def empty(value: Value) -> bool:
    """Return whether sprig takes the value for not given: nil, false, 0, "", [] and {}."""
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        return not value
    if isinstance(value, Duration):
        return value.nanoseconds == 0
    # Structs are never empty.
    return isinstance(value, (Month, Weekday)) and value.number == 0


def deep_equal(spend: Callable[[int], None], left: Value, right: Value) -> bool:
    """reflect.DeepEqual: types count (1 is not 1.0, []string not []interface{}), NaN is not itself.

    ``spend`` is called for every pair of values that is looked at.
    """
    spend(_PAIR)
    # The Python classes tell apart what Go's types do.
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(deep_equal, repeat(spend), left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(deep_equal(spend, left[key], right[key]) for key in left)
    # NaN is not itself, nor is a function.
    return bool(left == right) and not isinstance(left, Function)


def items(value: Value, doing: str) -> list[Value]:
    """A slice's items; ExpressionError in sprig's words for anything else."""
    if isinstance(value, list):
        return value
    raise ExpressionError(f"cannot {doing} type {kind_of(value)}")


def is_map(value: Value) -> bool:
    """Return whether the value is a map[string]interface{}."""
    return isinstance(value, Mapping) and not isinstance(value, StringMap)
