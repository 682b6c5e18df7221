"""``contains``, ``startsWith`` and ``endsWith``: false with nil, an error with anything but strings."""

from __future__ import annotations

from typing import Any

from triggerfish.expressions.go.values import type_name
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

__all__ = [
    "contains_text",
    "ends_with",
    "starts_with",
]


def _both(left: Any, right: Any) -> bool:
    """Return whether there is something to compare."""
    if isinstance(left, str) and isinstance(right, str):
        return True
    if left is None or right is None:
        return False
    wrong = right if isinstance(left, str) else left
    raise Failure(f"interface conversion: interface {{}} is {type_name(wrong)}, not string")


def contains_text(run: ExpressionRun, left: Any, right: Any) -> bool:
    """``left contains right``."""
    if not _both(left, right):
        return False
    run.spend_text(left)
    return right in left


def starts_with(run: ExpressionRun | None, left: Any, right: Any) -> bool:
    """``left startsWith right``."""
    if run is not None and isinstance(right, str):
        run.spend_text(right, 10)
    return _both(left, right) and left.startswith(right)


def ends_with(run: ExpressionRun | None, left: Any, right: Any) -> bool:
    """``left endsWith right``."""
    if run is not None and isinstance(right, str):
        run.spend_text(right, 10)
    return _both(left, right) and left.endswith(right)
