"""CEL's values as Python's.

bool, int (64 bits, signed), float, str, bytes and None are themselves; the rest are the classes below. What
comes from the environment stays as it is, so that nothing is copied: a plain dict, list or tuple holds JSON,
whose numbers are doubles. A ``CelMap`` or ``List`` was made by an expression, and its ints are ints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any

from triggerfish.expressions.cel.times import CelDuration, Timestamp, of_duration, of_time
from triggerfish.expressions.go.duration import Duration as GoDuration
from triggerfish.expressions.go.time import Time as GoTime
from triggerfish.expressions.limits import Failure

Value = Any
"""A value of CEL's."""


class Uint(int):
    """An unsigned int of 64 bits."""

    __slots__ = ()


class List(list[Any]):
    """A list that an expression made."""

    __slots__ = ()


class CelMap:
    """A map that an expression made: each key and its value by the key as it is looked up."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held: dict[Any, tuple[Value, Value]] = {}

    def __len__(self) -> int:
        return len(self.held)

    def put(self, key: Value, value: Value) -> None:
        """Add a pair. Raises ``Failure`` for a key that is there, or is no key."""
        if type(key) not in _KEYS and not (type(key) is float and key.is_integer()):
            raise Failure(f"{kind(key)} cannot be a key of a map")
        place = lookup(key)
        if place in self.held:
            raise Failure(f"the map has the key {shown(key)} more than once")
        self.held[place] = (key, value)

    def pairs(self) -> Iterator[tuple[Value, Value]]:
        """Each key with its value."""
        return iter(self.held.values())


@dataclass(frozen=True, slots=True)
class Type:
    """A type as a value: ``type(1) == int``."""

    name: str


@dataclass(frozen=True, slots=True)
class OptionalValue:
    """``optional.of(value)``; ``NONE`` holds nothing."""

    value: Value
    present: bool = True


@dataclass(frozen=True, slots=True)
class Exact:
    """A value of the environment that is CEL's own: an int in it is an int, not a number of JSON."""

    value: Value


NONE = OptionalValue(None, present=False)

_KINDS: dict[type, str] = {
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    NoneType: "null_type",
    list: "list",
    tuple: "list",
    List: "list",
    dict: "map",
    CelMap: "map",
    Timestamp: "google.protobuf.Timestamp",
    CelDuration: "google.protobuf.Duration",
    Type: "type",
    OptionalValue: "optional_type",
}
TYPES = {name: Type(name) for name in _KINDS.values()}
NUMBERS = frozenset({int, float, Uint})
LISTS, MAPS = frozenset({List, list, tuple}), frozenset({CelMap, dict})
#: Kinds of the environment that are CEL's as they are.
PLAIN = frozenset({str, bool, float, NoneType, dict, list, tuple})
_KEYS = frozenset({bool, int, Uint, str})


def kind(value: Value) -> str:
    """The name of a value's type."""
    return _KINDS.get(type(value), type(value).__name__)


def register(class_: type, name: str) -> None:
    """Make a class a type of CEL's: an extension brings its own."""
    _KINDS[class_] = name
    TYPES[name] = Type(name)


def adopt(value: Any) -> Value:
    """Return what the environment holds, as CEL sees it: whole numbers of JSON are doubles."""
    if type(value) in PLAIN:
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise Failure("the number is too large for a double") from None
    if type(value) in _KINDS:
        return value
    if isinstance(value, Exact):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, str):
        return "".join(value)
    if isinstance(value, GoTime):
        return of_time(value)
    if isinstance(value, GoDuration):
        return of_duration(value)
    raise Failure(f"a {type(value).__name__} cannot be used in a CEL expression")


def variable(environment: Any, name: str) -> Value:
    """The variable as a whole; ``event`` is the environment itself, and CEL's maps do not hold themselves."""
    value = environment[name]
    if isinstance(value, Mapping) and any(inner is value for inner in value.values()):
        return {key: item for key, item in value.items() if item is not value}
    return adopt(value)


def lookup(key: Value) -> Any:
    """A key as it is looked up: numbers by their value, a bool apart from 1 and 0."""
    if type(key) is bool:
        return (key,)
    if type(key) is float and key.is_integer():
        return int(key)
    return key


def elements(value: Value) -> list[Value]:
    """The elements of a list, the keys of a map. Raises ``Failure`` for anything else."""
    sort = type(value)
    if sort is List:
        return value  # type: ignore[no-any-return]
    if sort in LISTS:
        return [item if type(item) in PLAIN else adopt(item) for item in value]
    if sort is dict:
        return list(value)
    if sort is CelMap:
        return [key for key, _ in value.pairs()]
    raise Failure(f"no such overload: only a list or a map has elements, not {kind(value)}")


def pairs(value: Value) -> list[tuple[Value, Value]]:
    """The pairs of a map. Raises ``Failure`` for anything else."""
    if type(value) is CelMap:
        return list(value.pairs())
    if type(value) is dict:
        return [(key, adopt(item)) for key, item in value.items()]
    raise Failure(f"no such overload: only a map has pairs, not {kind(value)}")


def shown(value: Value) -> str:
    """A value in a message, shortened."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else f"{value[:40]}…")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)[:40] if type(value) in NUMBERS else kind(value)
