"""sprig's maps. ``set``, ``unset`` and ``merge`` answer a changed copy; Go changes the map it was given.

An expression's environment is shared by many bindings, so no call may change it.
"""

from __future__ import annotations

from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.sprig.kinds import Strings, Value, empty, is_map, type_of
from triggerfish.expressions.sprig.printing import strval
from triggerfish.expressions.sprig.signature import Family

family = Family()
Map = dict[str, Any]


@family("dict", rest="any", contextual=True)
def _dict(context: CallContext, *values: Value) -> Map:
    pairs = iter(values)
    return {strval(context, key): next(pairs, "") for key in pairs}


@family("get", "map", "string")
def _get(values: Map, key: str) -> Value:
    return values.get(key, "")


@family("set", "map", "string", "any", contextual=True)
def _set(context: CallContext, values: Map, key: str, value: Value) -> Map:
    context.spend(len(values) + 1)
    return {**values, key: value}


@family("unset", "map", "string", contextual=True)
def _unset(context: CallContext, values: Map, key: str) -> Map:
    context.spend(len(values))
    return {name: value for name, value in values.items() if name != key}


@family("hasKey", "map", "string")
def _has_key(values: Map, key: str) -> bool:
    return key in values


@family("pluck", "string", rest="map")
def _pluck(key: str, *maps: Map) -> list[Value]:
    return [values[key] for values in maps if key in values]


@family("keys", rest="map", contextual=True)
def _keys(context: CallContext, *maps: Map) -> Strings:
    context.spend(sum(map(len, maps)))
    return Strings(key for values in maps for key in sorted(values))


@family("values", "map", contextual=True)
def _values(context: CallContext, values: Map) -> list[Value]:
    context.spend(len(values))
    return [values[key] for key in sorted(values)]


@family("pick", "map", rest="string")
def _pick(values: Map, *keys: str) -> Map:
    return {key: values[key] for key in keys if key in values}


@family("omit", "map", rest="string", contextual=True)
def _omit(context: CallContext, values: Map, *keys: str) -> Map:
    context.spend(len(values))
    return {key: value for key, value in values.items() if key not in keys}


@family("merge mustMerge", "map", rest="map", contextual=True)
def _merge(context: CallContext, target: Map, *sources: Map) -> Map:
    for source in sources:
        target = _merged(context, target, source, overwrite=False)
    return target


@family("mergeOverwrite mustMergeOverwrite", "map", rest="map", contextual=True)
def _merge_overwrite(context: CallContext, target: Map, *sources: Map) -> Map:
    for source in sources:
        target = _merged(context, target, source, overwrite=True)
    return target


def _merged(context: CallContext, target: Map, source: Map, *, overwrite: bool) -> Map:
    """``target`` with what ``source`` adds: maps in maps are merged, empty values count as absent."""
    context.spend(len(target) + len(source))
    out = dict(target)
    for key, value in source.items():
        here = out.get(key)
        if isinstance(here, dict) and is_map(here) and is_map(value):
            out[key] = _merged(context, here, value, overwrite=overwrite)
        elif overwrite or (value is not None and empty(here)):
            out[key] = value
    return out


@family("deepCopy mustDeepCopy", "any")
def _deep_copy(value: Value) -> Value:
    # Values never change, so the value is its own copy.
    if value is None:
        raise ExpressionError("deepCopy error: nil cannot be copied")
    return value


@family("dig", rest="any")
def _dig(*path: Value) -> Value:
    if len(path) < 3:
        raise ExpressionError("dig needs at least three arguments")
    *keys, default, values = path
    for key in keys:
        if not isinstance(key, str):
            raise ExpressionError(f"a key must be a string, not {type_of(key)}")
    for key in keys:
        if not is_map(values):
            raise ExpressionError(f"cannot look up {key!r} in {type_of(values)}")
        if key not in values:
            return default
        values = values[key]
    return values
