"""A release's life on a real API server, with both functions as their pods' accounts."""

import contextlib
import hashlib
import hmac
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.cli.calling import call
from tests.real import helm
from tests.real.apiserver import ApiServer, running
from tests.real.binaries import find
from tests.real.fixtures import manifests
from tests.real.helm import CHART
from tests.support import functions
from tests.support.deployed import until_allowed
from tests.support.real import Real

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]
ARGO = "/apis/argoproj.io/v1alpha1"
SECRET = "quite secret"
CLIENT = {"name": "hooks", "namespace": "team-a", "type": "github", "secret": SECRET}
RELEASE = ("triggerfish", str(CHART), "--namespace", "triggerfish")
# Whatever a release may make.
KINDS = (
    *("deployments", "services", "serviceaccounts", "secrets", "configmaps", "networkpolicies", "cronjobs"),
    *("poddisruptionbudgets", "horizontalpodautoscalers", "ingresses"),
    *("roles", "rolebindings", "clusterroles", "clusterrolebindings"),
)
TEMPLATE = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    """Without any CRD: the chart brings them."""
    helm.helm("version")
    binaries = find(os.environ)
    with running(binaries, controllers=binaries.controller_manager is not None) as server:
        yield server


@pytest.fixture(scope="module")
def cluster(server: ApiServer) -> Iterator[Real]:
    with contextlib.closing(Real(server)) as found:
        yield found


def run(server: ApiServer, *arguments: str) -> str:
    return helm.helm(*arguments, kubeconfig=server.kubeconfig)


def kubectl(server: ApiServer, *arguments: str, stdin: str = "") -> str:
    command = ["kubectl", f"--kubeconfig={server.kubeconfig}", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(server: ApiServer) -> set[str]:
    """Every object of those kinds, by kind, namespace and name."""
    found = json.loads(kubectl(server, "get", ",".join(KINDS), "--all-namespaces", "-o", "json"))
    return {
        f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
        for item in found["items"]
        if not item["metadata"]["name"].startswith(("default", "kube-root-ca.crt"))
    }


def made(cluster: Real, path: str, body: dict) -> None:
    status, answer = cluster.request("POST", path, body)
    assert status == 201, answer


@contextlib.contextmanager
def pod(cluster: Real, name: str, folder: Path) -> Iterator[functions.Function]:
    """The Deployment's container here, with its settings, as its service account."""
    path = f"/apis/apps/v1/namespaces/triggerfish/deployments/triggerfish-{name}"
    spec = cluster.request("GET", path)[1]["spec"]["template"]["spec"]
    environment = {
        entry["name"]: entry["value"] for entry in spec["containers"][0]["env"] if "value" in entry
    }
    account = f"/api/v1/namespaces/triggerfish/serviceaccounts/{spec['serviceAccountName']}/token"
    status, answer = cluster.request("POST", account, {"spec": {"expirationSeconds": 7200}})
    assert status == 201, answer
    kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text())
    kubeconfig["users"][0]["user"] = {"token": answer["status"]["token"]}
    target = folder / f"{name}.kubeconfig"
    target.write_text(yaml.safe_dump(kubeconfig))
    with functions.start(name, {**environment, "KUBECONFIG": str(target)}) as function:
        yield function


def works(cluster: Real, namespace: str, folder: Path, mark: str) -> None:
    """Both functions are ready there; a signed delivery and a slot each become a Workflow."""
    with pod(cluster, "events", folder) as events, pod(cluster, "cron", folder) as cron:
        for function in (events, cron):
            reply = function.send("GET", "/readyz")
            assert reply.status == 200, reply.body
        body = json.dumps({"mark": mark}).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": mark,
            "X-Hub-Signature-256": f"sha256={signature}",
            "Content-Type": "application/json",
        }
        reply = events.send("POST", f"/api/v1/events/{namespace}/", body, headers)
        assert reply.status == 200, reply.body
        assert "workflows" in reply.json, reply.body
        reply = cron.send("POST", "/")
        assert reply.status == 200, reply.body
        assert reply.json["evaluated"] == 1, reply.body


def furnish(cluster: Real, namespace: str) -> None:
    cron = {"schedules": ["0 3 * * *"], "workflowSpec": TEMPLATE}
    path = f"{ARGO}/namespaces/{namespace}"
    for plural, kind, spec in (
        ("workflowtemplates", "WorkflowTemplate", TEMPLATE),
        ("cronworkflows", "CronWorkflow", cron),
        (
            "workfloweventbindings",
            "WorkflowEventBinding",
            {"event": {"selector": "payload.mark != ''"}, "submit": {"workflowTemplateRef": {"name": "it"}}},
        ),
    ):
        body = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": "it"}, "spec": spec}
        made(cluster, f"{path}/{plural}", body)


