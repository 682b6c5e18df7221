"""Sets of field paths, in the form ``managedFields`` keeps them (FieldsV1), and their algebra.

A set is a tree of dicts: ``f:name`` steps into a map, ``k:{…}`` to a list element by its keys, ``v:…`` to a
plain value in a list. A path is in the set when it ends in ``{}`` or in a node that has ``.``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

Fields = dict[str, Any]
MERGED_LISTS: Mapping[str, str] = {"metadata.ownerReferences": "uid", "metadata.finalizers": "."}
"""Path of a list to what tells its elements apart; all other lists are one value."""

_unmanaged = frozenset({"apiVersion", "kind"})
_unmanaged_metadata = frozenset(
    {
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "resourceVersion",
        "generation",
        "selfLink",
        "managedFields",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    }
)
_leaf: Fields = {}


def managed(value: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an object whose fields have owners."""
    kept = {key: item for key, item in value.items() if key not in _unmanaged}
    kept["metadata"] = {
        key: item for key, item in (value.get("metadata") or {}).items() if key not in _unmanaged_metadata
    }
    return kept


def all_of(value: Mapping[str, Any], lists: Mapping[str, str], *, dots: bool) -> Fields:
    """All fields of an object; ``dots`` also puts the maps themselves in the set, as updates do."""
    return _fields(managed(value), lists, "", dots=dots, top=True)


def _fields(value: Any, lists: Mapping[str, str], path: str, *, dots: bool, top: bool = False) -> Fields:
    if isinstance(value, dict) and value:
        found: Fields = {} if top or not dots or path == "metadata" else {".": {}}
        for key, item in value.items():
            if path == "" and key == "metadata" and not item:
                continue
            below = f"{path}.{key}" if path else key
            found[f"f:{key}"] = _fields(item, lists, below, dots=dots)
        return found
    if isinstance(value, list) and value and path in lists:
        found = {".": {}} if dots else {}
        for item in value:
            step = element(item, lists[path])
            found[step] = _leaf if step.startswith("v:") else {".": {}, **_fields(item, {}, "*", dots=False)}
        return found
    return _leaf


def element(item: Any, key: str) -> str:
    """The step to an element of a merged list."""
    if key == ".":
        return "v:" + orjson.dumps(item).decode()
    return "k:" + orjson.dumps({key: item.get(key)}).decode()


def changed(old: Mapping[str, Any], new: Mapping[str, Any], lists: Mapping[str, str]) -> Fields:
    """The fields that are new or other than before."""
    return _changed(managed(old), managed(new), lists, "")


def _changed(old: dict[str, Any], new: dict[str, Any], lists: Mapping[str, str], path: str) -> Fields:
    found: Fields = {}
    for key, value in new.items():
        below = f"{path}.{key}" if path else key
        if key not in old:
            found[f"f:{key}"] = _fields(value, lists, below, dots=True)
            continue
        before = old[key]
        if same(before, value):
            continue
        if isinstance(before, dict) and isinstance(value, dict) and value:
            deeper = _changed(before, value, lists, below)
        elif isinstance(before, list) and isinstance(value, list) and below in lists:
            deeper = _changed_elements(before, value, lists[below])
        else:
            deeper = _fields(value, lists, below, dots=True)
            found[f"f:{key}"] = deeper
            continue
        if deeper:
            found[f"f:{key}"] = deeper
    return found


def _changed_elements(old: list[Any], new: list[Any], key: str) -> Fields:
    before = {element(item, key): item for item in old}
    found: Fields = {}
    for item in new:
        step = element(item, key)
        if step not in before or not same(before[step], item):
            found[step] = _leaf if step.startswith("v:") else {".": {}, **_fields(item, {}, "*", dots=False)}
    return found


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: Python holds ``True == 1``, JSON does not."""
    if one is other:
        return True
    if one != other:
        return False
    if isinstance(one, dict | list):
        # What a patch leaves alone keeps its order, which is the quicker look.
        return orjson.dumps(one) == orjson.dumps(other) or (
            orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
        )
    return isinstance(one, bool) is isinstance(other, bool)


def present(fields: Fields, value: Any) -> Fields:
    """The fields of a set that a value still has."""
    kept: Fields = {}
    for step, deeper in fields.items():
        if step == ".":
            kept["."] = {}
            continue
        there, item = descend(value, step)
        if not there:
            continue
        if not deeper:
            kept[step] = {}
        elif below := present(deeper, item):
            kept[step] = below
    return kept


def descend(value: Any, step: str) -> tuple[bool, Any]:
    """Tell if a value has the target of a step, and give that."""
    if step.startswith("f:"):
        return (True, value[step[2:]]) if isinstance(value, dict) and step[2:] in value else (False, None)
    if not isinstance(value, list):
        return False, None
    wanted = orjson.loads(step[2:])
    if step.startswith("v:"):
        return wanted in value, wanted
    for item in value:
        if isinstance(item, dict) and all(item.get(key) == part for key, part in wanted.items()):
            return True, item
    return False, None


def union(one: Fields, other: Fields) -> Fields:
    """The fields in either."""
    if one and not other:
        return {".": {}, **one}
    if other and not one:
        return {".": {}, **other}
    result = dict(one)
    for step, deeper in other.items():
        result[step] = union(result[step], deeper) if step in result else deeper
    return result


def both(one: Fields, other: Fields) -> Fields:
    """The fields in each of two sets."""
    result: Fields = {}
    for step in one.keys() & other.keys():
        first, second = one[step], other[step]
        if not first or not second:
            if (not first or "." in first) and (not second or "." in second):
                result[step] = {}
        elif deeper := both(first, second):
            result[step] = {} if deeper == {".": {}} else deeper
    return result


def without(one: Fields, other: Fields) -> Fields:
    """The fields of the first that are not in the second."""
    result: Fields = {}
    for step, first in one.items():
        if step not in other:
            result[step] = first
            continue
        second = other[step]
        if not first:
            if second and "." not in second:
                result[step] = {}
        elif not second:
            deeper = {key: value for key, value in first.items() if key != "."}
            if deeper:
                result[step] = deeper
        elif deeper := without(first, second):
            result[step] = {} if deeper == {".": {}} else deeper
    return result


def paths(fields: Fields, prefix: str = "") -> Iterator[str]:
    """Each path as people write it: ``.spec.schedules``, ``.metadata.finalizers[="a"]``."""
    for step, deeper in fields.items():
        if step == ".":
            yield prefix
            continue
        path = prefix + _written(step)
        if deeper:
            yield from paths(deeper, path)
        else:
            yield path


def _written(step: str) -> str:
    if step.startswith("f:"):
        return f".{step[2:]}"
    if step.startswith("v:"):
        return f"[={step[2:]}]"
    keys = orjson.loads(step[2:])
    return "[" + ",".join(f"{key}={orjson.dumps(value).decode()}" for key, value in keys.items()) + "]"
