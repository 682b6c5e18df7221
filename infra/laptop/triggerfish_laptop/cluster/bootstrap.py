"""Contents of a new cluster: namespaces, roles, and Argo's definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import yaml

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.bodies import stamp
from triggerfish_laptop.cluster.kinds import access, accounts, core, definitions
from triggerfish_laptop.cluster.registry import Registry, ServedResource
from triggerfish_laptop.cluster.reviews import REVIEWS
from triggerfish_laptop.cluster.store import ObjectStore

FIXED = (
    core.NAMESPACES,
    core.CONFIG_MAPS,
    core.EVENTS,
    accounts.SECRETS,
    accounts.SERVICE_ACCOUNTS,
    access.ROLES,
    access.CLUSTER_ROLES,
    access.ROLE_BINDINGS,
    access.CLUSTER_ROLE_BINDINGS,
    definitions.DEFINITIONS,
    *REVIEWS,
)
NAMESPACES = ("default", "kube-system", "argo")
_argo = "argoproj.io"
_read = ["get", "list", "watch"]
_write = ["create", "delete", "deletecollection", "patch", "update"]


def _rule(group: str, resources: list[str], verbs: list[str]) -> Json:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


_argo_kinds = [
    "workflows",
    "workflowtemplates",
    "cronworkflows",
    "clusterworkflowtemplates",
    "workfloweventbindings",
]
_view = [
    _rule("", ["configmaps", "events", "namespaces", "serviceaccounts"], _read),
    _rule(_argo, _argo_kinds, _read),
]
_edit = [
    *_view,
    _rule("", ["configmaps", "events", "secrets", "serviceaccounts"], _read + _write),
    _rule("", ["serviceaccounts/token"], ["create"]),
    _rule(_argo, _argo_kinds, _read + _write),
]
_admin = [
    *_edit,
    _rule("rbac.authorization.k8s.io", ["roles", "rolebindings"], _read + _write),
    _rule("authorization.k8s.io", ["localsubjectaccessreviews"], ["create"]),
]
_everything: list[Json] = [
    _rule("*", ["*"], ["*"]),
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
_discovery = [
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/openapi",
    "/openapi/*",
    "/version",
    "/version/",
    "/healthz",
]
_basic = [
    _rule("authorization.k8s.io", ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
    _rule("authentication.k8s.io", ["selfsubjectreviews"], ["create"]),
]
_cluster_roles: dict[str, list[Json]] = {
    "cluster-admin": _everything,
    "admin": _admin,
    "edit": _edit,
    "view": _view,
    "system:discovery": [{"nonResourceURLs": _discovery, "verbs": ["get"]}],
    "system:basic-user": _basic,
}
_bindings = {
    "cluster-admin": "system:masters",
    "system:discovery": "system:authenticated",
    "system:basic-user": "system:authenticated",
}


def fill(
    store: ObjectStore,
    registry: Registry,
    crds: Path,
    now: Callable[[], datetime],
    new_uid: Callable[[], str],
) -> None:
    """Put in what is missing; what is there stays as it is."""
    for resource, value in _objects(crds):
        if store.collection(resource.key).get("", value["metadata"]["name"]) is not None:
            continue
        metadata = {**value["metadata"], "uid": new_uid(), "creationTimestamp": stamp(now())}
        made = {"apiVersion": resource.api_version, "kind": resource.kind, **value, "metadata": metadata}
        resource.rules.prepare(made, None)
        if resource.custom or resource is definitions.DEFINITIONS:
            metadata["generation"] = 1
        store.put(resource.key, ("", metadata["name"]), made)


def _objects(crds: Path) -> Iterator[tuple[ServedResource, Json]]:
    for path in sorted(crds.glob("*.yaml")):
        for value in yaml.safe_load_all(path.read_text()):
            yield definitions.DEFINITIONS, value
    for name in NAMESPACES:
        yield core.NAMESPACES, {"metadata": {"name": name}}
    for name, rules in _cluster_roles.items():
        yield access.CLUSTER_ROLES, {"metadata": {"name": name}, "rules": rules}
    for name, group in _bindings.items():
        yield (
            access.CLUSTER_ROLE_BINDINGS,
            {
                "metadata": {"name": name},
                "roleRef": {"apiGroup": access.GROUP, "kind": "ClusterRole", "name": name},
                "subjects": [{"apiGroup": access.GROUP, "kind": "Group", "name": group}],
            },
        )
