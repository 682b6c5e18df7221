"""/healthz and /readyz under the real Functions Framework, and who is shown the metrics."""

import pytest
import yaml
from tests.support import functions
from tests.support.deployed import roles
from tests.support.wrong_settings import good


def kubeconfig(embedded, token, folder):
    found = yaml.safe_load(embedded.kubeconfig.read_text())
    found["users"][0]["user"] = {"token": token}
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(found))
    return str(path)


@pytest.mark.parametrize("path", ["/readyz", "/ready", "/readyz/"])
def test_a_function_with_its_rights_is_ready(embedded, own, path):
    with functions.start("cron", {"KUBECONFIG": own("cron")}) as function:
        reply = function.send("GET", path)
        assert (reply.status, reply.json["status"]) == (200, "ready")
        assert reply.json["zones"]["version"] >= "2026f"


def test_the_events_function_is_ready(events):
    assert events.send("GET", "/ready").json["status"] == "ready"
    for path in ("/healthz", "/health"):
        assert events.send("GET", path).json == {"status": "ok"}


@pytest.mark.parametrize(
    ("function", "without", "told"),
    [
        ("cron", "cronworkflows", "cronworkflows.argoproj.io"),
        ("events", "secrets", "get secrets named argo-workflows-webhook-clients"),
    ],
)
def test_a_right_that_is_missing_is_named(embedded, tmp_path, function, without, told):
    namespace = embedded.new_namespace()
    rules = [rule for rule in roles()[f"triggerfish-{function}"] if without not in rule["resources"]]
    token = embedded.service_account(namespace, "lacking", rules)
    settings = {"KUBECONFIG": kubeconfig(embedded, token, tmp_path), "MANAGED_NAMESPACE": namespace}
    with functions.start(function, settings) as running:
        assert running.send("GET", "/health").status == 200
        reply = running.send("GET", "/readyz")
        assert reply.status == 503
        assert all(told in right for right in reply.json["missing"])
        assert f"in namespace {namespace}" in reply.json["message"]
        assert token not in reply.body.decode()
    assert token not in running.log


@pytest.mark.parametrize("function", ["cron", "events"])
def test_without_a_cluster_it_lives_and_is_not_ready(function, tmp_path):
    with functions.start(function, good(tmp_path)) as running:
        assert running.send("GET", "/healthz").status == 200
        reply = running.send("GET", "/ready")
        assert (reply.status, reply.json["message"]) == (503, "the cluster did not answer")


@pytest.mark.parametrize("function", ["cron", "events"])
def test_metrics_are_for_who_has_their_token(function, tmp_path):
    settings = {**good(tmp_path), "METRICS": "on", "METRICS_TOKEN": "hush-reader"}
    with functions.start(function, settings) as running:
        for given in ({}, {"Authorization": "Bearer other"}):
            reply = running.send("GET", "/metrics", headers=given)
            assert (reply.status, reply.json["message"]) == (401, "token not valid")
        reply = running.send("GET", "/metrics", headers={"Authorization": "Bearer hush-reader"})
        assert (reply.status, b"# HELP triggerfish_" in reply.body) == (200, True)
    assert "hush" not in running.log


def test_without_a_token_strangers_see_no_metrics_of_the_events_function(tmp_path):
    with functions.start("events", {**good(tmp_path), "METRICS": "on"}) as running:
        for given in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}):
            assert running.send("GET", "/metrics", headers=given).status == 401
