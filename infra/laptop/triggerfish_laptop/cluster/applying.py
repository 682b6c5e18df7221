"""Server-side apply: an object as its author wants it, merged with what others have set. Pure.

Who applies owns what they applied. What they leave out of their next apply goes, unless another owns it too.
To set what another owns to another value is a conflict, unless forced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from triggerfish import annotations as keys
from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster import fieldsets, managers
from triggerfish_laptop.cluster.fieldsets import Fields
from triggerfish_laptop.cluster.managers import Ownership
from triggerfish_laptop.cluster.status import Cause, StatusError

_kubectl = "kubectl"


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A field that another manager has set to another value."""

    entry: Ownership
    path: str

    @property
    def manager(self) -> str:
        """The name that the message gives it."""
        text = f'"{self.entry.manager}"'
        if self.entry.subresource:
            text += f' with subresource "{self.entry.subresource}"'
        if self.entry.operation == "Update":
            text += f" using {self.entry.api_version}"
            if self.entry.time:
                text += f" at {self.entry.time}"
        return text


def owned(config: Json, lists: Mapping[str, str]) -> Fields:
    """The fields that an apply of this object owns."""
    return fieldsets.all_of(config, lists, dots=False)


def applied(live: Json, config: Json, own: Ownership, lists: Mapping[str, str], *, force: bool) -> Json:
    """``live`` with ``config`` applied by ``own``, owners included; 409 names every conflict."""
    wanted = owned(config, lists)
    entries = managers.read(live)
    others = [entry for entry in entries if not _is(entry, own)]
    previous = next((entry for entry in entries if _is(entry, own)), None)
    merged: Json = _merged(live, config, lists, "")
    meant = fieldsets.both(wanted, fieldsets.changed(live, merged, lists))
    clashes = [(entry, fieldsets.both(entry.fields, meant)) for entry in others]
    conflicts = [FieldConflict(entry, path) for entry, fields in clashes for path in fieldsets.paths(fields)]
    if not force:
        allowed = _taken_over(live, own, lists)
        conflicts = [conflict for conflict in conflicts if conflict.path not in allowed]
        if conflicts:
            raise refusal(conflicts)
    if previous is not None:
        kept = wanted
        for entry in others:
            kept = fieldsets.union(kept, entry.fields) if entry.fields else kept
        # Merged once more: a map emptied here may be wanted empty.
        merged = _merged(_removed(merged, _left_out(previous.fields, kept)), config, lists, "")
    same_fields = previous is not None and previous.fields == wanted and not meant
    time = previous.time if previous is not None and same_fields else own.time
    result = [replace(own, fields=wanted, time=time)]
    for entry, lost in clashes:
        left = fieldsets.without(entry.fields, lost) if lost else entry.fields
        result.append(replace(entry, fields=fieldsets.present(left, merged)))
    merged["metadata"] = dict(merged["metadata"])
    managers.write(merged, result)
    return merged


def refusal(conflicts: Sequence[FieldConflict]) -> StatusError:
    """409 with a cause for each conflict."""
    by_manager: dict[str, list[str]] = {}
    for conflict in conflicts:
        by_manager.setdefault(conflict.manager, []).append(conflict.path)
    if len(conflicts) == 1:
        text = f"1 conflict: conflict with {conflicts[0].manager}: {conflicts[0].path}"
    else:
        parts = ["\n- ".join([f"conflicts with {name}:", *found]) for name, found in by_manager.items()]
        text = f"{len(conflicts)} conflicts: " + "\n".join(parts)
    causes = [
        Cause(conflict.path, "FieldManagerConflict", f"conflict with {conflict.manager}").json()
        for conflict in conflicts
    ]
    return StatusError(409, "Conflict", f"Apply failed with {text}", {"causes": causes})


def _taken_over(live: Json, own: Ownership, lists: Mapping[str, str]) -> set[str]:
    """The fields that kubectl once applied from the client: applying them on the server is no conflict."""
    text = (live["metadata"].get("annotations") or {}).get(keys.LAST_APPLIED)
    if own.manager != _kubectl or not text:
        return set()
    try:
        last = orjson.loads(text)
    except orjson.JSONDecodeError:
        return set()
    return set(fieldsets.paths(owned(last, lists))) if isinstance(last, dict) else set()


def _is(entry: Ownership, own: Ownership) -> bool:
    return (
        entry.operation == "Apply" and entry.manager == own.manager and entry.subresource == own.subresource
    )


def _left_out(previous: Fields, kept: Fields) -> Fields:
    """The fields applied before that are to be removed: not kept, and without anything in them that is."""
    found: Fields = {}
    for step, below in previous.items():
        if step == ".":
            continue
        if step not in kept:
            found[step] = {} if not below or "." in below else below
        elif below and (deeper := _left_out(below, kept[step])):
            found[step] = deeper
    return found


def _merged(live: Any, config: Any, lists: Mapping[str, str], path: str) -> Any:
    if isinstance(live, dict) and isinstance(config, dict):
        result = dict(live)
        for key, value in config.items():
            below = f"{path}.{key}" if path else key
            result[key] = _merged(live[key], value, lists, below) if key in live else value
        return result
    if isinstance(live, list) and isinstance(config, list) and path in lists:
        return _merged_list(live, config, lists[path])
    return config


def _merged_list(live: list[Any], config: list[Any], key: str) -> list[Any]:
    result = {fieldsets.element(item, key): item for item in live}
    for item in config:
        step = fieldsets.element(item, key)
        result[step] = _merged(result[step], item, {}, "") if step in result and key != "." else item
    return list(result.values())


def _removed(value: Any, fields: Fields) -> Any:
    """``value`` without the fields of a set."""
    if isinstance(value, dict):
        kept = {}
        for key, item in value.items():
            step = fields.get(f"f:{key}")
            if step is None:
                kept[key] = item
            elif step:
                left = _removed(item, step)
                # A map that was only there for what it held goes with it.
                if left or not item:
                    kept[key] = left
        return kept
    if isinstance(value, list):
        whole = [step for step, below in fields.items() if step != "." and (not below or "." in below)]
        gone = [fieldsets.descend(value, step)[1] for step in whole]
        return [item for item in value if item not in gone]
    return value
