"""The process: what it prints, what it keeps, how it stops."""

import signal
import socket
import stat
import subprocess
import time

import pytest
import yaml
from tests.support import embedded as support

ABOUT = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
RUNNABLE = {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "busybox"}}]}
WORKFLOWS = "/apis/argoproj.io/v1alpha1/namespaces/default/workflows"


def test_a_restart_keeps_state(tmp_path):
    with support.start(tmp_path, "--no-controller") as cluster:
        token = cluster.service_account("default", "robot")
        body = {**ABOUT, "metadata": {"name": "w", "ownerReferences": []}, "spec": {}}
        _, made = cluster.request("POST", WORKFLOWS, body)
        admin, ca = cluster.token, cluster.ca.read_bytes()
        assert cluster.stop() == 0
    with support.start(tmp_path, "--no-controller") as cluster:
        assert (cluster.token, cluster.ca.read_bytes()) == (admin, ca)
        assert cluster.request("GET", f"{WORKFLOWS}/w")[1] == made
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        status, answer = cluster.request("POST", path, {}, token=token)
        assert (status, answer["status"]["userInfo"]["username"]) == (
            201,
            "system:serviceaccount:default:robot",
        )
        _, later = cluster.request("POST", WORKFLOWS, {**ABOUT, "metadata": {"name": "w2"}, "spec": {}})
        assert int(later["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])


def test_what_was_answered_survives_a_kill(tmp_path):
    with support.start(tmp_path, "--no-controller") as cluster:
        for index in range(50):
            cluster.request("POST", WORKFLOWS, {**ABOUT, "metadata": {"name": f"w{index}"}, "spec": {}})
        cluster.stop(signal.SIGKILL)
    with support.start(tmp_path, "--no-controller") as cluster:
        assert len(cluster.request("GET", WORKFLOWS)[1]["items"]) == 50


def test_a_watch_from_before_a_restart_is_too_old(tmp_path):
    with support.start(tmp_path, "--no-controller") as cluster:
        since = cluster.request("GET", WORKFLOWS)[1]["metadata"]["resourceVersion"]
        cluster.request("POST", WORKFLOWS, {**ABOUT, "metadata": {"name": "w"}, "spec": {}})
    with support.start(tmp_path, "--no-controller") as cluster:
        (event,) = cluster.watch(WORKFLOWS, {"resourceVersion": since})
        assert (event["type"], event["object"]["reason"]) == ("ERROR", "Expired")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_though_a_watch_is_open(tmp_path, number):
    with support.start(tmp_path, "--no-controller") as cluster:
        cluster.request("POST", WORKFLOWS, {**ABOUT, "metadata": {"name": "w"}, "spec": {}})
        stream = cluster.watch(WORKFLOWS, seconds=600)
        next(stream)
        cluster.process.send_signal(number)
        assert list(stream) == []
        assert cluster.process.wait(10) == 0


def test_a_taken_port_is_one_clear_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words, environment = support.command(tmp_path, "--port", str(port))
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr == (
        f"Port {port} on 127.0.0.1 is taken. Stop what uses it, or choose another port: --port N\n"
    )


def test_a_state_folder_in_use_is_one_clear_line(tmp_path):
    with support.start(tmp_path, "--no-controller"):
        words, environment = support.command(tmp_path)
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr == (
        f"The state folder {tmp_path} is in use by another embedded cluster. "
        "Stop that one, or choose another folder: --state DIR\n"
    )


def test_a_chosen_port_and_the_kubeconfig(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with support.start(tmp_path, "--port", str(port)) as cluster:
        assert cluster.url == f"https://127.0.0.1:{port}"
        written = yaml.safe_load(cluster.kubeconfig.read_text())
        assert written["current-context"] == "triggerfish"
        assert written["clusters"][0]["cluster"]["server"] == cluster.url
        for secret in ("kubeconfig", "cluster.sqlite", "server-127.0.0.1.pem"):
            assert stat.S_IMODE((tmp_path / secret).stat().st_mode) == 0o600, secret


def test_a_new_cluster_has_what_people_expect(embedded):
    def names(path):
        return {item["metadata"]["name"] for item in embedded.request("GET", path)[1]["items"]}

    assert names("/api/v1/namespaces") >= {"default", "kube-system", "argo"}
    assert names("/apis/rbac.authorization.k8s.io/v1/clusterroles") >= {
        "cluster-admin",
        "admin",
        "edit",
        "view",
    }
    assert names("/apis/apiextensions.k8s.io/v1/customresourcedefinitions") >= {
        "clusterworkflowtemplates.argoproj.io",
        "cronworkflows.argoproj.io",
        "workfloweventbindings.argoproj.io",
        "workflows.argoproj.io",
        "workflowtemplates.argoproj.io",
    }


def test_it_says_what_the_simulated_controller_does(tmp_path):
    with support.start(tmp_path, "--workflow-seconds", "0") as cluster:
        cluster.request("POST", WORKFLOWS, {**ABOUT, "metadata": {"name": "w"}, "spec": RUNNABLE})
        for phase in ("Pending", "Running", "Succeeded"):
            assert cluster.line("workflow") == f"workflow default/w {phase} (simulated)"


MAIN = {"name": "main", "inputs": {"parameters": [{"name": "to"}]}, "suspend": {}}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param({"templates": [MAIN]}, "spec.entrypoint", id="no entrypoint"),
        pytest.param(
            {"entrypoint": "mian", "templates": [MAIN]}, "'mian'", id="an entrypoint that is not defined"
        ),
        pytest.param({"entrypoint": "main", "templates": [MAIN]}, "to", id="a parameter without a value"),
        pytest.param(
            {
                "entrypoint": "main",
                "templates": [
                    {
                        "name": "main",
                        "steps": [[{"name": "a", "templateRef": {"name": "gone", "template": "x"}}]],
                    }
                ],
            },
            "gone",
            id="a step's template that is not there",
        ),
        pytest.param(
            {"workflowTemplateRef": {"name": "kept"}, "entrypoint": "other"},
            "'other'",
            id="through a reference",
        ),
    ],
)
def test_a_workflow_that_argo_would_refuse_fails_at_once(embedded, spec, words):
    place = f"/apis/argoproj.io/v1alpha1/namespaces/{embedded.new_namespace()}"
    kept = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
    template = {**ABOUT, "kind": "WorkflowTemplate", "metadata": {"name": "kept"}, "spec": kept}
    embedded.request("POST", f"{place}/workflowtemplates", template)
    embedded.request("POST", f"{place}/workflows", {**ABOUT, "metadata": {"name": "w"}, "spec": spec})
    for event in embedded.watch(f"{place}/workflows"):
        found = event["object"]
        if found.get("status", {}).get("phase"):
            break
    assert found["status"]["phase"] == "Failed"
    assert found["status"]["message"].startswith("invalid spec: ")
    assert words in found["status"]["message"]


def test_fresh_forgets_what_was_stored(tmp_path):
    with support.start(tmp_path, "--no-controller") as cluster:
        cluster.request("POST", WORKFLOWS, {**ABOUT, "metadata": {"name": "w"}, "spec": {}})
    with support.start(tmp_path, "--no-controller", "--fresh") as cluster:
        assert cluster.request("GET", f"{WORKFLOWS}/w")[0] == 404


def test_a_shutdown_ends_a_simulated_workflow(embedded):
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{embedded.new_namespace()}/workflows"
    metadata = {"name": "w", "annotations": {"triggerfish.dev/simulate": "90s"}}
    embedded.request("POST", path, {**ABOUT, "metadata": metadata, "spec": RUNNABLE})
    merge = "application/merge-patch+json"
    embedded.request("PATCH", f"{path}/w", {"spec": {"shutdown": "Terminate"}}, content_type=merge)
    deadline = time.monotonic() + 10
    while True:
        _, found = embedded.request("GET", f"{path}/w")
        if found["status"].get("phase") == "Failed":
            break
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert found["status"]["message"] == "Stopped with strategy 'Terminate'"
    assert found["metadata"]["labels"] == {
        "workflows.argoproj.io/phase": "Failed",
        "workflows.argoproj.io/completed": "true",
    }
