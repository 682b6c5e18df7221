"""max, min, mean and median: of numbers, of lists of them, and of lists within lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from triggerfish.expressions.builtins.implementations import Implementations
from triggerfish.expressions.go.arithmetic import to_int
from triggerfish.expressions.go.calendar import Month, Weekday
from triggerfish.expressions.go.duration import Duration
from triggerfish.expressions.go.equality import less
from triggerfish.expressions.go.provenance import as_float
from triggerfish.expressions.go.values import is_number, type_name
from triggerfish.expressions.limits import DEPTH, Failure, exceeded
from triggerfish.expressions.run import ExpressionRun

family = Implementations()

#: Integers with a type of their own.
_NAMED = (Duration, Month, Weekday)


def _numbers(run: ExpressionRun, name: str, values: Sequence[Any]) -> Iterator[Any]:
    """All numbers in the arguments, however deep, in order."""
    run.spend(5 * len(values))
    waiting = [iter(values)]
    while waiting:
        for value in waiting[-1]:
            if is_number(value):
                yield value
            elif isinstance(value, (list, tuple, bytes)):
                if len(waiting) > DEPTH:
                    raise exceeded(f"{DEPTH} nested lists and maps")
                run.spend(5 + 5 * len(value))
                waiting.append(iter(value))
                break
            elif isinstance(value, _NAMED) and (len(waiting) == 1 or name in ("mean", "median")):
                yield value if name in ("max", "min") else to_int(value)
            else:
                raise Failure(f"invalid argument for {name} (type {type_name(value)})")
        else:
            waiting.pop()


def _extreme(name: str, better: Callable[[Any, Any], bool]) -> None:
    @family(name)
    def _best(run: ExpressionRun, *arguments: Any) -> Any:
        if len(arguments) == 1 and not isinstance(arguments[0], (list, tuple, bytes)):
            return arguments[0]
        best = None
        for value in _numbers(run, name, arguments):
            if best is None or better(value, best):
                best = value
        return best


_extreme("max", lambda value, best: less(None, best, value))
_extreme("min", lambda value, best: less(None, value, best))


@family("mean")
def _mean(run: ExpressionRun, *arguments: Any) -> float:
    total, count = 0.0, 0
    for value in _numbers(run, "mean", arguments):
        total += as_float(value)
        count += 1
    return total / count if count else 0.0


@family("median")
def _median(run: ExpressionRun, *arguments: Any) -> float:
    values = sorted(_numbers(run, "median", arguments))
    run.spend(len(values))
    if not values:
        return 0.0
    middle = len(values) // 2
    if len(values) % 2:
        return float(values[middle])
    return (float(values[middle - 1]) + float(values[middle])) / 2
