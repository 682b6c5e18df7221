"""Patches: JSON merge (RFC 7396), strategic merge for the fixed kinds, JSON patch (RFC 6902)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonpatch
import orjson
from jsonpointer import JsonPointerException

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.registry import ServedResource
from triggerfish_laptop.cluster.status import StatusError, bad_request, unsupported_media_type

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

_merge_everywhere = {"metadata.ownerReferences": "uid", "metadata.finalizers": "."}
_directives = ("$patch", "$retainKeys")
_order = "$setElementOrder/"
_delete_values = "$deleteFromPrimitiveList/"


def accepted(resource: ServedResource) -> list[str]:
    """The content types of patches that a resource takes."""
    return [JSON_PATCH, MERGE_PATCH, *([] if resource.custom else [STRATEGIC_PATCH]), APPLY_PATCH]


def patched(resource: ServedResource, value: Json, content_type: str, body: bytes) -> Json:
    """``value`` after the patch, as a new object; 400, 415 or 422 when the patch cannot be used."""
    if content_type not in accepted(resource):
        raise unsupported_media_type(accepted(resource))
    patch = _read(body)
    if content_type == JSON_PATCH:
        return json_patch(resource, value, patch)
    if not isinstance(patch, dict):
        raise bad_request("json: cannot unmarshal a patch that is no object")
    if content_type == MERGE_PATCH:
        result: Json = merge(value, patch)
        return result
    return strategic(value, patch, {**_merge_everywhere, **resource.merge_keys})


def _read(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"error decoding patch: {error}") from error


def merge(target: Any, patch: Any) -> Any:
    """RFC 7396; shares with ``target`` what the patch leaves alone."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def json_patch(resource: ServedResource, value: Json, patch: Any) -> Json:
    """RFC 6902: all operations or none."""
    if not isinstance(patch, list):
        raise bad_request("error decoding patch: a JSON patch is a list of operations")
    try:
        result = jsonpatch.apply_patch(value, patch)
    except (jsonpatch.InvalidJsonPatch, TypeError) as error:
        raise bad_request(f"error decoding patch: {error}") from error
    except (jsonpatch.JsonPatchException, JsonPointerException) as error:
        raise StatusError(
            422, "Invalid", f"the server rejected our request due to an error in our request: {error}"
        ) from error
    if not isinstance(result, dict):
        raise bad_request("a patch must leave an object")
    return result


def strategic(target: Json, patch: Json, keys: Mapping[str, str], path: str = "") -> Json:
    """A strategic merge patch: as RFC 7396, but lists named in ``keys`` are merged element by element."""
    directive = patch.get("$patch")
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    if directive == "delete":
        return {}
    result = dict(target)
    retained = patch.get("$retainKeys")
    if retained is not None:
        result = {key: value for key, value in result.items() if key in retained}
    for key, value in patch.items():
        if key in _directives or key.startswith(_order):
            continue
        if key.startswith(_delete_values):
            name = key.removeprefix(_delete_values)
            result[name] = [item for item in result.get(name) or [] if item not in value]
            continue
        below = f"{path}.{key}" if path else key
        old = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = strategic(old if isinstance(old, dict) else {}, value, keys, below)
        elif isinstance(value, list) and below in keys:
            order = patch.get(_order + key)
            result[key] = _merged_list(old or [], value, keys[below], order, keys, below)
        else:
            result[key] = value
    return result


def _merged_list(
    old: list[Any], new: list[Any], key: str, order: list[Any] | None, keys: Mapping[str, str], path: str
) -> list[Any]:
    if key == ".":
        merged = [*old, *(item for item in new if item not in old)]
        return _ordered(merged, order, lambda item: item)
    if any(item.get("$patch") == "replace" for item in new):
        return [item for item in new if "$patch" not in item]
    result = {item.get(key): item for item in old}
    for item in new:
        name = item.get(key)
        if name is None:
            raise bad_request(f"map: does not contain declared merge key: {key}")
        if item.get("$patch") == "delete":
            result.pop(name, None)
        else:
            result[name] = strategic(result.get(name) or {}, item, keys, path)
    return _ordered(
        list(result.values()), order and [item.get(key) for item in order], lambda item: item.get(key)
    )


def _ordered(items: list[Any], order: list[Any] | None, name: Any) -> list[Any]:
    """In the order the patch asks for; what it does not name stays behind."""
    if not order:
        return items
    places = {value: place for place, value in enumerate(order)}
    return sorted(items, key=lambda item: places.get(name(item), len(places)))
