"""infra/kubernetes: rendered by kubectl, then strictly validated by a real API server in a dry run."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.real.apiserver import ApiServer

from triggerfish.cron_function import call
from triggerfish.cron_function import starting as cron
from triggerfish.events_function import starting as events

KUBERNETES = Path(__file__).parents[2] / "infra" / "kubernetes"
OVERLAYS = {"cluster-wide": "triggerfish", "namespaced": "argo", "teams": "triggerfish"}
COMPONENTS = sorted(path.name for path in (KUBERNETES / "components").iterdir())
needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


def kubectl(*arguments: str, stdin: str = "", server: ApiServer | None = None) -> str:
    command = ["kubectl", *([f"--kubeconfig={server.kubeconfig}"] if server else []), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.lower(), done.stderr
    return done.stdout


def rendered(overlay: str, *components: str) -> list[dict]:
    """An overlay, with these of the components in the list that it has for them."""
    with tempfile.TemporaryDirectory() as folder:
        copied = shutil.copytree(KUBERNETES, Path(folder) / "kubernetes")
        path = copied / "overlays" / overlay / "kustomization.yaml"
        given = yaml.safe_load(path.read_text())
        given["components"] = [f"../../components/{each}" for each in components]
        path.write_text(yaml.safe_dump(given))
        return list(yaml.safe_load_all(kubectl("kustomize", str(path.parent))))


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
    specs = pods(rendered(overlay, "cronjob"))
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
            # A ResourceQuota may ask for each of them.
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert {"cpu", "memory"} <= set(container["resources"]["limits"]), name
            # OpenShift gives each namespace users of its own, and refuses a pod that names another.
            assert not {"runAsUser", "runAsGroup", "fsGroup"} & {*security, *spec["securityContext"]}, name
        if name != "triggerfish-tick":
            (container,) = spec["containers"]
            # A rollout stops at a pod without its rights; later, the API server's absence takes no pod away.
            assert container["startupProbe"]["httpGet"]["path"] == "/readyz", name
            for probe in ("readinessProbe", "livenessProbe"):
                assert container[probe]["httpGet"]["path"] == "/healthz", name


def container(objects: list[dict], name: str) -> dict:
    (found,) = dict(pods(objects))[name]["containers"]
    return found


def from_secret(container: dict, name: str) -> dict:
    (entry,) = [entry for entry in container["env"] if entry["name"] == name]
    return entry["valueFrom"]["secretKeyRef"]


def settings(container: dict) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_function_ticks_by_itself_or_a_cronjob_calls_it(overlay: str) -> None:
    objects = rendered(overlay)
    assert "CronJob" not in {item["kind"] for item in objects}
    assert settings(container(objects, "triggerfish-cron"))["TICK_EVERY"] == "60"
    objects = rendered(overlay, "cronjob")
    assert settings(container(objects, "triggerfish-cron"))["TICK_EVERY"] == "0"
    (job,) = [item for item in objects if item["kind"] == "CronJob"]
    assert job["spec"]["schedule"] == "* * * * *"
    # A pod may take minutes to start: neither it nor its successors may be lost for that.
    assert job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] >= 240
    assert job["spec"]["concurrencyPolicy"] == "Allow"


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_setting_is_one_that_the_function_takes(overlay: str) -> None:
    for component in ((), ("cronjob",)):
        objects = rendered(overlay, *component)
        for function, examine in (("cron", cron.examine), ("events", events.examine)):
            given = settings(container(objects, f"triggerfish-{function}"))
            found = examine({**given, "KUBE_AUTH": "gke", "GKE_HOST": "10.0.0.1", "METRICS_TOKEN": "hush"})
            assert (found.wrong, found.advice) == ((), ())


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_tick_sends_the_token_that_the_function_asks_for(overlay: str) -> None:
    objects = rendered(overlay, "cronjob")
    caller, function = container(objects, "triggerfish-tick"), container(objects, "triggerfish-cron")
    assert from_secret(caller, "TICK_TOKEN") == from_secret(function, "TICK_TOKEN")
    *start, url = caller["command"]
    assert start == ["python", "-m", call.__name__]
    services = {item["metadata"]["name"] for item in objects if item["kind"] == "Service"}
    assert url.removeprefix("http://").removesuffix("/") in services
    assert caller["image"] == function["image"]


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_metrics_have_the_token_that_their_reader_sends(overlay: str) -> None:
    objects = rendered(overlay)
    (monitor,) = yaml.safe_load_all((KUBERNETES / "monitoring" / "pods.yaml").read_text())
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    for name in ("triggerfish-cron", "triggerfish-events"):
        asked = from_secret(container(objects, name), "METRICS_TOKEN")
        assert asked == {**endpoint["authorization"]["credentials"], "optional": True}


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_policies_and_budgets_select_pods_that_exist(overlay: str) -> None:
    objects = rendered(overlay, *COMPONENTS)
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
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_binding_is_known_as_a_part_of_it(overlay: str) -> None:
    """By the label `triggerfish uninstall` tells it from one of the user's own."""
    found = [item for item in rendered(overlay) if item["kind"].endswith("RoleBinding")]
    assert found
    assert {item["metadata"]["labels"]["app.kubernetes.io/part-of"] for item in found} == {"triggerfish"}


