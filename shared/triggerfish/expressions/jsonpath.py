"""``jsonpath(json, path)``: python-jsonpath by RFC 9535, answering as the library that Argo uses.

A path to one place gives its value, and an error when there is none; any other path gives a list. Map keys
are visited in order. Filters have no regular expressions and no functions: nothing bounds what they cost.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import Context
from triggerfish.expressions.go.json import read
from triggerfish.expressions.go.provenance import own
from triggerfish.expressions.run import Run

PATH_LIMIT = 256
"""Characters of a path."""
_DEPTH = 90
"""Lists and maps within each other; the library gives up soon after."""
_NODE, _SEARCHED = 8, 120
"""What one value of the document costs: to be read and ordered, and to be visited by a search."""

_LAST = re.compile(r"\[\(@\.length\s*-\s*([0-9]{1,9})\)\]")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_SEARCHES = re.compile(r"\.\.|[*?:]")


def jsonpath(context: Context, json: str, path: str) -> Any:
    """What ``path`` finds in the JSON text. Raises ExpressionError, and ``Failure`` for no JSON."""
    _check_cost(path)
    run = Run(None, b"")
    searching = _SEARCHES.search(_QUOTED.sub("''", path)) is not None
    document = _ordered(context, _NODE + _SEARCHED * searching, own(run, read(run, json)), 0)
    found = _find(context, path, document)
    if found is None and path.endswith(".length"):
        # Not of the RFC, but people write it: a list, a text or a map knows its length.
        whole = _find(context, path.removesuffix(".length"), document)
        if whole is not None and isinstance(whole[0], (list, str, dict)):
            return len(whole[0])
    if found is None:
        raise ExpressionError(f"{path!r} finds nothing")
    return found[0]


def _find(context: Context, path: str, document: Any) -> list[Any] | None:
    """The answer in a list of one; None when the path leads to one place, and there is nothing."""
    query = _compiled(path)
    found = []
    for node in query.finditer(document):
        context.spend(_SEARCHED)
        found.append(node.obj)
    return found[:1] or None if query.singular_query() else [found]


def _check_cost(path: str) -> None:
    if len(path) > PATH_LIMIT:
        raise ExpressionError(f"the path is longer than {PATH_LIMIT} characters")
    bare = _QUOTED.sub("''", path)
    _, _, inner = bare[1:].partition("$")
    if bare.count("..") > 1 or bare.count("?") > 2 or _SEARCHES.search(inner):
        # Searches within searches cost the product of what they visit.
        raise ExpressionError("at most one '..' and two filters, and no search of '$' inside a filter")


def _ordered(context: Context, cost: int, value: Any, depth: int) -> Any:
    if depth > _DEPTH:
        raise ExpressionError(f"more than {_DEPTH} lists and maps within each other")
    if isinstance(value, (dict, list)):
        context.spend(cost * len(value))
    if isinstance(value, dict):
        return {key: _ordered(context, cost, value[key], depth + 1) for key in sorted(value)}
    return [_ordered(context, cost, item, depth + 1) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=256)
def _compiled(path: str) -> Any:
    import jsonpath as library  # 0.1 s, and most expressions never need it

    source = _LAST.sub(r"[-\1]", path)
    source = "$" + source[1:] if source.startswith("@") else source
    environment = library.JSONPathEnvironment(strict=True)
    environment.function_extensions.clear()
    try:
        if not source.startswith("$"):
            raise ExpressionError(f"a path starts with '$': {path!r}")
        return environment.compile(source)
    except library.JSONPathError as error:
        raise ExpressionError(f"{str(error).splitlines()[0]}: {path!r}") from None
