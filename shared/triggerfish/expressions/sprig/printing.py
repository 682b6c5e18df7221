"""Go's ``%v`` for the values of an expression."""

from __future__ import annotations

from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.go.format import text_of
from triggerfish.expressions.run import PaidRun
from triggerfish.expressions.sprig.kinds import Value


def strval(context: CallContext, value: Value) -> str:
    """sprig's strval: a string as it is, everything else by ``%v``."""
    return value if isinstance(value, str) else sprint(context, value)


def sprint(context: CallContext, value: Value) -> str:
    """``fmt.Sprintf("%v", value)``; maps in the order of their keys. The calls pay for what is in it."""
    context.spend(_VALUE)
    return text_of(PaidRun(context), value)


_VALUE = 24
"""What one value costs, beside what is in it."""
