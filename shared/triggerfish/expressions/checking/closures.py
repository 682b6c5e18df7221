"""The checker's part for builtins that take a closure: what they go over, what the closure must answer."""

from __future__ import annotations

from triggerfish.expressions import natures as t
from triggerfish.expressions.checking.visitor import Visitor
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.natures import Nature
from triggerfish.expressions.syntax import nodes as n

#: The closure answers yes or no.
_CONDITIONS = frozenset(
    {"all", "none", "any", "one", "filter", "count", "find", "findIndex", "findLast", "findLastIndex"}
)


def check_closure(checker: Visitor, node: n.Builtin) -> Nature:
    """The nature of the call; raises ``Failure``."""
    name = node.name
    collection = checker.visit(node.arguments[0])
    if not collection.array and not collection.unknown:
        raise Failure(f"builtin {name} takes only array (got {collection.name})", node.arguments[0].position)
    if len(node.arguments) == 1:
        return t.INT if name == "count" else _held(collection).of_own()
    named = {"map": {"index": t.INT}, "reduce": {"index": t.INT, "acc": t.UNKNOWN}}.get(name, {})
    closure = node.arguments[1]
    checker.scopes.append((collection, named))
    answer = checker.visit(closure)
    checker.scopes.pop()
    if answer.kind == "nil":
        raise Failure("the predicate must answer something", closure.position)
    if name in _CONDITIONS and answer.kind != "bool" and not answer.unknown:
        raise Failure(f"predicate should return boolean (got {answer.name})", closure.position)
    if len(node.arguments) == 3:
        extra = checker.visit(node.arguments[2])
        if name == "sortBy" and extra.kind != "string" and not extra.unknown:
            raise Failure(
                f"sortBy order argument must be a string (got {extra.name})", node.arguments[2].position
            )
    return _result(name, collection, answer)


def _held(collection: Nature) -> Nature:
    held = collection.element or t.UNKNOWN
    return held.of_json() if collection.json else held


def _result(name: str, collection: Nature, answer: Nature) -> Nature:
    match name:
        case "all" | "none" | "any" | "one":
            return t.BOOL
        case "count" | "findIndex" | "findLastIndex":
            return t.INT
        case "filter":
            return t.array_of(_held(collection))
        case "map":
            return t.array_of(answer)
        case "sum":
            # The sum starts from the int 0, so what it adds becomes the expression's own.
            return answer.of_own()
        case "find" | "findLast":
            return _held(collection)
        case "groupBy":
            return t.GROUPS
        case "sortBy":
            return collection
        case _:
            return answer.of_own()
