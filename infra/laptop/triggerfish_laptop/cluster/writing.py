"""create, update, patch and server-side apply."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster import applying, managers, patches
from triggerfish_laptop.cluster.admission import Admission, Guard, Headers
from triggerfish_laptop.cluster.answers import Presenter, Reply
from triggerfish_laptop.cluster.bodies import read_body, stamp
from triggerfish_laptop.cluster.calls import ApiCall
from triggerfish_laptop.cluster.changes import Stored
from triggerfish_laptop.cluster.deleting import held
from triggerfish_laptop.cluster.fieldsets import MERGED_LISTS, same
from triggerfish_laptop.cluster.managers import Ownership
from triggerfish_laptop.cluster.registry import ServedResource
from triggerfish_laptop.cluster.status import (
    Cause,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    invalid_value,
    modified,
    not_found,
)
from triggerfish_laptop.cluster.store import ObjectStore
from triggerfish_laptop.cluster.validation import generated_name

_attempts = 8
_kept = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")


@dataclass(frozen=True, slots=True)
class Writer:
    """The verbs that write one object, for one request."""

    store: ObjectStore
    resource: ServedResource
    call: ApiCall
    show: Presenter
    admission: Admission

    @classmethod
    def of(
        cls, store: ObjectStore, resource: ServedResource, call: ApiCall, show: Presenter, guard: Guard
    ) -> Writer:
        """For a user whom ``guard`` keeps from what they may not write all the same."""
        return cls(store, resource, call, show, Admission(resource, call, guard))

    @property
    def now(self) -> datetime:
        """The time of the request."""
        return self.show.now

    def create(self, body: Json) -> Reply:
        """POST."""
        value = self.admission.read(body)
        value["metadata"].pop("managedFields", None)
        return self._insert(value, self._entry("Update"))

    def _insert(self, value: Json, owner: Ownership) -> Reply:
        """Store ``value``, already admitted, as a new object; without fields, ``owner`` gets all of them."""
        metadata = value["metadata"]
        self._room()
        stem = metadata.get("generateName") or ""
        generated = bool(stem) and not metadata.get("name")
        collection = self.store.collection(self.resource.key)
        namespace = self.call.namespace
        for _ in range(_attempts):
            if generated:
                metadata["name"] = generated_name(stem)
            taken = collection.get(namespace, metadata["name"]) if metadata.get("name") else None
            if taken is None or not generated:
                break
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = stamp(self.now)
        for key in (
            "resourceVersion",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "selfLink",
        ):
            metadata.pop(key, None)
        if self.resource.namespaced:
            metadata["namespace"] = namespace
        if self.resource.custom:
            metadata["generation"] = 1
            if self.resource.status_subresource:
                value.pop("status", None)
        value, warnings = self.admission.admit(value, None)
        if taken is not None:
            going = bool(taken.value["metadata"].get("deletionTimestamp"))
            raise already_exists(self.resource.group, self.resource.plural, metadata["name"], deleting=going)
        if owner.fields:
            managers.write(value, [owner])
        else:
            managers.created(value, owner, self._lists)
        if self.call.dry_run:
            return Reply(201, self.show.one(value), warnings)
        stored = self.store.put(self.resource.key, (namespace, metadata["name"]), value)
        return Reply(201, self.show.one(stored.value, stored.data), warnings)

    def update(self, body: Json) -> Reply:
        """PUT."""
        value = self.admission.read(body)
        metadata = value["metadata"]
        self.admission.name(metadata)
        current = self._current()
        if self.resource.custom and not metadata.get("resourceVersion"):
            unguarded = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
            raise self.admission.invalid([unguarded], self.call.name)
        return self._replace(current, value)

    def patch(self, body: bytes, content_type: str) -> Reply:
        """PATCH."""
        if content_type == patches.APPLY_PATCH:
            return self._apply(read_body(body, content_type))
        current = self._current()
        value = patches.patched(self.resource, current.value, content_type, body)
        value = self.admission.read(value)
        metadata = value["metadata"]
        if metadata.get("name") != self.call.name:
            renamed = invalid_value("metadata.name", metadata.get("name"), "field is immutable")
            raise self.admission.invalid([renamed], self.call.name)
        return self._replace(current, value)

    def _apply(self, body: Json) -> Reply:
        """PATCH that is a server-side apply: also creates."""
        if not self.call.query.get("fieldManager"):
            why = "fieldManager: Required value: is required for apply patch"
            raise bad_request(f"PatchOptions.meta.k8s.io is invalid: {why}")
        if (body.get("metadata") or {}).get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        config = self.admission.read(body)
        metadata = config["metadata"]
        self.admission.name(metadata)
        own = self._entry("Apply")
        found = self.store.collection(self.resource.key).get(self.call.namespace, self.call.name)
        if found is None:
            return self._insert(config, replace(own, fields=applying.owned(config, self._lists)))
        force = self.call.flag("force")
        value = applying.applied(found.value, config, own, self._lists, force=force)
        value["metadata"]["resourceVersion"] = metadata.get("resourceVersion", "")
        return self._replace(found, value, settled=True)

    def _replace(self, current: Stored, value: Json, *, settled: bool = False) -> Reply:
        """Store ``value``, already admitted, instead of ``current``; ``settled``: with the owners it has."""
        old, metadata = current.value, value["metadata"]
        guard = metadata.get("resourceVersion") or ""
        if guard and guard != str(current.version):
            raise modified(self.resource.group, self.resource.plural, self.call.name)
        if metadata.get("uid") and metadata["uid"] != old["metadata"]["uid"]:
            why = (
                f"Precondition failed: UID in precondition: {metadata['uid']}, "
                f"UID in object meta: {old['metadata']['uid']}"
            )
            raise conflict(self.resource.group, self.resource.plural, self.call.name, why)
        for key in _kept:
            metadata.pop(key, None)
            if key in old["metadata"]:
                metadata[key] = old["metadata"][key]
        metadata.pop("selfLink", None)
        if self.resource.namespaced:
            metadata["namespace"] = self.call.namespace
        self._keep_subresource(old, value)
        metadata = value["metadata"]
        value, warnings = self.admission.admit(value, old)
        self._count_generation(old, value)
        if settled:
            return self._store(current, value, warnings)
        given = metadata.get("managedFields")
        if given is not None and not any(given):
            metadata["managedFields"] = []
        elif given is None:
            metadata["managedFields"] = old["metadata"].get("managedFields") or []
        managers.updated(old, value, self._entry("Update"), self._lists)
        return self._store(current, value, warnings)

    def _store(self, current: Stored, value: Json, warnings: Headers) -> Reply:
        old, metadata = current.value, value["metadata"]
        metadata["resourceVersion"] = str(current.version)
        if same(value, old):
            return Reply(200, self.show.one(old, current.data), warnings)
        if self.call.dry_run:
            return Reply(200, self.show.one(value), warnings)
        if metadata.get("deletionTimestamp") and not held(self.resource, value):
            self.store.put(self.resource.key, current.key, value)
            gone = self.store.remove(self.resource.key, current.key)
            return Reply(200, self.show.one(gone.value, gone.data), warnings)
        stored = self.store.put(self.resource.key, current.key, value)
        return Reply(200, self.show.one(stored.value, stored.data), warnings)

    def _current(self) -> Stored:
        found = self.store.collection(self.resource.key).get(self.call.namespace, self.call.name)
        if found is None:
            raise not_found(self.resource.group, self.resource.plural, self.call.name)
        return found

    def _keep_subresource(self, old: Json, value: Json) -> None:
        """Through /status only the status changes; through the object itself everything else does."""
        if not self.resource.status_subresource:
            return
        if self.call.subresource == "status":
            status = value.get("status")
            value.clear()
            value.update(old, metadata=dict(old["metadata"]))
            if status is not None:
                value["status"] = status
        elif "status" in old:
            value["status"] = old["status"]
        else:
            value.pop("status", None)

    def _count_generation(self, old: Json, value: Json) -> None:
        before = old["metadata"].get("generation")
        if before is None:
            return
        ignored = {"metadata", "status"} if self.resource.status_subresource else {"metadata"}
        if not same(_outside(old, ignored), _outside(value, ignored)):
            value["metadata"]["generation"] = before + 1

    def _room(self) -> None:
        """404 when the namespace is not there, 403 when it is about to go."""
        if not self.resource.namespaced:
            return
        namespace = self.call.namespace
        found = self.store.collection("namespaces").get("", namespace)
        if found is None:
            raise not_found("", "namespaces", namespace)
        if found.value["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            cause = Cause(
                "metadata.namespace", "NamespaceTerminating", f"namespace {namespace} is being terminated"
            )
            raise forbidden(self.resource.group, self.resource.plural, "", why, [cause])

    def _entry(self, operation: str) -> Ownership:
        sub = self.call.subresource
        return Ownership(self.call.manager, operation, self.resource.api_version, stamp(self.now), {}, sub)

    @property
    def _lists(self) -> dict[str, str]:
        return {**MERGED_LISTS, **self.resource.merge_keys}


def _outside(value: Json, ignored: set[str]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in ignored}
