"""Maps: their keys, values and pairs; ``get``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from triggerfish.expressions.builtins.registry import LISTS, MAPS, takes
from triggerfish.expressions.builtins.registry import family as new_family
from triggerfish.expressions.evaluation.members import fetch
from triggerfish.expressions.go.methods import method_of
from triggerfish.expressions.go.values import AnyMap, PairList, encode, type_name, whole
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.natures import ANYMAP, ARRAY, UNKNOWN, Nature, assignable
from triggerfish.expressions.run import Run

family = new_family()


def _items(run: Run, value: Any, purpose: str) -> list[tuple[Any, Any]]:
    if isinstance(value, (Mapping, AnyMap)):
        run.spend(2 * len(value))
        return list(value.items())
    raise Failure(f"cannot {purpose.format(type_name(value))}")


@family("keys", takes(1, 1, ARRAY, MAPS))
def _keys(run: Run, value: Any) -> list[Any]:
    return [key for key, _ in _items(run, value, "get keys from {}")]


@family("values", takes(1, 1, ARRAY, MAPS), content="first")
def _values(run: Run, value: Any) -> list[Any]:
    return [item for _, item in _items(run, value, "get values from {}")]


@family("toPairs", takes(1, 1, ARRAY, MAPS), content="first")
def _to_pairs(run: Run, value: Any) -> list[Any]:
    return PairList(_items(run, value, "transform {} to pairs"))


@family("fromPairs", takes(1, 1, ANYMAP, LISTS), content="own")
def _from_pairs(run: Run, value: Any) -> AnyMap:
    if not isinstance(value, (list, tuple, bytes)):
        raise Failure(f"cannot transform {type_name(value)} from pairs")
    run.spend(10 * len(value))
    made = AnyMap()
    for pair in value:
        if not isinstance(pair, (list, tuple)):
            raise Failure(f"invalid pair {type_name(pair)}")
        if len(pair) != 2:
            raise Failure(f"invalid pair length {len(pair)}")
        made.set(pair[0], pair[1])
    return made


def _get_check(name: str, arguments: Sequence[Nature]) -> Nature:
    if len(arguments) != 2:
        raise Failure(f"{name} takes 2 arguments, not {len(arguments)}")
    base, key = arguments
    if base.unknown:
        return UNKNOWN
    if base.array:
        if key.kind != "int" and not key.unknown:
            raise Failure(f"non-integer slice index {key.name}")
    elif not base.mapping:
        raise Failure(f"type {base.name} does not support indexing")
    elif base.kind == "map" and not key.unknown and not assignable(key, _STRING_KEY):
        raise Failure(f"cannot use {key.name} to get an element from {base.name}")
    return base.element or UNKNOWN


_STRING_KEY = Nature("string", "string")


@family("get", _get_check, content="first")
def _get(run: Run, value: Any, key: Any) -> Any:
    """As ``value[key]``, but nil instead of an error when there is nothing."""
    if isinstance(value, (list, tuple, str, bytes)):
        index, length = whole(key), len(encode(value)) if isinstance(value, str) else len(value)
        return fetch(value, key) if -length <= index < length else None
    if isinstance(value, Mapping) and isinstance(key, str) and key not in value:
        return None
    if isinstance(value, (Mapping, AnyMap)):
        return fetch(value, key)
    return method_of(value, key) if isinstance(key, str) else None
