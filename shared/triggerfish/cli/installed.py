"""The functions as a cluster has them, whatever the release is called: found by their Deployments' labels."""

from __future__ import annotations

from triggerfish.errors import ApiError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import Resource
from triggerfish.workflows.objects import Json

DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
CLUSTER_ROLES = Resource("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False)
ROLES = Resource("rbac.authorization.k8s.io", "v1", "roles", "Role")
FUNCTIONS = ("cron", "events")
# The namespace and the beginning of the names that the manifests give.
HOME = "triggerfish"
# On every object that the manifests or the chart make.
OURS = ("app.kubernetes.io/part-of", HOME)

_name = "app.kubernetes.io/name"


def title(deployment: Json) -> str:
    """The name by which its Service, account and roles go as well; empty: none."""
    return str(((deployment.get("metadata") or {}).get("labels") or {}).get(_name, ""))


def function(deployment: Json) -> str:
    """Which of ``FUNCTIONS`` it runs; empty: neither."""
    start, dash, end = title(deployment).rpartition("-")
    return end if start and dash and end in FUNCTIONS else ""


def account(deployment: Json) -> str:
    """The name of the service account of its pods."""
    pod = ((deployment.get("spec") or {}).get("template") or {}).get("spec") or {}
    return str(pod.get("serviceAccountName") or "default")


async def deployments(client: Client, named: str) -> list[Json]:
    """Those of both functions in the namespace ``named``.

    Empty: in all namespaces, or in ``HOME`` for a caller who may not read all.
    """
    found = await ours(client, DEPLOYMENTS, named or None)
    if found is None and not named:
        found = await ours(client, DEPLOYMENTS, HOME)
    return [body for body in found or () if function(body)]


async def ours(client: Client, resource: Resource, namespace: str | None) -> list[Json] | None:
    """The objects that the manifests or the chart made; None where they may not be read."""
    return await readable(client, resource, namespace, "=".join(OURS))


async def readable(
    client: Client, resource: Resource, namespace: str | None, selector: str
) -> list[Json] | None:
    """The objects, or None where they may not be read, or no such kind is served."""
    try:
        pages = client.pages(resource, namespace, labels=selector)
        return [body async for page in pages for body in page.items]
    except ApiError as error:
        if error.status in (403, 404):
            return None
        raise
