"""What compiled expressions call: the operators by Go's rules, for values of any type.

Each raises ``Failure`` where Go would panic. The compiler inlines the common cases and comes here else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from triggerfish.expressions.callables import Function
from triggerfish.expressions.go_methods import method_of
from triggerfish.expressions.go_time import Duration, Month, Time, Weekday
from triggerfish.expressions.limits import DEPTH, Failure, exceeded
from triggerfish.expressions.run import Run
from triggerfish.expressions.values import (
    AnyMap,
    Method,
    NilList,
    Uint8,
    decode,
    encode,
    exactly_whole,
    float_to_int,
    is_number,
    join_text,
    type_name,
    whole,
    wrap,
)

# Numbers of JSON are float64 in Go; the environment holds them as Python reads them.


def as_float(value: Any) -> Any:
    """A number of JSON as the float64 that Go sees; anything else as it is."""
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return value


_AS_IT_IS = frozenset({str, float, bool, type(None)})


def own(run: Run, value: Any, depth: int = 0) -> Any:
    """A value of the environment, its numbers float64, so that it can stand among the expression's own."""
    kind = type(value)
    if kind is int:
        return as_float(value)
    if kind is str or kind is float or kind is bool or value is None:
        return value
    if not isinstance(value, (list, tuple, Mapping)):
        return value
    copied = run.copies.get(id(value))
    if copied is not None:
        return copied[1]
    if depth > DEPTH:
        raise exceeded(f"{DEPTH} lists and maps within each other")
    run.spend(len(value) + 5)
    made: Any
    below = depth + 1
    if isinstance(value, Mapping):
        made = {
            key: item if type(item) in _AS_IT_IS else own(run, item, below) for key, item in value.items()
        }
    elif isinstance(value, NilList):
        made = value
    else:
        made = [item if type(item) in _AS_IT_IS else own(run, item, below) for item in value]
        made = tuple(made) if kind is tuple else made
    # The original is kept too: its id must not be given to another object while this run lasts.
    run.copies[id(value)] = (value, made)
    return made


# Getting at things.


def item(run: Run, value: Any, key: Any) -> Any:
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


def cut(run: Run, value: Any, start: Any, stop: Any) -> Any:
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


def contains(run: Run, needle: Any, value: Any) -> bool:
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


# Truth.


def truth(value: Any) -> bool:
    """A condition is a bool, nothing else."""
    if value is True or value is False:
        return bool(value)
    raise Failure(f"interface conversion: interface {{}} is {type_name(value).strip('<>')}, not bool")


def negate_truth(value: Any) -> bool:
    """``!value``."""
    return not truth(value)


def is_nil(value: Any) -> bool:
    """nil, or a slice that was never made."""
    return value is None or isinstance(value, NilList)


# Equality and order.


def equal(run: Run, a: Any, b: Any, depth: int = 0) -> bool:
    """``a == b``: numbers by value, lists element by element, maps only with the very same types in them."""
    kind = type(a)
    if kind is str:
        if len(a) > 63 and type(b) is str and len(a) == len(b):
            run.spend_text(a, 10)
        return bool(a == b)
    if is_number(a):
        return is_number(b) and bool(a == b)
    if isinstance(a, list) and isinstance(b, list):
        if depth > DEPTH:
            raise exceeded(f"{DEPTH} lists and maps within each other")
        run.spend(25 + 10 * len(a))
        return len(a) == len(b) and all(equal(run, x, y, depth + 1) for x, y in zip(a, b, strict=True))
    if isinstance(a, (Time, Duration)):
        return kind is type(b) and bool(a == b)
    if is_nil(a) and is_nil(b):
        return True
    return deep(run, a, b)


def equal_json(run: Run, a: Any, b: Any) -> bool:
    """``==`` of two values of the environment, where all numbers are of one type."""
    if isinstance(a, (list, Mapping)) and isinstance(b, (list, Mapping)):
        return equal(run, own(run, a), own(run, b))
    return equal(run, a, b)


