"""``jsonpath(json, path)``: the way in."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.go.json import read
from triggerfish.expressions.go.provenance import own
from triggerfish.expressions.jsonpath.errors import PathError
from triggerfish.expressions.jsonpath.parsing import parse
from triggerfish.expressions.jsonpath.steps import PathStep, Walk
from triggerfish.expressions.limits import NESTING, Failure, exceeded
from triggerfish.expressions.run import PaidRun

PATH_LIMIT = 1_000
"""Characters of a path."""
_CHARACTER, _CUT = 10, 30
"""What reading a path costs: for each character, and each time that an expression in it is cut."""


def jsonpath(context: CallContext, json: str, path: str) -> Any:
    """Return what ``path`` finds in the JSON text. Raises ExpressionError, and ``Failure`` for no JSON.

    Numbers of the answer are float64, but ``length`` gives an int.
    """
    run = PaidRun(context)
    return _found(context, own(run, read(run, json)), path)


def values(document: Any, path: str) -> list[Any]:
    """The values that ``path`` finds in a JSON value; none where it finds nothing, or is none."""
    try:
        found = _found(CallContext(), document, path)
    except (ExpressionError, Failure):
        return []
    return found if isinstance(found, list) and len(path) > 1 else [found]


def _found(context: CallContext, document: Any, path: str) -> Any:
    if len(path) > PATH_LIMIT:
        raise ExpressionError(f"the path is longer than {PATH_LIMIT} characters")
    context.spend(_CHARACTER * len(path))
    try:
        steps, cuts = _parsed(path)
        context.spend(_CUT * cuts)
        return Walk(document, context).on(steps, document)
    except PathError as error:
        raise ExpressionError(f"{error.message}: {path!r}") from None
    except RecursionError:
        raise exceeded(f"{NESTING} levels of nesting in a path and its document") from None


@lru_cache(maxsize=256)
def _parsed(path: str) -> tuple[tuple[PathStep, ...], int]:
    return parse(path)
