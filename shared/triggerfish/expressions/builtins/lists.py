"""Lists: their ends, their order, what is in them more than once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triggerfish.expressions.builtins.registry import LISTS, element, first, overloads, takes
from triggerfish.expressions.builtins.registry import family as new_family
from triggerfish.expressions.evaluation.members import fetch
from triggerfish.expressions.go.arithmetic import to_int
from triggerfish.expressions.go.equality import equal
from triggerfish.expressions.go.time import Duration, Time
from triggerfish.expressions.go.values import NilList, PairList, Uint8, is_number, type_name
from triggerfish.expressions.limits import DEPTH, Failure, exceeded
from triggerfish.expressions.natures import ARRAY, STRING, STRINGS
from triggerfish.expressions.run import Run

family = new_family()


def _list(value: Any, purpose: str) -> Sequence[Any]:
    if isinstance(value, (list, tuple, bytes)):
        return value
    raise Failure(f"cannot {purpose} {type_name(value)}")


@family("first", takes(1, 1, element, LISTS), content="first")
def _first(run: Run, value: Any) -> Any:
    return _end(value, 0)


@family("last", takes(1, 1, element, LISTS), content="first")
def _last(run: Run, value: Any) -> Any:
    return _end(value, -1)


def _end(value: Any, index: int) -> Any:
    """nil where ``value[index]`` would be an error."""
    try:
        return fetch(value, index)
    except Failure:
        return None


@family("take", takes(2, 2, first, LISTS, ("int", "duration", "month", "weekday")), content="first")
def _take(run: Run, value: Any, count: Any) -> Any:
    items = _list(value, "take from")
    if isinstance(count, Uint8) or (isinstance(count, float) and not count.is_integer()):
        raise Failure(f"cannot take {type_name(count)} elements")
    number = to_int(count)
    if number < 0:
        raise Failure("slice bounds out of range")
    return items[:number]


@family("reverse", takes(1, 1, ARRAY, LISTS), content="first")
def _reverse(run: Run, value: Any) -> list[Any]:
    items = _list(value, "reverse")
    run.elements(len(items))
    return list(items[::-1])


@family("concat", takes(1, 1000, ARRAY, LISTS), content="all")
def _concat(run: Run, *values: Any) -> list[Any]:
    made: list[Any] = []
    for value in values:
        items = _list(value, "concat")
        run.elements(len(made) + len(items))
        made.extend(items)
    return made or NilList()


@family("flatten", takes(1, 1, ARRAY, LISTS), content="first")
def _flatten(run: Run, value: Any) -> list[Any]:
    made: list[Any] = []
    _flatten_into(run, made, _list(value, "flatten"), 0)
    return made


def _flatten_into(run: Run, made: list[Any], items: Sequence[Any], depth: int) -> None:
    if depth > DEPTH:
        raise exceeded(f"{DEPTH} lists and maps within each other")
    run.spend(5 + 8 * len(items))
    for item in items:
        if isinstance(item, (list, tuple, bytes)):
            _flatten_into(run, made, item, depth + 1)
        else:
            made.append(item)


@family("uniq", takes(1, 1, ARRAY, LISTS), content="first")
def _uniq(run: Run, value: Any) -> list[Any]:
    items = _list(value, "uniq")
    run.spend(5 + 8 * len(items))
    made: list[Any] = []
    strings: set[str] = set()
    others: list[Any] = []
    for item in items:
        if isinstance(item, str):
            if item in strings:
                continue
            strings.add(item)
        else:
            run.spend(10 * len(others))
            if any(equal(run, item, other) for other in others):
                continue
            others.append(item)
        made.append(item)
    return made


def in_order(run: Run, keys: Sequence[Any], *, descending: bool) -> list[int]:
    """The places of ``keys`` in their order, equal ones as they stand. All must be of one sort."""
    run.spend(len(keys) * (3 + len(keys).bit_length()))
    if len(keys) > 1:
        _one_sort(keys)
    totals = [_total(key) for key in keys] if keys and isinstance(keys[0], (Time, Duration)) else keys
    return sorted(range(len(keys)), key=totals.__getitem__, reverse=descending)


def _total(value: Any) -> int:
    return value.total if isinstance(value, Time) else int(value.nanoseconds)


def _one_sort(keys: Sequence[Any]) -> None:
    head = keys[0]
    for key in keys:
        if is_number(head) and is_number(key):
            continue
        if isinstance(head, (str, Time, Duration)) and isinstance(key, type(head)):
            continue
        other = key if key is not head else keys[1]
        raise Failure(f"invalid operation: {type_name(other)} < {type_name(head)}")


@family(
    "sort",
    overloads(((ARRAY, STRING), ARRAY), ((STRINGS, STRING), ARRAY), ((ARRAY,), ARRAY), ((STRINGS,), ARRAY)),
    content="first",
)
def _sort(run: Run, value: Any, order: Any = "asc") -> list[Any]:
    if not isinstance(order, str):
        raise Failure(f"sort order argument must be a string (got {type_name(order)})")
    if order not in ("asc", "desc"):
        raise Failure(f"invalid order {order[:40]}, expected asc or desc")
    # Go sorts nothing that is not a list of its own kinds: what comes is an empty list.
    if not isinstance(value, list) or isinstance(value, PairList):
        return NilList()
    return [value[place] for place in in_order(run, value, descending=order == "desc")]
