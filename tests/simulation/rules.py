"""Rules of the API server that are functions of data: selectors, merge patches, validity, field owners."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from triggerfish.workflows.objects import Json

Path = tuple[str, ...]

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
REQUIREMENT = re.compile(
    r"\s*(?:(?P<absent>!\s*(?P<no>[\w./-]+))"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)"
    r"|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?)\s*(?:,|$)"
)


def label_selector(text: str) -> Callable[[Json], bool] | None:
    """Whether labels match; None when the text is no selector."""
    requirements, position = [], 0
    while position < len(text):
        found = REQUIREMENT.match(text, position)
        if not found:
            return None
        requirements.append(found.groupdict())
        position = found.end()
    return lambda labels: all(_meets(labels, requirement) for requirement in requirements)


def _meets(labels: Json, requirement: Json) -> bool:
    if requirement["absent"]:
        return requirement["no"] not in labels
    value = labels.get(requirement["key"])
    if requirement["set"]:
        values = {part.strip() for part in requirement["values"].split(",")}
        return (value in values) == (requirement["set"] == "in")
    if requirement["op"] == "!=":
        return bool(value != requirement["value"])
    return value is not None if requirement["op"] is None else bool(value == requirement["value"])


def field_selector(text: str) -> Callable[[Json], bool]:
    """``metadata.name`` and ``metadata.namespace``, as custom resources know them; others too, by path."""
    wanted = [part.replace("==", "=").partition("=") for part in text.split(",") if part]

    def at(item: Json, path: str) -> Any:
        value: Any = item
        for key in path.split("."):
            value = (value or {}).get(key)
        return value

    def meets(item: Json) -> bool:
        return all(
            (at(item, path.removesuffix("!")) == value) != path.endswith("!") for path, _, value in wanted
        )

    return meets


def merge(target: Any, patch: Any) -> Any:
    """RFC 7396; the target is not changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def problem(metadata: Json) -> tuple[str, str] | None:
    """The field that the API server refuses, and why; None when all is well."""
    name = metadata["name"]
    if len(name) > 253 or not NAME.fullmatch(name):
        why = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"
        return "metadata.name", f'Invalid value: "{name}": {why}'
    for key, value in (metadata.get("labels") or {}).items():
        if not isinstance(value, str):
            return "metadata.labels", f"Invalid value: {value!r}: must be a string"
        if len(value) > 63:
            return "metadata.labels", f'Invalid value: "{value}": must be no more than 63 bytes'
        prefix, _, plain = key.rpartition("/")
        if not LABEL.fullmatch(value) or not plain or not LABEL.fullmatch(plain) or len(plain) > 63:
            return "metadata.labels", f'Invalid value: "{value}": a valid label must be alphanumeric'
        if prefix and not NAME.fullmatch(prefix):
            return "metadata.labels", f'Invalid value: "{key}": prefix part must be a subdomain'
    for number, owner in enumerate(metadata.get("ownerReferences") or []):
        if not owner.get("uid"):
            return f"metadata.ownerReferences[{number}].uid", 'Invalid value: "": must not be empty'
    return None


# The API server's own: no manager owns them.
_UNOWNED = {
    ("apiVersion",),
    ("kind",),
    *(
        ("metadata", key)
        for key in (
            "name",
            "namespace",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "managedFields",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
        )
    ),
}


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each leaf with its path; a list is one leaf, as it is for a custom resource without list types."""
    if path in _UNOWNED:
        return
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif path:
        yield path, value


def _paths(tree: Json, path: Path = ()) -> Iterator[Path]:
    for key, inner in tree.items():
        if key == ".":
            continue
        if inner:
            yield from _paths(inner, (*path, key.removeprefix("f:")))
        else:
            yield (*path, key.removeprefix("f:"))


def _tree(paths: set[Path]) -> Json:
    root: Json = {}
    for path in sorted(paths):
        node = root
        for key in path:
            node = node.setdefault(f"f:{key}", {})
    return root


def field_owners(before: Json | None, after: Json, manager: str, time: str) -> list[Json]:
    """``metadata.managedFields`` after this write by ``manager``.

    A manager owns the leaves whose value it set last. Its entry's time is that of its latest write that took
    a field: a removal leaves no owner, and no time.
    """
    old = dict(_leaves(before)) if before else {}
    new = dict(_leaves(after))
    changed = {path for path, value in new.items() if path not in old or old[path] != value}
    entries: list[Json] = []
    mine: set[Path] = set(changed)
    for entry in (before or {}).get("metadata", {}).get("managedFields", []):
        kept = {path for path in _paths(entry["fieldsV1"]) if path in new and path not in changed}
        if entry["manager"] == manager:
            mine |= kept
            time = time if changed else entry["time"]
        elif kept:
            entries.append({**entry, "fieldsV1": _tree(kept)})
    if mine:
        entries.append(
            {
                "manager": manager,
                "operation": "Update",
                "apiVersion": after["apiVersion"],
                "time": time,
                "fieldsType": "FieldsV1",
                "fieldsV1": _tree(mine),
            }
        )
    return sorted(entries, key=lambda entry: (entry["time"], entry["manager"]))
