"""infra/kubernetes: rendered by kubectl, then strictly validated by a real API server in a dry run."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.real.apiserver import ApiServer

KUBERNETES = Path(__file__).parents[2] / "infra" / "kubernetes"
OVERLAYS = {"cluster-wide": "triggerfish", "namespaced": "argo"}
needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


def kubectl(*arguments: str, stdin: str = "", server: ApiServer | None = None) -> str:
    command = ["kubectl", *([f"--kubeconfig={server.kubeconfig}"] if server else []), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.lower(), done.stderr
    return done.stdout


def rendered(overlay: str) -> list[dict]:
    return list(yaml.safe_load_all(kubectl("kustomize", str(KUBERNETES / "overlays" / overlay))))


def pods(objects: list[dict]) -> list[tuple[str, dict]]:
    """Name and pod spec of everything that runs pods."""
    found = []
    for item in objects:
        if item["kind"] == "Deployment":
            found.append((item["metadata"]["name"], item["spec"]["template"]["spec"]))
        if item["kind"] == "CronJob":
            spec = item["spec"]["jobTemplate"]["spec"]["template"]["spec"]
            found.append((item["metadata"]["name"], spec))
    return found


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_runs_with_as_little_as_can_be(overlay: str) -> None:
    specs = pods(rendered(overlay))
    assert sorted(name for name, _ in specs) == [
        "triggerfish-cron",
        "triggerfish-events",
        "triggerfish-tick",
    ]
    for name, spec in specs:
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"], name
            assert not security["allowPrivilegeEscalation"], name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name
        if name != "triggerfish-tick":
            (container,) = spec["containers"]
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert container[probe]["httpGet"]["path"] == "/healthz", name


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_policies_and_budgets_select_pods_that_exist(overlay: str) -> None:
    objects = rendered(overlay)
    labels = [
        item["spec"]["template"]["metadata"]["labels"] for item in objects if item["kind"] == "Deployment"
    ]
    labels += [
        item["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
        for item in objects
        if item["kind"] == "CronJob"
    ]
    for item in objects:
        selector = {
            "Service": lambda spec: spec["selector"],
            "NetworkPolicy": lambda spec: spec["podSelector"]["matchLabels"],
            "PodDisruptionBudget": lambda spec: spec["selector"]["matchLabels"],
        }.get(item["kind"])
        if selector:
            wanted = selector(item["spec"]).items()
            assert any(wanted <= given.items() for given in labels), item["metadata"]["name"]


@needs_kubectl
def test_the_namespaced_overlay_has_nothing_of_the_clusters() -> None:
    objects = rendered("namespaced")
    kinds = {item["kind"] for item in objects}
    assert kinds.isdisjoint({"ClusterRole", "ClusterRoleBinding", "Namespace"})
    assert {item["metadata"]["namespace"] for item in objects} == {"argo"}
    for item in objects:
        if item["kind"] == "RoleBinding":
            assert [subject["namespace"] for subject in item["subjects"]] == ["argo"]


@pytest.mark.real
@needs_kubectl
@pytest.mark.parametrize(("overlay", "namespace"), OVERLAYS.items())
def test_a_real_api_server_takes_every_object_strictly(
    real_server: ApiServer, overlay: str, namespace: str
) -> None:
    objects = rendered(overlay)
    if namespace not in kubectl("get", "namespaces", "-o", "name", server=real_server):
        # A dry run of the namespace makes none for the rest to be in.
        kubectl("create", "namespace", namespace, server=real_server)
    text = kubectl(
        "apply",
        "--server-side",
        "--dry-run=server",
        "--validate=strict",
        "-o",
        "json",
        "-f",
        "-",
        stdin=yaml.safe_dump_all(objects),
        server=real_server,
    )
    assert len(json.loads(text)["items"]) == len(objects)
