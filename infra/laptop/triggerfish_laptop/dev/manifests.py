"""Manifests put into a cluster the way `kubectl apply` would leave them, without kubectl."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from triggerfish.errors import ApiError, SpecError
from triggerfish.kube import resources
from triggerfish.kube.client import Client
from triggerfish.kube.resources import Resource

_RBAC = ("rbac.authorization.k8s.io", "v1")
_KINDS: dict[str, Resource] = {
    resource.kind: resource
    for resource in (
        resources.CLUSTER_WORKFLOW_TEMPLATES,
        resources.CONFIG_MAPS,
        resources.CRON_WORKFLOWS,
        resources.SECRETS,
        resources.SERVICE_ACCOUNTS,
        resources.WORKFLOW_EVENT_BINDINGS,
        resources.WORKFLOW_TEMPLATES,
        Resource("", "v1", "namespaces", "Namespace", namespaced=False),
        Resource(*_RBAC, "roles", "Role"),
        Resource(*_RBAC, "rolebindings", "RoleBinding"),
        Resource(*_RBAC, "clusterroles", "ClusterRole", namespaced=False),
        Resource(*_RBAC, "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
    )
}


def read(*paths: Path) -> Iterator[dict[str, Any]]:
    """Every object of those YAML files, in order."""
    for path in paths:
        with path.open(encoding="utf-8") as file:
            yield from (document for document in yaml.safe_load_all(file) if document)


async def apply(client: Client, manifest: dict[str, Any]) -> str:
    """Create the object, or merge the manifest into the one that is there; ``created`` or ``configured``."""
    resource, namespace = _place(manifest)
    try:
        await client.create(resource, namespace, manifest)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        await client.patch(resource, namespace, manifest["metadata"]["name"], manifest)
        return "configured"
    return "created"


async def patch(client: Client, manifest: dict[str, Any], change: dict[str, Any]) -> bool:
    """Apply that merge patch to the manifest's object; False when there is no such object any more."""
    resource, namespace = _place(manifest)
    try:
        await client.patch(resource, namespace, manifest["metadata"]["name"], change)
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    return True


def _place(manifest: dict[str, Any]) -> tuple[Resource, str | None]:
    kind = manifest.get("kind", "")
    resource = _KINDS.get(kind)
    if resource is None:
        raise SpecError("kind", f"{kind!r} is not a kind of the samples", f"use one of {sorted(_KINDS)}")
    return resource, manifest["metadata"].get("namespace", "default") if resource.namespaced else None
