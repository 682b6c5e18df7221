"""Bits of 64-bit integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triggerfish.expressions.builtins.implementations import Implementations
from triggerfish.expressions.go.values import exactly_whole, wrap
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

family = Implementations()


def _shift(count: int) -> int:
    if count < 0:
        raise Failure(f"invalid operation: negative shift count {count} (type int)")
    return min(count, 64)


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "bitand": lambda x, y: x & y,
    "bitor": lambda x, y: x | y,
    "bitxor": lambda x, y: x ^ y,
    "bitnand": lambda x, y: x & ~y,
    "bitshl": lambda x, y: wrap(x << _shift(y)),
    "bitshr": lambda x, y: x >> _shift(y),
    "bitushr": lambda x, y: wrap((x % (1 << 64)) >> _shift(y)),
}


def _declare(name: str, operation: Callable[[int, int], int]) -> None:
    @family(name)
    def _bits(run: ExpressionRun, x: Any, y: Any) -> int:
        return operation(exactly_whole(x, name), exactly_whole(y, name))


for _name, _operation in _OPERATIONS.items():
    _declare(_name, _operation)


@family("bitnot")
def _bitnot(run: ExpressionRun, x: Any) -> int:
    return ~exactly_whole(x, "bitnot")
