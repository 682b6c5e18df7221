"""The chart: the same objects as Kustomize makes, what each value does, and its life on a real API server."""

import copy
import json
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.infra.test_kubernetes import rendered as kustomized
from tests.real import helm
from tests.real.helm import CHART

pytestmark = pytest.mark.real
# Helm's own, and the version that Kustomize does not know.
OWN_LABELS = {
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
}
PART = "app.kubernetes.io/part-of"
IMAGES = {"image.registry": "registry.example.com", "image.tag": "latest"}


def by_place(objects: list[dict]) -> dict[tuple[str, str, str], dict]:
    found = {}
    for item in objects:
        metadata = item["metadata"]
        key = (item["kind"], metadata.get("namespace", ""), metadata["name"])
        assert key not in found, key
        found[key] = item
    return found


def plain(item: dict) -> dict:
    """Without what either of the two adds of its own, and with lists that are sets in one order."""
    item = copy.deepcopy(item)
    labels = item["metadata"].get("labels", {})
    item["metadata"]["labels"] = {key: value for key, value in labels.items() if key not in OWN_LABELS}
    if item["kind"] == "CronJob":
        # Kustomize does not label what a component brings.
        item["metadata"]["labels"].pop(PART, None)
        item["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"].pop(PART, None)
    if item["kind"] in ("Deployment", "CronJob"):
        spec = item["spec"]
        pod = spec["template"] if item["kind"] == "Deployment" else spec["jobTemplate"]["spec"]["template"]
        for container in pod["spec"]["containers"]:
            assert container.pop("imagePullPolicy", "IfNotPresent") == "IfNotPresent"
            container["env"] = sorted(container["env"], key=lambda entry: entry["name"])
    if item["kind"] == "NetworkPolicy":
        item["spec"] = policies([item])
    return item


def policies(items: list[dict]) -> dict[str, set[str]]:
    """What policies of one pod allow together: they add up."""
    allowed: dict[str, set[str]] = {}
    for item in items:
        (name,) = item["spec"]["podSelector"]["matchLabels"].values()
        for way in ("ingress", "egress"):
            for rule in item["spec"].get(way, ()):
                allowed.setdefault(f"{name} {way}", set()).add(json.dumps(rule, sort_keys=True))
    return allowed


WITHOUT = ("Namespace", "NetworkPolicy")


@pytest.mark.parametrize(
    ("overlay", "components", "values", "namespace"),
    [
        pytest.param("cluster-wide", (), {}, "triggerfish", id="all namespaces"),
        pytest.param("namespaced", (), {"namespaces": ["argo"]}, "argo", id="one namespace"),
        pytest.param(
            "cluster-wide", ("cronjob",), {"tick.cronJob.enabled": True}, "triggerfish", id="a CronJob ticks"
        ),
        pytest.param(
            "cluster-wide",
            (
                "egress-google-cron",
                "egress-google-events",
                "egress-broker",
                "egress-heartbeat",
                "egress-traces",
                "egress-api-server",
            ),
            {
                "networkPolicy.egress": {
                    "googleCron": True,
                    "googleEvents": True,
                    "brokerNamespace": "knative-eventing",
                    "heartbeat": True,
                    "traces": True,
                    "apiServerPorts": [8443, 16443],
                }
            },
            "triggerfish",
            id="every egress",
        ),
    ],
)
def test_the_chart_makes_what_kustomize_makes(overlay, components, values, namespace):
    theirs = kustomized(overlay, *components)
    ours = helm.rendered({**IMAGES, **values}, namespace=namespace)
    expected = {key: plain(item) for key, item in by_place(theirs).items() if key[0] not in WITHOUT}
    # A Role cannot grant tokenreviews; Kustomize cannot leave it out.
    expected.pop(("Role", namespace, "triggerfish-events-broker"), None)
    found = {key: plain(item) for key, item in by_place(ours).items() if key[0] not in WITHOUT}
    assert sorted(found) == sorted(expected)
    for key, item in expected.items():
        assert found[key] == item, key
    # Kustomize has a policy for each component, the chart one for each function.
    kept = [[item for item in items if item["kind"] == "NetworkPolicy"] for items in (theirs, ours)]
    assert policies(kept[0]) == policies(kept[1])


def one(objects: list[dict], kind: str, name: str) -> dict:
    (found,) = [item for item in objects if (item["kind"], item["metadata"]["name"]) == (kind, name)]
    return found


def container(objects: list[dict], function: str) -> dict:
    return one(objects, "Deployment", f"triggerfish-{function}")["spec"]["template"]["spec"]["containers"][0]


def settings(container: dict) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


