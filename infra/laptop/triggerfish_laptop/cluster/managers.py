"""``metadata.managedFields``: who set which field, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster import fieldsets
from triggerfish_laptop.cluster.fieldsets import Fields


@dataclass(frozen=True, slots=True)
class Ownership:
    """The fields that one manager owns by one kind of operation (Update or Apply)."""

    manager: str
    operation: str
    api_version: str
    time: str
    fields: Fields
    subresource: str = ""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """There is one entry for each of these."""
        return self.manager, self.operation, self.api_version, self.subresource

    def json(self) -> Json:
        """The form in which objects carry it."""
        entry: Json = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": self.fields,
        }
        if self.subresource:
            entry["subresource"] = self.subresource
        return entry


def read(value: Json) -> list[Ownership]:
    """The entries of an object; none when what stands there is not usable."""
    entries = []
    for item in value["metadata"].get("managedFields") or ():
        if not item.get("operation"):
            return []
        entries.append(
            Ownership(
                item.get("manager", ""),
                item["operation"],
                item.get("apiVersion", ""),
                item.get("time", ""),
                item.get("fieldsV1") or {},
                item.get("subresource", ""),
            )
        )
    return entries


def write(value: Json, entries: list[Ownership]) -> None:
    """Set the entries of an object in place; those that own nothing go."""
    kept = [entry.json() for entry in entries if entry.fields]
    if kept:
        value["metadata"]["managedFields"] = kept
    else:
        value["metadata"].pop("managedFields", None)


def created(value: Json, entry: Ownership, lists: Mapping[str, str]) -> None:
    """Give all of a new object to its creator. ``entry`` says who and when; in place."""
    write(value, [replace(entry, fields=fieldsets.all_of(value, lists, dots=True))])


def updated(old: Json, new: Json, entry: Ownership, lists: Mapping[str, str]) -> None:
    """Give each changed field to its author alone; what is gone has no owner. In place, in ``new``."""
    entries = read(new) if "managedFields" in new["metadata"] else read(old)
    fields = fieldsets.changed(old, new, lists)
    result = []
    own = entry
    for known in entries:
        left = fieldsets.present(known.fields, new)
        if known.identity == entry.identity:
            merged = fieldsets.union(left, fields) if fields and left else left or fields
            time = entry.time if fields else known.time
            own = replace(known, fields=merged, time=time)
            result.append(own)
        else:
            result.append(replace(known, fields=fieldsets.without(left, fields) if fields else left))
    if own is entry and fields:
        result.append(replace(entry, fields=fields))
    write(new, result)
