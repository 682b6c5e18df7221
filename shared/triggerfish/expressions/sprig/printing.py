"""Go's ``%v`` for the values of an expression."""

from __future__ import annotations

from triggerfish.expressions.go.format import text_of
from triggerfish.expressions.run import Run
from triggerfish.expressions.sprig.kinds import Value


def strval(value: Value) -> str:
    """sprig's strval: a string as it is, everything else by ``%v``."""
    return value if isinstance(value, str) else sprint(value)


def sprint(value: Value) -> str:
    """``fmt.Sprintf("%v", value)``; maps in the order of their keys. ``Failure`` when too large."""
    return text_of(Run(None, b""), value)
