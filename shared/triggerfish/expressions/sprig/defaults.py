"""sprig's defaults and choices, and what it says about types."""

from __future__ import annotations

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.sprig.kinds import Value, deep_equal, empty, kind_of, type_of
from triggerfish.expressions.sprig.signature import Family

family = Family()


@family("default", "any", rest="any")
def _default(default: Value, *given: Value) -> Value:
    return given[0] if given and not empty(given[0]) else default


@family("empty", "any")
def _empty(value: Value) -> bool:
    return empty(value)


@family("coalesce", rest="any")
def _coalesce(*values: Value) -> Value:
    return next((value for value in values if not empty(value)), None)


@family("all", rest="any")
def _all(*values: Value) -> bool:
    return not any(map(empty, values))


@family("any", rest="any")
def _any(*values: Value) -> bool:
    return not all(map(empty, values))


@family("ternary", "any", "any", "bool")
def _ternary(when_true: Value, when_false: Value, condition: Value) -> Value:
    return when_true if condition else when_false


@family("fail", "string")
def _fail(message: str) -> Value:
    raise ExpressionError(message)


@family("typeOf", "any")
def _type_of(value: Value) -> str:
    return type_of(value)


@family("typeIs", "string", "any")
def _type_is(target: str, value: Value) -> bool:
    return target == type_of(value)


@family("typeIsLike", "string", "any")
def _type_is_like(target: str, value: Value) -> bool:
    return type_of(value) in (target, "*" + target)


@family("kindOf", "any")
def _kind_of(value: Value) -> str:
    return kind_of(value)


@family("kindIs", "string", "any")
def _kind_is(target: str, value: Value) -> bool:
    return target == kind_of(value)


@family("deepEqual", "any", "any", contextual=True)
def _deep_equal(context: CallContext, left: Value, right: Value) -> bool:
    return deep_equal(context.spend, left, right)
