"""Requests in protobuf: kubectl's create commands send the fixed kinds so. Answers are always JSON.

A body is four magic bytes and a message ``Unknown`` that says the kind and wraps the object. Field numbers
are those of the Kubernetes API's generated.proto files.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.status import bad_request

CONTENT_TYPE = "application/vnd.kubernetes.protobuf"
_magic = b"k8s\x00"
_varint, _fixed64, _bytes, _fixed32 = 0, 1, 2, 5

Message = dict[int, tuple[str, str]]
"""Field number to JSON name and type; ``*`` before a type means repeated."""


def _message(text: str) -> Message:
    """``1 name string, 2 rules *PolicyRule``."""
    fields = (part.split() for part in text.split(","))
    return {int(number): (name, kind) for number, name, kind in fields}


_object = "1 metadata ObjectMeta"
_messages = {
    "Unknown": _message("1 typeMeta TypeMeta, 2 raw raw"),
    "TypeMeta": _message("1 apiVersion string, 2 kind string"),
    "ObjectMeta": _message(
        "1 name string, 2 generateName string, 3 namespace string, 5 uid string, 6 resourceVersion string, "
        "7 generation int, 8 creationTimestamp time, 9 deletionTimestamp time, "
        "10 deletionGracePeriodSeconds int, 11 labels map, 12 annotations map, "
        "13 ownerReferences *OwnerReference, 14 finalizers *string, 17 managedFields *ManagedFieldsEntry"
    ),
    "OwnerReference": _message(
        "5 apiVersion string, 1 kind string, 3 name string, 4 uid string, 6 controller bool, "
        "7 blockOwnerDeletion bool"
    ),
    "ManagedFieldsEntry": _message(
        "1 manager string, 2 operation string, 3 apiVersion string, 4 time time, 6 fieldsType string, "
        "7 fieldsV1 FieldsV1, 8 subresource string"
    ),
    "FieldsV1": _message("1 Raw json"),
    "ConfigMap": _message(f"{_object}, 4 immutable bool, 2 data map, 3 binaryData bytesmap"),
    "Secret": _message(f"{_object}, 5 immutable bool, 2 data bytesmap, 4 stringData map, 3 type string"),
    "ServiceAccount": _message(
        f"{_object}, 2 secrets *ObjectReference, 3 imagePullSecrets *LocalObjectReference, "
        "4 automountServiceAccountToken bool"
    ),
    "LocalObjectReference": _message("1 name string"),
    "ObjectReference": _message(
        "1 kind string, 2 namespace string, 3 name string, 4 uid string, 5 apiVersion string, "
        "6 resourceVersion string, 7 fieldPath string"
    ),
    "Namespace": _message(f"{_object}, 2 spec NamespaceSpec, 3 status NamespaceStatus"),
    "NamespaceSpec": _message("1 finalizers *string"),
    "NamespaceStatus": _message("1 phase string"),
    "Event": _message(
        f"{_object}, 2 involvedObject ObjectReference, 3 reason string, 4 message string, "
        "5 source EventSource, 6 firstTimestamp time, 7 lastTimestamp time, 8 count int, 9 type string, "
        "10 eventTime microtime, 11 series EventSeries, 12 action string, 13 related ObjectReference, "
        "14 reportingComponent string, 15 reportingInstance string"
    ),
    "EventSource": _message("1 component string, 2 host string"),
    "EventSeries": _message("1 count int, 2 lastObservedTime microtime"),
    "Role": _message(f"{_object}, 2 rules *PolicyRule"),
    "ClusterRole": _message(f"{_object}, 2 rules *PolicyRule, 3 aggregationRule AggregationRule"),
    "RoleBinding": _message(f"{_object}, 2 subjects *Subject, 3 roleRef RoleRef"),
    "ClusterRoleBinding": _message(f"{_object}, 2 subjects *Subject, 3 roleRef RoleRef"),
    "PolicyRule": _message(
        "1 verbs *string, 2 apiGroups *string, 3 resources *string, 4 resourceNames *string, "
        "5 nonResourceURLs *string"
    ),
    "Subject": _message("1 kind string, 2 apiGroup string, 3 name string, 4 namespace string"),
    "RoleRef": _message("1 apiGroup string, 2 kind string, 3 name string"),
    "AggregationRule": _message("1 clusterRoleSelectors *LabelSelector"),
    "LabelSelector": _message("1 matchLabels map, 2 matchExpressions *LabelSelectorRequirement"),
    "LabelSelectorRequirement": _message("1 key string, 2 operator string, 3 values *string"),
    "TokenRequest": _message(f"{_object}, 2 spec TokenRequestSpec"),
    "TokenRequestSpec": _message(
        "1 audiences *string, 4 expirationSeconds int, 3 boundObjectRef BoundObjectReference"
    ),
    "BoundObjectReference": _message("1 kind string, 2 apiVersion string, 3 name string, 4 uid string"),
    "TokenReview": _message(f"{_object}, 2 spec TokenReviewSpec"),
    "TokenReviewSpec": _message("1 token string, 2 audiences *string"),
    "SelfSubjectReview": _message(_object),
    "SelfSubjectAccessReview": _message(f"{_object}, 2 spec SubjectAccessReviewSpec"),
    "SubjectAccessReview": _message(f"{_object}, 2 spec SubjectAccessReviewSpec"),
    "LocalSubjectAccessReview": _message(f"{_object}, 2 spec SubjectAccessReviewSpec"),
    "SubjectAccessReviewSpec": _message(
        "1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes, "
        "3 user string, 4 groups *string, 6 uid string"
    ),
    "SelfSubjectRulesReview": _message(f"{_object}, 2 spec SelfSubjectRulesReviewSpec"),
    "SelfSubjectRulesReviewSpec": _message("1 namespace string"),
    "ResourceAttributes": _message(
        "1 namespace string, 2 verb string, 3 group string, 4 version string, 5 resource string, "
        "6 subresource string, 7 name string"
    ),
    "NonResourceAttributes": _message("1 path string, 2 verb string"),
    "DeleteOptions": _message(
        "1 gracePeriodSeconds int, 2 preconditions Preconditions, 3 orphanDependents bool, "
        "4 propagationPolicy string, 5 dryRun *string"
    ),
    "Preconditions": _message("1 uid string, 2 resourceVersion string"),
}


def decode(body: bytes) -> Json:
    """The object in a protobuf body, as JSON; 400 when it is none that we know."""
    if not body.startswith(_magic):
        raise bad_request("the body is not protobuf in the form Kubernetes uses")
    try:
        wrapped = _decode("Unknown", body[len(_magic) :])
        about = wrapped["typeMeta"]
        if about["kind"] not in _messages:
            raise bad_request(f"no kind {about['kind']!r} is known in protobuf; send JSON")
        return {**about, **_decode(about["kind"], wrapped.get("raw", b""))}
    except (IndexError, KeyError, ValueError) as error:
        raise bad_request(f"the protobuf body cannot be read: {error}") from error


def _decode(name: str, data: bytes) -> Json:
    message = _messages[name]
    value: Json = {}
    for number, raw in _fields(data):
        if number not in message:
            continue
        key, kind = message[number]
        if kind.startswith("*"):
            value.setdefault(key, []).append(_value(kind[1:], raw))
        elif kind in ("map", "bytesmap"):
            entry = dict(_fields(_as_bytes(raw)))
            text = _as_bytes(entry.get(2, b""))
            shown = text.decode() if kind == "map" else base64.b64encode(text).decode()
            value.setdefault(key, {})[_as_bytes(entry.get(1, b"")).decode()] = shown
        else:
            item = _value(kind, raw)
            # Go writes empty texts, zeros and zero times of fields that were not set.
            if item not in ("", None) and (item != 0 or isinstance(item, bool)):
                value[key] = item
    return value


def _value(kind: str, raw: int | bytes) -> Any:
    if kind == "string":
        return _as_bytes(raw).decode()
    if kind == "bool":
        return bool(raw)
    if kind == "int":
        return raw
    if kind == "raw":
        return raw
    if kind == "json":
        return orjson.loads(_as_bytes(raw))
    if kind in ("time", "microtime"):
        return _time(_as_bytes(raw), fraction=kind == "microtime")
    value = _decode(kind, _as_bytes(raw))
    return value.get("Raw") if kind == "FieldsV1" else value


def _time(data: bytes, *, fraction: bool) -> str | None:
    parts = dict(_fields(data))
    seconds, nanos = parts.get(1, 0), parts.get(2, 0)
    if not isinstance(seconds, int) or not isinstance(nanos, int) or seconds <= 0:
        return None
    moment = datetime.fromtimestamp(seconds, UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{nanos // 1000:06d}Z" if fraction else f"{text}Z"


def _as_bytes(raw: int | bytes) -> bytes:
    if isinstance(raw, int):
        raise ValueError("a number where a text belongs")  # noqa: TRY004  malformed input, as all of it here
    return raw


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    position = 0
    while position < len(data):
        tag, position = _number(data, position)
        kind = tag & 7
        if kind == _varint:
            value, position = _number(data, position)
            # Numbers are signed and 64 bits wide.
            yield tag >> 3, value - (1 << 64) if value >= 1 << 63 else value
            continue
        if kind == _bytes:
            size, position = _number(data, position)
        else:
            size = {_fixed64: 8, _fixed32: 4}[kind]
        if position + size > len(data):
            raise ValueError("it ends early")
        yield tag >> 3, data[position : position + size]
        position += size


def _number(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")
