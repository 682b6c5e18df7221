"""Ticks over a model of the API, in few words, on 23 November 2026."""

from datetime import UTC, datetime, timedelta

from tests.simulation.model import Model
from tests.simulation.server import NAMESPACES

from triggerfish.cron.planning.shard import Shard
from triggerfish.cron_function import tick
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUN = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
CRON_LABEL = "workflows.argoproj.io/cron-workflow"
INSTANCE = "workflows.argoproj.io/controller-instanceid"


class Patient(Clock):
    """Sleeps in no time, and counts it."""

    __slots__ = ("slept",)

    def __init__(self):
        super().__init__()
        object.__setattr__(self, "slept", [])

    def monotonic(self):
        return sum(self.slept)

    async def sleep(self, seconds):
        self.slept.append(seconds)


def team_model():
    """A model of the API at noon, with the namespace `team`."""
    model = Model(now=NOON)
    model.put(NAMESPACES, None, {"metadata": {"name": "team"}})
    return model


def put(model, name="job", namespace="team", labels=None, notes=None, **spec):
    body = {
        "schedules": ["* * * * *"],
        "workflowSpec": RUN,
        **spec,
    }
    metadata = {"name": name, "labels": labels or {}, "annotations": notes or {}}
    return model.put(CRON_WORKFLOWS, namespace, {"metadata": metadata, "spec": body})


async def run(model, seconds=62, *, shard=None, memory=None, clock=None, **settings):
    model.now = NOON + timedelta(seconds=seconds)
    return await tick.run(
        Client(model),
        Settings(**settings),
        clock or Patient(),
        shard=shard or Shard(),
        memory=memory,
    )


def children(model):
    return sorted(each["metadata"]["name"] for each in model.objects(WORKFLOWS))


def finish(model, child, phase="Succeeded"):
    labels = {"workflows.argoproj.io/phase": phase, "workflows.argoproj.io/completed": "true"}
    model.edit(WORKFLOWS, "team", child, {"metadata": {"labels": labels}})


def calls(model, since=0):
    return [entry.call.kind_of_call for entry in model.history.entries[since:]]
