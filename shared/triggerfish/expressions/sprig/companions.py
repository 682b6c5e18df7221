"""What Argo offers beside sprig, without its prefix: ``asInt``, ``asFloat``, ``toJson``, ``jsonpath``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import CallContext, Function
from triggerfish.expressions.go.json import write
from triggerfish.expressions.go.strconv import parse_float, parse_int
from triggerfish.expressions.jsonpath.query import jsonpath
from triggerfish.expressions.run import PaidRun
from triggerfish.expressions.sprig.kinds import Int64, type_of
from triggerfish.expressions.sprig.signature import Family

_companions = Family(namespace="")


@_companions("asInt", "any")
def _as_int(value: Any) -> int:
    """expr's own ``int``, by the name that older manifests use."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and (number := parse_int(value, base=10)) is not None:
        return number
    raise ExpressionError(
        f"not an integer: {value!r}" if isinstance(value, str) else f"int({type_of(value)})"
    )


@_companions("asFloat", "any")
def _as_float(value: Any) -> float:
    """expr's own ``float``, by the name that older manifests use."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and (number := parse_float(value)) is not None:
        return number
    raise ExpressionError(
        f"not a number: {value!r}" if isinstance(value, str) else f"float({type_of(value)})"
    )


@_companions("toJson", "any", contextual=True)
def _to_json(context: CallContext, value: Any) -> str:
    return write(PaidRun(context), value)


@_companions("jsonpath", "string", "string", contextual=True)
def _jsonpath(context: CallContext, json: str, path: str) -> Any:
    found = jsonpath(context, json, path)
    return Int64(found) if type(found) is int else found


COMPANIONS: Mapping[str, Function] = _companions.functions
