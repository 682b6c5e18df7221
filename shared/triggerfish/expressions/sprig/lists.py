"""sprig's lists. Nothing is changed in place: each call answers a new list."""

from __future__ import annotations

import math
from collections.abc import Iterable

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.go.values import NilList
from triggerfish.expressions.sprig.casting import to_int
from triggerfish.expressions.sprig.kinds import Lists, TypedList, Value, deep_equal, empty, items, kind_of
from triggerfish.expressions.sprig.signature import Family

family = Family()


@family("list tuple", rest="any")
def _list(*values: Value) -> list[Value]:
    return list(values)


@family("append push mustAppend mustPush", "any", "any")
def _append(values: Value, value: Value) -> list[Value]:
    return [*items(values, "push on"), value]


@family("prepend mustPrepend", "any", "any")
def _prepend(values: Value, value: Value) -> list[Value]:
    return [value, *items(values, "prepend on")]


@family("first mustFirst", "any")
def _first(values: Value) -> Value:
    return found[0] if (found := items(values, "find first on")) else None


@family("last mustLast", "any")
def _last(values: Value) -> Value:
    return found[-1] if (found := items(values, "find last on")) else None


@family("rest mustRest", "any")
def _rest(values: Value) -> list[Value]:
    return list(found[1:]) if (found := items(values, "find rest on")) else NilList()


@family("initial mustInitial", "any")
def _initial(values: Value) -> list[Value]:
    return list(found[:-1]) if (found := items(values, "find initial on")) else NilList()


@family("reverse mustReverse", "any")
def _reverse(values: Value) -> list[Value]:
    return list(reversed(items(values, "find reverse on")))


@family("compact mustCompact", "any")
def _compact(values: Value) -> list[Value]:
    return [value for value in items(values, "compact") if not empty(value)]


@family("uniq mustUniq", "any", contextual=True)
def _uniq(context: CallContext, values: Value) -> list[Value]:
    found: list[Value] = []
    for value in items(values, "find uniq on"):
        if not _in(context, found, value):
            found.append(value)
    return found


@family("without mustWithout", "any", rest="any", contextual=True)
def _without(context: CallContext, values: Value, *omitted: Value) -> list[Value]:
    return [value for value in items(values, "find without on") if not _in(context, omitted, value)]


def _in(context: CallContext, values: Iterable[Value], needle: Value) -> bool:
    return any(deep_equal(context.spend, needle, value) for value in values)


@family("has mustHas", "any", "any", contextual=True)
def _has(context: CallContext, needle: Value, values: Value) -> bool:
    return values is not None and _in(context, items(values, "find has on"), needle)


@family("slice mustSlice", "any", rest="any")
def _slice(values: Value, *indices: Value) -> list[Value] | None:
    found = items(values, "slice")
    if not found:
        return None
    start = to_int(indices[0]) if indices else 0
    end = to_int(indices[1]) if len(indices) > 1 else len(found)
    if not 0 <= start <= end <= len(found):
        raise ExpressionError(f"slice bounds out of range [{start}:{end}] with {len(found)} items")
    part = found[start:end]
    return type(found)(part) if isinstance(found, TypedList) else part


@family("concat", rest="any")
def _concat(*lists: Value) -> list[Value]:
    joined: list[Value] = []
    for values in lists:
        if not isinstance(values, list):
            raise ExpressionError(f"cannot concat type {kind_of(values)} as list")
        joined += values
    return joined or NilList()


@family("chunk mustChunk", "int", "any")
def _chunk(size: int, values: Value) -> Lists:
    found = items(values, "chunk")
    if size < 1:
        # Go's count of chunks comes out as none here, and as an error else.
        if size < 0 and math.floor((len(found) - 1) / size) == -1:
            return Lists()
        raise ExpressionError(f"cannot chunk into lists of {size}")
    return Lists(found[start : start + size] for start in range(0, len(found), size))
