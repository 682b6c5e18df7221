"""A cluster under contract: the administrator, and anybody else, as clients."""

from collections.abc import Callable
from dataclasses import dataclass

from triggerfish.kube.client import Client
from triggerfish.kube.wire import Json


@dataclass(frozen=True)
class Cluster:
    """``bearer`` is the API with a bearer token, ``user`` the same with one made for that user's name."""

    name: str
    admin: Client
    bearer: Callable[[str], Client]


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