def deep(run: Run, a: Any, b: Any, depth: int = 0) -> bool:
    """``reflect.DeepEqual``: 1 and 1.0 are two things here."""
    if isinstance(a, (str, bool, int, float)) or a is None:
        return _same_scalar(a, b)
    if depth > DEPTH:
        raise exceeded(f"{DEPTH} lists and maps within each other")
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        run.spend(25 + 10 * len(a))
        return len(a) == len(b) and all(
            key in b and deep(run, item, b[key], depth + 1) for key, item in a.items()
        )
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        run.spend(25 + 10 * len(a))
        return (
            isinstance(a, tuple) == isinstance(b, tuple)
            and isinstance(a, NilList) == isinstance(b, NilList)
            and len(a) == len(b)
            and all(deep(run, x, y, depth + 1) for x, y in zip(a, b, strict=True))
        )
    if isinstance(a, AnyMap) and isinstance(b, AnyMap):
        run.spend(25 + 10 * len(a))
        return len(a) == len(b) and all(
            key in b and deep(run, item, b.get(key), depth + 1) for key, item in a.items()
        )
    return type(a) is type(b) and bool(a == b)


def _same_scalar(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    for kind in (str, int, float):
        if isinstance(a, kind):
            return isinstance(b, kind) and bool(a == b)
    return a is b


def _ordered(symbol: str, compare: Callable[[Any, Any], bool]) -> Callable[[Run | None, Any, Any], bool]:
    def ordered(run: Run | None, a: Any, b: Any) -> bool:
        if is_number(a) and is_number(b):
            return compare(a, b)
        if run is not None and isinstance(a, str) and isinstance(b, str) and len(a) > 1023:
            run.spend_text(b, 8)
        for kind in (str, Time, Duration):
            if isinstance(a, kind) and isinstance(b, kind):
                return compare(_total(a), _total(b))
        raise Failure(f"invalid operation: {type_name(a)} {symbol} {type_name(b)}")

    return ordered


def _total(value: Any) -> Any:
    if isinstance(value, Time):
        return value.total
    return value.nanoseconds if isinstance(value, Duration) else value


less = _ordered("<", lambda a, b: bool(a < b))
more = _ordered(">", lambda a, b: bool(a > b))
at_most = _ordered("<=", lambda a, b: bool(a <= b))
at_least = _ordered(">=", lambda a, b: bool(a >= b))


# Arithmetic.


def _wrong(a: Any, symbol: str, b: Any) -> Failure:
    return Failure(f"invalid operation: {type_name(a)} {symbol} {type_name(b)}")


def add(run: Run, a: Any, b: Any) -> Any:
    """``a + b``: numbers, strings, times and durations."""
    if is_number(a) and is_number(b):
        return _number(a + b)
    if isinstance(a, str) and isinstance(b, str):
        run.text(len(a) + len(b))
        return join_text(a, b)
    if isinstance(a, Duration):
        if isinstance(b, Duration):
            return Duration(wrap(a.nanoseconds + b.nanoseconds))
        if isinstance(b, Time):
            return b.plus(a.nanoseconds)
    if isinstance(a, Time) and isinstance(b, Duration):
        return a.plus(b.nanoseconds)
    raise _wrong(a, "+", b)


def subtract(a: Any, b: Any) -> Any:
    """``a - b``: numbers, times and durations."""
    if is_number(a) and is_number(b):
        return _number(a - b)
    if isinstance(a, Time):
        if isinstance(b, Time):
            return a.minus(b)
        if isinstance(b, Duration):
            return a.plus(-b.nanoseconds)
    if isinstance(a, Duration) and isinstance(b, Duration):
        return Duration(wrap(a.nanoseconds - b.nanoseconds))
    raise _wrong(a, "-", b)


def multiply(a: Any, b: Any) -> Any:
    """``a * b``: numbers; a duration times an int is a duration, times a float64 a float64."""
    if is_number(a) and is_number(b):
        return _number(a * b)
    if isinstance(a, Duration) and isinstance(b, Duration):
        return Duration(wrap(a.nanoseconds * b.nanoseconds))
    for span, factor in ((a, b), (b, a)):
        if isinstance(span, Duration) and is_number(factor):
            if isinstance(factor, float):
                return span.nanoseconds * factor
            return Duration(wrap(span.nanoseconds * factor))
    raise _wrong(a, "*", b)


def _number(value: Any) -> Any:
    return wrap(value) if isinstance(value, int) else value


def divide(a: Any, b: Any) -> float:
    """``a / b``: always a float64; by zero it is infinite, or not a number."""
    if not (is_number(a) and is_number(b)):
        raise _wrong(a, "/", b)
    x, y = float(a), float(b)
    if y == 0:
        if x == 0 or x != x:
            return math.nan
        return math.copysign(math.inf, x) * math.copysign(1.0, y)
    return x / y


def modulo(a: Any, b: Any) -> int:
    """``a % b``: the remainder has the sign of ``a``."""
    if not (is_number(a) and is_number(b)):
        raise _wrong(a, "%", b)
    x, y = exactly_whole(a, "%"), exactly_whole(b, "%")
    if y == 0:
        raise Failure("integer divide by zero")
    rest = abs(x) % abs(y)
    return -rest if x < 0 else rest


def power(a: Any, b: Any) -> float:
    """``a ** b``: always a float64, by ``math.Pow``."""
    for value in (a, b):
        if not is_number(value):
            raise Failure(f"invalid operation: float({type_name(value)})")
    x, y = float(a), float(b)
    try:
        special = math.pow(x, y)
    except OverflowError:
        special = -math.inf if x < 0 and y % 2 == 1 else math.inf
    except ValueError:
        if x != 0:
            return math.nan
        special = math.copysign(math.inf, x) if y % 2 == 1 else math.inf
    if y == -0.5:
        return 1 / math.sqrt(x) if x > 0 else special
    if x in (0, 1) or y in (0, 1, -1, 0.5) or not all(map(math.isfinite, (x, y, special))):
        return special
    return _power(x, y)


def _power(x: float, y: float) -> float:
    """Go's own algorithm, whose last digits are not those of the C library."""
    fraction, whole_part = math.modf(abs(y))
    answer, exponent = 1.0, 0
    if fraction:
        if fraction > 0.5:
            fraction -= 1
            whole_part += 1
        answer = math.exp(fraction * math.log(x))
    mantissa, shift = math.frexp(x)
    turns = int(whole_part)
    while turns:
        if abs(shift) > 1 << 12:
            exponent += shift
            break
        if turns & 1:
            answer *= mantissa
            exponent += shift
        mantissa *= mantissa
        shift <<= 1
        if mantissa < 0.5:
            mantissa += mantissa
            shift -= 1
        turns >>= 1
    if y < 0:
        answer, exponent = 1 / answer, -exponent
    return math.ldexp(answer, max(-5000, min(exponent, 5000)))


def minus(value: Any) -> Any:
    """``-value``."""
    if isinstance(value, Uint8):
        return Uint8(-value % 256)
    if is_number(value):
        return _number(-value)
    raise Failure(f"invalid operation: - {type_name(value)}")


def span(run: Run, first: Any, last: Any) -> list[int]:
    """``first..last``, both included; empty when the last comes first."""
    start, stop = whole(first), whole(last)
    run.elements(max(0, stop - start + 1))
    return list(range(start, stop + 1))


# Calls.


def call(run: Run, function: Any, arguments: list[Any]) -> Any:
    """Call what an expression came by: a function of the environment, or a method."""
    if isinstance(function, Function):
        return function.call(run.context(), arguments)
    if isinstance(function, Method):
        return function.call(run, function.receiver, *arguments)
    if function is None:
        raise Failure("invalid operation: cannot call nil")
    raise Failure(f"invalid operation: cannot call non-function of type {type_name(function)}")


def to_int(value: Any) -> int:
    """``int(value)``."""
    if isinstance(value, float):
        return float_to_int(value)
    if isinstance(value, (Month, Weekday)):
        return value.number
    if isinstance(value, Duration):
        return value.nanoseconds
    if is_number(value):
        return int(value)
    raise Failure(f"invalid operation: int({type_name(value)})")