def test_a_release_is_installed_upgraded_and_uninstalled(server, cluster, tmp_path):
    before = objects(server)
    made(cluster, "/api/v1/namespaces", {"metadata": {"name": "team-a"}})
    values = helm.given({"webhooks.clients": [CLIENT], "webhooks.accounts": []})
    said = run(server, "install", *RELEASE, "--create-namespace", *values)
    assert "triggerfish doctor --functions triggerfish" in said
    crds = {each["metadata"]["name"] for each in manifests(CHART.parents[1] / "crds")}
    served = kubectl(server, "get", "crds", "-o", "name")
    assert all(name in served for name in crds)
    kubectl(server, "wait", "--for=condition=Established", "crds", "--all", "--timeout=60s")
    furnish(cluster, "team-a")
    until_allowed(
        cluster,
        "system:serviceaccount:triggerfish:triggerfish-cron",
        "team-a",
        {"apiGroups": ["argoproj.io"], "resources": ["cronworkflows"], "verbs": ["list"]},
    )
    works(cluster, "team-a", tmp_path, "installed")

    # From all namespaces to one: rights of the cluster are taken away, those of the namespace given.
    run(server, "upgrade", *RELEASE, *values, *helm.given({"namespaces": ["team-a"]}))
    left = {name for name in objects(server) if name.startswith("ClusterRoleBinding /triggerfish")}
    assert left == set()
    until_allowed(
        cluster,
        "system:serviceaccount:triggerfish:triggerfish-cron",
        "team-a",
        {"apiGroups": ["argoproj.io"], "resources": ["cronworkflows"], "verbs": ["list"]},
    )
    works(cluster, "team-a", tmp_path, "upgraded")

    run(server, "uninstall", "triggerfish", "--namespace", "triggerfish", "--wait")
    assert objects(server) - before == set()
    # What people made stays, and so do the CRDs that hold it.
    assert all(name in kubectl(server, "get", "crds", "-o", "name") for name in crds)
    workflows = cluster.request("GET", f"{ARGO}/namespaces/team-a/workflows")[1]["items"]
    assert len(workflows) == 2
    assert cluster.request("GET", f"{ARGO}/namespaces/team-a/cronworkflows/it")[0] == 200


def test_uninstall_finds_a_release_of_another_name_elsewhere(server, cluster):
    run(server, "install", "hooks", str(CHART), "--namespace", "edge", "--create-namespace")
    kubectl(server, "wait", "--for=condition=Established", "crds", "--all", "--timeout=60s")
    asked = ("uninstall", "--check", "-o", "json", "--kubeconfig", str(server.kubeconfig))
    (row,) = json.loads(call(*asked, code=1))
    assert (row["kind"], row["namespace"], row["name"]) == ("Deployment", "edge", "hooks-triggerfish-cron")
    kubectl(server, *row["command"].split()[1:])
    # Its own bindings go with it: they are not in the way.
    assert json.loads(call(*asked)) == []
    run(server, "uninstall", "hooks", "--namespace", "edge", "--wait")


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="as it is"),
        pytest.param(
            {
                "events.ingress": {"enabled": True, "hosts": ["t.example.com"]},
                "events.autoscaling.enabled": True,
                "tick.cronJob.enabled": True,
                "tick.token": "0123456789abcdef",
                "metrics.token": "0123456789abcdef",
                "metrics.dashboard": True,
                "webhooks.clients": [{**CLIENT, "namespace": "triggerfish"}],
                "rbac": {"calendars": True, "record": True, "broker": True, "console": True},
                "networkPolicy.egress": {
                    "googleCron": True,
                    "brokerNamespace": "b",
                    "apiServerPorts": [8443],
                },
            },
            id="with everything",
        ),
        pytest.param({"namespaces": ["triggerfish"]}, id="one namespace"),
    ],
)
def test_the_api_server_takes_every_object_strictly(server, cluster, values):
    cluster.request("POST", "/api/v1/namespaces", {"metadata": {"name": "triggerfish"}})
    text = yaml.safe_dump_all(helm.rendered(values))
    said = kubectl(server, "apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=text)
    assert "created (server dry run)" in said or "configured (server dry run)" in said
