"""github.com/spf13/cast as sprig uses it: anything to a number, 0 when it cannot be read as one."""

from __future__ import annotations

import math
import re
from typing import Any

from triggerfish.expressions.go.strconv import parse_float, parse_int
from triggerfish.expressions.sprig.kinds import Int64, int64

_MINIMUM = -(2**63)


def to_int64(value: Any) -> Int64:
    """cast.ToInt64: floats are cut towards zero, strings read with Go's prefixes, "3.0" as 3, the rest 0."""
    if isinstance(value, bool):
        return Int64(value)
    if isinstance(value, int):
        return int64(value)
    if isinstance(value, float):
        # What amd64 answers when the float does not fit.
        if math.isnan(value) or not _MINIMUM <= value < 2.0**63:
            return Int64(_MINIMUM)
        return Int64(int(value))
    if isinstance(value, str):
        number = parse_int(_without_zero_decimals(value), base=0)
        return Int64(0 if number is None else number)
    return Int64(0)


def to_int(value: Any) -> int:
    """cast.ToInt."""
    return int(to_int64(value))


def to_float64(value: Any) -> float:
    """cast.ToFloat64."""
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, str):
        number = parse_float(value)
        return 0.0 if number is None else number
    return 0.0


def _without_zero_decimals(text: str) -> str:
    return re.sub(r"\.0+\Z", "", text, count=1) if re.search(r"\.0+\Z", text) else text
