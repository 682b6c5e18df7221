"""Work that a cluster does by itself: garbage collection, namespaces that end, accounts, tokens, definitions.

On a real cluster kube-controller-manager does most of this; here one listener reacts to each change.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from triggerfish import annotations as keys
from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.bodies import stamp
from triggerfish_laptop.cluster.changes import Change, ChangeType, Key, Stored
from triggerfish_laptop.cluster.deleting import FOREGROUND, ORPHAN, deleted
from triggerfish_laptop.cluster.kinds.accounts import TOKEN_TYPE
from triggerfish_laptop.cluster.kinds.definitions import DEFINITIONS, defined
from triggerfish_laptop.cluster.registry import Registry
from triggerfish_laptop.cluster.store import ObjectStore
from triggerfish_laptop.cluster.tokens import Keys, legacy_claims

Place = tuple[str, Key]
"""Collection and key of an object."""


_event_life = timedelta(hours=1)
_sweep_every = timedelta(minutes=1)


class Lifecycle:
    """Reacts to changes. ``now`` gives the time; ``ca`` is the certificate that token Secrets carry."""

    def __init__(
        self,
        store: ObjectStore,
        registry: Registry,
        keys: Keys,
        ca: bytes,
        now: Callable[[], datetime],
        new_uid: Callable[[], str],
    ) -> None:
        self._store, self._registry, self._keys, self._ca = store, registry, keys, ca
        self._now, self._new_uid = now, new_uid
        self._dependents: defaultdict[str, set[Place]] = defaultdict(set)
        self._uids: dict[str, Place] = {}
        self.ended: Callable[[str], None] = lambda resource: None
        """Told the name of a resource that is no longer served."""
        self._swept = now()
        self._resume()
        store.listen(self.react)

    def _resume(self) -> None:
        """Take up what the last run of this cluster left: definitions, owners, deletions under way."""
        for stored in self._store.collection(DEFINITIONS.key).objects.values():
            for resource in defined(stored.value):
                self._registry.add(resource)
        found = [(c.name, stored) for c in self._store.collections() for stored in list(c.objects.values())]
        for name, stored in found:
            self._note(name, stored)
        for name, stored in found:
            if stored.value["metadata"].get("deletionTimestamp") or stored.value["metadata"].get(
                "ownerReferences"
            ):
                self.react(name, Change(ChangeType.MODIFIED, stored, stored))

    def react(self, name: str, change: Change) -> None:
        """Do what follows from a change."""
        place = (name, change.stored.key)
        if change.previous is not None:
            self._forget(name, change.previous)
        if change.type is ChangeType.DELETED:
            self._gone(change.stored)
        else:
            self._note(name, change.stored)
        handler = self._handlers.get(name)
        if handler is not None:
            handler(self, change)
        if change.type is not ChangeType.DELETED:
            self._collect(place)
        self._empty_namespace(change)

    def _note(self, name: str, stored: Stored) -> None:
        metadata = stored.value["metadata"]
        self._uids[metadata["uid"]] = (name, stored.key)
        for owner in metadata.get("ownerReferences") or ():
            self._dependents[owner["uid"]].add((name, stored.key))

    def _forget(self, name: str, stored: Stored) -> None:
        metadata = stored.value["metadata"]
        self._uids.pop(metadata["uid"], None)
        for owner in metadata.get("ownerReferences") or ():
            places = self._dependents.get(owner["uid"])
            if places is not None:
                places.discard((name, stored.key))
                if not places:
                    del self._dependents[owner["uid"]]

    def _now_at(self, place: Place) -> Stored | None:
        return self._store.collection(place[0]).objects.get(place[1])

    def _delete(self, place: Place, policy: str = "Background") -> None:
        current = self._now_at(place)
        resource = self._registry.of_key(place[0])
        if current is not None and resource is not None:
            deleted(self._store, resource, current, policy, self._now())

    # Owners and what they own

    def _gone(self, stored: Stored) -> None:
        """An object is gone: so goes what only it owned."""
        for place in list(self._dependents.get(stored.value["metadata"]["uid"], ())):
            self._collect(place)
        for owner in stored.value["metadata"].get("ownerReferences") or ():
            if (place_of_owner := self._uids.get(owner["uid"])) is not None:
                self._collect(place_of_owner)

    def _collect(self, place: Place) -> None:
        current = self._now_at(place)
        if current is None:
            return
        metadata = current.value["metadata"]
        if metadata.get("deletionTimestamp"):
            self._let_go(place, current)
        owners = metadata.get("ownerReferences") or []
        if not owners:
            return
        living = [owner for owner in owners if self._owner_lives(owner, current.key[0])]
        if not living:
            if not metadata.get("deletionTimestamp"):
                self._delete(place)
        elif len(living) < len(owners):
            self._rewrite(place, current, {**metadata, "ownerReferences": living})

    def _owner_lives(self, owner: Json, namespace: str) -> bool:
        place = self._uids.get(owner["uid"])
        if place is not None:
            return place[1][0] in ("", namespace) and place[1][1] == owner["name"]
        # Of a kind that is not served nobody can say that it is gone.
        return not self._registry.knows(owner["apiVersion"], owner["kind"])

    def _let_go(self, place: Place, current: Stored) -> None:
        """Foreground and orphan deletions: see to the dependents, then take the finalizer off."""
        metadata = current.value["metadata"]
        finalizers = metadata.get("finalizers") or []
        dependents = list(self._dependents.get(metadata["uid"], ()))
        if FOREGROUND in finalizers:
            for dependent in dependents:
                self._delete(dependent, "Foreground")
            blocking = [item for item in dependents if self._blocks(item, metadata["uid"])]
            if not blocking:
                self._drop_finalizer(place, FOREGROUND)
        elif ORPHAN in finalizers:
            for dependent in dependents:
                child = self._now_at(dependent)
                if child is not None:
                    own = child.value["metadata"]
                    left = [item for item in own["ownerReferences"] if item["uid"] != metadata["uid"]]
                    self._rewrite(dependent, child, {**own, "ownerReferences": left})
            self._drop_finalizer(place, ORPHAN)

    def _blocks(self, place: Place, uid: str) -> bool:
        current = self._now_at(place)
        owners = () if current is None else current.value["metadata"].get("ownerReferences") or ()
        return any(owner["uid"] == uid and owner.get("blockOwnerDeletion") for owner in owners)

    def _drop_finalizer(self, place: Place, finalizer: str) -> None:
        current = self._now_at(place)
        if current is None:
            return
        metadata = current.value["metadata"]
        left = [name for name in metadata.get("finalizers") or [] if name != finalizer]
        self._rewrite(place, current, {**metadata, "finalizers": left})
        resource = self._registry.of_key(place[0])
        if not left and resource is not None and not resource.rules.deleting(current.value):
            self._store.remove(place[0], place[1])

    def _rewrite(self, place: Place, current: Stored, metadata: Json) -> None:
        metadata = {key: value for key, value in metadata.items() if value != []}
        self._store.put(place[0], place[1], {**current.value, "metadata": metadata})

    # Namespaces

    def _namespace(self, change: Change) -> None:
        if change.type is ChangeType.DELETED:
            return
        name = change.stored.key[1]
        if change.stored.value["metadata"].get("deletionTimestamp"):
            for collection in self._store.collections():
                for stored in list(collection.page(name)):
                    self._delete((collection.name, stored.key))
        elif self._store.collection("serviceaccounts").get(name, "default") is None:
            self._account(name)

    def _account(self, namespace: str) -> None:
        metadata = {
            "name": "default",
            "namespace": namespace,
            "uid": self._new_uid(),
            "creationTimestamp": stamp(self._now()),
        }
        value = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
        self._store.put("serviceaccounts", (namespace, "default"), value)

    def _empty_namespace(self, change: Change) -> None:
        """The last object of a namespace that is to go takes it along."""
        name = change.stored.key[0] or change.stored.key[1]
        namespace = self._store.collection("namespaces").get("", name)
        if namespace is None or not namespace.value["metadata"].get("deletionTimestamp"):
            return
        if any(next(collection.page(name), None) is not None for collection in self._store.collections()):
            return
        if not namespace.value["metadata"].get("finalizers"):
            self._store.remove("namespaces", namespace.key)

    # Service accounts and their token Secrets

    def _service_account(self, change: Change) -> None:
        namespace, name = change.stored.key
        if change.type is not ChangeType.DELETED:
            return
        for secret in list(self._store.collection("secrets").page(namespace)):
            if _account_of(secret.value) == name:
                self._delete(("secrets", secret.key))
        parent = self._store.collection("namespaces").get("", namespace)
        if name == "default" and parent is not None and not parent.value["metadata"].get("deletionTimestamp"):
            self._account(namespace)

    def _secret(self, change: Change) -> None:
        stored = change.stored
        name = _account_of(stored.value)
        if change.type is ChangeType.DELETED or name is None:
            return
        namespace = stored.key[0]
        account = self._store.collection("serviceaccounts").get(namespace, name)
        if account is None:
            self._delete(("secrets", stored.key))
            return
        data = stored.value.get("data") or {}
        if "token" in data or self._store.collection("secrets").get(*stored.key) is None:
            return
        token = self._keys.sign(legacy_claims(account.value, stored.key[1]))
        filled = {"ca.crt": self._ca, "namespace": namespace.encode(), "token": token.encode()}
        metadata = stored.value["metadata"]
        annotations = {**metadata["annotations"], keys.SERVICE_ACCOUNT_UID: account.value["metadata"]["uid"]}
        value = {
            **stored.value,
            "data": {**data, **{key: base64.b64encode(raw).decode() for key, raw in filled.items()}},
            "metadata": {**metadata, "annotations": annotations},
        }
        self._store.put("secrets", stored.key, value)

    # Events

    def _event(self, change: Change) -> None:
        """Events are kept for an hour."""
        now = self._now()
        if change.type is not ChangeType.ADDED or now < self._swept + _sweep_every:
            return
        self._swept = now
        oldest = stamp(now - _event_life)
        for stored in list(self._store.collection("events").objects.values()):
            if stored.value["metadata"]["creationTimestamp"] < oldest:
                self._delete(("events", stored.key))

    # Definitions

    def _definition(self, change: Change) -> None:
        spec = change.stored.value["spec"]
        group, plural = spec["group"], spec["names"]["plural"]
        name = f"{plural}.{group}"
        if change.type is ChangeType.DELETED:
            for stored in list(self._store.collection(name).objects.values()):
                self._store.remove(name, stored.key)
            self._registry.drop(group, plural)
            self.ended(name)
            return
        self._registry.drop(group, plural)
        for resource in defined(change.stored.value):
            self._registry.add(resource)

    _handlers = {  # noqa: RUF012  a table of its own methods
        "namespaces": _namespace,
        "serviceaccounts": _service_account,
        "secrets": _secret,
        "events": _event,
        DEFINITIONS.key: _definition,
    }


def _account_of(secret: Json) -> str | None:
    """The account that a token Secret belongs to, None for other Secrets."""
    if secret.get("type") != TOKEN_TYPE:
        return None
    annotations = secret["metadata"].get("annotations") or {}
    name: str | None = annotations.get(keys.SERVICE_ACCOUNT_NAME)
    return name
