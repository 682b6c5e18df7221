"""sprig's lists. Nothing is changed in place: each call answers a new list."""

from __future__ import annotations

import math

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import Context
from triggerfish.expressions.sprig.casting import to_int
from triggerfish.expressions.sprig.kinds import Lists, TypedList, Value, deep_equal, empty, items, kind_of
from triggerfish.expressions.sprig.signature import Family

family = Family()


@family("list tuple", rest="any")
def _list(*values: Value) -> list[Value] | None:
    return list(values) or None


@family("append push mustAppend mustPush", "any", "any", contextual=True)
def _append(context: Context, values: Value, value: Value) -> list[Value]:
    return _made(context, [*_items(values, "push on"), value])


@family("prepend mustPrepend", "any", "any", contextual=True)
def _prepend(context: Context, values: Value, value: Value) -> list[Value]:
    return _made(context, [value, *_items(values, "prepend on")])


def _items(value: Value, doing: str) -> list[Value]:
    return items(value, doing)


def _made(context: Context, values: list[Value]) -> list[Value]:
    context.spend(len(values))
    return values


@family("first mustFirst", "any")
def _first(values: Value) -> Value:
    return found[0] if (found := _items(values, "find first on")) else None


@family("last mustLast", "any")
def _last(values: Value) -> Value:
    return found[-1] if (found := _items(values, "find last on")) else None


@family("rest mustRest", "any", contextual=True)
def _rest(context: Context, values: Value) -> list[Value] | None:
    return _made(context, list(found[1:])) if (found := _items(values, "find rest on")) else None


@family("initial mustInitial", "any", contextual=True)
def _initial(context: Context, values: Value) -> list[Value] | None:
    return _made(context, list(found[:-1])) if (found := _items(values, "find initial on")) else None


@family("reverse mustReverse", "any", contextual=True)
def _reverse(context: Context, values: Value) -> list[Value]:
    return _made(context, list(reversed(_items(values, "find reverse on"))))


@family("compact mustCompact", "any", contextual=True)
def _compact(context: Context, values: Value) -> list[Value]:
    return _made(context, [value for value in _items(values, "compact") if not empty(value)])


@family("uniq mustUniq", "any", contextual=True)
def _uniq(context: Context, values: Value) -> list[Value]:
    found: list[Value] = []
    for value in _items(values, "find uniq on"):
        # Each value is compared with all kept so far: that is work, and it counts.
        context.spend(len(found))
        if not _in(found, value):
            found.append(value)
    return found


@family("without mustWithout", "any", rest="any", contextual=True)
def _without(context: Context, values: Value, *omitted: Value) -> list[Value]:
    found = _items(values, "find without on")
    context.spend(len(found) * len(omitted))
    return [value for value in found if not _in(omitted, value)]


def _in(values: list[Value] | tuple[Value, ...], needle: Value) -> bool:
    return any(deep_equal(needle, value) for value in values)


@family("has mustHas", "any", "any")
def _has(needle: Value, values: Value) -> bool:
    return _in(_items(values, "find has on"), needle)


@family("slice mustSlice", "any", rest="any")
def _slice(values: Value, *indices: Value) -> list[Value] | None:
    found = _items(values, "slice")
    if not found:
        return None
    start = to_int(indices[0]) if indices else 0
    end = to_int(indices[1]) if len(indices) > 1 else len(found)
    if not 0 <= start <= end <= len(found):
        raise ExpressionError(f"slice bounds out of range [{start}:{end}] with {len(found)} items")
    part = found[start:end]
    return type(found)(part) if isinstance(found, TypedList) else part


@family("concat", rest="any", contextual=True)
def _concat(context: Context, *lists: Value) -> list[Value] | None:
    joined: list[Value] = []
    for values in lists:
        if values is not None and not isinstance(values, list):
            raise ExpressionError(f"cannot concat type {kind_of(values)} as list")
        joined += _made(context, values or [])
    return joined or None


@family("chunk mustChunk", "int", "any", contextual=True)
def _chunk(context: Context, size: int, values: Value) -> Lists:
    found = _made(context, _items(values, "chunk"))
    if size < 1:
        if not found and size < 0:
            return Lists()
        raise ExpressionError(f"cannot chunk into lists of {size}")
    return Lists(found[start : start + size] for start in range(0, math.ceil(len(found) / size) * size, size))
