"""sprig's random texts, from the evaluation's seed: the same seed gives the same name again."""

from __future__ import annotations

import base64
import string
import uuid

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.sprig.signature import Family

family = Family()


def _chosen(context: CallContext, alphabet: str, count: int) -> str:
    if count < 0:
        return ""
    context.spend(12 * count)
    # 16 bits a letter keep the bias of the remainder under 0.2 %.
    drawn = context.random(2 * count)
    return "".join(
        alphabet[int.from_bytes(drawn[at : at + 2], "big") % len(alphabet)] for at in range(0, 2 * count, 2)
    )


@family("randAlphaNum", "int", contextual=True)
def _rand_alpha_num(context: CallContext, count: int) -> str:
    return _chosen(context, string.ascii_letters + string.digits, count)


@family("randAlpha", "int", contextual=True)
def _rand_alpha(context: CallContext, count: int) -> str:
    return _chosen(context, string.ascii_letters, count)


@family("randNumeric", "int", contextual=True)
def _rand_numeric(context: CallContext, count: int) -> str:
    return _chosen(context, string.digits, count)


@family("randAscii", "int", contextual=True)
def _rand_ascii(context: CallContext, count: int) -> str:
    return _chosen(context, "".join(map(chr, range(32, 127))), count)


@family("randBytes", "int", contextual=True)
def _rand_bytes(context: CallContext, count: int) -> str:
    if count < 0:
        raise ExpressionError("the count is negative")
    context.spend(2 * count)
    return base64.b64encode(context.random(count)).decode()


@family("randInt", "int", "int", contextual=True)
def _rand_int(context: CallContext, minimum: int, maximum: int) -> int:
    if maximum <= minimum:
        raise ExpressionError("the maximum must be over the minimum")
    return minimum + context.below(maximum - minimum)


@family("uuidv4", contextual=True)
def _uuidv4(context: CallContext) -> str:
    return str(uuid.UUID(bytes=context.random(16), version=4))
