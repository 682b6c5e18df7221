"""`doctor` on a real API server with the manifests that are shipped: each fault, and its command mends it."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.real.apiserver import ApiServer
from tests.real.fixtures import CRDS, manifests, serving
from typer.testing import CliRunner

from triggerfish.cli.main import app

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]
ROOT = Path(__file__).parents[2]
_patience = 15.0

CONTROLLER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: workflow-controller, namespace: argo}
spec:
  selector: {matchLabels: {app: workflow-controller}}
  template:
    metadata: {labels: {app: workflow-controller}}
    spec:
      containers:
        - name: workflow-controller
          image: quay.io/argoproj/workflow-controller:v4.0.5
          command: [workflow-controller]
          args: ARGS
"""
TICK = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick, namespace: triggerfish}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - {name: tick, image: curl, command: [curl, "http://triggerfish-cron/QUERY"]}
"""
CRON = """
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: night, namespace: argo}
spec:
  schedules: ["0 3 * * *"]
  timezone: Europe/Berlin
  workflowSpec: {entrypoint: main, templates: [{name: main, suspend: {}}]}
"""


class Installation:
    """A real cluster on which somebody types."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server

    def type(self, command: str, stdin: str = "") -> str:
        environment = {**os.environ, "KUBECONFIG": str(self.server.kubeconfig), "USER": "somebody"}
        done = subprocess.run(
            command, shell=True, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def found(self, *options: str) -> list[dict]:
        words = ["doctor", "-o", "json", "--kubeconfig", str(self.server.kubeconfig), *options]
        done = CliRunner().invoke(app, words)
        deadline = time.monotonic() + _patience
        while "initializing" in done.stderr and time.monotonic() < deadline:
            # A definition was put back a moment ago.
            time.sleep(0.2)
            done = CliRunner().invoke(app, words)
        assert done.stdout, done.output
        rows: list[dict] = json.loads(done.stdout)
        assert done.exit_code == bool(rows), done.output
        return rows

    def until(self, count: int) -> list[dict]:
        """What is found, once it is so many: the authorizer learns of a change a moment later."""
        deadline = time.monotonic() + _patience
        while len(rows := self.found()) != count and time.monotonic() < deadline:
            time.sleep(0.2)
        return rows

    def mend(self) -> None:
        """Type each command that it gives, until nothing is found."""
        for _ in range(5):
            rows = self.found()
            if not rows:
                return
            for row in rows:
                self.type(row["command"])
            deadline = time.monotonic() + _patience
            while self.found() == rows and time.monotonic() < deadline:
                time.sleep(0.2)
        assert self.found() == []


@pytest.fixture(scope="module")
def installed() -> Iterator[Installation]:
    """A server of its own, with the cluster-wide overlay, Argo's controller at rest, and a CronWorkflow."""
    for server in serving(manifests(CRDS)):
        made = Installation(server)
        made.type("kubectl apply -k infra/kubernetes/overlays/cluster-wide")
        made.type("kubectl create namespace argo")
        made.type("kubectl apply -f -", CONTROLLER.replace("ARGS", '["--cron-workflow-workers=0"]'))
        made.type("kubectl -n argo set env deployment/workflow-controller CRON_SYNC_PERIOD=8760h")
        made.type("kubectl apply -f -", CRON)
        yield made


def webhook(text: str) -> str:
    secret = "kubectl -n argo create secret generic argo-workflows-webhook-clients --from-literal"
    return f"{secret}=github.com='{text}'"


GOOD_CLIENT = "type: github\nsecret: shh"


@pytest.mark.parametrize(
    ("plant", "check", "severities", "says"),
    [
        pytest.param("true", "", [], "", id="a good installation"),
        pytest.param(
            "kubectl patch clusterrole triggerfish-cron --type=json"
            """ -p '[{"op": "replace", "path": "/rules/1/verbs", "value": ["create", "get", "list"]}]'""",
            "rights",
            ["error"],
            "delete, patch workflows",
            id="a right removed",
        ),
        pytest.param(
            "kubectl delete clusterrolebinding triggerfish-events",
            "rights",
            ["error"],
            "create events; get secrets argo-workflows-webhook-clients",
            id="a binding removed",
        ),
        pytest.param(
            "kubectl -n triggerfish delete serviceaccount triggerfish-cron",
            "functions",
            ["error"],
            "service account does not exist",
            id="an account removed",
        ),
        pytest.param(
            """kubectl -n argo patch deployment workflow-controller --type=json """
            """-p '[{"op": "replace", "path": "/spec/template/spec/containers/0/args", """
            """"value": ["--cron-workflow-workers", "4", "--loglevel", "info"]}]'""",
            "argo",
            ["error"],
            "--cron-workflow-workers=4",
            id="Argo's workers on",
        ),
        pytest.param(
            """kubectl -n argo patch deployment workflow-controller --type=json """
            """-p '[{"op": "remove", "path": "/spec/template/spec/containers/0/args"}]'"""
            " && kubectl -n argo set env deployment/workflow-controller CRON_SYNC_PERIOD-",
            "argo",
            ["error", "warning"],
            "which means 8",
            id="Argo as it ships",
        ),
        pytest.param(
            webhook(GOOD_CLIENT),
            "webhooks",
            ["error"],
            "no service account",
            id="a client without its account",
        ),
        pytest.param(
            "kubectl -n triggerfish set env deployment/triggerfish-cron DEFAULT_TIMEZONE=Europe/Berln",
            "functions",
            ["error"],
            "did you mean Europe/Berlin",
            id="a bad zone",
        ),
        pytest.param(
            "kubectl -n triggerfish set env deployment/triggerfish-events EVENT_CONCURRENCY=many",
            "functions",
            ["error"],
            "EVENT_CONCURRENCY is 'many'",
            id="a bad setting",
        ),
        pytest.param(
            "kubectl -n triggerfish scale deployment triggerfish-events --replicas=0",
            "functions",
            ["error"],
            "scaled to zero",
            id="no replica",
        ),
        pytest.param(
            "kubectl delete crd workfloweventbindings.argoproj.io",
            "definitions",
            ["error"],
            "is missing",
            id="a definition removed",
        ),
    ],
)
def test_a_planted_fault_is_found_alone_and_its_commands_mend_it(
    installed: Installation, plant: str, check: str, severities: list[str], says: str
) -> None:
    installed.type(plant)
    rows = [row for row in installed.until(len(severities)) if row["check"] == check]
    assert [row["severity"] for row in rows] == severities
    assert says in "".join(row["what"] for row in rows)
    installed.mend()


@pytest.mark.parametrize(
    ("query", "plant", "says"),
    [
        pytest.param(
            "",
            """kubectl -n triggerfish patch cronjob tick -p '{"spec":{"suspend":true}}'""",
            "is suspended",
            id="suspended",
        ),
        pytest.param("?shard=1/3", "true", "nobody ticks shard 2/3, 3/3", id="shards that nobody ticks"),
    ],
)
def test_a_cron_job_that_does_not_tick(installed: Installation, query: str, plant: str, says: str) -> None:
    installed.type("kubectl apply -f -", TICK.replace("QUERY", query))
    installed.type("kubectl -n triggerfish set env deployment/triggerfish-cron TICK_EVERY=0")
    try:
        installed.type(plant)
        assert any(says in row["what"] for row in installed.found())
        installed.mend()
    finally:
        installed.type("kubectl -n triggerfish delete cronjobs --all")
        installed.type("kubectl -n triggerfish set env deployment/triggerfish-cron TICK_EVERY=60")


def test_a_cron_job_that_an_upgrade_left_over(installed: Installation) -> None:
    installed.type("kubectl apply -f -", TICK.replace("QUERY", ""))
    (row,) = installed.found()
    assert "left over" in row["what"]
    installed.mend()


def test_an_instance_of_another_controller_is_not_ours(installed: Installation) -> None:
    other = CONTROLLER.replace("ARGS", "[]").replace("argo}", "other}")
    installed.type("kubectl create namespace other")
    installed.type("kubectl apply -f -", other)
    try:
        assert {row["check"] for row in installed.found()} == {"argo"}
        installed.type(
            "kubectl -n other create configmap workflow-controller-configmap --from-literal=instanceID=theirs"
        )
        assert installed.found() == []
    finally:
        installed.type("kubectl delete namespace other")


def test_an_installation_in_one_namespace_is_well_with_its_roles_there(installed: Installation) -> None:
    options = ("--functions", "argo")
    installed.type("kubectl apply -k infra/kubernetes/overlays/namespaced")
    try:
        deadline = time.monotonic() + _patience
        while (rows := installed.found(*options)) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert rows == []
        installed.type("kubectl -n argo delete rolebinding triggerfish-cron")
        while not (rows := installed.found(*options)) and time.monotonic() < deadline:
            time.sleep(0.2)
        (row,) = rows
        assert row["check"] == "rights"
        assert "in namespace argo" in row["what"]
        installed.type(row["command"])
        while installed.found(*options) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert installed.found(*options) == []
    finally:
        installed.type("kubectl delete -k infra/kubernetes/overlays/namespaced")


def test_two_installations_are_told_apart_by_name(installed: Installation) -> None:
    installed.type("kubectl apply -k infra/kubernetes/overlays/second")
    try:
        words = ["doctor", "--kubeconfig", str(installed.server.kubeconfig)]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 2
        assert "triggerfish, triggerfish-blue: name one with --functions" in done.stderr
        deadline = time.monotonic() + _patience
        for home in ("triggerfish", "triggerfish-blue"):
            while installed.found("--functions", home) and time.monotonic() < deadline:
                time.sleep(0.2)
            assert installed.found("--functions", home) == []
    finally:
        installed.type("kubectl delete -k infra/kubernetes/overlays/second")
        installed.type("kubectl apply -k infra/kubernetes/overlays/cluster-wide")
