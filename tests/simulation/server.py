"""What each verb does to the store, and what it answers: the API server without its network.

Real rules only. A PUT of a custom resource must carry ``resourceVersion``; a write that changes nothing
takes no new one; ``generation`` counts changes outside ``metadata``, the status too (Argo's kinds have no
status subresource).
"""

import base64
import binascii
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from tests.simulation import statuses
from tests.simulation.history import Call, Entry
from tests.simulation.rules import field_owners, field_selector, label_selector, merge, problem
from tests.simulation.statuses import Refused
from tests.simulation.store import Key, Store

from triggerfish.kube import resources
from triggerfish.kube.resources import SECRETS, SERVICE_ACCOUNTS, Resource
from triggerfish.kube.wire import Response, type_merge_patch
from triggerfish.workflows.objects import Json

NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
KNOWN = {
    (known.group, known.version, known.plural): known
    for known in (*vars(resources).values(), NAMESPACES)
    if isinstance(known, Resource)
}
SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
GENERATED_BASE = 58  # of 63 characters, 5 are the suffix
# What a caller cannot set: kept from the object as it stands.
SYSTEM_FIELDS = (
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "generation",
    "resourceVersion",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
)

# user, verb, resource, subresource, namespace, name
Allowed = Callable[[str, str, Resource, str, str | None, str | None], bool]


def everything(*_: object) -> bool:
    """No RBAC."""
    return True


