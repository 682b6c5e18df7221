"""create, update, patch and delete."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import yaml

from localcluster import applying, managers, patches, protobuf
from localcluster.answers import Answer, Presenter
from localcluster.calls import Call
from localcluster.fieldsets import MERGED_LISTS, same
from localcluster.managers import Entry
from localcluster.registry import Resource
from localcluster.selectors import predicate
from localcluster.status import (
    Cause,
    Json,
    StatusError,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    invalid,
    invalid_value,
    modified,
    not_found,
    success,
)
from localcluster.store import Store, Stored
from localcluster.validation import generated_name, metadata_problems, shape_problem

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
_attempts = 8
_kept = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")


def stamp(moment: datetime) -> str:
    """A time as Kubernetes writes it: whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_body(body: bytes, content_type: str) -> Json:
    """The object in a request: JSON, or YAML or protobuf when the content type says so."""
    if content_type == protobuf.CONTENT_TYPE:
        return protobuf.decode(body)
    try:
        value = _read_yaml(body) if "yaml" in content_type else orjson.loads(body)
    except (orjson.JSONDecodeError, yaml.YAMLError) as error:
        raise bad_request(f"the object provided is unrecognized (must be of type object): {error}") from error
    if not isinstance(value, dict):
        raise bad_request("the object provided is unrecognized (must be of type object)")
    return value


def _read_yaml(body: bytes) -> Any:
    return yaml.load(body, Loader=_Plain)  # noqa: S506  a SafeLoader without dates


class _Plain(yaml.SafeLoader):
    """YAML as Kubernetes reads it: a date is a string."""


_Plain.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for key, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

Guard = Callable[[Json, "Json | None"], None]
"""Looks at an object about to be written; raises ``StatusError`` to forbid it."""


