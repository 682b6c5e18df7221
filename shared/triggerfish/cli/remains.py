"""What the functions leave on a cluster, and would be in somebody's way once they are gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from triggerfish import annotations as keys
from triggerfish.cli.cluster import Target
from triggerfish.errors import ApiError
from triggerfish.events import deliveries
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS, WORKFLOWS, Resource
from triggerfish.workflows.objects import Json

HOME = "triggerfish"

_rbac = "rbac.authorization.k8s.io"
_deployments = Resource("apps", "v1", "deployments", "Deployment")
_bindings = (
    Resource(_rbac, "v1", "rolebindings", "RoleBinding"),
    Resource(_rbac, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
)
# What `kubectl delete -k` of the manifests takes away itself.
_part_of = ("app.kubernetes.io/part-of", HOME)
_accounts = tuple(f"{HOME}-{name}" for name in ("cron", "events"))
_ours = f"{HOME}-"
_tries = 5


@dataclass(frozen=True, slots=True)
class Remains:
    """One object: ``what`` is a sentence about it, ``command`` the one that takes it away."""

    resource: Resource
    namespace: str
    name: str
    what: str
    command: str = "triggerfish uninstall"

    def row(self) -> Json:
        """All of it as JSON."""
        return {
            "kind": self.resource.kind,
            "namespace": self.namespace,
            "name": self.name,
            "what": self.what,
            "command": self.command,
        }


async def remains(target: Target, functions: str, namespace: str | None) -> AsyncIterator[Remains]:
    """All of them, in a namespace or in all; ``functions`` is that of the functions themselves."""
    client = target.client
    if (running := await _running(client, functions)) is not None:
        yield running
    async for page in client.pages(WORKFLOWS, namespace, metadata_only=True):
        for body in page.items:
            if keys.EXACT in (body["metadata"].get("finalizers") or ()):
                yield _of(WORKFLOWS, body, "its finalizer keeps it from being deleted")
    selector = f"{keys.RECORD}={deliveries.LABEL_VALUE}"
    async for page in client.pages(CONFIG_MAPS, namespace, labels=selector, metadata_only=True):
        for body in page.items:
            yield _of(CONFIG_MAPS, body, "it is a record of deliveries")
    for resource in _bindings:
        async for page in client.pages(resource, namespace):
            for body in page.items:
                if why := _dangling(body, functions):
                    metadata = body["metadata"]
                    scope = f" -n {metadata['namespace']}" if resource.namespaced else ""
                    command = f"kubectl{scope} delete {resource.kind.lower()} {metadata['name']}"
                    yield _of(resource, body, why, command)


async def take_off(client: Client, found: Remains) -> bool:
    """Take our finalizer off a Workflow, or delete a record; False for what its owner must delete."""
    if found.resource is CONFIG_MAPS:
        try:
            await client.delete(CONFIG_MAPS, found.namespace, found.name)
        except ApiError as error:
            if error.status != 404:
                raise
        return True
    return found.resource is WORKFLOWS and await _freed(client, found)


async def _freed(client: Client, found: Remains) -> bool:
    for _ in range(_tries):
        try:
            metadata = (await client.get(WORKFLOWS, found.namespace, found.name))["metadata"]
            rest = [each for each in metadata.get("finalizers") or () if each != keys.EXACT]
            guarded = {"finalizers": rest or None, "resourceVersion": metadata["resourceVersion"]}
            await client.patch(WORKFLOWS, found.namespace, found.name, {"metadata": guarded})
        except ApiError as error:
            if error.status == 404:
                return True
            # Its controller writes it as well.
            if error.status != 409:
                raise
        else:
            return True
    return False


async def _running(client: Client, functions: str) -> Remains | None:
    """The cron function, while it may put finalizers on."""
    try:
        body = await client.get(_deployments, functions, f"{HOME}-cron")
    except ApiError as error:
        if error.status not in (403, 404):
            raise
        return None
    if (body.get("spec") or {}).get("replicas", 1) == 0:
        return None
    command = f"kubectl -n {functions} scale deployment {HOME}-cron --replicas=0"
    return _of(_deployments, body, "it runs, and may put finalizers on: stop it first", command)


def _dangling(body: Json, functions: str) -> str:
    """Why a binding would dangle; empty for one that is the manifests' own, or has nothing to do with us."""
    label, value = _part_of
    if (body["metadata"].get("labels") or {}).get(label) == value:
        return ""
    role = str(body["roleRef"]["name"])
    if role.startswith(_ours):
        return f"the role that it binds goes: {role}"
    accounts = [
        str(each.get("name"))
        for each in body.get("subjects") or ()
        if each.get("kind") == "ServiceAccount" and each.get("namespace") == functions
    ]
    gone = [name for name in accounts if name in _accounts]
    return f"the account that it binds goes: {functions}/{gone[0]}" if gone else ""


def _of(resource: Resource, body: Json, what: str, command: str = "triggerfish uninstall") -> Remains:
    metadata = body["metadata"]
    return Remains(resource, str(metadata.get("namespace") or ""), str(metadata["name"]), what, command)
