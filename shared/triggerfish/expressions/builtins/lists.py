"""Lists: their ends, their order, what is in them more than once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triggerfish.expressions.builtins.implementations import Implementations
from triggerfish.expressions.evaluation.members import fetch
from triggerfish.expressions.evaluation.ordering import in_order
from triggerfish.expressions.go.arithmetic import to_int
from triggerfish.expressions.go.equality import equal
from triggerfish.expressions.go.values import NilList, PairList, Uint8, type_name
from triggerfish.expressions.limits import DEPTH, Failure, exceeded
from triggerfish.expressions.run import ExpressionRun

family = Implementations()


def _list(value: Any, purpose: str) -> Sequence[Any]:
    if isinstance(value, (list, tuple, bytes)):
        return value
    raise Failure(f"cannot {purpose} {type_name(value)}")


@family("first")
def _first(run: ExpressionRun, value: Any) -> Any:
    return _end(run, value, 0)


@family("last")
def _last(run: ExpressionRun, value: Any) -> Any:
    return _end(run, value, -1)


def _end(run: ExpressionRun, value: Any, index: int) -> Any:
    """nil where ``value[index]`` would be an error."""
    if isinstance(value, str) and not value.isascii():
        run.spend_text(value)
    try:
        return fetch(value, index)
    except Failure:
        return None


@family("take")
def _take(run: ExpressionRun, value: Any, count: Any) -> Any:
    items = _list(value, "take from")
    if isinstance(count, Uint8) or (isinstance(count, float) and not count.is_integer()):
        raise Failure(f"cannot take {type_name(count)} elements")
    number = to_int(count)
    if number < 0:
        raise Failure("slice bounds out of range")
    return items[:number]


@family("reverse")
def _reverse(run: ExpressionRun, value: Any) -> list[Any]:
    items = _list(value, "reverse")
    run.elements(len(items))
    return list(items[::-1])


@family("concat")
def _concat(run: ExpressionRun, *values: Any) -> list[Any]:
    collected: list[Any] = []
    for value in values:
        items = _list(value, "concat")
        run.elements(len(collected) + len(items))
        collected.extend(items)
    return collected or NilList()


@family("flatten")
def _flatten(run: ExpressionRun, value: Any) -> list[Any]:
    collected: list[Any] = []
    _flatten_into(run, collected, _list(value, "flatten"), 0)
    return collected


def _flatten_into(run: ExpressionRun, collected: list[Any], items: Sequence[Any], depth: int) -> None:
    if depth > DEPTH:
        raise exceeded(f"{DEPTH} nested lists and maps")
    run.spend(5 + 8 * len(items))
    for item in items:
        if isinstance(item, (list, tuple, bytes)):
            _flatten_into(run, collected, item, depth + 1)
        else:
            collected.append(item)


@family("uniq")
def _uniq(run: ExpressionRun, value: Any) -> list[Any]:
    items = _list(value, "uniq")
    run.spend(5 + 8 * len(items))
    collected: list[Any] = []
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
        collected.append(item)
    return collected


@family("sort")
def _sort(run: ExpressionRun, value: Any, order: Any = "asc") -> list[Any]:
    if not isinstance(order, str):
        raise Failure(f"sort order argument must be a string (got {type_name(order)})")
    if order not in ("asc", "desc"):
        raise Failure(f"invalid order {order[:40]}, expected asc or desc")
    # Go sorts nothing that is not a list of its own kinds: what comes is an empty list.
    if not isinstance(value, list) or isinstance(value, PairList):
        return NilList()
    return [value[place] for place in in_order(run, value, descending=order == "desc")]
