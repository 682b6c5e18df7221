"""Static types: what the checker can know of a value before there is one.

``kind`` follows Go's kinds. ``json`` says that the value comes from the environment, where a Python int is a
number of JSON, which Go would see as a float64; everywhere else a Python int is Go's int.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Nature:
    """``name`` is the type as Go writes it; ``element`` the nature of what a list holds."""

    kind: str
    name: str
    element: Nature | None = None
    json: bool = False

    @property
    def unknown(self) -> bool:
        """Anything may come."""
        return self.kind == "unknown"

    @property
    def number(self) -> bool:
        """An int or a float64."""
        return self.kind in ("int", "float")

    @property
    def array(self) -> bool:
        """A list of any sort, bytes included."""
        return self.kind in ("array", "bytes", "pair")

    @property
    def mapping(self) -> bool:
        """A map with string keys, or with keys of any sort."""
        return self.kind in ("map", "anymap")

    def of_json(self) -> Nature:
        """The same, come from the environment."""
        return self if self.json or self.kind in _PLAIN else replace(self, json=True)

    def of_own(self) -> Nature:
        """The same, made by the expression itself."""
        return replace(self, json=False) if self.json else self


#: Kinds that cannot hold a number of JSON.
_PLAIN = frozenset(
    {"nil", "bool", "int", "string", "bytes", "time", "duration", "location", "month", "weekday"}
)

#: Kinds that hold no number at all.
NUMBERLESS = _PLAIN - {"int"}

UNKNOWN = Nature("unknown", "unknown")
JSON = Nature("unknown", "unknown", json=True)
NIL = Nature("nil", "nil")
BOOL = Nature("bool", "bool")
INT = Nature("int", "int")
INT64 = Nature("int", "int64")
FLOAT = Nature("float", "float64")
STRING = Nature("string", "string")
BYTES = Nature("bytes", "[]uint8", INT)
ARRAY = Nature("array", "[]interface {}", UNKNOWN)
STRINGS = Nature("array", "[]string", STRING)
MAP = Nature("map", "map[string]interface {}", UNKNOWN)
ANYMAP = Nature("anymap", "map[interface {}]interface {}", UNKNOWN)
GROUPS = Nature("anymap", "map[interface {}][]interface {}", ARRAY)
TIME = Nature("time", "time.Time")
DURATION = Nature("duration", "time.Duration")
LOCATION = Nature("location", "*time.Location")
MONTH = Nature("month", "time.Month")
WEEKDAY = Nature("weekday", "time.Weekday")
FUNCTION = Nature("function", "func")


def array_of(element: Nature) -> Nature:
    """[]interface {} known to hold ``element``."""
    if element is UNKNOWN:
        return ARRAY
    return Nature("array", "[]interface {}", element, json=element.json)


def assignable(source: Nature, target: Nature) -> bool:
    """Return whether Go would assign one to a variable of the other."""
    if source.kind == "nil":
        return target.kind in ("array", "bytes", "map", "anymap", "location", "function")
    if source.unknown or target.unknown:
        return False
    return source.name == target.name


def comparable(left: Nature, right: Nature) -> bool:
    """Return whether ``==`` has a meaning for the two."""
    return (
        left.unknown
        or right.unknown
        or left.kind == "nil"
        or right.kind == "nil"
        or (left.number and right.number)
        or (left.array and right.array)
        or assignable(left, right)
    )


def agree(left: Nature, right: Nature, kinds: tuple[str, ...]) -> bool:
    """Whether an operator may turn out well: at least one unknown, the other unknown or one of ``kinds``."""
    if left.unknown:
        return right.unknown or right.kind in kinds
    return right.unknown and left.kind in kinds
