"""A cluster under contract: the administrator, anybody else, and what a test must be able to bring about."""

from datetime import timedelta
from typing import Protocol

from tests.simulation.model import ADMINISTRATOR, Model

from triggerfish.kube.client import Client
from triggerfish.kube.resources import Resource
from triggerfish.kube.wire import Json


class Cluster(Protocol):
    """What every cluster under contract offers."""

    name: str
    admin: Client

    def bearer(self, token: str) -> Client:
        """The API with that bearer token."""

    async def grant(self, namespace: str, account: str, rules: list[Json]) -> None:
        """Give a service account these RBAC rules in its namespace."""

    async def pass_a_second(self) -> None:
        """Let the server's clock go on by one second at least."""

    async def expire_continues(self) -> None:
        """Make every continue token given so far too old."""

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
        return user == ADMINISTRATOR or any(
            verb in rule["verbs"]
            and resource.group in rule["apiGroups"]
            and plural in rule["resources"]
            and name in rule.get("resourceNames", [name])
            and user.split(":")[2] == namespace
            for rule in self.rules.get(user, [])
        )

    async def pass_a_second(self) -> None:
        self.model.now += timedelta(seconds=1)

    async def expire_continues(self) -> None:
        self.model.expire_continues()

    async def until_collected(self, namespace: str) -> None:
        self.model.collect_garbage()


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
        "spec": {"schedules": ["* * * * *"], "workflowSpec": {"entrypoint": "main"}, **spec},
    }
