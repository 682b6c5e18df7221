"""A cluster under contract: the administrator, anybody else, and what a test must be able to bring about."""

import asyncio
import base64
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import orjson
from tests.real.apiserver import ApiServer, compact
from tests.simulation.model import Model

from triggerfish.kube.client import Client
from triggerfish.kube.cluster import Cluster as Identities
from triggerfish.kube.credentials import Credentials
from triggerfish.kube.resources import WORKFLOWS, Resource
from triggerfish.kube.tokens import Fixed
from triggerfish.kube.transport import Identified, Pool, Server
from triggerfish.kube.wire import Request, Response, Transport
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.objects import Json

ROLES = Resource("rbac.authorization.k8s.io", "v1", "roles", "Role")
ROLE_BINDINGS = Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
ACCESS_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False
)


class Cluster(Protocol):
    """What every cluster under contract offers."""

    name: str
    admin: Client

    def bearer(self, token: str) -> Client:
        """The API with that bearer token."""

    def impersonating(self, token: str, user: str) -> Client:
        """The API with that bearer token, asking to act as ``user``."""

    async def grant(self, namespace: str, account: str, rules: list[Json]) -> None:
        """Give a service account these RBAC rules in its namespace."""

    async def pass_a_second(self) -> None:
        """Let the server's clock go on by one second at least."""

    async def aged(self, token: str) -> str:
        """That continue token, as if it had been given long ago."""

    async def until_collected(self, namespace: str) -> None:
        """Until the garbage collector has done its work there."""


class ModelCluster:
    """The model in memory."""

    name = "model"

    def __init__(self) -> None:
        self.model = Model(allowed=self.allowed)
        self.admin = Client(self.model)
        self.rules: dict[str, list[Json]] = {}

    def bearer(self, token: str) -> Client:
        return Client(self.model.bearer(token))

    def impersonating(self, token: str, user: str) -> Client:
        return Client(Impersonating(self.model.bearer(token), user))

    async def grant(self, namespace: str, account: str, rules: list[Json]) -> None:
        self.rules[f"system:serviceaccount:{namespace}:{account}"] = rules

    def allowed(
        self,
        user: str,
        verb: str,
        resource: Resource,
        subresource: str,
        namespace: str | None,
        name: str | None,
    ) -> bool:
        plural = f"{resource.plural}/{subresource}" if subresource else resource.plural
        return not user.startswith("system:serviceaccount:") or any(
            verb in rule["verbs"]
            and resource.group in rule["apiGroups"]
            and plural in rule["resources"]
            and name in rule.get("resourceNames", [name])
            and user.split(":")[2] == namespace
            for rule in self.rules.get(user, [])
        )

    async def pass_a_second(self) -> None:
        self.model.now += timedelta(seconds=1)

    async def aged(self, token: str) -> str:
        self.model.expire_continues()
        return token

    async def until_collected(self, namespace: str) -> None:
        self.model.collect_garbage()


@dataclass(frozen=True)
class Impersonating:
    """A transport that asks to act as ``user``, as the network's own does."""

    transport: Transport
    user: str

    async def send(self, request: Request, *, timeout: float) -> Response:
        return await self.transport.send(
            replace(request, headers={**request.headers, "Impersonate-User": self.user}), timeout=timeout
        )


class ServedCluster:
    """An API server over HTTPS: the embedded one, or a real one."""

    def __init__(self, name: str, url: str, ca: str, token: str) -> None:
        self.name, self.token = name, token
        self._identities = Identities(Credentials(Server(url, ca), Fixed(token)), Clock())
        self._pool = Pool(Server(url, ca))
        self.admin = self._identities.own

    def bearer(self, token: str) -> Client:
        return self._identities.bearer(token)

    def impersonating(self, token: str, user: str) -> Client:
        return Client(Identified(self._pool, Fixed(token), Clock(), act_as=user))

    async def grant(self, namespace: str, account: str, rules: list[Json]) -> None:
        await self.admin.create(ROLES, namespace, {"metadata": {"name": account}, "rules": rules})
        subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
        role = {"apiGroup": ROLES.group, "kind": "Role", "name": account}
        body = {"metadata": {"name": account}, "subjects": [subject], "roleRef": role}
        await self.admin.create(ROLE_BINDINGS, namespace, body)
        await self.until_bound(namespace, account, rules[0])

    async def until_bound(self, namespace: str, account: str, rule: Json) -> None:
        """The authorizer learns of a binding by a watch, a moment after it was made."""
        asked = {
            "namespace": namespace,
            "verb": rule["verbs"][0],
            "group": rule["apiGroups"][0],
            "resource": rule["resources"][0].partition("/")[0],
            "subresource": rule["resources"][0].partition("/")[2],
            "name": (rule.get("resourceNames") or [""])[0],
        }
        user = f"system:serviceaccount:{namespace}:{account}"
        body = {"spec": {"user": user, "resourceAttributes": asked}}
        async with asyncio.timeout(10):
            while True:
                review = await self.admin.create(ACCESS_REVIEWS, None, body)
                if review["status"]["allowed"]:
                    return
                await asyncio.sleep(0.02)

    async def pass_a_second(self) -> None:
        await asyncio.sleep(1.1)

    async def until_collected(self, namespace: str) -> None:
        """Each object with an owner that is gone is gone itself."""
        async with asyncio.timeout(30):
            while True:
                pages = [page async for page in self.admin.pages(WORKFLOWS, namespace, metadata_only=True)]
                if not any(item["metadata"].get("ownerReferences") for page in pages for item in page.items):
                    return
                await asyncio.sleep(0.05)

    async def close(self) -> None:
        await self._identities.close()
        await self._pool.close()


class EmbeddedCluster(ServedCluster):
    """The one of infra/laptop."""

    async def aged(self, token: str) -> str:
        """It names a version from before anything was remembered."""
        return _renamed(token, 1)


class RealCluster(ServedCluster):
    """kube-apiserver with etcd."""

    def __init__(self, server: ApiServer) -> None:
        super().__init__("real", server.url, server.ca, server.token)
        self._etcd = server.etcd

    async def aged(self, token: str) -> str:
        """It names a revision that etcd has forgotten; a newer one the API server may still remember."""
        page = await anext(self.admin.pages(WORKFLOWS, limit=1))
        compact(self._etcd, int(page.resource_version))
        return _renamed(token, 2)


def _renamed(token: str, version: int) -> str:
    named = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    padded = base64.urlsafe_b64encode(orjson.dumps({**named, "rv": version})).decode()
    # Go writes no padding, Python wants it: each server gets its own kind back.
    return padded if token.endswith("=") else padded.rstrip("=")


def workflow(name: str = "", *, generate: str = "", **metadata: object) -> Json:
    """A small Workflow manifest."""
    named = {"name": name} if name else {"generateName": generate}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {**named, **metadata},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
    }


def cron_workflow(name: str, **spec: object) -> Json:
    """A small CronWorkflow manifest."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": name},
        "spec": {
            "schedules": ["* * * * *"],
            "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
            **spec,
        },
    }
