"""The contents of the API: groups, versions, resources, and the aggregated form that kubectl wants first."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.answers import Reply
from triggerfish_laptop.cluster.registry import Registry, ServedResource
from triggerfish_laptop.cluster.status import no_such_path

VERSION: Json = {
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.4+triggerfish",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "none",
    "compiler": "none",
    "platform": "embedded",
}
AGGREGATED = "apidiscovery.k8s.io"
_subresources = {"serviceaccounts": (("token", "TokenRequest", "authentication.k8s.io", "v1", ("create",)),)}


def api_versions(address: str) -> Json:
    """GET /api."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def api_groups(registry: Registry) -> Json:
    """GET /apis."""
    groups = [api_group(registry, name) for name in registry.versions() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def api_group(registry: Registry, name: str) -> Json:
    """GET /apis/{group}."""
    versions = [
        {"groupVersion": f"{name}/{version}", "version": version} for version in registry.versions()[name]
    ]
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": name,
        "versions": versions,
        "preferredVersion": versions[0],
    }


def _of(registry: Registry, group: str, version: str) -> list[ServedResource]:
    found = [item for item in registry.all() if item.group == group and item.version == version]
    return sorted(found, key=lambda item: item.plural)


def resources(registry: Registry, group: str, version: str) -> Json:
    """GET /api/v1 and /apis/{group}/{version}."""
    listed: list[Json] = []
    for resource in _of(registry, group, version):
        entry: Json = {
            "name": resource.plural,
            "singularName": resource.singular or resource.kind.lower(),
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": list(resource.verbs),
        }
        if resource.short_names:
            entry["shortNames"] = list(resource.short_names)
        if resource.categories:
            entry["categories"] = list(resource.categories)
        listed.append(entry)
        for name, kind, other, other_version, verbs in subresources(resource):
            listed.append(
                {
                    "name": f"{resource.plural}/{name}",
                    "singularName": "",
                    "namespaced": resource.namespaced,
                    "group": other,
                    "version": other_version,
                    "kind": kind,
                    "verbs": list(verbs),
                }
            )
    about = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": about, "resources": listed}


def subresources(resource: ServedResource) -> list[tuple[str, str, str, str, tuple[str, ...]]]:
    """Name, kind, group, version and verbs of a resource's subresources."""
    found: list[tuple[str, str, str, str, tuple[str, ...]]] = list(_subresources.get(resource.key, ()))
    if resource.status_subresource:
        found.append(("status", resource.kind, resource.group, resource.version, ("get", "patch", "update")))
    return found


def aggregated(registry: Registry, *, core: bool, version: str) -> Json:
    """GET /api or /apis as one answer for everything; ``version`` of the answer is v2 or v2beta1."""
    items = []
    for group, versions in registry.versions().items():
        if (group == "") is core:
            items.append(
                {
                    "metadata": {"name": group, "creationTimestamp": None},
                    "versions": [
                        {
                            "version": item,
                            "resources": [_aggregated(found) for found in _of(registry, group, item)],
                            "freshness": "Current",
                        }
                        for item in versions
                    ],
                }
            )
    kind = "APIGroupDiscoveryList"
    return {"kind": kind, "apiVersion": f"{AGGREGATED}/{version}", "metadata": {}, "items": items}


def _aggregated(resource: ServedResource) -> Json:
    entry: Json = {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular or resource.kind.lower(),
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    below = [
        {
            "subresource": name,
            "responseKind": {"group": group, "version": version, "kind": kind},
            "verbs": list(verbs),
        }
        for name, kind, group, version, verbs in subresources(resource)
    ]
    if below:
        entry["subresources"] = below
    return entry


def answer(registry: Registry, path: str, headers: Mapping[str, str], address: str) -> Reply:
    """GET of a discovery path; 404 when there is nothing at it."""
    parts = path.strip("/").split("/")
    if path in ("/api", "/apis"):
        for part in headers.get("accept", "").split(","):
            if f"g={AGGREGATED}" in part:
                version = "v2beta1" if "v=v2beta1" in part else "v2"
                kind = f"application/json;g={AGGREGATED};v={version};as=APIGroupDiscoveryList".encode()
                body = orjson.dumps(aggregated(registry, core=path == "/api", version=version))
                return Reply(200, body, content_type=kind)
            if part.strip().startswith("application/json"):
                break
        return Reply.of(200, api_versions(address) if path == "/api" else api_groups(registry))
    versions = registry.versions()
    if path == "/api/v1":
        return Reply.of(200, resources(registry, "", "v1"))
    if parts[0] == "apis" and len(parts) == 2 and parts[1] in versions:
        return Reply.of(200, api_group(registry, parts[1]))
    if parts[0] == "apis" and len(parts) == 3 and parts[2] in versions.get(parts[1], ()):
        return Reply.of(200, resources(registry, parts[1], parts[2]))
    raise no_such_path()
