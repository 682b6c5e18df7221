"""The objects of the model, and what they were a few writes ago."""

from dataclasses import dataclass, field

from triggerfish.kube.resources import Resource
from triggerfish.workflows.objects import Json

Key = tuple[Resource, str, str]


@dataclass(slots=True)
class Store:
    """Objects by (resource, namespace, name); each write takes the next revision.

    Values are never changed in place, so that an earlier state is the present one with writes taken back.
    """

    revision: int = 100
    objects: dict[Key, Json] = field(default_factory=dict)
    undo: list[tuple[Key, Json | None]] = field(default_factory=list)

    def get(self, key: Key) -> Json | None:
        return self.objects.get(key)

    def put(self, key: Key, value: Json) -> Json:
        """Store it with the next resourceVersion."""
        self._log(key)
        metadata = {**value["metadata"], "resourceVersion": str(self.revision)}
        self.objects[key] = {**value, "metadata": metadata}
        return self.objects[key]

    def remove(self, key: Key) -> None:
        self._log(key)
        del self.objects[key]

    def _log(self, key: Key) -> None:
        self.revision += 1
        self.undo.append((key, self.objects.get(key)))

    def select(self, resource: Resource, namespace: str | None, *, behind: int = 0) -> list[Json]:
        """In the order of etcd's keys, as they were ``behind`` writes ago."""
        objects = self.objects
        if behind:
            objects = dict(objects)
            for key, before in reversed(self.undo[-behind:]):
                if before is None:
                    objects.pop(key, None)
                else:
                    objects[key] = before
        found = [
            (f"{key[1]}/{key[2]}", value)
            for key, value in objects.items()
            if key[0] is resource and (namespace is None or key[1] == namespace)
        ]
        return [value for _, value in sorted(found, key=lambda pair: pair[0])]

    def orphans(self) -> list[Key]:
        """What has owners, none of them alive, and is not being deleted yet."""
        alive = {value["metadata"]["uid"] for value in self.objects.values()}
        return [
            key
            for key, value in self.objects.items()
            if (owners := value["metadata"].get("ownerReferences"))
            and "deletionTimestamp" not in value["metadata"]
            and not any(owner["uid"] in alive for owner in owners)
        ]
