"""cel-go's extensions for lists and sets."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from triggerfish.expressions.cel.functions.registry import function
from triggerfish.expressions.cel.limits import Account, Exceeded
from triggerfish.expressions.cel.operators import contained, equal, less
from triggerfish.expressions.cel.times import CelDuration, Timestamp
from triggerfish.expressions.cel.values import LISTS, List, Uint, Value, elements
from triggerfish.expressions.limits import DEPTH, ELEMENTS, Failure

_SORTED = frozenset({int, Uint, float, bool, str, bytes, Timestamp, CelDuration})


@function("list.slice(int, int) -> list(A)")
def slice_(run: Account, values: Value, start: int, end: int) -> Value:
    """The elements from a place on, up to another."""
    if start < 0 or end < 0:
        raise Failure(f"cannot slice({start}, {end}), negative indexes not supported")
    if start > end:
        raise Failure(f"cannot slice({start}, {end}), start index must be less than or equal to end index")
    if end > len(values):
        raise Failure(f"cannot slice({start}, {end}), list is length {len(values)}")
    run.elements(end - start)
    return List(elements(values[start:end]) if type(values) is not List else values[start:end])


@function("list(list(A)).flatten() -> list(A)", "list.flatten(int) -> list(dyn)")
def flatten(run: Account, values: Value, depth: int = 1) -> Value:
    """The elements of the lists within, one level or as many as are given."""
    if depth < 0:
        raise Failure("flatten: level must be non-negative")
    made = List()
    _flatten(run, values, min(depth, DEPTH + 1), made, 0)
    return made


def _flatten(run: Account, values: Value, depth: int, made: list[Value], level: int) -> None:
    if level > DEPTH:
        raise Exceeded(f"{DEPTH} nested lists and maps")
    run.spend(1 + len(values))
    for value in elements(values):
        if depth > 0 and type(value) in LISTS:
            _flatten(run, value, depth - 1, made, level + 1)
        else:
            made.append(value)
    if len(made) > ELEMENTS:
        raise Exceeded(f"{ELEMENTS} elements in one list")


@function("list.distinct() -> list(A)")
def distinct(run: Account, values: Value) -> Value:
    """Each element once, where it is first."""
    made, texts = List(), set()
    run.spend(len(values))
    for value in elements(values):
        if type(value) is str:
            if value not in texts:
                texts.add(value)
                made.append(value)
        elif not _among(run, value, made):
            made.append(value)
    return made


def _among(run: Account, value: Value, made: list[Value]) -> bool:
    run.spend(2 * len(made))
    return any(equal(run, value, other) for other in made)


@function("list.reverse() -> list(A)")
def reverse(run: Account, values: Value) -> Value:
    """The elements from the last to the first."""
    run.elements(len(values))
    return List(elements(values)[::-1])


@function("list.sort() -> list(A)")
def sort(run: Account, values: Value) -> Value:
    """The elements in order; all of one kind."""
    found = elements(values)
    return sorted_by(run, found, found)


def sorted_by(run: Account, values: list[Value], keys: list[Value]) -> Value:
    """The elements in the order of their keys."""
    if not keys:
        return List(values)
    run.elements(len(keys))
    kinds = {type(key) for key in keys}
    if not kinds <= _SORTED:
        raise Failure("list elements must be comparable")
    if len(kinds) > 1:
        raise Failure("list elements must have the same type")
    run.spend(4 * len(keys) * max(len(keys).bit_length(), 1))

    def compare(one: int, two: int) -> int:
        if less(run, keys[one], keys[two]):
            return -1
        return 1 if less(run, keys[two], keys[one]) else 0

    return List(values[place] for place in sorted(range(len(keys)), key=cmp_to_key(compare)))


@function("lists.range(int) -> list(int)")
def range_(run: Account, count: int) -> Value:
    """0, 1, and so on, as many as are given."""
    if count < 0:
        raise Failure("lists.range: the size must be non-negative")
    run.elements(count)
    return List(range(count))


# --- sets ---------------------------------------------------------------------------------------------------


@function("sets.contains(list(A), list(A)) -> bool")
def sets_contains(run: Account, values: Value, others: Value) -> bool:
    """Whether the first has every element of the second."""
    return all(contained(run, other, values) for other in elements(others))


@function("sets.intersects(list(A), list(A)) -> bool")
def sets_intersects(run: Account, values: Value, others: Value) -> bool:
    """Whether one element at least is in both."""
    return any(contained(run, value, others) for value in elements(values))


@function("sets.equivalent(list(A), list(A)) -> bool")
def sets_equivalent(run: Account, values: Value, others: Value) -> bool:
    """Whether both have the same elements, however often."""
    return bool(sets_contains(run, values, others) and sets_contains(run, others, values))


# --- ends, as Tekton has them -------------------------------------------------------------------------------


@function("list.first() -> dyn", "first(list) -> dyn")
def first(_run: Account, values: Any) -> Value:
    """The first element; an error where there is none."""
    if not values:
        raise Failure("first: an empty list has no first item")
    return elements(values[:1])[0] if type(values) is not List else values[0]


@function("list.last() -> dyn", "last(list) -> dyn")
def last(_run: Account, values: Any) -> Value:
    """The last element; an error where there is none."""
    if not values:
        raise Failure("last: an empty list has no last item")
    return elements(values[-1:])[0] if type(values) is not List else values[-1]
