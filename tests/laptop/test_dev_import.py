"""`triggerfish dev import`: from one cluster to another, read only there, without Secrets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.support import embedded as support

from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish_laptop.dev.importing import copied

ROOT = Path(__file__).parents[2]
ARGO = "/apis/argoproj.io/v1alpha1"
SPEC = {"entrypoint": "a", "templates": [{"name": "a", "container": {"image": "a"}}]}
CRON = {"schedules": ["7 3 * * *"], "timezone": "Europe/Berlin", "suspend": True, "workflowSpec": SPEC}
BINDING = {"event": {"selector": "true"}, "submit": {"workflowTemplateRef": {"name": "build"}}}
READ = [{"apiGroups": ["argoproj.io"], "resources": ["*"], "verbs": ["list"]}]


def made(cluster, path, kind, name, **rest):
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": name}, **rest}
    status, answer = cluster.request("POST", path, body)
    assert status == 201, answer
    return answer


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A cluster of some team."""
    with support.start(tmp_path_factory.mktemp("source"), "--no-controller") as cluster:
        assert cluster.request("POST", "/api/v1/namespaces", {"metadata": {"name": "team"}})[0] == 201
        team = f"{ARGO}/namespaces/team"
        made(cluster, f"{ARGO}/clusterworkflowtemplates", "ClusterWorkflowTemplate", "shared", spec=SPEC)
        template = made(cluster, f"{team}/workflowtemplates", "WorkflowTemplate", "build", spec=SPEC)
        made(cluster, f"{team}/workfloweventbindings", "WorkflowEventBinding", "push", spec=BINDING)
        metadata = {
            "name": "nightly",
            "labels": {"team": "a"},
            "annotations": {"triggerfish.dev/jitter": "5m", "triggerfish.dev/decisions": "[]"},
            "finalizers": ["example.com/held"],
            "ownerReferences": [
                {
                    "apiVersion": "argoproj.io/v1alpha1",
                    "kind": "WorkflowTemplate",
                    "name": "build",
                    "uid": template["metadata"]["uid"],
                }
            ],
        }
        status = {"active": [], "lastScheduledTime": "2026-01-01T00:00:00Z"}
        made(
            cluster,
            f"{team}/cronworkflows",
            "CronWorkflow",
            "nightly",
            metadata=metadata,
            spec=CRON,
            status=status,
        )
        secret = {"metadata": {"name": "password"}, "stringData": {"a": "b"}}
        assert cluster.request("POST", "/api/v1/namespaces/team/secrets", secret)[0] == 201
        yield cluster


@pytest.fixture(scope="module")
def reader(source):
    """A kubeconfig of somebody who may list Argo's kinds there and nothing else."""
    token = source.service_account("default", "reader")
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    role = {"metadata": {"name": "reader"}, "rules": READ}
    assert source.request("POST", f"{rbac}/clusterroles", role)[0] == 201
    binding = {
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
        "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": "default"}],
    }
    assert source.request("POST", f"{rbac}/clusterrolebindings", binding)[0] == 201
    return kubeconfig(source, token, "reader")


def kubeconfig(cluster, token, name):
    """A file with a context ``far`` of that cluster, which is not its current one."""
    document = yaml.safe_load(cluster.kubeconfig.read_text())
    document["users"][0]["user"] = {"token": token}
    document["contexts"].append({**document["contexts"][0], "name": "far"})
    path = cluster.state / name
    path.write_text(yaml.safe_dump({**document, "current-context": "other"}))
    return path


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    with support.start(tmp_path_factory.mktemp("target")) as cluster:
        yield cluster


def run(*arguments, kubeconfig, state):
    command = [sys.executable, "-m", "triggerfish.cli", "dev", "import", *arguments]
    command += ["--kubeconfig", str(kubeconfig), "--state", str(state)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "shared")}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_what_decides_about_runs_is_copied_and_again_replaced(source, reader, target):
    before = source.request("GET", f"{ARGO}/cronworkflows")[1]["metadata"]["resourceVersion"]
    first = run("--context", "far", kubeconfig=reader, state=target.state)
    assert first.returncode == 0, first.stderr
    assert "1 CronWorkflow" in first.stdout
    _, cron = target.request("GET", f"{ARGO}/namespaces/team/cronworkflows/nightly")
    assert cron["spec"] == CRON
    assert cron["metadata"]["labels"] == {"team": "a"}
    assert cron["metadata"]["annotations"] == {"triggerfish.dev/jitter": "5m"}
    assert not {"ownerReferences", "finalizers"} & set(cron["metadata"])
    assert "status" not in cron
    for path in (
        "clusterworkflowtemplates/shared",
        "namespaces/team/workflowtemplates/build",
        "namespaces/team/workfloweventbindings/push",
    ):
        assert target.request("GET", f"{ARGO}/{path}")[0] == 200
    assert target.request("GET", "/api/v1/namespaces/team/secrets/password")[0] == 404

    changed = {"spec": {"schedules": ["8 3 * * *"]}, "metadata": {"labels": {"mine": "yes"}}}
    path = f"{ARGO}/namespaces/team/cronworkflows/nightly"
    merge = "application/merge-patch+json"
    assert target.request("PATCH", path, changed, content_type=merge)[0] == 200
    assert run("--context", "far", kubeconfig=reader, state=target.state).returncode == 0
    _, cron = target.request("GET", path)
    assert (cron["spec"], cron["metadata"]["labels"]) == (CRON, {"team": "a"})
    assert source.request("GET", f"{ARGO}/cronworkflows")[1]["metadata"]["resourceVersion"] == before


def test_who_may_read_one_namespace_only_is_told_so(source, target):
    token = source.service_account("team", "member", READ)
    path = kubeconfig(source, token, "member")
    everywhere = run("--context", "far", kubeconfig=path, state=target.state)
    assert everywhere.returncode == 1
    assert "cannot list workflowtemplates there" in everywhere.stderr
    assert "--namespace NAME reads one namespace only" in everywhere.stderr
    one = run("--context", "far", "-n", "team", kubeconfig=path, state=target.state)
    assert one.returncode == 0, one.stderr
    assert "Left out clusterworkflowtemplates: you may not list them in the cluster." in one.stdout


@pytest.mark.parametrize(
    ("context", "file", "said"),
    [
        pytest.param("far", "nowhere", "there is no kubeconfig", id="no such file"),
        pytest.param("near", None, "no context named 'near'", id="no such context"),
        pytest.param("triggerfish", "itself", "is the embedded cluster itself", id="the same cluster"),
    ],
)
def test_what_cannot_be_is_one_clear_line(reader, target, context, file, said):
    path = {"nowhere": target.state / "nowhere", "itself": target.kubeconfig, None: reader}[file]
    answer = run("--context", context, kubeconfig=path, state=target.state)
    assert answer.returncode == 1
    assert said in answer.stderr
    assert answer.stderr.startswith("triggerfish: ")
    assert answer.stderr.count("\n") == 1


def test_an_object_that_says_nothing_of_itself_is_copied_too():
    found = {"metadata": {"name": "a", "namespace": "b", "uid": "1", "managedFields": []}, "spec": None}
    assert copied(found, CRON_WORKFLOWS) == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {},
    }
