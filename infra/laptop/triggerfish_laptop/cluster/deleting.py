"""delete and deletecollection: at once, or once nothing holds the object any more."""

from __future__ import annotations

from datetime import datetime

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.answers import Presenter, Reply
from triggerfish_laptop.cluster.bodies import stamp
from triggerfish_laptop.cluster.calls import ApiCall
from triggerfish_laptop.cluster.changes import Stored
from triggerfish_laptop.cluster.registry import ServedResource
from triggerfish_laptop.cluster.selectors import predicate
from triggerfish_laptop.cluster.status import conflict, forbidden, not_found, success
from triggerfish_laptop.cluster.store import ObjectStore

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
_finalizers = {"Foreground": FOREGROUND, "Orphan": ORPHAN}


def held(resource: ServedResource, value: Json) -> bool:
    """True when something keeps an object that is to be deleted: a finalizer, or its kind."""
    return bool(value["metadata"].get("finalizers") or resource.rules.deleting(value))


def deleted(
    store: ObjectStore, resource: ServedResource, current: Stored, policy: str, now: datetime
) -> Stored:
    """Delete an object, or mark it as to be deleted when a finalizer or the policy holds it."""
    metadata = current.value["metadata"]
    finalizers = list(metadata.get("finalizers") or [])
    own = _finalizers.get(policy)
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


def delete(
    store: ObjectStore, resource: ServedResource, call: ApiCall, show: Presenter, options: Json
) -> Reply:
    """DELETE of one object: the object while something holds it, else a Status."""
    current = store.collection(resource.key).get(call.namespace, call.name)
    if current is None:
        raise not_found(resource.group, resource.plural, call.name)
    gone = _delete(store, resource, call, show.now, current, options)
    value = gone.value
    staying = bool(value["metadata"].get("deletionTimestamp")) and held(resource, value)
    if resource.returns_deleted or staying:
        return Reply(200, show.one(value, gone.data))
    return Reply.of(200, success(resource.group, resource.plural, call.name, value["metadata"]["uid"]))


def delete_collection(
    store: ObjectStore, resource: ServedResource, call: ApiCall, show: Presenter, options: Json
) -> Reply:
    """DELETE of all that the selectors select; answers the list of them."""
    selects = predicate(call.query.get("labelSelector", ""), call.query.get("fieldSelector", ""), resource)
    page = store.collection(resource.key).page(call.namespace)
    found = [stored for stored in page if selects is None or selects(stored.value)]
    for stored in found:
        _delete(store, resource, call, show.now, stored, options)
    return Reply(200, show.many(found, {"resourceVersion": str(store.version)}))


def _delete(
    store: ObjectStore, resource: ServedResource, call: ApiCall, now: datetime, current: Stored, options: Json
) -> Stored:
    metadata = current.value["metadata"]
    if why := resource.rules.kept(metadata["name"]):
        raise forbidden(resource.group, resource.plural, metadata["name"], why)
    guard = options.get("preconditions") or {}
    for key, label in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        if guard.get(key) and guard[key] != metadata[key]:
            given, own = f"{label} in precondition: {guard[key]}", f"{label} in object meta: {metadata[key]}"
            why = f"Precondition failed: {given}, {own}"
            raise conflict(resource.group, resource.plural, metadata["name"], why)
    policy = options.get("propagationPolicy") or call.query.get("propagationPolicy") or "Background"
    if options.get("orphanDependents"):
        policy = "Orphan"
    if call.dry_run or options.get("dryRun"):
        return current
    return deleted(store, resource, current, policy, now)
