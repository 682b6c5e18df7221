"""The unmodified kubectl against the embedded cluster."""

import json
import os
import shutil
import subprocess

import pytest

kubectl_path = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(kubectl_path is None, reason="kubectl is not installed")

CRON = """
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata:
  name: hello
spec:
  schedule: "{schedule}"
  suspend: true
  workflowSpec:
    entrypoint: main
    templates: [{{name: main, container: {{image: busybox}}}}]
"""
MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings, labels: {{app: demo}}}}
data: {{color: {color}}}
"""


@pytest.fixture
def kubectl(embedded, namespace, tmp_path):
    """Runs kubectl in a namespace of the test's own; what it printed. It must exit with ``code``."""

    def run(*words, stdin=None, code=0, **environment):
        home = {"HOME": str(tmp_path), "KUBECONFIG": str(embedded.kubeconfig), "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [kubectl_path, "--namespace", namespace, *words],
            input=stdin,
            env={**home, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_apply_get_and_delete(kubectl):
    manifest = CRON.format(schedule="* * * * *") + "---" + MAP.format(color="red")
    assert kubectl("apply", "-f", "-", stdin=manifest).splitlines() == [
        "cronworkflow.argoproj.io/hello created",
        "configmap/settings created",
    ]
    assert "unchanged" in kubectl("apply", "-f", "-", stdin=manifest)
    changed = CRON.format(schedule="5 * * * *") + "---" + MAP.format(color="blue")
    assert kubectl("apply", "-f", "-", stdin=changed).count("configured") == 2
    heads, row = kubectl("get", "cwf").splitlines()
    assert heads.split()[:3] == ["NAME", "SCHEDULE", "SCHEDULES"]
    assert row.split()[:6] == ["hello", "5", "*", "*", "*", "*"]
    assert kubectl("get", "cm", "-l", "app=demo", "-o", "name") == "configmap/settings\n"
    assert kubectl("delete", "-f", "-", stdin=changed).count("deleted") == 2
    assert "not found" in kubectl("get", "cm", "settings", code=1)


def test_apply_says_what_is_wrong(kubectl):
    bad = CRON.format(schedule="* * * * *").replace("name: hello", "name: Hello")
    assert "metadata.name: Invalid value" in kubectl("apply", "-f", "-", stdin=bad, code=1)
    strict = MAP.format(color="red") + "typo: {}\n"
    assert 'unknown field "typo"' in kubectl("apply", "-f", "-", stdin=strict, code=1)


def test_apply_on_the_server(kubectl):
    manifest = MAP.format(color="red")
    kubectl("apply", "--server-side", "--field-manager=one", "-f", "-", stdin=manifest)
    other = MAP.format(color="blue")
    refused = kubectl("apply", "--server-side", "--field-manager=two", "-f", "-", stdin=other, code=1)
    assert 'conflict with "one": .data.color' in refused
    forced = ("apply", "--server-side", "--force-conflicts", "--field-manager=two", "-f", "-")
    assert "serverside-applied" in kubectl(*forced, stdin=other)
    assert kubectl("get", "cm", "settings", "-o", "jsonpath={.data.color}") == "blue"


def test_apply_on_the_server_after_apply_on_the_client(kubectl):
    kubectl("apply", "-f", "-", stdin=MAP.format(color="red"))
    kubectl("apply", "--server-side", "-f", "-", stdin=MAP.format(color="blue"))
    assert kubectl("get", "cm", "settings", "-o", "jsonpath={.data.color}") == "blue"


def test_create_label_annotate_and_patch(kubectl):
    kubectl("create", "configmap", "a", "--from-literal=k=v")
    kubectl("create", "secret", "generic", "s", "--from-literal=password=hunter2")
    kubectl("label", "cm", "a", "color=red")
    assert "already has a value" in kubectl("label", "cm", "a", "color=blue", code=1)
    kubectl("label", "cm", "a", "color=blue", "--overwrite")
    kubectl("annotate", "cm", "a", "note=hello")
    kubectl("patch", "cm", "a", "-p", '{"data":{"l":"w"}}')
    kubectl("patch", "cm", "a", "--type=json", "-p", '[{"op":"remove","path":"/data/k"}]')
    found = json.loads(kubectl("get", "cm", "a", "-o", "json"))
    assert found["metadata"]["labels"] == {"color": "blue"}
    assert found["metadata"]["annotations"] == {"note": "hello"}
    assert found["data"] == {"l": "w"}
    assert kubectl("get", "secret", "s", "-o", "jsonpath={.data.password}") == "aHVudGVyMg=="


def test_edit(kubectl, tmp_path):
    kubectl("apply", "-f", "-", stdin=CRON.format(schedule="* * * * *"))
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i.bak "s/suspend: true/suspend: false/" "$1"\n')
    editor.chmod(0o700)
    assert "edited" in kubectl("edit", "cwf", "hello", KUBE_EDITOR=str(editor))
    assert kubectl("get", "cwf", "hello", "-o", "jsonpath={.spec.suspend}") == "false"


def test_describe(kubectl):
    kubectl("apply", "-f", "-", stdin=CRON.format(schedule="* * * * *") + "---" + MAP.format(color="red"))
    assert "Schedule:  * * * * *" in kubectl("describe", "cwf", "hello")
    assert "color:\n----\nred" in kubectl("describe", "cm", "settings")
    assert "Name:                default" in kubectl("describe", "sa", "default")


def test_explain(kubectl):
    assert "schedules\t<[]string>" in kubectl("explain", "cronworkflow.spec")
    assert "Keys and values" in kubectl("explain", "workflow.metadata.labels")
    assert "data\t<map[string]string>" in kubectl("explain", "configmap")
    assert "FIELDS:" in kubectl("explain", "workflowtemplate", "--recursive")


def test_wait(kubectl):
    manifest = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w, annotations: {triggerfish.dev/simulate: "1s,Failed"}}
spec: {}
"""
    kubectl("create", "-f", "-", stdin=manifest)
    kubectl("wait", "wf/w", "--for=jsonpath={.status.phase}=Failed", "--timeout=30s")
    kubectl("delete", "wf", "w", "--wait")
    assert kubectl("wait", "wf/w", "--for=delete", "--timeout=30s") is not None


def test_watch(kubectl, embedded, namespace, tmp_path):
    kubectl("create", "configmap", "a")
    process = subprocess.Popen(
        [kubectl_path, "-n", namespace, "get", "cm", "-w", "-o", "name"],
        env={"HOME": str(tmp_path), "KUBECONFIG": str(embedded.kubeconfig)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "configmap/a\n"
        kubectl("create", "configmap", "b")
        assert process.stdout.readline() == "configmap/b\n"
        process.terminate()


def test_tokens_and_rights(kubectl, embedded, namespace):
    kubectl("create", "serviceaccount", "robot")
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=workflows.argoproj.io")
    kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={namespace}:robot")
    token = kubectl("create", "token", "robot").strip()
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/workflows"
    assert embedded.request("GET", path, token=token)[0] == 200
    account = f"system:serviceaccount:{namespace}:robot"
    assert kubectl("auth", "can-i", "list", "wf", "--as", account) == "yes\n"
    assert kubectl("auth", "can-i", "create", "wf", "--as", account, code=1) == ""
    assert account in kubectl("auth", "whoami", "--as", account)
    listed = kubectl("auth", "can-i", "--list", "--as", account)
    assert "workflows.argoproj.io" in listed
    assert "Forbidden" in kubectl("get", "secrets", "--as", account, code=1)


def test_api_resources_and_versions(kubectl):
    listed = kubectl("api-resources", "--api-group=argoproj.io").splitlines()
    assert [line.split()[:2] for line in listed[1:]] == [
        ["clusterworkflowtemplates", "clusterwftmpl,cwft"],
        ["cronworkflows", "cwf,cronwf"],
        ["workfloweventbindings", "wfeb"],
        ["workflows", "wf"],
        ["workflowtemplates", "wftmpl"],
    ]
    assert {"argoproj.io/v1alpha1", "rbac.authorization.k8s.io/v1", "v1"} <= set(
        kubectl("api-versions").split()
    )
    assert "Server Version: v1.34" in kubectl("version")


UNKNOWN = """
apiVersion: {version}
kind: {kind}
metadata: {{name: x}}
"""


@pytest.mark.parametrize(
    ("version", "kind"),
    [("apps/v1", "Deployment"), ("argoproj.io/v1alpha1", "CronWorkflo"), ("argoproj.io/v1", "Workflow")],
)
def test_an_unknown_kind_is_named_as_on_kubernetes(kubectl, version, kind):
    said = kubectl("apply", "-f", "-", stdin=UNKNOWN.format(version=version, kind=kind), code=1)
    assert f'no matches for kind "{kind}" in version "{version}"' in said
    assert "ensure CRDs are installed first" in said


def test_an_unknown_resource_is_named_as_on_kubernetes(kubectl):
    said = kubectl("get", "deployments", code=1)
    assert said.endswith('error: the server doesn\'t have a resource type "deployments"\n')


def test_a_namespace_and_all_in_it(kubectl, embedded):
    name = embedded.new_namespace()
    kubectl("create", "configmap", "a", "-n", name)
    assert "deleted" in kubectl("delete", "namespace", name)
    assert "not found" in kubectl("get", "namespace", name, code=1)


def test_delete_all_of_a_kind(kubectl):
    for name in ("a", "b"):
        kubectl("create", "configmap", name)
    assert kubectl("delete", "cm", "--all").count("deleted") == 2


def test_replace(kubectl):
    kubectl("create", "-f", "-", stdin=MAP.format(color="red"))
    kubectl("replace", "-f", "-", stdin=MAP.format(color="green"))
    assert kubectl("get", "cm", "settings", "-o", "jsonpath={.data.color}") == "green"


def test_diff(kubectl):
    kubectl("apply", "-f", "-", stdin=MAP.format(color="red"))
    kubectl("diff", "-f", "-", stdin=MAP.format(color="red"))
    kubectl("diff", "-f", "-", stdin=MAP.format(color="blue"), code=1)
    assert kubectl("get", "cm", "settings", "-o", "jsonpath={.data.color}") == "red"
