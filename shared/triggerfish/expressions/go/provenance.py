"""Numbers of JSON: float64 in Go, held by the environment as Python reads them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from triggerfish.expressions.go.values import NilList, Texts
from triggerfish.expressions.limits import DEPTH, exceeded
from triggerfish.expressions.run import ExpressionRun

__all__ = [
    "as_float",
    "own",
]


def as_float(value: Any) -> Any:
    """A number of JSON as the float64 that Go sees; anything else as it is."""
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return value


_AS_IT_IS = frozenset({str, float, bool, type(None), Texts})


def own(run: ExpressionRun, value: Any, depth: int = 0) -> Any:
    """A value of the environment, its numbers float64, so that it can stand among the expression's own."""
    kind = type(value)
    if kind is int:
        return as_float(value)
    if kind is str or kind is float or kind is bool or value is None:
        return value
    if kind is Texts or not isinstance(value, (list, tuple, Mapping)):
        return value
    copied = run.copies.get(id(value))
    if copied is not None:
        return copied[1]
    if depth > DEPTH:
        raise exceeded(f"{DEPTH} nested lists and maps")
    run.spend(len(value) + 5)
    twin: Any
    below = depth + 1
    if isinstance(value, Mapping):
        twin = {
            key: item if type(item) in _AS_IT_IS else own(run, item, below) for key, item in value.items()
        }
    elif isinstance(value, NilList):
        twin = value
    else:
        twin = [item if type(item) in _AS_IT_IS else own(run, item, below) for item in value]
        twin = tuple(twin) if kind is tuple else twin
    # The original is kept too: its id must not be given to another object while this run lasts.
    run.copies[id(value)] = (value, twin)
    return twin
