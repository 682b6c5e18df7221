"""infra/knative: rendered by kubectl, and every name in it looked up."""

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from tests.infra.test_kubernetes import from_secret, kubectl, needs_kubectl, rendered
from tests.real.judging import praise, verdicts
from yaml import safe_load_all

from triggerfish.events_function.routes import ROUTES
from triggerfish.settings import Settings

KNATIVE = Path(__file__).parents[2] / "infra" / "knative"
GROUPS = {
    "Service": "serving.knative.dev/v1",
    "PingSource": "sources.knative.dev/v1",
    "Broker": "eventing.knative.dev/v1",
    "Trigger": "eventing.knative.dev/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "ServiceAccount": "v1",
}
pytestmark = needs_kubectl


def objects(folder: str) -> list[dict]:
    return list(safe_load_all(kubectl("kustomize", str(KNATIVE / folder))))


def containers(folder: str) -> dict[str, dict]:
    return {
        item["metadata"]["name"]: item["spec"]["template"]["spec"]["containers"][0]
        for item in objects(folder)
        if item["kind"] == "Service"
    }


@pytest.mark.parametrize("folder", ["base", "bursts"])
def test_each_object_is_of_a_kind_that_knative_has(folder: str) -> None:
    found = objects(folder)
    assert {item["kind"]: item["apiVersion"] for item in found}.items() <= GROUPS.items()
    assert {item["metadata"].get("namespace", "triggerfish") for item in found} == {"triggerfish"}


@pytest.mark.parametrize("folder", ["base", "bursts"])
def test_each_service_has_its_rights_its_probe_and_as_little_as_can_be(folder: str) -> None:
    accounts = {item["metadata"]["name"] for item in objects(folder) if item["kind"] == "ServiceAccount"}
    for item in objects(folder):
        if item["kind"] == "Service":
            spec = item["spec"]["template"]["spec"]
            assert spec["serviceAccountName"] in accounts
            (container,) = spec["containers"]
            assert container["readinessProbe"]["httpGet"]["path"] == "/healthz"
            security = container["securityContext"]
            assert security["runAsNonRoot"]
            assert security["readOnlyRootFilesystem"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            # As on plain Kubernetes: OpenShift's own users, quotas of any kind.
            assert not {"runAsUser", "runAsGroup"} & set(security)
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert {"cpu", "memory"} <= set(container["resources"]["limits"])
            asked = from_secret(container, "METRICS_TOKEN")
            assert asked == {"name": "triggerfish-metrics", "key": "token", "optional": True}


@pytest.mark.parametrize("folder", ["base", "bursts"])
def test_each_setting_is_one(folder: str) -> None:
    known = {field.name.upper() for field in fields(Settings)}
    for container in containers(folder).values():
        assert {entry["name"] for entry in container["env"]} <= known


def test_no_more_is_let_in_than_the_function_takes() -> None:
    services = {item["metadata"]["name"]: item for item in objects("base") if item["kind"] == "Service"}
    events = services["triggerfish-events"]
    assert events["spec"]["template"]["spec"]["containerConcurrency"] == Settings().event_concurrency


@pytest.mark.parametrize("folder", ["base", "bursts"])
def test_whatever_is_called_is_there(folder: str) -> None:
    found = objects(folder)
    names = {(item["kind"], item["metadata"]["name"]) for item in found}
    for item in found:
        target = item["spec"].get("sink") or item["spec"].get("subscriber") if "spec" in item else None
        if target:
            assert (target["ref"]["kind"], target["ref"]["name"]) in names
        if item["kind"] == "Trigger":
            assert ("Broker", item["spec"]["broker"]) in names


def test_with_a_token_nobody_else_may_tick() -> None:
    found = objects("guarded")
    assert {item["kind"] for item in found}.isdisjoint({"PingSource", "NetworkPolicy"})
    (job,) = [item for item in found if item["kind"] == "CronJob"]
    (caller,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    function = containers("guarded")["triggerfish-cron"]
    asked = from_secret(function, "TICK_TOKEN")
    assert asked == from_secret(caller, "TICK_TOKEN") == {"name": "triggerfish-tick", "key": "token"}
    assert caller["command"][:3] == ["python", "-m", "triggerfish.cron_function.call"]
    assert caller["image"] == function["image"]
    assert job["spec"]["schedule"] == "* * * * *"


def test_the_tick_comes_every_minute() -> None:
    (source,) = [item for item in objects("base") if item["kind"] == "PingSource"]
    assert source["spec"]["schedule"] == "* * * * *"


def test_the_sink_is_the_broker_and_its_audience_the_triggers() -> None:
    (trigger,) = [item for item in objects("bursts") if item["kind"] == "Trigger"]
    settings = {
        entry["name"]: entry.get("value", "") for entry in containers("bursts")["triggerfish-events"]["env"]
    }
    assert settings["SINK_AUDIENCE"] == trigger["spec"]["subscriber"]["audience"]
    assert re.fullmatch(r"http://broker-ingress\..*/triggerfish/triggerfish", settings["K_SINK"])
    name = trigger["metadata"]["name"]
    account = f"system:serviceaccount:triggerfish:{name}-oidc-eventing.knative.dev-trigger"
    assert settings["SINK_IDENTITY"] == account


def test_the_role_that_lets_the_function_ask_about_tokens_is_bound() -> None:
    (binding,) = [item for item in objects("bursts") if item["kind"] == "ClusterRoleBinding"]
    roles = {item["metadata"]["name"] for item in rendered("cluster-wide") if item["kind"] == "ClusterRole"}
    assert binding["roleRef"]["name"] in roles
    assert [subject["name"] for subject in binding["subjects"]] == ["triggerfish-events"]


def test_the_trigger_calls_a_route_of_the_function() -> None:
    (trigger,) = [item for item in objects("bursts") if item["kind"] == "Trigger"]
    assert trigger["spec"]["subscriber"]["uri"] in {route.pattern for route in ROUTES}


@pytest.mark.real
@pytest.mark.parametrize("folder", ["base", "bursts"])
def test_knative_itself_takes_each_object(folder: str) -> None:
    found = [item for item in objects(folder) if "knative.dev" in item["apiVersion"]]
    assert verdicts("knative", found) == praise(found)


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "change", "says"),
    [
        pytest.param("Service", lambda item: item["spec"].update(replicas=2), "unknown field", id="unknown"),
        pytest.param(
            "Service",
            lambda item: item["spec"]["template"]["spec"].update(automountServiceAccountToken=True),
            "must not set the field",
            id="a field of pods that a Service has not",
        ),
        pytest.param(
            "PingSource", lambda item: item["spec"].update(schedule="* *"), "schedule", id="schedule"
        ),
        pytest.param("Trigger", lambda item: item["spec"].pop("broker"), "missing field(s)", id="no broker"),
    ],
)
def test_knative_itself_refuses_what_is_wrong(kind: str, change: Callable, says: str) -> None:
    item = next(item for item in objects("bursts") if item["kind"] == kind)
    change(item)
    (line,) = verdicts("knative", [item])
    assert says in line


@pytest.mark.parametrize("folder", ["base", "bursts"])
def test_each_service_account_s_token_is_mounted(folder: str) -> None:
    """A Knative Service cannot ask for it, so the account must not forbid it."""
    accounts = {
        item["metadata"]["name"]: item for item in objects(folder) if item["kind"] == "ServiceAccount"
    }
    services = [item["spec"]["template"]["spec"] for item in objects(folder) if item["kind"] == "Service"]
    assert services
    for spec in services:
        assert accounts[spec["serviceAccountName"]].get("automountServiceAccountToken", True)
