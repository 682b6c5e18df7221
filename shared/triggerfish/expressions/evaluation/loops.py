"""The builtins that take a closure, as functions over a Python function of the element.

``weight`` is what one turn costs in steps; the whole loop is paid for before it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from triggerfish.expressions.evaluation.members import truth
from triggerfish.expressions.evaluation.ordering import in_order
from triggerfish.expressions.go.arithmetic import add
from triggerfish.expressions.go.values import AnyMap, NilList, Uint8, encode, type_name
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

Test = Callable[[Any], bool]
Make = Callable[[Any], Any]

__all__ = [
    "count",
    "each_with_index",
    "every",
    "find",
    "find_index",
    "find_last",
    "find_last_index",
    "group",
    "keep",
    "none",
    "one",
    "reduce",
    "some",
    "sort_by",
    "total",
    "turns",
]


def _elements(run: ExpressionRun, value: Any, weight: int) -> Sequence[Any]:
    if isinstance(value, (list, tuple)):
        run.spend(len(value) * weight)
        return value
    if isinstance(value, str):
        # Go goes over the bytes of a string.
        run.spend((len(value) << 2) * weight)
        return [*map(Uint8, encode(value))]
    if isinstance(value, bytes):
        run.spend(len(value) * weight)
        return [*map(Uint8, value)]
    if isinstance(value, (Mapping, AnyMap)) and not value:
        return ()
    if value is None:
        raise Failure("there is nothing to go over: the list is nil")
    raise Failure(f"cannot go over {type_name(value)}: it is not a list")


def turns(run: ExpressionRun, value: Any) -> Any:
    """What a closure that never asks for its element goes over: of a map as many turns as it has entries."""
    if not isinstance(value, (Mapping, AnyMap)):
        return value
    run.elements(len(value))
    return [None] * len(value)


def every(run: ExpressionRun, value: Any, weight: int, test: Test) -> bool:
    """all(list, test)."""
    return all(map(test, _elements(run, value, weight)))


def none(run: ExpressionRun, value: Any, weight: int, test: Test) -> bool:
    """none(list, test)."""
    return not any(map(test, _elements(run, value, weight)))


def some(run: ExpressionRun, value: Any, weight: int, test: Test) -> bool:
    """any(list, test)."""
    return any(map(test, _elements(run, value, weight)))


def one(run: ExpressionRun, value: Any, weight: int, test: Test) -> bool:
    """one(list, test): exactly one."""
    return sum(map(test, _elements(run, value, weight))) == 1


def keep(run: ExpressionRun, value: Any, weight: int, test: Test, make: Make | None = None) -> list[Any]:
    """filter(list, test), and what ``make`` makes of each that is kept."""
    elements = _elements(run, value, weight)
    if make is None:
        return [element for element in elements if test(element)]
    return [make(element) for element in elements if test(element)]


def each_with_index(
    run: ExpressionRun, value: Any, weight: int, make: Callable[[Any, int], Any]
) -> list[Any]:
    """map(list, make) where ``make`` asks for #index."""
    return [make(element, index) for index, element in enumerate(_elements(run, value, weight))]


def count(
    run: ExpressionRun, value: Any, weight: int, test: Test | None = None, enough: int | None = None
) -> int:
    """count(list, test); it stops at ``enough``."""
    found = 0
    for element in _elements(run, value, weight):
        if truth(element) if test is None else test(element):
            found += 1
            if found == enough:
                break
    return found


def total(run: ExpressionRun, value: Any, weight: int, make: Make | None = None) -> Any:
    """sum(list, make)."""
    result: Any = 0
    for element in _elements(run, value, weight):
        result = add(run, element if make is None else make(element), result)
    return result


def _found(elements: Sequence[Any], places: Any, test: Test) -> int | None:
    return next((place for place in places if test(elements[place])), None)


def _finder(*, backwards: bool) -> Callable[..., Any]:
    def find(
        run: ExpressionRun, value: Any, weight: int, test: Test, make: Make | None = None, throws: Any = None
    ) -> Any:
        elements = _elements(run, value, weight)
        places = range(len(elements) - 1, -1, -1) if backwards else range(len(elements))
        place = _found(elements, places, test)
        if place is None:
            if throws:
                raise Failure("index out of range: the filter lets nothing through")
            return None
        return elements[place] if make is None else make(elements[place])

    return find


def _index_finder(*, backwards: bool) -> Callable[..., Any]:
    def find_index(run: ExpressionRun, value: Any, weight: int, test: Test) -> int | None:
        elements = _elements(run, value, weight)
        places = range(len(elements) - 1, -1, -1) if backwards else range(len(elements))
        return _found(elements, places, test)

    return find_index


find, find_last = _finder(backwards=False), _finder(backwards=True)
find_index, find_last_index = _index_finder(backwards=False), _index_finder(backwards=True)


def group(run: ExpressionRun, value: Any, weight: int, make: Make) -> AnyMap:
    """groupBy(list, make): lists of elements by what ``make`` makes of them."""
    groups = AnyMap(missing=NilList())
    for element in _elements(run, value, weight):
        key = make(element)
        members = groups.get(key)
        if not members:
            groups.set(key, [element])
        else:
            members.append(element)
    return groups


def sort_by(run: ExpressionRun, value: Any, weight: int, make: Make, order: Any = "asc") -> list[Any]:
    """sortBy(list, make, order)."""
    elements = _elements(run, value, weight)
    if not isinstance(order, str):
        raise Failure("sortBy order argument must be a string")
    if order not in ("asc", "desc"):
        raise Failure("unknown order, use asc or desc")
    places = in_order(run, [make(element) for element in elements], descending=order == "desc")
    return [elements[place] for place in places]


class _Missing:
    """reduce was given no first value."""


MISSING = _Missing()


def reduce(
    run: ExpressionRun, value: Any, weight: int, make: Callable[[Any, Any, int], Any], start: Any = MISSING
) -> Any:
    """reduce(list, make, start): ``make`` gets what has been made so far, the element and its index."""
    elements = _elements(run, value, weight)
    first = 0
    if start is MISSING:
        if not elements:
            raise Failure("reduce of empty array with no initial value")
        start, first = elements[0], 1
    for index in range(first, len(elements)):
        start = make(start, elements[index], index)
    return start
