"""`uninstall` as people call it: what the functions leave is listed, and taken off."""

import json

import pytest
from tests.cli.calling import call, make, read

EXACT = "triggerfish.dev/exact"
RBAC = "/apis/rbac.authorization.k8s.io/v1"


@pytest.fixture
def place(embedded):
    namespace = embedded.new_namespace()
    return namespace, ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]


def workflow(embedded, namespace: str, name: str, *finalizers: str) -> None:
    spec = {"entrypoint": "m", "templates": [{"name": "m", "suspend": {}}]}
    metadata = {"name": name, "finalizers": list(finalizers)}
    make(embedded, namespace, "workflows", {"kind": "Workflow", "metadata": metadata, "spec": spec})


def rows(place, *options: str, code: int) -> list[tuple[str, str]]:
    found = json.loads(call("uninstall", "-o", "json", *options, *place[1], code=code))
    return [(row["kind"], row["name"]) for row in found]


def test_nothing_is_left_of_an_installation_that_left_nothing(embedded, place) -> None:
    workflow(embedded, place[0], "plain")
    workflow(embedded, place[0], "others", "example.com/theirs")
    assert call("uninstall", "--check", *place[1]).strip() == "nothing is left"


def test_check_changes_nothing_and_the_command_takes_finalizers_and_records_off(embedded, place) -> None:
    workflow(embedded, place[0], "held", EXACT)
    workflow(embedded, place[0], "both", "example.com/theirs", EXACT)
    labels = {"triggerfish.dev/record": "deliveries"}
    make(
        embedded,
        place[0],
        "configmaps",
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "triggerfish-deliveries", "labels": labels},
        },
    )
    left = [("Workflow", "both"), ("Workflow", "held"), ("ConfigMap", "triggerfish-deliveries")]
    for _ in range(2):
        assert sorted(rows(place, "--check", code=1)) == sorted(left)
    assert rows(place, code=0) == []
    assert rows(place, "--check", code=0) == []
    finalizers = {
        body["metadata"]["name"]: body["metadata"].get("finalizers", [])
        for body in read(embedded, place[0], "workflows")["items"]
    }
    assert finalizers == {"held": [], "both": ["example.com/theirs"]}


def test_a_deleted_workflow_that_its_finalizer_held_is_gone_then(embedded, place) -> None:
    workflow(embedded, place[0], "held", EXACT)
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{place[0]}/workflows/held"
    embedded.request("DELETE", path)
    assert embedded.request("GET", path)[0] == 200
    call("uninstall", *place[1])
    assert embedded.request("GET", path)[0] == 404


def test_a_binding_of_ones_own_that_would_dangle_is_told_with_its_command(embedded, place) -> None:
    namespace = place[0]
    for name, role, labels in (
        ("hooks", "triggerfish-webhook", {}),
        ("shipped", "triggerfish-cron", {"app.kubernetes.io/part-of": "triggerfish"}),
        ("unrelated", "view", {}),
    ):
        body = {
            "metadata": {"name": name, "labels": labels},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": "github.com", "namespace": namespace}],
        }
        status, answer = embedded.request("POST", f"{RBAC}/namespaces/{namespace}/rolebindings", body)
        assert status == 201, answer
    (row,) = json.loads(call("uninstall", "-o", "json", *place[1], code=1))
    assert row["name"] == "hooks"
    assert row["command"] == f"kubectl -n {namespace} delete rolebinding hooks"
