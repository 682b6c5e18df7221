"""`uninstall` as people call it: what the functions leave is listed, and taken off."""

import json

import pytest
from tests.cli.calling import call, make, read

EXACT, REPORT = "triggerfish.dev/exact", "triggerfish.dev/report"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


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


@pytest.mark.parametrize("finalizers", [(EXACT,), (REPORT,), (EXACT, REPORT)])
def test_a_deleted_workflow_that_its_finalizer_held_is_gone_then(embedded, place, finalizers) -> None:
    workflow(embedded, place[0], "held", *finalizers)
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


@pytest.fixture
def release(embedded):
    """What the chart makes for the release `hooks` in a namespace of its own, as far as it matters here."""
    home, name = embedded.new_namespace(), "hooks-triggerfish"
    ours = {"app.kubernetes.io/part-of": "triggerfish"}
    made = [f"{DEFINITIONS}/deployments.apps"]
    # The embedded cluster has no pods, and so no Deployments of its own.
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    versions = [
        {
            "name": "v1",
            "served": True,
            "storage": True,
            "schema": {"openAPIV3Schema": schema},
            "subresources": {},
        }
    ]
    names = {"plural": "deployments", "kind": "Deployment", "singular": "deployment"}
    spec = {"group": "apps", "scope": "Namespaced", "names": names, "versions": versions}
    definition = {"metadata": {"name": "deployments.apps"}, "spec": spec}
    status, answer = embedded.request("POST", DEFINITIONS, definition)
    assert status == 201, answer

    def create(group: str, plural: str, title: str, body: dict, namespace: str = home, **labels: str) -> None:
        root = f"/apis/{group}" + (f"/namespaces/{namespace}" if namespace else "")
        body = {"apiVersion": group, "metadata": {"name": title, "labels": {**ours, **labels}}, **body}
        status, answer = embedded.request("POST", f"{root}/{plural}", body)
        assert status == 201, answer
        made.append(f"{root}/{plural}/{title}")

    for function in ("cron", "events"):
        title = f"{name}-{function}"
        labels = {"app.kubernetes.io/name": title}
        pod = {"serviceAccountName": title, "containers": [{"name": function, "image": "x"}]}
        spec = {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        }
        create("apps/v1", "deployments", title, {"kind": "Deployment", "spec": spec}, **labels)
    create("rbac.authorization.k8s.io/v1", "clusterroles", f"{name}-webhook", {"rules": []}, "")
    create("rbac.authorization.k8s.io/v1", "roles", f"{name}-cron", {"rules": []})
    yield home, name
    for path in reversed(made):
        embedded.request("DELETE", path)


def stopped(embedded, home: str, name: str) -> None:
    path = f"/apis/apps/v1/namespaces/{home}/deployments/{name}-cron"
    kind = "application/merge-patch+json"
    assert embedded.request("PATCH", path, {"spec": {"replicas": 0}}, content_type=kind)[0] == 200


@pytest.mark.parametrize("named", [False, True], ids=["wherever it is", "in the namespace that is named"])
def test_the_function_of_a_release_with_another_name_is_told_while_it_runs(
    embedded, place, release, named
) -> None:
    home, name = release
    options = ["--functions", home] if named else []
    (row,) = json.loads(call("uninstall", "--check", "-o", "json", *options, *place[1], code=1))
    assert (row["kind"], row["namespace"], row["name"]) == ("Deployment", home, f"{name}-cron")
    assert row["command"] == f"kubectl -n {home} scale deployment {name}-cron --replicas=0"
    stopped(embedded, home, name)
    assert rows(place, "--check", *options, code=0) == []


def test_functions_of_another_namespace_are_left_out_if_one_is_named(embedded, place, release) -> None:
    assert rows(place, "--check", "--functions", "elsewhere", code=0) == []


def test_a_binding_of_what_goes_with_such_a_release_is_told(embedded, place, release) -> None:
    home, name = release
    stopped(embedded, home, name)
    for title, namespace, kind, role, account in (
        ("hooks", place[0], "ClusterRole", f"{name}-webhook", (place[0], "github.com")),
        ("reader", place[0], "ClusterRole", "view", (home, f"{name}-events")),
        # A Role of that name elsewhere is another one, and so is an account.
        ("same-role", place[0], "Role", f"{name}-cron", (place[0], "github.com")),
        ("same-account", place[0], "ClusterRole", "view", (place[0], f"{name}-events")),
        ("role", home, "Role", f"{name}-cron", (place[0], "github.com")),
    ):
        body = {
            "metadata": {"name": title},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [{"kind": "ServiceAccount", "namespace": account[0], "name": account[1]}],
        }
        assert embedded.request("POST", f"{RBAC}/namespaces/{namespace}/rolebindings", body)[0] == 201
    told = {
        row["name"]: row["what"] for row in json.loads(call("uninstall", "-o", "json", *place[1], code=1))
    }
    assert told == {
        "hooks": f"the role that it binds goes: {name}-webhook",
        "reader": f"the account that it binds goes: {home}/{name}-events",
    }
    for options, names in ((["-n", home], {"role"}), ([], {"role", "hooks", "reader"})):
        listed = json.loads(call("uninstall", "--check", "-o", "json", *place[1][:-2], *options, code=1))
        assert {row["name"] for row in listed if row["namespace"] in (home, place[0])} == names
