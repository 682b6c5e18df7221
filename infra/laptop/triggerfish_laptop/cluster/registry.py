"""Which resources this cluster serves: a fixed table, and what CustomResourceDefinitions add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.schemas import Schema
from triggerfish_laptop.cluster.status import Cause, qualified
from triggerfish_laptop.cluster.validation import NameRule, subdomain

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table that ``kubectl get`` shows; ``cell`` reads it from the object."""

    name: str
    cell: Callable[[Json], Any]
    type: str = "string"
    description: str = ""
    format: str = ""
    priority: int = 0


class KindRules:
    """Behaviour of one kind beyond that of every kind; most have none."""

    def prepare(self, new: Json, old: Json | None) -> None:
        """Fill in what the server fills in; ``new`` may be changed, ``old`` is None on a create."""

    def validate(self, new: Json, old: Json | None) -> list[Cause]:
        """Problems with it."""
        return []

    def kept(self, name: str) -> str:
        """The reason why the object of this name may never be deleted, empty when it may."""
        return ""

    def deleting(self, value: Json) -> list[str]:
        """Finalizers that the server itself holds on an object to be deleted."""
        return []


@dataclass(frozen=True, slots=True)
class ServedResource:
    """One resource type as it is served under one version."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    columns: tuple[Column, ...] = ()
    schema: Schema = field(default_factory=Schema)
    rules: KindRules = field(default_factory=KindRules)
    name_rule: NameRule = subdomain
    fields: Mapping[str, Callable[[Json], str]] = field(default_factory=dict)
    """Field selectors beyond ``metadata.name`` and ``metadata.namespace``."""
    merge_keys: Mapping[str, str] = field(default_factory=dict)
    """Path of a list to the key that tells its elements apart (``.`` when they are plain values)."""
    custom: bool = False
    """From a CustomResourceDefinition: no strategic merge patch, and it counts generations."""
    status_subresource: bool = False
    returns_deleted: bool = False
    list_kind: str = ""
    description: str = ""

    @property
    def key(self) -> str:
        """The name of its collection in the store, and of its CRD."""
        return qualified(self.group, self.plural)

    @property
    def api_version(self) -> str:
        """The form in which objects carry it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def kind_of_list(self) -> str:
        """``WorkflowList``."""
        return self.list_kind or f"{self.kind}List"


class Registry:
    """The resources that are served now."""

    def __init__(self, fixed: Iterator[ServedResource] | tuple[ServedResource, ...]) -> None:
        self._by_path: dict[tuple[str, str, str], ServedResource] = {}
        self.generation = 0
        for resource in fixed:
            self.add(resource)

    def add(self, resource: ServedResource) -> None:
        """Serve it, instead of what had its path."""
        self._by_path[resource.group, resource.version, resource.plural] = resource
        self.generation += 1

    def drop(self, group: str, plural: str) -> None:
        """Serve no version of it any more."""
        for path in [path for path in self._by_path if path[0] == group and path[2] == plural]:
            del self._by_path[path]
        self.generation += 1

    def find(self, group: str, version: str, plural: str) -> ServedResource | None:
        """By its URL path."""
        return self._by_path.get((group, version, plural))

    def is_builtin(self, group: str, version: str) -> bool:
        """Whether the server itself has resources of that version, not a CustomResourceDefinition."""
        return any(path[:2] == (group, version) and not item.custom for path, item in self._by_path.items())

    def knows(self, api_version: str, kind: str) -> bool:
        """True when objects that say this of themselves are served."""
        return any(item.kind == kind and item.api_version == api_version for item in self._by_path.values())

    def of_key(self, key: str) -> ServedResource | None:
        """By the name of its collection; any version."""
        return next((resource for resource in self._by_path.values() if resource.key == key), None)

    def all(self) -> list[ServedResource]:
        """All, in the order they were added."""
        return list(self._by_path.values())

    def versions(self) -> dict[str, list[str]]:
        """Group to its versions, in the order they were added."""
        found: dict[str, list[str]] = {}
        for group, version, _ in self._by_path:
            known = found.setdefault(group, [])
            if version not in known:
                known.append(version)
        return found