@dataclass(frozen=True, slots=True)
class Writer:
    """The verbs that write, for one request. ``guard`` is what this user may not write all the same."""

    store: Store
    resource: Resource
    call: Call
    show: Presenter
    guard: Guard

    @property
    def now(self) -> datetime:
        """When the request came."""
        return self.show.now

    def create(self, body: Json) -> Answer:
        """POST."""
        value = self._admitted(body)
        value["metadata"].pop("managedFields", None)
        return self._insert(value, self._entry("Update"))

    def _insert(self, value: Json, owner: Entry) -> Answer:
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
        value, warnings = self._finished(value, None)
        if taken is not None:
            going = bool(taken.value["metadata"].get("deletionTimestamp"))
            raise already_exists(self.resource.group, self.resource.plural, metadata["name"], deleting=going)
        if owner.fields:
            managers.write(value, [owner])
        else:
            managers.created(value, owner, self._lists)
        if self.call.dry_run:
            return Answer(201, self.show.one(value), warnings)
        stored = self.store.put(self.resource.key, (namespace, metadata["name"]), value)
        return Answer(201, self.show.one(stored.value, stored.data), warnings)

    def update(self, body: Json) -> Answer:
        """PUT."""
        value = self._admitted(body)
        metadata = value["metadata"]
        self._check_name(metadata)
        current = self._current()
        if self.resource.custom and not metadata.get("resourceVersion"):
            unguarded = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
            raise self._invalid([unguarded])
        return self._replace(current, value)

    def patch(self, body: bytes, content_type: str) -> Answer:
        """PATCH."""
        if content_type == patches.APPLY_PATCH:
            return self._apply(read_body(body, content_type))
        current = self._current()
        value = patches.patched(self.resource, current.value, content_type, body)
        value = self._admitted(value)
        metadata = value["metadata"]
        if metadata.get("name") != self.call.name:
            raise self._invalid([invalid_value("metadata.name", metadata.get("name"), "field is immutable")])
        return self._replace(current, value)

    def _apply(self, body: Json) -> Answer:
        """PATCH that is a server-side apply: also creates."""
        if not self.call.query.get("fieldManager"):
            why = "fieldManager: Required value: is required for apply patch"
            raise bad_request(f"PatchOptions.meta.k8s.io is invalid: {why}")
        if (body.get("metadata") or {}).get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        config = self._admitted(body)
        metadata = config["metadata"]
        self._check_name(metadata)
        own = self._entry("Apply")
        found = self.store.collection(self.resource.key).get(self.call.namespace, self.call.name)
        if found is None:
            return self._insert(config, replace(own, fields=applying.owned(config, self._lists)))
        force = self.call.flag("force")
        value = applying.applied(found.value, config, own, self._lists, force=force)
        value["metadata"]["resourceVersion"] = metadata.get("resourceVersion", "")
        return self._replace(found, value, settled=True)

    def _replace(self, current: Stored, value: Json, *, settled: bool = False) -> Answer:
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
        value, warnings = self._finished(value, old)
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

    def _store(self, current: Stored, value: Json, warnings: tuple[tuple[bytes, bytes], ...]) -> Answer:
        old, metadata = current.value, value["metadata"]
        metadata["resourceVersion"] = str(current.version)
        if same(value, old):
            return Answer(200, self.show.one(old, current.data), warnings)
        if self.call.dry_run:
            return Answer(200, self.show.one(value), warnings)
        if metadata.get("deletionTimestamp") and not self._held(value):
            self.store.put(self.resource.key, current.key, value)
            gone = self.store.remove(self.resource.key, current.key)
            return Answer(200, self.show.one(gone.value, gone.data), warnings)
        stored = self.store.put(self.resource.key, current.key, value)
        return Answer(200, self.show.one(stored.value, stored.data), warnings)

    def delete(self, options: Json) -> Answer:
        """DELETE of one object."""
        current = self._current()
        deleted = self._deleted(current, options)
        value = deleted.value
        if self.resource.returns_deleted or (
            value["metadata"].get("deletionTimestamp") and self._held(value)
        ):
            return Answer(200, self.show.one(value, deleted.data))
        uid = value["metadata"]["uid"]
        return Answer.of(200, success(self.resource.group, self.resource.plural, self.call.name, uid))

    def delete_collection(self, options: Json) -> Answer:
        """DELETE of all that the selectors select; answers the list of them."""
        query = self.call.query
        selects = predicate(query.get("labelSelector", ""), query.get("fieldSelector", ""), self.resource)
        found = [
            stored
            for stored in self.store.collection(self.resource.key).page(self.call.namespace)
            if selects is None or selects(stored.value)
        ]
        for stored in found:
            self._deleted(stored, options)
        return Answer(200, self.show.many(found, {"resourceVersion": str(self.store.version)}))

    def _deleted(self, current: Stored, options: Json) -> Stored:
        """Delete, or mark as to be deleted when something holds it."""
        metadata = current.value["metadata"]
        guard = options.get("preconditions") or {}
        for key, label in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            if guard.get(key) and guard[key] != metadata[key]:
                why = (
                    f"Precondition failed: {label} in precondition: {guard[key]}, "
                    f"{label} in object meta: {metadata[key]}"
                )
                raise conflict(self.resource.group, self.resource.plural, metadata["name"], why)
        policy = options.get("propagationPolicy") or self.call.query.get("propagationPolicy") or "Background"
        if options.get("orphanDependents"):
            policy = "Orphan"
        if self.call.dry_run or options.get("dryRun"):
            return current
        return deleted(self.store, self.resource, current, policy, self.now)

    def _check_name(self, metadata: Json) -> None:
        name = metadata.get("name") or self.call.name
        if name != self.call.name:
            why = f"the name of the object ({name}) does not match the name on the URL ({self.call.name})"
            raise bad_request(why)
        metadata["name"] = name

    def _current(self) -> Stored:
        found = self.store.collection(self.resource.key).get(self.call.namespace, self.call.name)
        if found is None:
            raise not_found(self.resource.group, self.resource.plural, self.call.name)
        return found

    def _admitted(self, body: Json) -> Json:
        """A copy whose ``metadata`` may be changed, once kind, shape and namespace are right."""
        resource = self.resource
        if resource.custom and not (body.get("kind") and body.get("apiVersion")):
            raise bad_request(
                f"the object provided is unrecognized (must be of type {resource.kind}): "
                "Object 'Kind' or 'apiVersion' is missing"
            )
        kind, api_version = body.get("kind") or resource.kind, body.get("apiVersion") or resource.api_version
        if resource.custom and kind != resource.kind:
            raise self._invalid([invalid_value("kind", kind, f"must be {resource.kind}")], "")
        if kind != resource.kind or api_version != resource.api_version:
            raise bad_request(
                f"the API version in the data ({api_version}, Kind={kind}) does not match the expected API "
                f"version ({resource.api_version}, Kind={resource.kind})"
            )
        metadata = body.get("metadata") or {}
        if (problem := shape_problem(metadata)) is not None:
            raise self._undecodable(str(problem))
        metadata = {key: value for key, value in metadata.items() if value not in (None, {}, [])}
        if resource.namespaced and (metadata.get("namespace") or self.call.namespace) != self.call.namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        return {**body, "apiVersion": api_version, "kind": kind, "metadata": metadata}

    def _finished(self, value: Json, old: Json | None) -> tuple[Json, tuple[tuple[bytes, bytes], ...]]:
        """Prune, default, validate. What it warns of are headers of the answer."""
        resource = self.resource
        value, unknown = resource.schema.prune(value)
        warnings: list[tuple[bytes, bytes]] = []
        if unknown:
            mode = self.call.query.get("fieldValidation", "Warn")
            problems = [f'unknown field "{path}"' for path in unknown]
            if mode == "Strict":
                raise self._undecodable(f"strict decoding error: {', '.join(problems)}")
            if mode != "Ignore":
                warnings = [(b"warning", _warning(problem)) for problem in problems]
        resource.schema.default(value)
        problems_found = resource.schema.problems(value)
        if problems_found and not resource.custom:
            # A fixed kind is decoded before it is validated: a wrong type is no valid request at all.
            raise self._undecodable(str(problems_found[0]))
        resource.rules.prepare(value, old)
        causes = metadata_problems(value["metadata"], resource.name_rule) + problems_found
        causes += resource.rules.validate(value, old)
        if old is not None:
            causes += self._new_finalizers(value, old)
        if causes:
            raise self._invalid(causes, value["metadata"].get("name", ""))
        self.guard(value, old)
        return value, tuple(warnings)

    def _new_finalizers(self, value: Json, old: Json) -> list[Cause]:
        if not old["metadata"].get("deletionTimestamp"):
            return []
        before = old["metadata"].get("finalizers") or []
        added = [name for name in value["metadata"].get("finalizers") or [] if name not in before]
        if not added:
            return []
        listed = orjson.dumps(added).decode()
        message = (
            "Forbidden: no new finalizers can be added if the object is being deleted, "
            f"found new finalizers {listed}"
        )
        return [Cause("metadata.finalizers", "FieldValueForbidden", message)]

    def _undecodable(self, why: str) -> StatusError:
        kind = self.resource.kind
        return bad_request(
            f'{kind} in version "{self.resource.version}" cannot be handled as a {kind}: {why}'
        )

    def _invalid(self, causes: list[Cause], name: str | None = None) -> StatusError:
        return invalid(
            self.resource.group, self.resource.kind, self.call.name if name is None else name, causes
        )

    def _keep_subresource(self, old: Json, value: Json) -> None:
        """Through /status only the status changes; through the object itself everything else does."""
        if not self.resource.status_subresource:
            return
        if self.call.subresource == "status":
            status = value.get("status")
            metadata = value["metadata"]
            value.clear()
            value.update(old)
            value["metadata"] = {**old["metadata"], "managedFields": metadata.get("managedFields")}
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

    def _held(self, value: Json) -> bool:
        return bool(value["metadata"].get("finalizers") or self.resource.rules.deleting(value))

    def _entry(self, operation: str) -> Entry:
        sub = self.call.subresource
        return Entry(self.call.manager, operation, self.resource.api_version, stamp(self.now), {}, sub)

    @property
    def _lists(self) -> dict[str, str]:
        return {**MERGED_LISTS, **self.resource.merge_keys}


def deleted(store: Store, resource: Resource, current: Stored, policy: str, now: datetime) -> Stored:
    """Delete an object, or mark it as to be deleted when a finalizer or the policy holds it."""
    metadata = current.value["metadata"]
    finalizers = list(metadata.get("finalizers") or [])
    own = {"Foreground": FOREGROUND, "Orphan": ORPHAN}.get(policy)
    if own is not None and own not in finalizers:
        finalizers.append(own)
    if not finalizers and not resource.rules.deleting(current.value):
        return store.remove(resource.key, current.key)
    if metadata.get("deletionTimestamp") and finalizers == (metadata.get("finalizers") or []):
        return current
    metadata = {**metadata, "finalizers": finalizers}
    if not finalizers:
        del metadata["finalizers"]
    if not metadata.get("deletionTimestamp"):
        metadata.update(deletionTimestamp=stamp(now), deletionGracePeriodSeconds=0)
        if "generation" in metadata:
            metadata["generation"] += 1
    value = {**current.value, "metadata": metadata}
    resource.rules.prepare(value, current.value)
    return store.put(resource.key, current.key, value)


def _outside(value: Json, ignored: set[str]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in ignored}


def _warning(text: str) -> bytes:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'.encode()
