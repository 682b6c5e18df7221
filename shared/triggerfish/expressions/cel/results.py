"""A result as plain JSON: timestamps and durations as text, bytes as base64, whole doubles as ints."""

from __future__ import annotations

import base64
from typing import Any

from triggerfish.expressions.cel.limits import Account, Exceeded
from triggerfish.expressions.cel.times import CelDuration, Timestamp
from triggerfish.expressions.cel.values import LISTS, CelMap, OptionalValue, Uint, Value, adopt
from triggerfish.expressions.limits import DEPTH, ELEMENTS, Failure

_SAME = frozenset({str, bool, int, type(None)})
_JSON = _SAME | {float}
_OUTSIDE = frozenset({dict, list, tuple})
_TOO_DEEP = f"{DEPTH} nested lists and maps: it is nested too deeply"
#: From here on a double is no longer a whole number for sure.
_EXACT = float(1 << 53)


def plain(run: Account, value: Value) -> Any:
    """The value as JSON. Raises ``Failure`` for a type, and for what is too large."""
    return _plain(run, value, 0)


def _plain(run: Account, value: Value, depth: int) -> Any:
    sort = type(value)
    if sort in _SAME:
        return value
    if sort is float:
        return int(value) if -_EXACT < value < _EXACT and value.is_integer() else value
    if depth > DEPTH:
        raise Exceeded(_TOO_DEEP)
    if sort in _OUTSIDE and _is_json(run, value, depth):
        return value
    if sort in LISTS:
        run.elements(len(value))
        run.spend(4 + 4 * len(value))
        return [_plain(run, item, depth + 1) for item in value]
    if sort is dict or sort is CelMap:
        run.elements(len(value))
        run.spend(4 + 8 * len(value))
        pairs = value.items() if sort is dict else value.pairs()
        return {_key(key): _plain(run, item, depth + 1) for key, item in pairs}
    return _single(run, value, depth)


def _is_json(run: Account, value: Any, depth: int) -> bool:
    """Return whether the environment's value holds nothing but JSON, which is a result as it is."""
    left, level = ELEMENTS, [value]
    for _ in range(depth, DEPTH + 1):
        below: list[Any] = []
        for item in level:
            below.extend(item.values() if type(item) is dict else item)
        if not below:
            run.spend((ELEMENTS - left) >> 2)
            return True
        left -= len(below)
        if left < 0:
            raise Exceeded(f"{ELEMENTS} elements in one value")
        level = [item for item in below if type(item) not in _JSON]
        if any(type(item) not in _OUTSIDE for item in level):
            return False
    raise Exceeded(_TOO_DEEP)


def _single(run: Account, value: Value, depth: int) -> Any:
    sort = type(value)
    if sort is Uint:
        return int(value)
    if sort is bytes:
        return base64.b64encode(value).decode()
    if sort is Timestamp or sort is CelDuration:
        return str(value)
    if sort is OptionalValue:
        if value.present:
            return _plain(run, value.value, depth + 1)
        raise Failure("the result is an optional without a value: add .orValue(…)")
    other = adopt(value)
    if other is not value:
        return _plain(run, other, depth + 1)
    raise Failure("the expression gives no JSON value, but a type or a message")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(int(key)) if isinstance(key, int) else str(key)
