"""What compiled expressions call besides operators: members, slices, membership, truth, calls.

Each raises ``Failure`` where Go would panic. The compiler inlines the common cases and comes here else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triggerfish.expressions.callables import Function
from triggerfish.expressions.go.equality import equal
from triggerfish.expressions.go.methods import method_of
from triggerfish.expressions.go.values import (
    AnyMap,
    Method,
    NilList,
    Uint8,
    decode,
    encode,
    is_number,
    type_name,
    whole,
)
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

__all__ = [
    "call",
    "contains",
    "cut",
    "fetch",
    "in_span",
    "in_strings",
    "item",
    "map_key",
    "truth",
]


def item(run: ExpressionRun, value: Any, key: Any) -> Any:
    """``value[key]``, which may have to work through a string for it."""
    if isinstance(value, str) and not value.isascii():
        run.spend_text(value)
    return fetch(value, key)


def fetch(value: Any, key: Any) -> Any:
    """``value[key]`` and ``value.key``: a missing key of a map is nil, nil has no members."""
    if isinstance(value, Mapping):
        if isinstance(key, str):
            return value.get(key)
        if key is None:
            return value.get("")
        raise Failure(f"cannot use {type_name(key)} to get an element from {type_name(value)}")
    if isinstance(value, (list, tuple, str, bytes)) and not isinstance(key, str):
        index = whole(key)
        items = encode(value) if isinstance(value, str) else value
        length = len(items)
        if index < 0:
            index += length
        if not 0 <= index < length:
            raise Failure(f"index out of range: {index} (array length is {length})")
        item = items[index]
        return Uint8(item) if isinstance(items, bytes) else item
    if isinstance(value, AnyMap):
        return value.get(key)
    if isinstance(key, str) and (method := method_of(value, key)) is not None:
        return method
    raise Failure(f"cannot fetch {show(key)} from {type_name(value)}")


def show(key: Any) -> str:
    """A key in an error message."""
    return key[:40] if isinstance(key, str) else str(key) if is_number(key) else type_name(key)


def cut(run: ExpressionRun, value: Any, start: Any, stop: Any) -> Any:
    """``value[start:stop]``: bounds are clamped, negative ones count from the end, strings are bytes."""
    if isinstance(value, str):
        run.spend_text(value)
        if not value.isascii():
            run.spend_text(value, 5)
            return decode(_slice(encode(value), start, stop))
        return _slice(value, start, stop)
    if isinstance(value, (list, tuple, bytes)):
        if isinstance(value, NilList):
            return value
        part = _slice(value, start, stop)
        run.elements(len(part))
        return list(part) if isinstance(part, tuple) else part
    if stop is None:
        raise Failure(f"invalid argument for len (type {type_name(value)})")
    raise Failure(f"cannot slice {type_name(value)}")


def _slice(value: Any, start: Any, stop: Any) -> Any:
    length = len(value)
    first = 0 if start is ABSENT else whole(start)
    last = length if stop is ABSENT else whole(stop)
    if first < 0:
        first = max(first + length, 0)
    if last < 0:
        last = max(last + length, 0)
    return value[first : max(first, min(last, length))]


class _Absent:
    """The bound of a slice that is not written."""


ABSENT = _Absent()


def contains(run: ExpressionRun, needle: Any, value: Any) -> bool:
    """``needle in value``."""
    if value is None:
        return False
    if isinstance(value, (list, tuple, bytes)):
        run.spend(len(value) if isinstance(needle, str) else 5 * len(value))
        if isinstance(needle, str):
            return any(type(item) is str and item == needle for item in value)
        return any(equal(run, item, needle) for item in value)
    if isinstance(value, Mapping):
        if isinstance(needle, str):
            return needle in value
        if needle is None:
            return "" in value
        raise Failure(f"cannot use {type_name(needle)} as type string in map key")
    if isinstance(value, AnyMap):
        return needle in value
    raise Failure(f'operator "in" not defined on {type_name(value)}')


def in_span(needle: Any, first: Any, last: Any) -> bool:
    """``needle in first..last``, without a list."""
    start, stop = whole(first), whole(last)
    if not is_number(needle) or not start <= needle <= stop:
        return False
    return not isinstance(needle, float) or needle.is_integer()


def in_strings(needle: Any, strings: frozenset[str]) -> bool:
    """``needle in ["a", "b"]``, all of them strings; Go looks nil up as the empty string."""
    if needle is None:
        return "" in strings
    if isinstance(needle, str):
        return needle in strings
    raise Failure(f"cannot look up {type_name(needle)} among strings")


def map_key(key: Any) -> str:
    """A key of a map literal that is worked out."""
    if isinstance(key, str):
        return key
    raise Failure(f"interface conversion: interface {{}} is {type_name(key).strip('<>')}, not string")


def truth(value: Any) -> bool:
    """A condition is a bool, nothing else."""
    if value is True or value is False:
        return bool(value)
    raise Failure(f"interface conversion: interface {{}} is {type_name(value).strip('<>')}, not bool")


def call(run: ExpressionRun, function: Any, arguments: list[Any]) -> Any:
    """Call what an expression came by: a function of the environment, or a method."""
    if isinstance(function, Function):
        return function.call(run.context(), arguments)
    if isinstance(function, Method):
        return function.call(run, function.receiver, *arguments)
    if function is None:
        raise Failure("invalid operation: cannot call nil")
    raise Failure(f"invalid operation: cannot call non-function of type {type_name(function)}")
