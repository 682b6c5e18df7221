"""Names, labels and the rest of ``metadata``: what a real API server refuses, in its words."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.status import Cause, invalid_value, required, too_long, type_invalid

NameRule = Callable[[str], Sequence[str]]
"""Takes a name, gives the reasons why it cannot be one."""

_label = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_subdomain = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_qualified = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_value = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
# The same few keys and prefixes come with every request.
_remembered = 4096
_annotations_limit = 256 * 1024
_alphabet = "bcdfghjklmnpqrstvwxz2456789"
_name_stem = 58
_subdomain_text = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_label_text = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_qualified_text = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_value_text = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    "for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def subdomain(name: str) -> list[str]:
    """A DNS subdomain: what most objects are called."""
    problems = ["must be no more than 253 characters"] if len(name) > 253 else []
    return problems if _subdomain.fullmatch(name) else [*problems, _subdomain_text]


def label(name: str) -> list[str]:
    """A DNS label: namespaces."""
    problems = ["must be no more than 63 characters"] if len(name) > 63 else []
    return problems if _label.fullmatch(name) else [*problems, _label_text]


def path_segment(name: str) -> list[str]:
    """Anything that can stand in a URL path: RBAC objects."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{character}'" for character in "/%" if character in name]


@lru_cache(_remembered)
def qualified_name(name: str) -> tuple[str, ...]:
    """The key of a label: ``app`` or ``example.com/app``."""
    prefix, slash, rest = name.rpartition("/")
    problems = []
    if slash and not prefix:
        problems.append("prefix part must be non-empty")
    elif slash:
        problems += [f"prefix part {problem}" for problem in subdomain(prefix)]
    if not rest:
        problems.append("name part must be non-empty")
    elif len(rest) > 63:
        problems.append("name part must be no more than 63 characters")
    if not _qualified.fullmatch(rest):
        problems.append(_qualified_text)
    return tuple(problems)


def label_value(value: str) -> list[str]:
    """The value of a label."""
    problems = ["must be no more than 63 characters"] if len(value) > 63 else []
    return problems if _value.fullmatch(value) else [*problems, _value_text]


def generated_name(stem: str) -> str:
    """``stem``, cut so that it stays a label, and five characters by chance."""
    return stem[:_name_stem] + "".join(secrets.choice(_alphabet) for _ in range(5))


def metadata_problems(metadata: Json, rule: NameRule) -> list[Cause]:
    """Problems with an object's ``metadata``; its shape has been looked at already."""
    causes: list[Cause] = []
    name = metadata.get("name") or ""
    stem = metadata.get("generateName") or ""
    if stem:
        causes += [invalid_value("metadata.generateName", stem, why) for why in rule(_stem(stem))]
    if not name:
        causes.append(required("metadata.name", "name or generateName is required"))
    else:
        causes += [invalid_value("metadata.name", name, why) for why in rule(name)]
    for key, value in (metadata.get("labels") or {}).items():
        causes += [invalid_value("metadata.labels", key, why) for why in qualified_name(key)]
        causes += [invalid_value("metadata.labels", value, why) for why in label_value(value)]
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        problems = qualified_name(key.lower())
        causes += [invalid_value("metadata.annotations", key, why) for why in problems]
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > _annotations_limit:
        causes.append(too_long("metadata.annotations", _annotations_limit))
    causes += _owner_problems(metadata.get("ownerReferences") or [])
    for index, finalizer in enumerate(metadata.get("finalizers") or []):
        field = f"metadata.finalizers[{index}]"
        causes += [invalid_value(field, finalizer, why) for why in qualified_name(finalizer)]
    return causes


def _stem(text: str) -> str:
    """A generateName may end in what a name may not end in."""
    return text[:-1] + "a" if text.endswith(("-", ".")) else text


def _owner_problems(owners: list[Json]) -> list[Cause]:
    causes = []
    controllers = []
    for index, owner in enumerate(owners):
        for key in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(key):
                why = "must not be empty"
                field = f"metadata.ownerReferences[{index}].{key}"
                causes.append(invalid_value(field, owner.get(key) or "", why))
        if owner.get("controller"):
            controllers.append(f"{owner.get('kind')}/{owner.get('name')}")
    if len(controllers) > 1:
        why = (
            "Only one reference can have Controller set to true. "
            f"Found {controllers[1]} and {controllers[0]} both set"
        )
        causes.append(invalid_value("metadata.ownerReferences", owners, why))
    return causes


_texts = ("name", "generateName", "namespace", "uid", "resourceVersion", "creationTimestamp")
_maps = ("labels", "annotations")


def shape_problem(metadata: Any) -> Cause | None:
    """The first field of ``metadata`` that is not of its type, None when all are."""
    if not isinstance(metadata, dict):
        return type_invalid("metadata", metadata, "must be an object")
    for key in _texts:
        if not isinstance(metadata.get(key) or "", str):
            return type_invalid(f"metadata.{key}", metadata[key], "must be a string")
    for key in _maps:
        value = metadata.get(key) or {}
        if not isinstance(value, dict):
            return type_invalid(f"metadata.{key}", value, "must be an object")
        for name, text in value.items():
            if not isinstance(text, str):
                return type_invalid(f"metadata.{key}.{name}", text, "must be a string")
    owners = metadata.get("ownerReferences") or []
    if not isinstance(owners, list) or not all(isinstance(owner, dict) for owner in owners):
        return type_invalid("metadata.ownerReferences", owners, "must be a list of objects")
    finalizers = metadata.get("finalizers") or []
    if not isinstance(finalizers, list) or not all(isinstance(name, str) for name in finalizers):
        return type_invalid("metadata.finalizers", finalizers, "must be a list of strings")
    return None
