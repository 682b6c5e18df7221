"""Go's values as Python holds them, where a plain one does not do; and Go's names for their types.

int is ``int``, float64 ``float``, string ``str``, []byte ``bytes``, nil ``None``, []interface{} ``list``,
[2]interface{} ``tuple``, map[string]interface{} ``dict``, map[string]string ``Texts``,
map[interface{}]interface{} ``AnyMap``; times are in go_time. A str may hold bytes that are no UTF-8 (a string
was cut within a character) as surrogates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triggerfish.expressions.go.calendar import Month, Weekday
from triggerfish.expressions.go.duration import Duration
from triggerfish.expressions.go.time import Location, Time
from triggerfish.expressions.limits import Failure

_WRAP = 1 << 64
_MINIMUM, _MAXIMUM = -(1 << 63), (1 << 63) - 1
#: unicode.IsSpace, which is fewer than Python's ``str.isspace``.
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_UNPAIRED = re.compile("[\ud800-\udc7f\udd00-\udfff]")


class Texts(dict[str, str]):
    """map[string]string: what is not there is the empty text, and not nil."""

    __slots__ = ()

    def get(self, key: str, default: Any = "", /) -> Any:
        """The text of that key, else the empty one."""
        return super().get(key, default)


class AnyMap:
    """map[interface{}]interface{}: 1, 1.0 and true are three keys. Filled first, then only read."""

    __slots__ = ("_entries", "_missing")

    def __init__(self, missing: Any = None) -> None:
        self._missing = missing
        self._entries: dict[Any, tuple[Any, Any]] = {}

    @staticmethod
    def _key(key: Any) -> Any:
        if isinstance(key, (list, dict, AnyMap, bytes)):
            raise Failure(f"runtime error: hash of unhashable type {type_name(key)}")
        return (type(key), key)

    def get(self, key: Any) -> Any:
        """The value; for a key there is not, nil of the type of the values."""
        found = self._entries.get(self._key(key))
        return self._missing if found is None else found[1]

    def set(self, key: Any, value: Any) -> None:
        """Put it in."""
        self._entries[self._key(key)] = (key, value)

    def __contains__(self, key: object) -> bool:
        return self._key(key) in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Keys and values, in the order they came."""
        return iter(self._entries.values())

    def __repr__(self) -> str:
        return f"AnyMap({dict(self.items())!r})"


class Uint8(int):
    """A byte of a string or of bytes."""

    __slots__ = ()


class NilList(list[Any]):
    """A slice that Go never made: empty, but nil, and null as JSON."""

    __slots__ = ()


class PairList(list[Any]):
    """[][2]interface{}: what toPairs gives, which Go does not sort."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a time or a duration, not called yet."""

    name: str
    call: Callable[..., Any]
    receiver: Any


def wrap(number: int) -> int:
    """The number as Go's int64 holds it."""
    if _MINIMUM <= number <= _MAXIMUM:
        return number
    return (number + (1 << 63)) % _WRAP - (1 << 63)


def encode(text: str) -> bytes:
    """The bytes of a Go string."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return _UNPAIRED.sub("\ufffd", text).encode("utf-8", "surrogateescape")


def decode(data: bytes) -> str:
    """The Go string of these bytes."""
    return data.decode("utf-8", "surrogateescape")


def runes(value: str) -> str:
    """The text as []rune gives it: what is no UTF-8 is U+FFFD."""
    if value.isascii():
        return value
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)


def join_text(left: str, right: str) -> str:
    """Two strings as one; halves of a character become that character."""
    text = left + right
    if left and right and "\ud800" <= left[-1] <= "\udfff" and "\ud800" <= right[0] <= "\udfff":
        return decode(encode(text))
    return text


_NAMES: dict[type, str] = {
    type(None): "<nil>",
    bool: "bool",
    int: "int",
    Uint8: "uint8",
    float: "float64",
    str: "string",
    bytes: "[]uint8",
    list: "[]interface {}",
    NilList: "[]interface {}",
    tuple: "[2]interface {}",
    dict: "map[string]interface {}",
    Texts: "map[string]string",
    AnyMap: "map[interface {}]interface {}",
    Time: "time.Time",
    Duration: "time.Duration",
    Location: "*time.Location",
    Month: "time.Month",
    Weekday: "time.Weekday",
}


def type_name(value: Any) -> str:
    """Go's ``%T``."""
    name = _NAMES.get(type(value))
    if name is not None:
        return name
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, Mapping):
        return "map[string]interface {}"
    if isinstance(value, Sequence):
        return "[]interface {}"
    return "func"


def is_nil(value: Any) -> bool:
    """nil, or a slice that was never made."""
    return value is None or isinstance(value, NilList)


def is_number(value: Any) -> bool:
    """An int or a float64; a bool is neither."""
    kind = type(value)
    return kind is int or kind is float or (isinstance(value, (int, float)) and kind is not bool)


def whole(value: Any) -> int:
    """A number as an int, where Go's runtime asks for one; floats are cut towards zero."""
    kind = type(value)
    if kind is int:
        return int(value)
    if kind is float:
        return float_to_int(value)
    if isinstance(value, int) and kind is not bool:
        return int(value)
    raise Failure(f"invalid operation: int({type_name(value)})")


def exactly_whole(value: Any, purpose: str) -> int:
    """A number as an int where Go takes ints only: a number of JSON does when it is whole."""
    kind = type(value)
    if kind is int:
        return int(value)
    if kind is float and value.is_integer() and abs(value) < 2.0**63:
        return int(value)
    if isinstance(value, int) and kind is not bool:
        return int(value)
    if kind is float:
        raise Failure(f"{purpose} takes whole numbers, not {value}")
    raise Failure(f"cannot use {type_name(value)} as argument (type int) to call {purpose}")


def float_to_int(value: float) -> int:
    """int(f) of Go on amd64: what does not fit is the smallest int."""
    if value != value or not -(2.0**63) <= value < 2.0**63:
        return _MINIMUM
    return int(value)
