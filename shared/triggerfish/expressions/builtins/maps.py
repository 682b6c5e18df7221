"""Maps: their keys, values and pairs; ``get``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triggerfish.expressions.builtins.implementations import Implementations
from triggerfish.expressions.evaluation.members import fetch
from triggerfish.expressions.go.methods import method_of
from triggerfish.expressions.go.values import AnyMap, PairList, encode, type_name, whole
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

family = Implementations()


def _items(run: ExpressionRun, value: Any, purpose: str) -> list[tuple[Any, Any]]:
    if isinstance(value, (Mapping, AnyMap)):
        run.spend(2 * len(value))
        return list(value.items())
    raise Failure(f"cannot {purpose.format(type_name(value))}")


@family("keys")
def _keys(run: ExpressionRun, value: Any) -> list[Any]:
    return [key for key, _ in _items(run, value, "get keys from {}")]


@family("values")
def _values(run: ExpressionRun, value: Any) -> list[Any]:
    return [item for _, item in _items(run, value, "get values from {}")]


@family("toPairs")
def _to_pairs(run: ExpressionRun, value: Any) -> list[Any]:
    return PairList(_items(run, value, "transform {} to pairs"))


@family("fromPairs")
def _from_pairs(run: ExpressionRun, value: Any) -> AnyMap:
    if not isinstance(value, (list, tuple, bytes)):
        raise Failure(f"cannot transform {type_name(value)} from pairs")
    run.spend(10 * len(value))
    mapping = AnyMap()
    for pair in value:
        if not isinstance(pair, (list, tuple)):
            raise Failure(f"invalid pair {type_name(pair)}")
        if len(pair) != 2:
            raise Failure(f"invalid pair length {len(pair)}")
        mapping.set(pair[0], pair[1])
    return mapping


@family("get")
def _get(run: ExpressionRun, value: Any, key: Any) -> Any:
    """As ``value[key]``, but nil instead of an error when there is nothing."""
    if isinstance(value, str) and not value.isascii():
        run.spend_text(value, 5)
    if isinstance(value, (list, tuple, str, bytes)):
        index, length = whole(key), len(encode(value)) if isinstance(value, str) else len(value)
        return fetch(value, key) if -length <= index < length else None
    if isinstance(value, Mapping) and isinstance(key, str) and key not in value:
        return None
    if isinstance(value, (Mapping, AnyMap)):
        return fetch(value, key)
    return method_of(value, key) if isinstance(key, str) else None
