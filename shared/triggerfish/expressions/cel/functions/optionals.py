"""Values that may be absent: ``optional.of(x)``, ``payload.?label.orValue('none')``."""

from __future__ import annotations

from triggerfish.expressions.cel.functions.registry import function
from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.cel.times import CelDuration, Timestamp
from triggerfish.expressions.cel.values import LISTS, MAPS, NONE, List, OptionalValue, Uint, Value, elements
from triggerfish.expressions.limits import Failure

_EMPTY = frozenset({str, bytes, *LISTS, *MAPS})


@function("optional.of(A) -> optional(A)")
def of(_run: Account, value: Value) -> OptionalValue:
    """An optional with this value."""
    return OptionalValue(value)


@function("optional.none() -> optional(A)")
def none(_run: Account) -> OptionalValue:
    """An optional without a value."""
    return NONE


@function("optional.ofNonZeroValue(A) -> optional(A)")
def of_non_zero_value(_run: Account, value: Value) -> OptionalValue:
    """An optional with this value, unless it is null, false, 0 or empty."""
    sort = type(value)
    if value is None or (sort in _EMPTY and not len(value)):
        return NONE
    if sort in (bool, int, Uint, float) and not value:
        return NONE
    if sort is CelDuration and not value.nanoseconds:
        return NONE
    if sort is Timestamp and value.nanoseconds == -62_135_596_800_000_000_000:
        return NONE
    return OptionalValue(value)


@function("optional(A).hasValue() -> bool")
def has_value(_run: Account, value: OptionalValue) -> bool:
    """Whether there is a value."""
    return value.present


@function("optional(A).value() -> A")
def value_of(_run: Account, value: OptionalValue) -> Value:
    """The value; an error where there is none."""
    if not value.present:
        raise Failure("optional.none() dereference")
    return value.value


@function("list.unwrapOpt() -> list(dyn)", "optional.unwrap(list) -> list(dyn)")
def unwrap(run: Account, values: Value) -> Value:
    """The values of the optionals that have one."""
    run.elements(len(values))
    found = elements(values)
    if not all(type(value) is OptionalValue for value in found):
        raise Failure("no such overload: each item must be an optional")
    return List(value.value for value in found if value.present)
