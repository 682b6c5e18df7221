"""The macros: what goes over a list or a map. Each turn is paid for by its weight, the nodes of its body."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from triggerfish.expressions.cel.evaluation import FAULT, truth
from triggerfish.expressions.cel.functions.lists import sorted_by
from triggerfish.expressions.cel.limits import Account, Exceeded
from triggerfish.expressions.cel.values import (
    LISTS,
    MAPS,
    NONE,
    CelMap,
    List,
    OptionalValue,
    Value,
    adopt,
    elements,
    kind,
    pairs,
)
from triggerfish.expressions.limits import ELEMENTS, Failure

Body = Callable[..., Value]
MACROS: dict[tuple[str, int], Callable[..., Value]] = {}
"""By name and number of variables."""


def _macro(name: str, variables: int) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    def enter(body: Callable[..., Value]) -> Callable[..., Value]:
        MACROS[name, variables] = body
        return body

    return enter


def _turns(name: str, value: Value, variables: int) -> Iterator[tuple[Value, ...]]:
    """Return what the variables are, turn by turn."""
    sort = type(value)
    if sort in LISTS:
        for place, item in enumerate(value):
            found = item if sort is List else adopt(item)
            yield (place, found) if variables == 2 else (found,)
    elif sort is dict:
        for key, item in value.items():
            yield (key, adopt(item)) if variables == 2 else (key,)
    elif sort is CelMap:
        for key, item in value.pairs():
            yield (key, item) if variables == 2 else (key,)
    else:
        raise Failure(f"{name} goes over a list or a map, not {kind(value)}")


def _quantified(
    run: Account, weight: int, turns: Iterator[tuple[Value, ...]], holds: Body, *, by: bool
) -> bool:
    """Return whether a turn decides; one that fails counts only where none does."""
    fault: Exception | None = None
    for turn in turns:
        run.spend(weight)
        try:
            value = holds(*turn)
            if value is by:
                return True
            if value is not True and value is not False:
                truth(value)
        except (Exceeded, RecursionError):
            raise
        except Exception as problem:  # kept until it is clear that no other turn decides
            run.spend(FAULT)
            fault = fault or problem
    if fault is not None:
        raise fault
    return False


@_macro("all", 1)
def all_(run: Account, weight: int, value: Value, holds: Body) -> bool:
    """``value.all(x, p)``."""
    return not _quantified(run, weight, _turns("all", value, 1), holds, by=False)


@_macro("all", 2)
def all_pairs(run: Account, weight: int, value: Value, holds: Body) -> bool:
    """``value.all(i, x, p)``."""
    return not _quantified(run, weight, _turns("all", value, 2), holds, by=False)


@_macro("exists", 1)
def exists(run: Account, weight: int, value: Value, holds: Body) -> bool:
    """``value.exists(x, p)``."""
    return _quantified(run, weight, _turns("exists", value, 1), holds, by=True)


@_macro("exists", 2)
def exists_pairs(run: Account, weight: int, value: Value, holds: Body) -> bool:
    """``value.exists(i, x, p)``."""
    return _quantified(run, weight, _turns("exists", value, 2), holds, by=True)


def _one(run: Account, weight: int, turns: Iterator[tuple[Value, ...]], holds: Body) -> bool:
    count = 0
    for turn in turns:
        run.spend(weight)
        count += truth(holds(*turn))
    return count == 1


@_macro("exists_one", 1)
def exists_one(run: Account, weight: int, value: Value, holds: Body) -> bool:
    """``value.exists_one(x, p)``."""
    return _one(run, weight, _turns("exists_one", value, 1), holds)


@_macro("exists_one", 2)
def exists_one_pair(run: Account, weight: int, value: Value, holds: Body) -> bool:
    """``value.existsOne(i, x, p)``."""
    return _one(run, weight, _turns("existsOne", value, 2), holds)


@_macro("filter", 1)
def filter_(run: Account, weight: int, value: Value, holds: Body) -> Value:
    """``value.filter(x, p)``."""
    made = List()
    for turn in _turns("filter", value, 1):
        run.spend(weight)
        if truth(holds(*turn)):
            made.append(turn[0])
    return made


def _transformed(
    run: Account, weight: int, turns: Iterator[tuple[Value, ...]], bodies: tuple[Body, ...]
) -> Value:
    made = List()
    if len(bodies) == 1:
        make = bodies[0]
        for turn in turns:
            run.spend(weight)
            made.append(make(*turn))
        return made
    holds, make = bodies
    for turn in turns:
        run.spend(weight)
        if truth(holds(*turn)):
            made.append(make(*turn))
    return made


@_macro("map", 1)
def map_(run: Account, weight: int, value: Value, *bodies: Body) -> Value:
    """``value.map(x, f)``, ``value.map(x, p, f)``."""
    return _transformed(run, weight, _turns("map", value, 1), bodies)


@_macro("transformList", 2)
def transform_list(run: Account, weight: int, value: Value, *bodies: Body) -> Value:
    """``value.transformList(i, x, f)``, with a condition before ``f``."""
    return _transformed(run, weight, _turns("transformList", value, 2), bodies)


@_macro("transformMap", 2)
def transform_map(run: Account, weight: int, value: Value, *bodies: Body) -> Value:
    """``value.transformMap(k, v, f)``: the same keys with other values."""
    made = CelMap()
    holds, make = (None, bodies[0]) if len(bodies) == 1 else bodies
    for turn in _turns("transformMap", value, 2):
        run.spend(weight)
        if holds is None or truth(holds(*turn)):
            made.put(turn[0], make(*turn))
    return made


@_macro("transformMapEntry", 2)
def transform_map_entry(run: Account, weight: int, value: Value, *bodies: Body) -> Value:
    """``value.transformMapEntry(k, v, {f: g})``: other keys with other values."""
    made = CelMap()
    holds, make = (None, bodies[0]) if len(bodies) == 1 else bodies
    for turn in _turns("transformMapEntry", value, 2):
        run.spend(weight)
        if holds is None or truth(holds(*turn)):
            entries = make(*turn)
            if type(entries) not in MAPS:
                raise Failure(f"transformMapEntry makes a map of each pair, not {kind(entries)}")
            run.spend(len(entries))
            for key, item in pairs(entries):
                made.put(key, item)
            if len(made) > ELEMENTS:
                raise Exceeded(f"{ELEMENTS} elements in one map")
    return made


@_macro("sortBy", 1)
def sort_by(run: Account, weight: int, value: Value, make: Body) -> Value:
    """``value.sortBy(x, key)``."""
    if type(value) not in LISTS:
        raise Failure(f"sortBy goes over a list, not {kind(value)}")
    found = elements(value)
    keys: list[Any] = []
    for item in found:
        run.spend(weight)
        keys.append(make(item))
    return sorted_by(run, found, keys)


@_macro("optMap", 1)
def opt_map(run: Account, weight: int, value: Value, make: Body) -> Value:
    """``value.optMap(x, f)``: what ``f`` makes of the value, where there is one."""
    run.spend(weight)
    found = _optional("optMap", value)
    return OptionalValue(make(found.value)) if found.present else NONE


@_macro("optFlatMap", 1)
def opt_flat_map(run: Account, weight: int, value: Value, make: Body) -> Value:
    """``value.optFlatMap(x, f)``: the optional that ``f`` makes of the value, where there is one."""
    run.spend(weight)
    if not _optional("optFlatMap", value).present:
        return NONE
    made = make(value.value)
    if type(made) is not OptionalValue:
        raise Failure(f"optFlatMap makes an optional, not {kind(made)}")
    return made


def _optional(name: str, value: Value) -> OptionalValue:
    if type(value) is OptionalValue:
        return value
    raise Failure(f"no such overload: {name} is for an optional, not {kind(value)}")
