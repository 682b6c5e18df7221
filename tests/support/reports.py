"""Runs whose states are reported, on the model of the API, and passes over them, on 23 November 2026."""

from datetime import timedelta
from functools import partial

from tests.hosts.fake_hosts import FakeHost, FakeHosts, credential
from tests.simulation.model import Model
from tests.support.ticks import NOON, Patient, team_model

from triggerfish.cron.planning.shard import ALL
from triggerfish.cron_function.reporting import Reporting
from triggerfish.hosts.reports.intent import Intent
from triggerfish.hosts.reports.trust import seal_key
from triggerfish.kube.client import Client
from triggerfish.kube.resources import EVENTS, WORKFLOWS
from triggerfish.settings import Settings

REPORT = "triggerfish.dev/report"
REPORTED = "triggerfish.dev/reported"
PHASE = "workflows.argoproj.io/phase"
SHA = "1a" * 20
APP = "org/app"
CI = credential()


def intent(context="ci/build", sha=SHA, repository=APP, at=0.0, **more):
    return Intent("github", "ci", repository, sha, context, at, **more)


def put(model, name="run", *, of=None, key=None, stage="pending", phase="", namespace="team", **notes):
    """A Workflow with a report, as the events function creates it."""
    told = of or intent()
    annotation = told.sealed(namespace, name, seal_key(CI) if key is None else key)
    metadata = {
        "name": name,
        "labels": {REPORT: stage} | ({PHASE: phase} if phase else {}),
        "annotations": {REPORT: annotation, **notes},
        "finalizers": [REPORT],
    }
    return model.put(WORKFLOWS, namespace, {"metadata": metadata, "spec": {}})


def move(model, name, phase, message="", namespace="team", **spec):
    """As Argo's controller: the phase, and the message of the end."""
    done = phase in ("Succeeded", "Failed", "Error")
    labels = {PHASE: phase, "workflows.argoproj.io/completed": "true" if done else "false"}
    status = {"phase": phase, "message": message}
    if done:
        status["finishedAt"] = model.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    patch = {"metadata": {"labels": labels}, "status": status, "spec": spec}
    return model.edit(WORKFLOWS, namespace, name, patch, "controller")


class Scene:
    """The cron function's passes over a model, with a host in memory; a minute passes before each."""

    def __init__(self, *credentials, model=None, **settings):
        self.model: Model = model or team_model()
        self.host = FakeHost()
        self.hosts = FakeHosts(self.host, *(credentials or (CI,)))
        self.clock = Patient()
        self.settings = Settings(reports="on", **settings)
        self.reporting = Reporting(Client(self.model), self.hosts, self.settings, self.clock)
        self.put, self.move = partial(put, self.model), partial(move, self.model)

    async def tick(self, seconds=60, shard=ALL):
        self.model.now += timedelta(seconds=seconds)
        ends = self.clock.monotonic() + self.settings.tick_deadline_seconds
        return await self.reporting.run(ends, shard)

    def labels(self):
        return {each["metadata"]["name"]: each["metadata"]["labels"][REPORT] for each in self.workflows()}

    def workflows(self):
        return self.model.objects(WORKFLOWS)

    def status(self, context="ci/build", sha=SHA, repository=APP):
        return self.host.latest(repository, sha, context)

    def posts(self):
        return [call for call in self.hosts.calls if call.method == "POST"]

    def told(self):
        """The reasons of the Kubernetes Events."""
        return sorted(each["reason"] for each in self.model.objects(EVENTS))

    def calls(self, since=0):
        return [
            entry.call.kind_of_call
            for entry in self.model.history.entries[since:]
            if entry.call.user != "controller"
        ]


__all__ = ["APP", "CI", "NOON", "PHASE", "REPORT", "REPORTED", "SHA", "Scene", "intent", "move", "put"]
