"""The order that ``sort`` and ``sortBy`` put values in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triggerfish.expressions.go.duration import Duration
from triggerfish.expressions.go.time import Time
from triggerfish.expressions.go.values import is_number, type_name
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun


def in_order(run: ExpressionRun, keys: Sequence[Any], *, descending: bool) -> list[int]:
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
