"""sprig's arithmetic: int64 that wraps, floats through exact decimals, and ranges."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from decimal import Context as DecimalContext
from decimal import Decimal, localcontext
from functools import reduce

from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.go.strconv import parse_int
from triggerfish.expressions.sprig.casting import to_float64, to_int, to_int64
from triggerfish.expressions.sprig.kinds import Int64, Ints, Value, int64
from triggerfish.expressions.sprig.printing import sprint
from triggerfish.expressions.sprig.signature import Family

family = Family()


@family("int64", "any")
def _int64(value: Value) -> Int64:
    return to_int64(value)


@family("int", "any")
def _int(value: Value) -> int:
    return to_int(value)


@family("float64", "any")
def _float64(value: Value) -> float:
    return to_float64(value)


@family("toDecimal", "any", contextual=True)
def _to_decimal(context: CallContext, value: Value) -> Int64:
    """Reads the text of the value as octal, whatever the name says."""
    return Int64(parse_int(sprint(context, value), base=8) or 0)


@family("add", rest="any")
def _add(*values: Value) -> Int64:
    return int64(sum(map(to_int64, values)))


@family("add1", "any")
def _add1(value: Value) -> Int64:
    return int64(to_int64(value) + 1)


@family("sub", "any", "any")
def _sub(left: Value, right: Value) -> Int64:
    return int64(to_int64(left) - to_int64(right))


@family("mul", "any", rest="any")
def _mul(*values: Value) -> Int64:
    return reduce(lambda product, value: int64(product * to_int64(value)), values, Int64(1))


@family("div", "any", "any")
def _div(left: Value, right: Value) -> Int64:
    return int64(_truncated(to_int64(left), to_int64(right))[0])


@family("mod", "any", "any")
def _mod(left: Value, right: Value) -> Int64:
    return int64(_truncated(to_int64(left), to_int64(right))[1])


def _truncated(left: int, right: int) -> tuple[int, int]:
    """Quotient cut towards zero, and the remainder that has the sign of ``left``."""
    if right == 0:
        raise ZeroDivisionError("integer divide by zero")
    quotient, remainder = divmod(abs(left), abs(right))
    return (
        quotient if (left < 0) == (right < 0) else -quotient,
        -remainder if left < 0 else remainder,
    )


@family("max biggest", "any", rest="any")
def _max(*values: Value) -> Int64:
    return max(map(to_int64, values))


@family("min", "any", rest="any")
def _min(*values: Value) -> Int64:
    return min(map(to_int64, values))


@family("maxf", "any", rest="any")
def _maxf(*values: Value) -> float:
    return _extreme(max, values)


@family("minf", "any", rest="any")
def _minf(*values: Value) -> float:
    return _extreme(min, values)


def _extreme(choose: Callable[[Iterable[float]], float], values: tuple[Value, ...]) -> float:
    numbers = [to_float64(value) for value in values]
    chosen = choose(numbers)
    if math.isinf(chosen):
        return chosen
    return math.nan if any(map(math.isnan, numbers)) else chosen


# --- floats, added and multiplied as decimals so that 0.1 + 0.2 is 0.3 --------------------------------------

# shopspring/decimal divides to 16 places after the point; sums and products are exact.
_DIVISION_PLACES = 16
_EXACT = DecimalContext(prec=2200, Emax=10**6, Emin=-(10**6))


def _decimal(value: Value) -> Decimal:
    number = to_float64(value)
    if math.isnan(number) or math.isinf(number):
        raise ValueError(f"cannot create a Decimal from {number}")
    return Decimal(repr(number))


def _folded(values: tuple[Value, ...], operation: Callable[[Decimal, Decimal], Decimal]) -> float:
    if len(values) > 64:
        raise ValueError("too many numbers: at most 64 at once")
    with localcontext(_EXACT):
        return float(reduce(operation, map(_decimal, values))) + 0.0  # Go's decimals know no -0


@family("add1f", "any")
def _add1f(value: Value) -> float:
    return _folded((value, 1), lambda left, right: left + right)


@family("addf", rest="any")
def _addf(*values: Value) -> float:
    return _folded((0, *values), lambda left, right: left + right)


@family("subf", "any", rest="any")
def _subf(*values: Value) -> float:
    return _folded(values, lambda left, right: left - right)


@family("mulf", "any", rest="any")
def _mulf(*values: Value) -> float:
    return _folded(values, lambda left, right: left * right)


@family("divf", "any", rest="any")
def _divf(*values: Value) -> float:
    return _folded(values, _divided)


def _divided(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise ZeroDivisionError("decimal division by 0")
    quotient = left / right
    # Half away from zero at the sixteenth place, as the Go library rounds.
    return quotient.quantize(Decimal(1).scaleb(-_DIVISION_PLACES), rounding="ROUND_HALF_UP")


@family("floor", "any")
def _floor(value: Value) -> float:
    return _whole(math.floor, to_float64(value))


@family("ceil", "any")
def _ceil(value: Value) -> float:
    return _whole(math.ceil, to_float64(value))


def _whole(to_whole: Callable[[float], int], number: float) -> float:
    return math.copysign(float(to_whole(number)), number) if math.isfinite(number) else number


@family("round", "any", "int", rest="float64")
def _round(value: Value, places: int, *options: float) -> float:
    round_on = options[0] if options else 0.5
    power = _power_of_ten(places)
    digit = power * to_float64(value)
    fraction = math.nan if math.isnan(digit) else math.modf(digit)[0]
    rounded = _whole(math.ceil if fraction >= round_on else math.floor, digit)
    if power == 0:
        return math.nan if rounded == 0 or math.isnan(rounded) else math.copysign(math.inf, rounded)
    return rounded / power


def _power_of_ten(places: int) -> float:
    return math.inf if places > 308 else 0.0 if places < -323 else 10.0**places


# --- ranges -------------------------------------------------------------------------------------------------


def until_step(context: CallContext, start: int, stop: int, step: int) -> Ints:
    """The numbers from ``start`` towards ``stop``, which is left out; none when the step leads away."""
    if step == 0 or (stop < start) != (step < 0):
        return Ints()
    numbers = range(start, stop, step)
    # len() of a range refuses more than sys.maxsize, which is far over every limit.
    context.spend(2 * ((stop - start) // step))
    return Ints(numbers)


@family("until", "int", contextual=True)
def _until(context: CallContext, count: int) -> Ints:
    return until_step(context, 0, count, -1 if count < 0 else 1)


@family("untilStep", "int", "int", "int", contextual=True)
def _until_step(context: CallContext, start: int, stop: int, step: int) -> Ints:
    return until_step(context, start, stop, step)


@family("seq", rest="int", contextual=True)
def _seq(context: CallContext, *parameters: int) -> str:
    match parameters:
        case (end,):
            start, step = 1, -1 if end < 1 else 1
        case (start, end):
            step = -1 if end < start else 1
        case (start, step, end):
            if end < start and step > 0:
                return ""
        case _:
            return ""
    past = end - 1 if end < start else end + 1
    return " ".join(map(str, until_step(context, start, past, step)))