def test_several_namespaces_get_roles_each_and_no_right_of_the_cluster():
    objects = helm.rendered({"namespaces": ["a", "b"]})
    assert not {item["kind"] for item in objects} & {"ClusterRole", "ClusterRoleBinding"}
    # tokenreviews are of the cluster: only who asks for them gets them.
    asked = helm.rendered({"namespaces": ["a", "b"], "rbac.broker": True})
    wide = {item["metadata"]["name"] for item in asked if item["kind"].startswith("ClusterRole")}
    assert wide == {"triggerfish-events-broker"}
    for namespace in ("a", "b"):
        bound = {
            item["metadata"]["name"]
            for item in objects
            if item["kind"] == "RoleBinding" and item["metadata"]["namespace"] == namespace
        }
        assert {"triggerfish-cron", "triggerfish-events"} <= bound
    for function in ("cron", "events"):
        assert settings(container(objects, function))["MANAGED_NAMESPACE"] == "a,b"


def test_rights_for_git_hosts_are_bound_to_who_asks_for_them():
    def bound(**values) -> dict[str, str]:
        return {
            item["metadata"]["name"]: item["subjects"][0]["name"]
            for item in helm.rendered({f"rbac.{name}": value for name, value in values.items()})
            if item["kind"] == "ClusterRoleBinding"
        }

    usual = bound()
    hosts = {
        "triggerfish-cron-hosts": "triggerfish-cron",
        "triggerfish-events-hosts": "triggerfish-events",
    }
    assert bound(hosts=True) == usual | hosts
    assert bound(recover=True) == usual | {"triggerfish-cron-recover": "triggerfish-cron"}


def test_each_value_of_a_function_is_where_it_belongs():
    each = {
        "env": {"DEFAULT_TIMEZONE": "Europe/Berlin", "MODE": "shadow"},
        "extraEnv": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}],
        "extraArgs": ["--debug"],
        "nodeSelector": {"pool": "a"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "high",
        "podAnnotations": {"a": "b"},
        "podLabels": {"c": "d"},
        "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn"}},
        "digest": f"sha256:{'0' * 64}",
        "replicas": 3,
        "extraVolumes": [{"name": "v", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "v", "mountPath": "/v"}],
    }
    for function in ("cron", "events"):
        objects = helm.rendered(
            {**{f"{function}.{key}": value for key, value in each.items()}, "image.pullSecrets": ["s"]}
        )
        deployment = one(objects, "Deployment", f"triggerfish-{function}")
        pod, found = deployment["spec"]["template"], container(objects, function)
        assert deployment["spec"]["replicas"] == 3
        assert settings(found) | each["env"] == settings(found)
        assert each["extraEnv"][0] in found["env"]
        assert found["args"][-1] == "--debug"
        assert found["args"][:3] == ["functions-framework", f"--target={function}", "--source=main.py"]
        assert found["image"].endswith(f"/triggerfish-{function}@{each['digest']}")
        for key in ("nodeSelector", "tolerations", "affinity", "priorityClassName"):
            assert pod["spec"][key] == each[key]
        assert pod["metadata"]["annotations"] == {"a": "b"}
        assert pod["metadata"]["labels"]["c"] == "d"
        assert pod["spec"]["imagePullSecrets"] == [{"name": "s"}]
        assert {"name": "v", "mountPath": "/v"} in found["volumeMounts"]
        account = one(objects, "ServiceAccount", f"triggerfish-{function}")
        assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn"}


def test_a_text_of_digits_stays_as_it_is_written():
    # --set makes a number of it, which Go writes as 1e+06.
    objects = helm.rendered({"image.tag": 1000000, "instanceId": 2000000})
    assert container(objects, "cron")["image"].endswith("/triggerfish-cron:1000000")
    assert settings(container(objects, "events"))["INSTANCE_ID"] == "2000000"


def test_a_webhook_client_brings_its_account_its_rights_and_the_functions_right_to_act_as_it():
    client = {"name": "hooks", "namespace": "team-a", "type": "github", "secret": "quite secret"}
    objects = helm.rendered({"webhooks.clients": [client], "webhooks.accounts": []})
    secret = one(objects, "Secret", "argo-workflows-webhook-clients")
    assert secret["metadata"]["namespace"] == "team-a"
    assert yaml.safe_load(secret["stringData"]["hooks"]) == {"type": "github", "secret": "quite secret"}
    binding = one(objects, "RoleBinding", "triggerfish-webhook-hooks")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "hooks", "namespace": "team-a"}]
    rules = one(objects, "ClusterRole", "triggerfish-events")["rules"]
    assert [rule["resourceNames"] for rule in rules if rule["resources"] == ["serviceaccounts/token"]] == [
        ["hooks"]
    ]


def test_without_any_account_the_function_may_act_as_nobody():
    # A rule without resourceNames would be the right to become anyone.
    rules = one(helm.rendered({"webhooks.accounts": []}), "ClusterRole", "triggerfish-events")["rules"]
    assert all(rule["resources"] != ["serviceaccounts/token"] for rule in rules)


