"""What compiled CEL calls besides operators and functions. The compiler inlines the common cases.

The forms that end in ``_all`` take their operands as functions: they look at the right one also where the
left one fails, as CEL has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from triggerfish.expressions.cel.limits import Account, Exceeded
from triggerfish.expressions.cel.missing import Missing
from triggerfish.expressions.cel.values import (
    LISTS,
    MAPS,
    NONE,
    NUMBERS,
    CelMap,
    List,
    OptionalValue,
    Value,
    adopt,
    kind,
    lookup,
    shown,
    variable,
)
from triggerfish.expressions.limits import Failure

__all__ = [
    "OnceEvaluated",
    "adopt",
    "demand",
    "either_all",
    "every_all",
    "has",
    "index",
    "listed",
    "mapped",
    "named",
    "or_else",
    "or_value",
    "select",
    "select_optional",
    "truth",
    "variable",
]

#: Steps that a failure takes which may not count.
FAULT = 50

Later = Callable[[], Value]


def named(environment: Mapping[str, Any], name: str) -> Value:
    """The variable. Raises ``Failure`` for one that the environment does not have."""
    if name not in environment:
        raise Missing(f"unknown name {name!r}", name, [key for key in environment if type(key) is str])
    return variable(environment, name)


# --- members ------------------------------------------------------------------------------------------------

_NOTHING = OptionalValue(None)


def _member(value: Value, key: Value) -> Value:
    """Return what a map has at a key, or ``_NOTHING``."""
    if type(value) is dict:
        place = key if type(key) is str else None
        return adopt(value[place]) if place is not None and place in value else _NOTHING
    place = lookup(key) if type(key) in _LOOKED_UP else None
    pair = value.held.get(place)
    return _NOTHING if pair is None else pair[1]


_LOOKED_UP = frozenset({str, bool, *NUMBERS})


def select(value: Any, name: str) -> Value:
    """``value.name``."""
    value = adopt(value)
    if type(value) in MAPS:
        found = _member(value, name)
        if found is _NOTHING:
            known = value if type(value) is dict else [key for key, _ in value.pairs()]
            raise Missing(f"no such key: {name[:60]!r}", name, known)
        return found
    if type(value) is OptionalValue:
        return select_optional(value, name)
    raise Failure(f"{_article(value)} has no field {name[:60]!r}")


_ARTICLES = {None: "null", True: "a boolean", False: "a boolean"}


def _article(value: Value) -> str:
    """Return what a value is, for people."""
    if value is None or isinstance(value, bool):
        return _ARTICLES[value]
    if type(value) in NUMBERS:
        return "a number"
    return "null" if value is None else f"a {kind(value).rpartition('.')[2].lower()}"


def select_optional(value: Any, name: str) -> Value:
    """``value.?name``: an optional."""
    value = adopt(value)
    if type(value) is OptionalValue:
        return select_optional(value.value, name) if value.present else NONE
    if type(value) in MAPS:
        found = _member(value, name)
        return NONE if found is _NOTHING else OptionalValue(found)
    _no_fields(value)
    return NONE


def has(value: Any, name: str) -> bool:
    """``has(value.name)``."""
    value = adopt(value)
    if type(value) is OptionalValue:
        return value.present and has(value.value, name)
    if type(value) in MAPS:
        return _member(value, name) is not _NOTHING
    _no_fields(value)
    return False


def _no_fields(value: Value) -> None:
    """A field of a list is an error where one of anything else is only absent: so it is in cel-go."""
    if type(value) in LISTS:
        raise Failure("no such overload: an index of a list is an int, not string")


def index(value: Any, key: Value, *, optional: bool = False) -> Value:
    """``value[key]``, ``value[?key]``."""
    value = adopt(value)
    if type(value) is OptionalValue:
        return index(value.value, key, optional=True) if value.present else NONE
    if type(value) in LISTS:
        if type(key) not in NUMBERS or key != key:
            raise Failure(f"no such overload: an index of a list is an int, not {kind(key)}")
        if type(key) is float and not key.is_integer():
            raise Failure(f"unsupported index value {shown(key)} in list")
        place = int(key)
        if not 0 <= place < len(value):
            if optional:
                return NONE
            raise Failure(f"index out of bounds: {place}")
        found = value[place] if type(value) is List else adopt(value[place])
        return OptionalValue(found) if optional else found
    if type(value) in MAPS:
        found = _member(value, key)
        if found is not _NOTHING:
            return OptionalValue(found) if optional else found
        if type(key) not in _LOOKED_UP:
            raise Failure(f"no such overload: {kind(key)} cannot be a key of a map")
        if optional:
            return NONE
        known = [each for each in value if type(each) is str] if type(value) is dict else ()
        raise Missing(f"no such key: {shown(key)}", key if type(key) is str else "", known)
    if optional and type(key) in _LOOKED_UP:
        return NONE
    raise Failure(f"no such overload: {kind(value)}[{kind(key)}]")


# --- logic --------------------------------------------------------------------------------------------------


def truth(value: Value) -> bool:
    """A condition is a bool, nothing else."""
    if value is True or value is False:
        return bool(value)
    raise Failure(f"no such overload: a condition must be a boolean, not {_article(value)}")


def demand(value: Value) -> bool:
    """The condition of ``?:``."""
    if value is True or value is False:
        return bool(value)
    raise Failure(f"the condition of ?: must be a boolean, not {_article(value)}")


def every_all(run: Account, operands: tuple[Later, ...]) -> bool:
    """``a && b``: false where one is false, even if another fails."""
    return not _decided(run, operands, by=False)


def either_all(run: Account, operands: tuple[Later, ...]) -> bool:
    """``a || b``: true where one is true, even if another fails."""
    return _decided(run, operands, by=True)


def _decided(run: Account, operands: tuple[Later, ...], *, by: bool) -> bool:
    fault: Exception | None = None
    for operand in operands:
        try:
            value = operand()
            if value is by:
                return True
            if value is not True and value is not False:
                truth(value)
        except (Exceeded, RecursionError):
            raise
        except Exception as problem:  # kept until it is clear that no other operand decides
            run.spend(FAULT)
            fault = fault or problem
    if fault is not None:
        raise fault
    return False


class OnceEvaluated:
    """The value of a ``cel.bind``, which is worked out when it is first asked for."""

    __slots__ = ("_fault", "_later", "_value")

    def __init__(self, later: Later) -> None:
        self._later: Later | None = later
        self._value: Value = None
        self._fault: Exception | None = None

    def __call__(self) -> Value:
        """The value, or the failure."""
        if self._later is not None:
            later, self._later = self._later, None
            try:
                self._value = later()
            except (Exceeded, RecursionError):
                raise
            except Exception as problem:  # raised again by whoever asks again
                self._fault = problem
        if self._fault is not None:
            raise self._fault
        return self._value


# --- what is made -------------------------------------------------------------------------------------------


def listed(run: Account, items: list[Value], optional: frozenset[int]) -> Value:
    """``[a, ?b]``."""
    run.spend(len(items) >> 2)
    made = List()
    for place, item in enumerate(items):
        if place not in optional:
            made.append(item)
        elif type(item) is not OptionalValue:
            raise Failure(f"?x in a list takes an optional, not {kind(item)}")
        elif item.present:
            made.append(item.value)
    return made


def mapped(run: Account, keys: list[Value], values: list[Value], optional: frozenset[int]) -> Value:
    """``{a: b, ?c: d}``."""
    run.spend(8 + 4 * len(keys))
    made = CelMap()
    for place, (key, value) in enumerate(zip(keys, values, strict=True)):
        if place not in optional:
            made.put(key, value)
        elif type(value) is not OptionalValue:
            raise Failure(f"?x in a map takes an optional, not {kind(value)}")
        elif value.present:
            made.put(key, value.value)
    return made


def or_value(value: Value, otherwise: Later) -> Value:
    """``value.orValue(otherwise)``."""
    if type(value) is not OptionalValue:
        return value
    return value.value if value.present else otherwise()


def or_else(value: Value, otherwise: Later) -> Value:
    """``value.or(otherwise)``."""
    if type(value) is not OptionalValue or value.present:
        return value
    other = otherwise()
    if type(other) is not OptionalValue:
        raise Failure(f"no such overload: or takes an optional, not {kind(other)}")
    return other
