"""What the functions leave on a cluster, and would be in somebody's way once they are gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from triggerfish import annotations as keys
from triggerfish.cli.cluster import Target
from triggerfish.cli.installed import (
    CLUSTER_ROLES,
    DEPLOYMENTS,
    FUNCTIONS,
    HOME,
    OURS,
    ROLES,
    account,
    deployments,
    function,
    ours,
)
from triggerfish.errors import ApiError
from triggerfish.events import deliveries
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS, WORKFLOWS, Resource
from triggerfish.workflows.objects import Json

_rbac = "rbac.authorization.k8s.io"
_bindings = (
    Resource(_rbac, "v1", "rolebindings", "RoleBinding"),
    Resource(_rbac, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
)
_shipped = f"{HOME}-"
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


@dataclass(frozen=True, slots=True)
class _Going:
    """Goes with the functions: roles, those of the cluster without a namespace, and service accounts."""

    # Namespace and name.
    roles: frozenset[tuple[str, str]]
    accounts: frozenset[tuple[str, str]]


async def remains(target: Target, functions: str, namespace: str | None) -> AsyncIterator[Remains]:
    """All of them, in a namespace or in all.

    ``functions`` is the namespace of the functions themselves; empty: wherever they are.
    """
    client = target.client
    installed = await _installed(client, functions)
    for body in installed:
        if function(body) != "events" and (body.get("spec") or {}).get("replicas", 1) != 0:
            yield _running(body)
    async for page in client.pages(WORKFLOWS, namespace, metadata_only=True):
        for body in page.items:
            if set(keys.FINALIZERS).intersection(body["metadata"].get("finalizers") or ()):
                yield _of(WORKFLOWS, body, "its finalizer keeps it from being deleted")
    selector = f"{keys.RECORD}={deliveries.LABEL_VALUE}"
    async for page in client.pages(CONFIG_MAPS, namespace, labels=selector, metadata_only=True):
        for body in page.items:
            yield _of(CONFIG_MAPS, body, "it is a record of deliveries")
    going = await _going(client, functions, namespace, installed)
    for resource in _bindings:
        async for page in client.pages(resource, namespace):
            for body in page.items:
                if why := _dangling(body, going):
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
            rest = [each for each in metadata.get("finalizers") or () if each not in keys.FINALIZERS]
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


async def _installed(client: Client, functions: str) -> list[Json]:
    """The Deployments of both functions, by their labels or by the name in the manifests."""
    found = await deployments(client, functions)
    try:
        named = await client.get(DEPLOYMENTS, functions or HOME, f"{HOME}-cron")
    except ApiError as error:
        if error.status not in (403, 404):
            raise
        return found
    known = {body["metadata"]["uid"] for body in found}
    return found if named["metadata"]["uid"] in known else [*found, named]


def _running(body: Json) -> Remains:
    """The cron function, while it may put finalizers on."""
    metadata = body["metadata"]
    command = f"kubectl -n {metadata['namespace']} scale deployment {metadata['name']} --replicas=0"
    return _of(DEPLOYMENTS, body, "it runs, and may put finalizers on: stop it first", command)


async def _going(client: Client, functions: str, namespace: str | None, installed: list[Json]) -> _Going:
    roles = [
        (str(body["metadata"].get("namespace") or ""), str(body["metadata"]["name"]))
        for resource in (ROLES, CLUSTER_ROLES)
        for body in await ours(client, resource, namespace) or ()
    ]
    named = [(functions or HOME, f"{HOME}-{name}") for name in FUNCTIONS]
    accounts = [(str(body["metadata"]["namespace"]), account(body)) for body in installed]
    # The account `default` of a namespace stays when its last Deployment goes.
    return _Going(frozenset(roles), frozenset(each for each in (*named, *accounts) if each[1] != "default"))


def _dangling(body: Json, going: _Going) -> str:
    """Why a binding would dangle; empty for one that goes as well, or has nothing to do with us."""
    metadata = body["metadata"]
    label, value = OURS
    if (metadata.get("labels") or {}).get(label) == value:
        return ""
    role = str(body["roleRef"]["name"])
    place = str(metadata.get("namespace") or "") if body["roleRef"].get("kind") == "Role" else ""
    if role.startswith(_shipped) or (place, role) in going.roles:
        return f"the role that it binds goes: {role}"
    for each in body.get("subjects") or ():
        whose = (str(each.get("namespace")), str(each.get("name")))
        if each.get("kind") == "ServiceAccount" and whose in going.accounts:
            return f"the account that it binds goes: {'/'.join(whose)}"
    return ""


def _of(resource: Resource, body: Json, what: str, command: str = "triggerfish uninstall") -> Remains:
    metadata = body["metadata"]
    return Remains(resource, str(metadata.get("namespace") or ""), str(metadata["name"]), what, command)
