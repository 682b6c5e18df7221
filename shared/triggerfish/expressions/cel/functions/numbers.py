"""cel-go's extension for numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

from triggerfish.expressions.cel.functions.registry import function
from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.cel.operators import less, whole
from triggerfish.expressions.cel.values import LISTS, NUMBERS, Uint, Value, elements, kind
from triggerfish.expressions.limits import Failure


def _numbers(run: Account, name: str, arguments: tuple[Value, ...]) -> list[Value]:
    given = elements(arguments[0]) if len(arguments) == 1 and type(arguments[0]) in LISTS else list(arguments)
    if not given:
        raise Failure(f"{name} needs one number at least")
    run.spend(2 * len(given))
    for value in given:
        if type(value) not in NUMBERS:
            raise Failure(f"no such overload: {name} takes numbers, not {kind(value)}")
    return given


@function("math.greatest(...) -> dyn")
def greatest(run: Account, *arguments: Value) -> Value:
    """The greatest of the numbers, or of those of a list."""
    found, *others = _numbers(run, "math.greatest", arguments)
    for value in others:
        if less(run, found, value):
            found = value
    return found


@function("math.least(...) -> dyn")
def least(run: Account, *arguments: Value) -> Value:
    """The least of the numbers, or of those of a list."""
    found, *others = _numbers(run, "math.least", arguments)
    for value in others:
        if less(run, value, found):
            found = value
    return found


def _kept(value: float, towards: Callable[[float], float]) -> float:
    """Rounding; what is not finite stays as it is, and zero keeps its sign."""
    return math.copysign(towards(value), value) if math.isfinite(value) else value


@function("math.ceil(double) -> double")
def ceil(_run: Account, value: float) -> float:
    """The next whole number up."""
    return _kept(value, math.ceil)


@function("math.floor(double) -> double")
def floor(_run: Account, value: float) -> float:
    """The next whole number down."""
    return _kept(value, math.floor)


@function("math.round(double) -> double")
def round_(_run: Account, value: float) -> float:
    """The nearest whole number; a half goes away from zero."""
    if not math.isfinite(value):
        return value
    near = math.floor(abs(value))
    return math.copysign(near + (abs(value) - near >= 0.5), value)


@function("math.trunc(double) -> double")
def trunc(_run: Account, value: float) -> float:
    """The number without its fraction."""
    return _kept(value, math.trunc)


@function("math.isInf(double) -> bool")
def is_inf(_run: Account, value: float) -> bool:
    """Whether it is infinite."""
    return math.isinf(value)


@function("math.isNaN(double) -> bool")
def is_nan(_run: Account, value: float) -> bool:
    """Whether it is no number."""
    return math.isnan(value)


@function("math.isFinite(double) -> bool")
def is_finite(_run: Account, value: float) -> bool:
    """Whether it is a number, and finite."""
    return math.isfinite(value)


@function("math.abs(int) -> int", "math.abs(uint) -> uint", "math.abs(double) -> double")
def abs_(_run: Account, value: Value) -> Value:
    """The number without its sign."""
    return value if type(value) is Uint else whole(abs(value)) if type(value) is int else abs(value)


@function("math.sign(int) -> int", "math.sign(uint) -> uint", "math.sign(double) -> double")
def sign(_run: Account, value: Value) -> Value:
    """-1, 0 or 1, of the same kind."""
    if value != value:
        return value
    return type(value)((value > 0) - (value < 0))


@function("math.sqrt(double) -> double", "math.sqrt(int) -> double", "math.sqrt(uint) -> double")
def sqrt(_run: Account, value: Value) -> float:
    """The square root; of a negative number NaN."""
    return math.nan if value < 0 else math.sqrt(value)


# --- bits ---------------------------------------------------------------------------------------------------


def _both(name: str) -> tuple[str, str]:
    return f"math.{name}(int, int) -> int", f"math.{name}(uint, uint) -> uint"


@function(*_both("bitAnd"))
def bit_and(_run: Account, left: int, right: int) -> int:
    """The bits that both have."""
    return type(left)(left & right)


@function(*_both("bitOr"))
def bit_or(_run: Account, left: int, right: int) -> int:
    """The bits that one has at least."""
    return type(left)(left | right)


@function(*_both("bitXor"))
def bit_xor(_run: Account, left: int, right: int) -> int:
    """The bits that just one has."""
    return type(left)(left ^ right)


@function("math.bitNot(int) -> int", "math.bitNot(uint) -> uint")
def bit_not(_run: Account, value: int) -> int:
    """The bits that it does not have."""
    return Uint(value ^ (1 << 64) - 1) if type(value) is Uint else ~value


def _shift(name: str) -> tuple[str, str]:
    return f"math.{name}(int, int) -> int", f"math.{name}(uint, int) -> uint"


@function(*_shift("bitShiftLeft"))
def shift_left(_run: Account, value: int, bits: int) -> int:
    """The bits moved up; what leaves the 64 is lost."""
    return _shifted(value, "bitShiftLeft", bits, value << min(bits, 64) if bits >= 0 else 0)


@function(*_shift("bitShiftRight"))
def shift_right(_run: Account, value: int, bits: int) -> int:
    """The bits moved down, without regard to the sign."""
    return _shifted(value, "bitShiftRight", bits, (value & (1 << 64) - 1) >> bits if bits >= 0 else 0)


def _shifted(value: int, name: str, bits: int, moved: int) -> int:
    if bits < 0:
        raise Failure(f"math.{name}() negative offset: {bits}")
    cut = moved & (1 << 64) - 1
    if type(value) is Uint:
        return Uint(cut)
    return cut - (1 << 64) if cut >> 63 else cut