@dataclass(slots=True)
class Server:
    """The store, its rules, and who may do what. ``now`` is its clock; ``behind`` as in ``Model``."""

    chance: random.Random
    now: datetime
    allowed: Allowed = everything
    behind: int = 0
    store: Store = field(default_factory=Store)
    tokens: dict[str, str] = field(default_factory=dict)
    continues: dict[str, tuple[list[Json], int]] = field(default_factory=dict)

    def carry_out(self, entry: Entry) -> Response:
        """The answer to the entry's call; what it wrote is noted in the entry."""
        try:
            self._authorize(entry.call)
            if entry.call.subresource:
                return self._token(entry.call)
            verb: Callable[[Entry], Response] = getattr(self, f"_{entry.call.verb}")
            return verb(entry)
        except Refused as refused:
            return refused.response

    def _authorize(self, call: Call) -> None:
        if not call.user:
            raise statuses.unauthorized()
        user = call.user
        if call.impersonated:
            account = call.impersonated.removeprefix("system:serviceaccount:").split(":")
            impersonation = (user, "impersonate", SERVICE_ACCOUNTS, "", *account)
            if not self.allowed(*impersonation):
                raise statuses.forbidden(*impersonation)
            user = call.impersonated
        asked = (user, call.verb, call.resource, call.subresource, call.namespace, call.name)
        if not self.allowed(*asked):
            raise statuses.forbidden(*asked)

    # -- reading --------------------------------------------------------------------------------

    def _found(self, call: Call) -> Json:
        found = self.store.get(_key(call))
        if found is None:
            raise statuses.not_found(call.resource, call.name or "")
        return found

    def _get(self, entry: Entry) -> Response:
        return statuses.answer(200, self._found(entry.call))

    def _list(self, entry: Entry) -> Response:
        call, query = entry.call, dict(entry.call.request.query)
        stale = query.get("resourceVersion") == "0"
        revision = self.store.revision
        if token := query.get("continue"):
            if not token.startswith("from-"):
                raise statuses.bad_request("continue key is not valid")
            if token not in self.continues:
                raise statuses.expired()
            items, revision = self.continues[token]
        else:
            items = self._select(call, query, stale=stale)
        metadata: Json = {"resourceVersion": str(revision)}
        limit = 0 if stale else int(query.get("limit") or 0)
        if limit and len(items) > limit:
            token = f"from-{revision}-{call.number}"
            self.continues[token] = items[limit:], revision
            metadata["continue"] = token
            if not (query.get("labelSelector") or query.get("fieldSelector")):
                metadata["remainingItemCount"] = len(items) - limit
            items = items[:limit]
        kind, version = call.resource.kind, call.resource.api_version
        if not call.resource.group:
            items = [{k: v for k, v in item.items() if k not in ("kind", "apiVersion")} for item in items]
        if "as=PartialObjectMetadataList" in call.request.accept:
            kind, version = "PartialObjectMetadata", "meta.k8s.io/v1"
            items = [{"kind": kind, "apiVersion": version, "metadata": item["metadata"]} for item in items]
            # Null when empty: a nil slice in the API server, for this kind of list only.
            items = items or None  # type: ignore[assignment]  # that null is the point
        return statuses.answer(
            200, {"kind": f"{kind}List", "apiVersion": version, "metadata": metadata, "items": items}
        )

    def _select(self, call: Call, query: dict[str, str], *, stale: bool) -> list[Json]:
        matches = label_selector(query.get("labelSelector", ""))
        if matches is None:
            raise statuses.bad_request(f"unable to parse requirement: {query['labelSelector']}")
        fields = field_selector(query.get("fieldSelector", ""))
        items = self.store.select(call.resource, call.namespace, behind=self.behind if stale else 0)
        return [item for item in items if matches(item["metadata"].get("labels") or {}) and fields(item)]

    # -- writing --------------------------------------------------------------------------------

    def _create(self, entry: Entry) -> Response:
        call, resource = entry.call, entry.call.resource
        body = _copy(call.request.body)
        _decode(resource, body)
        given = body.get("metadata") or {}
        namespace = call.namespace or ""
        if resource.namespaced:
            if (NAMESPACES, "", namespace) not in self.store.objects:
                raise statuses.no_namespace(namespace)
            if given.get("namespace", namespace) != namespace:
                raise statuses.bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
        name = given.get("name") or self._generated(given.get("generateName", ""))
        if not name:
            raise statuses.invalid(resource, "", "metadata.name", "Required value: name or generateName")
        key = (resource, namespace, name)
        if existing := self.store.get(key):
            raise statuses.already_exists(
                resource, name, deleting="deletionTimestamp" in existing["metadata"]
            )
        metadata = {key: value for key, value in given.items() if key not in SYSTEM_FIELDS} | {"name": name}
        if namespace:
            metadata["namespace"] = namespace
        metadata["uid"] = f"{self.chance.getrandbits(128):032x}"
        metadata["creationTimestamp"] = _seconds(self.now)
        if resource.group:
            metadata["generation"] = 1
        created = {**body, "apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}
        return self._write(entry, key, None, created, 201)

    def _generated(self, prefix: str) -> str:
        return prefix and prefix[:GENERATED_BASE] + "".join(self.chance.choices(SUFFIX, k=5))

    def _update(self, entry: Entry) -> Response:
        call = entry.call
        before = self._found(call)
        body = _copy(call.request.body)
        _decode(call.resource, body)
        given = body.get("metadata") or {}
        if given.get("name") != call.name:
            raise statuses.bad_request(
                f"the name of the object ({given.get('name')}) does not match the URL's ({call.name})"
            )
        if call.resource.group and not given.get("resourceVersion"):
            unguarded = "Invalid value: 0: must be specified for an update"
            raise statuses.invalid(call.resource, call.name or "", "metadata.resourceVersion", unguarded)
        return self._change(entry, before, body)

    def _patch(self, entry: Entry) -> Response:
        before = self._found(entry.call)
        if entry.call.request.content_type != type_merge_patch:
            raise Refused(statuses.refusal(415, "UnsupportedMediaType", "the model knows merge patches only"))
        return self._change(entry, before, merge(before, _copy(entry.call.request.body)))

    def _change(self, entry: Entry, before: Json, wanted: Json) -> Response:
        call, name = entry.call, entry.call.name or ""
        old, given = before["metadata"], wanted.get("metadata") or {}
        if given.get("resourceVersion") not in (None, "", old["resourceVersion"]):
            raise statuses.conflict(call.resource, name)
        if given.get("uid", old["uid"]) != old["uid"]:
            raise statuses.conflict(call.resource, name, _precondition(given["uid"], old["uid"]))
        metadata = {key: value for key, value in given.items() if key not in SYSTEM_FIELDS and value}
        metadata |= {key: old[key] for key in SYSTEM_FIELDS if key in old}
        after = {**wanted, "metadata": metadata}
        if after == before:
            return statuses.answer(200, before)
        if call.resource.group and {**after, "metadata": None} != {**before, "metadata": None}:
            metadata["generation"] = old["generation"] + 1
        if "deletionTimestamp" in metadata and not metadata.get("finalizers"):
            return self._remove(entry, before, statuses.answer(200, after))
        return self._write(entry, _key(call), before, after, 200)

    def _delete(self, entry: Entry) -> Response:
        call, name = entry.call, entry.call.name or ""
        before = self._found(call)
        metadata = before["metadata"]
        uid = metadata["uid"]
        wanted = ((call.request.body or {}).get("preconditions") or {}).get("uid", uid)
        if wanted != uid:
            raise statuses.conflict(call.resource, name, _precondition(wanted, uid))
        if not metadata.get("finalizers"):
            details = {"name": name, "group": call.resource.group, "kind": call.resource.plural, "uid": uid}
            success = statuses.status_body("Success", details=details)
            return self._remove(entry, before, statuses.answer(200, success))
        if "deletionTimestamp" in metadata:
            return statuses.answer(200, before)
        mark: Json = {"deletionTimestamp": _seconds(self.now), "deletionGracePeriodSeconds": 0}
        if call.resource.group:
            mark["generation"] = metadata["generation"] + 1
        return self._write(entry, _key(call), before, {**before, "metadata": {**metadata, **mark}}, 200)

    def _write(self, entry: Entry, key: Key, before: Json | None, after: Json, status: int) -> Response:
        resource, _, name = key
        if wrong := problem(after["metadata"]):
            raise statuses.invalid(resource, name, *wrong)
        if resource is SECRETS:
            after = _encoded(after)
        manager = dict(entry.call.request.query).get("fieldManager", entry.call.user)
        owners = field_owners(before, after, manager, _seconds(self.now))
        after = {**after, "metadata": {**after["metadata"], "managedFields": owners}}
        if _dry(entry.call):
            return statuses.answer(status, after)
        after = self.store.put(key, after)
        entry.before, entry.after, entry.wrote = before, after, True
        return statuses.answer(status, after)

    def _remove(self, entry: Entry, before: Json, response: Response) -> Response:
        if not _dry(entry.call):
            self.store.remove(_key(entry.call))
            entry.before, entry.wrote = before, True
        return response

    def _token(self, call: Call) -> Response:
        """TokenRequest: the only subresource the functions use."""
        if (call.resource, call.subresource, call.verb) != (SERVICE_ACCOUNTS, "token", "create"):
            raise statuses.no_such_path()
        self._found(call)
        body = _copy(call.request.body)
        seconds = (body.get("spec") or {}).get("expirationSeconds") or 3600
        token = f"token-{call.number}-{self.chance.getrandbits(64):016x}"
        self.tokens[token] = f"system:serviceaccount:{call.namespace}:{call.name}"
        expires = _seconds(self.now + timedelta(seconds=seconds))
        return statuses.answer(201, {**body, "status": {"token": token, "expirationTimestamp": expires}})


def _key(call: Call) -> Key:
    return call.resource, call.namespace or "", call.name or ""


def _dry(call: Call) -> bool:
    return ("dryRun", "All") in call.request.query


def _copy(body: Any) -> Json:
    """As it comes off the wire: shares nothing with the caller's own."""
    value = orjson.loads(orjson.dumps(body))
    if not isinstance(value, dict):
        raise statuses.bad_request("the body is no object")
    return value


def _decode(resource: Resource, body: Json) -> None:
    """A custom resource must say what it is; the kinds of Kubernetes itself may leave it out."""
    kind = body.get("kind") or ("" if resource.group else resource.kind)
    version = body.get("apiVersion") or ("" if resource.group else resource.api_version)
    if not kind or version != resource.api_version:
        raise statuses.bad_request(f"the object provided is unrecognized (must be of type {resource.kind})")
    if kind != resource.kind:
        name = (body.get("metadata") or {}).get("name", "")
        raise statuses.invalid(resource, name, "kind", f'Invalid value: "{kind}": must be {resource.kind}')


def _seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _precondition(wanted: str, uid: str) -> str:
    return f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}"


def _encoded(secret: Json) -> Json:
    """A Secret's ``stringData`` becomes ``data``; what is not base64 is refused."""
    for key, value in (secret.get("data") or {}).items():
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error:
            raise statuses.bad_request(f"Secret data {key}: illegal base64 data") from None
    plain = {
        key: base64.b64encode(text.encode()).decode()
        for key, text in (secret.get("stringData") or {}).items()
    }
    rest = {key: value for key, value in secret.items() if key != "stringData"}
    return {"type": "Opaque", **rest, **({"data": {**(secret.get("data") or {}), **plain}} if plain else {})}
