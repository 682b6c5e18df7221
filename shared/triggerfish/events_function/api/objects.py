"""Objects of one kind by hand, in the shapes of Argo's REST API. All of it as the caller: RBAC decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from triggerfish import annotations as keys
from triggerfish.errors import AnswerError, ApiError, SpecError
from triggerfish.events_function.api.requests import Query, listing
from triggerfish.events_function.service import Service
from triggerfish.kube.client import Client
from triggerfish.kube.resources import Resource
from triggerfish.workflows import labels
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.objects import Json, is_name


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of a kind that belong to this instance, as one caller sees them.

    ``namespace`` is None for all namespaces, and for kinds that have none.
    """

    client: Client
    resource: Resource
    namespace: str | None
    instance_id: str

    async def listed(self, service: Service, query: Query) -> Json:
        """A page of them."""
        return await listing(service, self.client, self.resource, self.namespace, self.ours(query))

    def ours(self, query: Query) -> Query:
        """The same query, of those of this instance alone."""
        given = [value for name, value in query if name == "labelSelector"]
        selector = ",".join([*given, labels.selector(self.instance_id)])
        return (*(pair for pair in query if pair[0] != "labelSelector"), ("labelSelector", selector))

    async def one(self, name: str) -> Json:
        """The object; 404 when it is not there, or another instance's."""
        found = await self.client.get(self.resource, self.namespace, name)
        if not labels.belongs(found["metadata"].get("labels") or {}, self.instance_id):
            what = f'{self.resource.plural}.{self.resource.group} "{name}"'
            raise AnswerError(404, 5, f"{what} belongs to another instance")
        return found

    def made_for(self, creator: Creator, given: Json) -> Json:
        """``given`` as it is created: of its kind, this instance's, and labelled with who made it."""
        metadata = given["metadata"]
        marks = {
            key: value
            for key, value in _map(metadata, "labels").items()
            if key not in (*keys.CREATORS, keys.ACTION)
        }
        marks |= creator.labels | ({keys.INSTANCE_ID: self.instance_id} if self.instance_id else {})
        return self._whole(given, {**metadata, "labels": marks})

    async def create(self, creator: Creator, given: Json) -> Json:
        """The object as it was made."""
        return await self.client.create(self.resource, self.namespace, self.made_for(creator, given))

    async def prove(self) -> None:
        """See that the API server knows the caller, who need not have a right: ``ApiError`` 401 if not."""
        try:
            await self.client.listing(self.resource, self.namespace, (("limit", "1"),))
        except ApiError as error:
            if error.status != 403:
                raise

    async def update(self, name: str | None, given: Json, actor: Creator) -> Json:
        """``given`` in place of what is there; its name is ``name`` or its own.

        What ``given`` does not carry stays: ``argo cron update`` sends a file, which knows nothing of labels
        and annotations that others set. What ticks and controllers record stays as it is, the status too, and
        who made it, and for which instance.
        """
        metadata = given["metadata"]
        name = name or metadata.get("name")
        if not isinstance(name, str) or not is_name(name):
            raise SpecError("metadata.name", "there is no name")
        current = await self.one(name)
        before: Json = current["metadata"]
        labels_before = {key: text for key, text in _map(before, "labels").items() if key not in keys.ACTORS}
        own, noted = _map(metadata, "labels"), _map(metadata, "annotations")
        metadata = {
            **{key: before[key] for key in _kept_metadata if key in before},
            **metadata,
            "name": name,
            "labels": _updated(own, labels_before, _fixed_labels) | actor.acted("Update"),
            "annotations": _updated(noted, _map(before, "annotations"), keys.RECORDED),
        }
        whole = self._whole({key: value for key, value in given.items() if key != "status"}, metadata)
        if "status" in current:
            whole["status"] = current["status"]
        return await self.client.replace(self.resource, self.namespace, name, whole)

    async def delete(self, name: str) -> Json:
        """Gone: an empty object."""
        found = await self.one(name)
        await self.client.delete(self.resource, self.namespace, name, uid=found["metadata"]["uid"])
        return {}

    async def patch(self, name: str, change: Json) -> Json:
        """The object after a merge patch, which may carry ``metadata.resourceVersion`` as its guard."""
        return await self.client.patch(self.resource, self.namespace, name, change)

    def _whole(self, given: Json, metadata: Json) -> Json:
        kind = {"apiVersion": self.resource.api_version, "kind": self.resource.kind}
        return {**given, **kind, "metadata": metadata}


# What an edit does not change unless it says so; a guard that it does not carry is the one just read.
_kept_metadata = ("resourceVersion", "finalizers", "ownerReferences")
_fixed_labels = frozenset((*keys.CREATORS, *keys.ACTORS, keys.INSTANCE_ID, keys.CRON_COMPLETED))


def _updated(given: Mapping[str, str], before: Mapping[str, str], fixed: frozenset[str]) -> dict[str, str]:
    """Return what was there ``before`` with what is ``given``, but for the keys that are ``fixed``."""
    return {**before, **{key: text for key, text in given.items() if key not in fixed}}


def _map(metadata: Json, key: str) -> Mapping[str, Any]:
    given = metadata.get(key)
    return given if isinstance(given, dict) else {}
