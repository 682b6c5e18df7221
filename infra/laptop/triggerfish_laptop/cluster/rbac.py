"""Role-based access control: who may do what, decided from the stored roles and bindings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.calls import User
from triggerfish_laptop.cluster.changes import Change
from triggerfish_laptop.cluster.status import StatusError, forbidden
from triggerfish_laptop.cluster.store import ObjectStore

ROLES = "roles.rbac.authorization.k8s.io"
CLUSTER_ROLES = "clusterroles.rbac.authorization.k8s.io"
ROLE_BINDINGS = "rolebindings.rbac.authorization.k8s.io"
CLUSTER_ROLE_BINDINGS = "clusterrolebindings.rbac.authorization.k8s.io"
_all = (ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS)


@dataclass(frozen=True, slots=True)
class Attributes:
    """A question of access; with ``path``, a path that names no resource."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        """``serviceaccounts/token``."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def denied(user: User, asked: Attributes) -> StatusError:
    """403 for a resource, as a real API server words it."""
    where = f' in the namespace "{asked.namespace}"' if asked.namespace else " at the cluster scope"
    why = (
        f'User "{user.name}" cannot {asked.verb} resource "{asked.full_resource}" in API group '
        f'"{asked.group}"{where}'
    )
    return forbidden(asked.group, asked.resource, asked.name, why)


class Authorizer:
    """Answers from the roles in the store. Answers are kept until a role or a binding changes."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._known: dict[tuple[User, Attributes], bool] = {}
        store.listen(self._changed)

    def _changed(self, resource: str, change: Change) -> None:
        if resource in _all:
            self._known.clear()

    def allows(self, user: User, asked: Attributes) -> bool:
        """True when some role allows it."""
        # Objects come and go: only answers that do not hang on a name are worth keeping.
        key = (user, asked)
        known = self._known.get(key)
        if known is None:
            known = any(_covers(rule, asked) for rule in self.rules(user, asked.namespace))
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[key] = known
        return known

    def rules(self, user: User, namespace: str) -> Iterator[Json]:
        """The rules that hold for a user in a namespace (empty: those for the whole cluster)."""
        if "system:masters" in user.groups:
            yield {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
            yield {"nonResourceURLs": ["*"], "verbs": ["*"]}
        for binding in self._store.collection(CLUSTER_ROLE_BINDINGS).objects.values():
            if _binds(binding.value, user, ""):
                yield from self.role_rules(binding.value["roleRef"], "")
        if not namespace:
            return
        for binding in self._store.collection(ROLE_BINDINGS).page(namespace):
            if _binds(binding.value, user, namespace):
                yield from self.role_rules(binding.value["roleRef"], namespace)

    def role_rules(self, reference: Json, namespace: str) -> list[Json]:
        """The rules of the role that a binding names; none when there is no such role."""
        if reference.get("kind") == "ClusterRole":
            role = self._store.collection(CLUSTER_ROLES).get("", reference.get("name", ""))
        else:
            role = self._store.collection(ROLES).get(namespace, reference.get("name", ""))
        return [] if role is None else role.value.get("rules") or []

    def missing(self, user: User, namespace: str, wanted: list[Json]) -> list[Json]:
        """The rules that a user wants to give away and does not hold itself."""
        own = list(self.rules(user, namespace))
        return [rule for rule in _single(wanted) if not any(_contains(held, rule) for held in own)]


def _binds(binding: Json, user: User, namespace: str) -> bool:
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name", "")
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups:
            return True
        if kind == "ServiceAccount":
            home = subject.get("namespace") or namespace
            if user.name == f"system:serviceaccount:{home}:{name}":
                return True
    return False


def _covers(rule: Json, asked: Attributes) -> bool:
    verbs = rule.get("verbs") or ()
    if asked.verb not in verbs and "*" not in verbs:
        return False
    if asked.path:
        return any(_matches_path(pattern, asked.path) for pattern in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if asked.group not in groups and "*" not in groups:
        return False
    resources = rule.get("resources") or ()
    wanted = {"*", asked.full_resource}
    if asked.subresource:
        wanted.add(f"*/{asked.subresource}")
    if not wanted.intersection(resources):
        return False
    names = rule.get("resourceNames") or ()
    return not names or asked.name in names


def _matches_path(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))


def _single(rules: list[Json]) -> Iterator[Json]:
    """Rules cut up into ones of a single verb on a single thing."""
    for rule in rules:
        for verb in rule.get("verbs") or ():
            for path in rule.get("nonResourceURLs") or ():
                yield {"nonResourceURLs": [path], "verbs": [verb]}
            for group in rule.get("apiGroups") or ():
                for resource in rule.get("resources") or ():
                    cut: Json = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                    for name in rule.get("resourceNames") or (None,):
                        yield cut if name is None else {**cut, "resourceNames": [name]}


def _contains(held: Json, single: Json) -> bool:
    verbs = held.get("verbs") or ()
    if single["verbs"][0] not in verbs and "*" not in verbs:
        return False
    if "nonResourceURLs" in single:
        own = held.get("nonResourceURLs") or ()
        return any(_matches_path(pattern, single["nonResourceURLs"][0]) for pattern in own)
    groups, resources = held.get("apiGroups") or (), held.get("resources") or ()
    if single["apiGroups"][0] not in groups and "*" not in groups:
        return False
    resource = single["resources"][0]
    _, slash, subresource = resource.partition("/")
    if not {"*", resource, f"*/{subresource}" if slash else resource}.intersection(resources):
        return False
    names = held.get("resourceNames") or ()
    return not names or (single.get("resourceNames") or [None])[0] in names
