"""OpenAPI v3: what ``kubectl explain`` reads, and how kubectl learns that the server validates fields.

Version 2 is asked for a kind that no document of version 3 has: an empty one lets kubectl go on to say so.
"""

from __future__ import annotations

import hashlib
from typing import Any

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.answers import Reply
from triggerfish_laptop.cluster.registry import Registry, ServedResource
from triggerfish_laptop.cluster.status import no_such_path

_meta = "io.k8s.apimachinery.pkg.apis.meta.v1"
_text: Json = {"type": "string"}
_texts: Json = {"type": "object", "additionalProperties": {"type": "string", "default": ""}}
_version_2_type = b"application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
# Fields 1, 2 and 8 of gnostic's Document: swagger, info{title, version}, and no paths.
_version_2 = b"\n\x032.0\x12\x14\n\nKubernetes\x12\x06v1.34.B\x00"


def _described(kind: Json, description: str) -> Json:
    return {"description": description, **kind}


_object_meta: Json = {
    "type": "object",
    "description": "ObjectMeta is metadata that all persisted resources have.",
    "properties": {
        "name": _described(_text, "Unique within a namespace; cannot be updated."),
        "generateName": _described(
            _text, "A prefix: the server appends five characters when there is no name."
        ),
        "namespace": _described(_text, "The space within which the name is unique."),
        "labels": _described(_texts, "Keys and values to organise and select objects by."),
        "annotations": _described(_texts, "Keys and values that tools keep with the object."),
        "uid": _described(_text, "Set by the server; unique in time and space."),
        "resourceVersion": _described(_text, "Set by the server; changes with each write."),
        "generation": {
            "type": "integer",
            "format": "int64",
            "description": "Counts changes of what is wanted.",
        },
        "creationTimestamp": {"type": "string", "format": "date-time", "description": "Set by the server."},
        "deletionTimestamp": {
            "type": "string",
            "format": "date-time",
            "description": "Set by the server once deletion was asked for.",
        },
        "deletionGracePeriodSeconds": {"type": "integer", "format": "int64"},
        "finalizers": {
            "type": "array",
            "items": _text,
            "x-kubernetes-list-type": "set",
            "x-kubernetes-patch-strategy": "merge",
            "description": "Must be empty before the object is deleted.",
        },
        "ownerReferences": {
            "type": "array",
            "items": {"$ref": f"#/components/schemas/{_meta}.OwnerReference"},
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["uid"],
            "x-kubernetes-patch-merge-key": "uid",
            "x-kubernetes-patch-strategy": "merge",
            "description": "Objects that this one depends on: when all are gone, it is collected.",
        },
        "managedFields": {
            "type": "array",
            "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "description": "Who set which field, and when.",
        },
    },
}
_owner_reference: Json = {
    "type": "object",
    "description": "Enough to identify the owner of an object.",
    "required": ["apiVersion", "kind", "name", "uid"],
    "properties": {
        **dict.fromkeys(("apiVersion", "kind", "name", "uid"), _text),
        "controller": {"type": "boolean"},
        "blockOwnerDeletion": {"type": "boolean"},
    },
}
_api_version = _described(_text, "The versioned schema of this representation of an object.")
_kind = _described(_text, "The REST resource this object represents.")
_query = (
    ("dryRun", "string"),
    ("fieldManager", "string"),
    ("fieldValidation", "string"),
    ("force", "boolean"),
)


def answer(registry: Registry, path: str) -> Reply:
    """GET under /openapi/: the list of v3 documents, or one of them, or v2's; 404 for any other path."""
    if path == "/openapi/v2":
        return Reply(200, _version_2, content_type=_version_2_type)
    documents = {_place(group, version): (group, version) for group, version in _versions(registry)}
    if path == "/openapi/v3":
        body = {"paths": {place: {"serverRelativeURL": _url(registry, place)} for place in documents}}
        return Reply.of(200, body)
    place = path.removeprefix("/openapi/v3/")
    if place not in documents:
        raise no_such_path()
    return Reply.of(200, _document(registry, *documents[place]))


def _versions(registry: Registry) -> list[tuple[str, str]]:
    return [(group, version) for group, versions in registry.versions().items() for version in versions]


def _place(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _url(registry: Registry, place: str) -> str:
    mark = hashlib.sha256(f"{place} {registry.generation}".encode()).hexdigest()[:32].upper()
    return f"/openapi/v3/{place}?hash={mark}"


def _document(registry: Registry, group: str, version: str) -> Json:
    found = [item for item in registry.all() if (item.group, item.version) == (group, version)]
    schemas: Json = {f"{_meta}.ObjectMeta": _object_meta, f"{_meta}.OwnerReference": _owner_reference}
    paths: Json = {}
    for resource in found:
        schemas[_schema_name(resource)] = _schema(resource)
        paths.update(_paths(resource))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.34.4"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _schema_name(resource: ServedResource) -> str:
    group = resource.group or "core"
    reversed_group = ".".join(reversed(group.split(".")))
    return f"{reversed_group}.{resource.version}.{resource.kind}"


def _schema(resource: ServedResource) -> Json:
    written = dict(resource.schema.json)
    properties = dict(written.get("properties") or {})
    properties["apiVersion"], properties["kind"] = _api_version, _kind
    properties["metadata"] = {
        "description": "Standard metadata of an object.",
        "allOf": [{"$ref": f"#/components/schemas/{_meta}.ObjectMeta"}],
        "default": {},
    }
    for path, key in resource.merge_keys.items():
        if path in properties:
            merged = {"x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": key}
            properties[path] = {**properties[path], **merged}
    written["properties"] = properties
    written["x-kubernetes-group-version-kind"] = [_gvk(resource)]
    written.setdefault("description", resource.description)
    return written


def _gvk(resource: ServedResource) -> Json:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _paths(resource: ServedResource) -> Json:
    root = "/" + _place(resource.group, resource.version)
    base = (
        f"{root}/namespaces/{{namespace}}/{resource.plural}"
        if resource.namespaced
        else f"{root}/{resource.plural}"
    )
    reference = {"$ref": f"#/components/schemas/{_schema_name(resource)}"}
    content: Json = {"application/json": {"schema": reference}}
    answered: Json = {"200": {"description": "OK", "content": content}}

    def operation(action: str) -> Json:
        written: Json = {
            "operationId": f"{action}{resource.group}{resource.version}{resource.kind}",
            "responses": answered,
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": _gvk(resource),
        }
        if action in ("post", "put", "patch"):
            written["parameters"] = [_parameter(name, kind) for name, kind in _query]
            written["requestBody"] = {"content": content}
        return written

    verbs = set(resource.verbs)
    collection = {
        method: operation(action)
        for method, action, verb in (("get", "list", "list"), ("post", "post", "create"))
        if verb in verbs
    }
    single = {
        method: operation(action)
        for method, action, verb in (
            ("get", "get", "get"),
            ("put", "put", "update"),
            ("patch", "patch", "patch"),
            ("delete", "delete", "delete"),
        )
        if verb in verbs
    }
    paths: dict[str, Any] = {base: collection}
    if single:
        paths[f"{base}/{{name}}"] = single
    return paths


def _parameter(name: str, kind: str) -> Json:
    return {"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": True}}