@needs_kubectl
def test_a_second_installation_takes_nothing_from_the_first() -> None:
    first, second = rendered("cluster-wide"), rendered("second")

    def bindings(objects: list[dict]) -> dict[str, set]:
        return {
            item["metadata"]["name"]: {subject["namespace"] for subject in item["subjects"]}
            for item in objects
            if item["kind"] == "ClusterRoleBinding"
        }

    assert bindings(first).keys().isdisjoint(bindings(second))
    assert len(bindings(first)) == len(bindings(second))
    assert set().union(*bindings(second).values()) == {"triggerfish-blue"}
    assert {item["metadata"]["namespace"] for item in second if "namespace" in item["metadata"]} == {
        "triggerfish-blue"
    }
    for _, spec in pods(second):
        (container,) = spec["containers"]
        assert {"name": "INSTANCE_ID", "value": "blue"} in container["env"]


@needs_kubectl
def test_the_namespaced_overlay_has_nothing_of_the_clusters() -> None:
    objects = rendered("namespaced", *COMPONENTS)
    kinds = {item["kind"] for item in objects}
    assert kinds.isdisjoint({"ClusterRole", "ClusterRoleBinding", "Namespace"})
    assert {item["metadata"]["namespace"] for item in objects} == {"argo"}
    for item in objects:
        if item["kind"] == "RoleBinding":
            assert [subject["namespace"] for subject in item["subjects"]] == ["argo"]


@needs_kubectl
def test_the_teams_overlay_gives_rights_in_the_namespaces_of_its_list_alone() -> None:
    objects = rendered("teams", *COMPONENTS)
    assert "ClusterRoleBinding" not in {item["kind"] for item in objects}
    everywhere = {
        (item["roleRef"]["kind"], item["roleRef"]["name"], subject["name"])
        for item in rendered("cluster-wide")
        if item["kind"] == "ClusterRoleBinding"
        for subject in item["subjects"]
    }
    for function in ("cron", "events"):
        listed = settings(container(objects, f"triggerfish-{function}"))["MANAGED_NAMESPACE"].split(",")
        bound: dict[str, set] = {}
        for item in objects:
            if item["kind"] == "RoleBinding":
                (subject,) = item["subjects"]
                assert subject["namespace"] == "triggerfish"
                right = (item["roleRef"]["kind"], item["roleRef"]["name"], subject["name"])
                bound.setdefault(item["metadata"]["namespace"], set()).add(right)
        assert bound == dict.fromkeys(listed, everywhere)


def dry_run(server: ApiServer, namespace: str, objects: list[dict]) -> list[dict]:
    """What the API server would make of them, each field checked, in a namespace that warns of risky pods."""
    there = kubectl("get", "namespaces", "-o", "name", server=server).split()
    for each in {namespace, *(item["metadata"].get("namespace", namespace) for item in objects)}:
        if f"namespace/{each}" not in there:
            # A dry run of the namespace makes none for the rest to be in.
            kubectl("create", "namespace", each, server=server)
    label = "pod-security.kubernetes.io/warn=restricted"
    kubectl("label", "--overwrite", "namespace", namespace, label, server=server)
    apply = ("apply", "--server-side", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-")
    return json.loads(kubectl(*apply, stdin=yaml.safe_dump_all(objects), server=server))["items"]


@pytest.mark.real
@needs_kubectl
@pytest.mark.parametrize(("overlay", "namespace"), OVERLAYS.items())
def test_a_real_api_server_takes_every_object_strictly_and_warns_of_none(
    real_server: ApiServer, overlay: str, namespace: str
) -> None:
    objects = rendered(overlay, *COMPONENTS)
    assert len(dry_run(real_server, namespace, objects)) == len(objects)


@pytest.mark.real
@needs_kubectl
@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(
            lambda spec: spec["securityContext"].pop("seccompProfile"),
            "would violate PodSecurity",
            id="a pod that may do too much",
        ),
        pytest.param(
            lambda spec: spec.update(hostname_=1), "not declared in schema", id="a field that is none"
        ),
    ],
)
def test_what_is_wrong_is_told(real_server: ApiServer, change: Callable, says: str) -> None:
    objects = rendered("namespaced")
    change(dict(pods(objects))["triggerfish-events"])
    with pytest.raises(AssertionError, match=says):
        dry_run(real_server, "argo", objects)


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whoever_has_two_replicas_has_them_on_two_nodes_and_keeps_one(overlay: str) -> None:
    objects = rendered(overlay)
    budgets = {item["metadata"]["name"]: item["spec"] for item in objects if "Budget" in item["kind"]}
    deployments = [item for item in objects if item["kind"] == "Deployment"]
    assert {item["metadata"]["name"] for item in deployments} == set(budgets)
    for item in deployments:
        budget, spec = budgets[item["metadata"]["name"]], item["spec"]
        if spec["replicas"] > 1:
            assert budget["minAvailable"] < spec["replicas"], "else no node could be drained"
            (spread,) = spec["template"]["spec"]["topologySpreadConstraints"]
            assert spread["labelSelector"] == spec["selector"]
        else:
            assert budget["maxUnavailable"] == 1