def test_the_ways_in_and_what_watches():
    objects = helm.rendered(
        {
            "events.ingress": {
                "enabled": True,
                "className": "nginx",
                "hosts": ["t.example.com"],
                "path": "/api/v1/events/",
                "tls": [{"secretName": "s", "hosts": ["t.example.com"]}],
            },
            "events.httpRoute": {
                "enabled": True,
                "parentRefs": [{"name": "public"}],
                "hostnames": ["t.example.com"],
                "path": "/api/v1/events/",
            },
            "events.autoscaling.enabled": True,
            "events.service": {"type": "LoadBalancer", "port": 8080},
            "metrics.monitor": "serviceMonitor",
            "metrics.rules": True,
            "metrics.dashboard": True,
            "metrics.token": "0123456789abcdef",
            "tick.token": "fedcba9876543210",
        }
    )
    kinds = {item["kind"] for item in objects}
    assert {"Ingress", "HTTPRoute", "HorizontalPodAutoscaler", "ServiceMonitor", "PrometheusRule"} <= kinds
    (rule,) = one(objects, "Ingress", "triggerfish-events")["spec"]["rules"]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/api/v1/events/"]
    (rule,) = one(objects, "HTTPRoute", "triggerfish-events")["spec"]["rules"]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/api/v1/events/"}}]
    assert "replicas" not in one(objects, "Deployment", "triggerfish-events")["spec"]
    assert one(objects, "Service", "triggerfish-events")["spec"]["type"] == "LoadBalancer"
    rules = Path(CHART / "files" / "rules.yaml").read_text()
    assert one(objects, "PrometheusRule", "triggerfish")["spec"] == yaml.safe_load(rules)["spec"]
    dashboard = one(objects, "ConfigMap", "triggerfish-dashboard")["data"]["dashboard.json"]
    assert json.loads(dashboard) == json.loads(Path(CHART / "files" / "dashboard.json").read_text())
    assert one(objects, "Secret", "triggerfish-tick")["stringData"] == {"token": "fedcba9876543210"}
    monitored = one(objects, "ServiceMonitor", "triggerfish")["spec"]["selector"]["matchExpressions"][0]
    for function in ("cron", "events"):
        labels = one(objects, "Service", f"triggerfish-{function}")["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] in monitored["values"]


def test_two_releases_share_no_object():
    first = helm.rendered({})
    second = helm.rendered({"instanceId": "blue"}, release="blue", namespace="blue")
    assert not set(by_place(first)) & set(by_place(second))
    assert (
        settings(
            one(second, "Deployment", "blue-triggerfish-cron")["spec"]["template"]["spec"]["containers"][0]
        )["INSTANCE_ID"]
        == "blue"
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"cron.replica": 1}, "replica"),
        ({"namespaces": ["Team_A"]}, "namespaces"),
        ({"metrics.monitor": "pod"}, "monitor"),
        ({"cron.env": {"lower": "x"}}, "lower"),
        ({"tick.token": "short"}, "token"),
        ({"webhooks.clients": [{"name": "x", "type": "githubb", "secret": "y"}]}, "type"),
        ({"events.ingress.enabled": True}, "name at least one host"),
        ({"events.httpRoute.enabled": True}, "name the Gateway"),
        (
            {"namespaces": ["a"], "webhooks.clients": [{"name": "x", "namespace": "b", "type": "github"}]},
            "not one of namespaces",
        ),
    ],
    ids=str,
)
def test_a_wrong_value_is_named(values, words):
    assert words in helm.helm(
        "template", "t", str(CHART), "--kube-version", helm.KUBERNETES, *helm.given(values), code=1
    )


def test_the_schema_knows_every_value_and_each_has_its_default():
    def names(schema: dict, before: str = "") -> set[str]:
        found = set()
        for key, inner in schema.get("properties", {}).items():
            found |= {before + key} | names(inner, f"{before}{key}.")
        return found

    def given(values: dict, before: str = "") -> set[str]:
        found = set()
        for key, inner in values.items():
            found.add(before + key)
            if isinstance(inner, dict):
                found |= given(inner, f"{before}{key}.")
        return found

    known = names(json.loads((CHART / "values.schema.json").read_text())) - {"global"}
    defaults = given(yaml.safe_load((CHART / "values.yaml").read_text()))
    # Kubernetes says what stands in resources.
    assert known == {name for name in defaults if "resources." not in name}


def test_helm_finds_nothing_wrong():
    assert "0 chart(s) failed" in helm.helm("lint", "--strict", "--kube-version", helm.KUBERNETES, str(CHART))


def test_the_versions_are_the_projects():
    import triggerfish

    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert {chart["version"], chart["appVersion"]} == {triggerfish.__version__}


def test_a_packed_chart_carries_the_crds_and_the_rules(tmp_path):
    helm.helm("package", str(CHART), "--destination", str(tmp_path))
    (archive,) = tmp_path.glob("*.tgz")
    listed = subprocess.check_output(["tar", "tzf", str(archive)], text=True).splitlines()
    crds = {path.name for path in (CHART.parents[1] / "crds").glob("*.yaml")}
    assert {f"triggerfish/crds/{name}" for name in crds} <= set(listed)
    assert {"triggerfish/files/rbac.yaml", "triggerfish/files/rules.yaml"} <= set(listed)
    assert not any("/ci/" in name for name in listed)
