"""What the cluster does by itself: owners and what they own, namespaces, definitions."""

import time

import pytest
from tests.laptop.manifests import ARGO

MERGE = "application/merge-patch+json"
_patience = 10.0


@pytest.fixture
def maps(embedded):
    return f"/api/v1/namespaces/{embedded.new_namespace()}/configmaps"


def until(check):
    """Wait for the cluster to have done something by itself; what ``check`` gave."""
    deadline = time.monotonic() + _patience
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
    return found


def make(cluster, path, name, *owners, finalizers=(), block=False):
    references = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "blockOwnerDeletion": block,
        }
        for owner in owners
    ]
    metadata = {"name": name, "ownerReferences": references, "finalizers": list(finalizers)}
    status, made = cluster.request("POST", path, {"metadata": metadata})
    assert status == 201, made
    return made


def names(cluster, path):
    return [item["metadata"]["name"] for item in cluster.request("GET", path)[1]["items"]]


def test_what_is_owned_goes_with_its_owner(embedded, maps):
    top = make(embedded, maps, "top")
    middle = make(embedded, maps, "middle", top)
    make(embedded, maps, "bottom", middle)
    make(embedded, maps, "apart")
    embedded.request("DELETE", f"{maps}/top")
    until(lambda: names(embedded, maps) == ["apart"])


def test_one_living_owner_is_enough(embedded, maps):
    first, second = make(embedded, maps, "first"), make(embedded, maps, "second")
    make(embedded, maps, "child", first, second)
    embedded.request("DELETE", f"{maps}/first")

    def owners():
        child = embedded.request("GET", f"{maps}/child")[1]
        return [owner["name"] for owner in child["metadata"]["ownerReferences"]]

    until(lambda: owners() == ["second"])


def test_an_owner_that_never_was(embedded, maps):
    ghost = {"metadata": {"name": "ghost", "uid": "00000000-0000-0000-0000-000000000000"}}
    make(embedded, maps, "child", ghost)
    until(lambda: names(embedded, maps) == [])


def test_an_owner_of_an_unknown_kind_is_not_missed(embedded, maps):
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": "1"}
    embedded.request("POST", maps, {"metadata": {"name": "child", "ownerReferences": [owner]}})
    make(embedded, maps, "later")
    assert names(embedded, maps) == ["child", "later"]


def test_an_orphan_stays(embedded, maps):
    make(embedded, maps, "child", make(embedded, maps, "top"))
    embedded.request("DELETE", f"{maps}/top", {"propagationPolicy": "Orphan"})
    until(lambda: names(embedded, maps) == ["child"])
    assert "ownerReferences" not in embedded.request("GET", f"{maps}/child")[1]["metadata"]


def test_foreground_waits_for_those_that_block(embedded, maps):
    top = make(embedded, maps, "top")
    make(embedded, maps, "child", top, finalizers=["example.com/hold"], block=True)
    embedded.request("DELETE", f"{maps}/top", {"propagationPolicy": "Foreground"})
    until(lambda: embedded.request("GET", f"{maps}/child")[1]["metadata"].get("deletionTimestamp"))
    _, held = embedded.request("GET", f"{maps}/top")
    assert held["metadata"]["finalizers"] == ["foregroundDeletion"]
    embedded.request("PATCH", f"{maps}/child", {"metadata": {"finalizers": None}}, content_type=MERGE)
    until(lambda: names(embedded, maps) == [])


def test_a_finalizer_holds_what_is_owned(embedded, maps):
    top = make(embedded, maps, "top")
    make(embedded, maps, "child", top, finalizers=["example.com/hold"])
    embedded.request("DELETE", f"{maps}/top")
    until(lambda: embedded.request("GET", f"{maps}/child")[1]["metadata"].get("deletionTimestamp"))
    assert names(embedded, maps) == ["child"]


def test_a_namespace_takes_its_content_along(embedded):
    name = embedded.new_namespace()
    maps = f"/api/v1/namespaces/{name}/configmaps"
    make(embedded, maps, "a", finalizers=["example.com/hold"])
    make(embedded, maps, "b")
    embedded.request("DELETE", f"/api/v1/namespaces/{name}")
    until(lambda: names(embedded, maps) == ["a"])
    _, namespace = embedded.request("GET", f"/api/v1/namespaces/{name}")
    assert namespace["status"]["phase"] == "Terminating"
    status, answer = embedded.request("POST", maps, {"metadata": {"name": "late"}})
    assert (status, answer["details"]["causes"][0]["reason"]) == (403, "NamespaceTerminating")
    embedded.request("PATCH", f"{maps}/a", {"metadata": {"finalizers": None}}, content_type=MERGE)
    until(lambda: embedded.request("GET", f"/api/v1/namespaces/{name}")[0] == 404)


def test_an_empty_namespace_goes_too(embedded):
    name = embedded.new_namespace()
    embedded.request("DELETE", f"/api/v1/namespaces/{name}")
    until(lambda: embedded.request("GET", f"/api/v1/namespaces/{name}")[0] == 404)


def test_a_namespace_has_a_default_account_and_its_label(embedded):
    name = embedded.new_namespace()
    path = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    assert until(lambda: embedded.request("GET", path)[0] == 200)
    _, namespace = embedded.request("GET", f"/api/v1/namespaces/{name}")
    assert namespace["metadata"]["labels"] == {"kubernetes.io/metadata.name": name}
    embedded.request("DELETE", path)
    assert until(lambda: embedded.request("GET", path)[0] == 200)


def definition(group, **version):
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"fishes.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "fishes", "kind": "Fish"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {
                                "spec": {
                                    "type": "object",
                                    "required": ["name"],
                                    "properties": {
                                        "name": {"type": "string", "maxLength": 5},
                                        "size": {"type": "integer", "default": 3},
                                    },
                                },
                                "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                            },
                        }
                    },
                    **version,
                }
            ],
        },
    }


def fish(group, spec):
    about = {"apiVersion": f"{group}.example.com/v1", "kind": "Fish"}
    return {**about, "metadata": {"name": "a"}, "spec": spec}


CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def test_a_definition_is_served_pruned_and_defaulted(embedded):
    status, made = embedded.request("POST", CRDS, definition("prune.example.com"))
    assert status == 201, made
    assert {item["type"]: item["status"] for item in made["status"]["conditions"]}["Established"] == "True"
    path = f"/apis/prune.example.com/v1/namespaces/{embedded.new_namespace()}/fishes"
    body = {**fish("prune", {"name": "cod", "colour": "grey"}), "more": 1}
    _, made = embedded.request("POST", path, body)
    assert made["spec"] == {"name": "cod", "size": 3}
    assert "more" not in made
    status, answer = embedded.request("POST", path, fish("prune", {"name": "too long"}))
    assert (status, answer["details"]["causes"][0]["field"]) == (422, "spec.name")
    embedded.request("DELETE", f"{CRDS}/fishes.prune.example.com")
    until(lambda: embedded.raw("GET", path)[0] == 404)


def test_a_status_subresource_keeps_spec_and_status_apart(embedded):
    embedded.request("POST", CRDS, definition("status.example.com", subresources={"status": {}}))
    path = f"/apis/status.example.com/v1/namespaces/{embedded.new_namespace()}/fishes"
    embedded.request("POST", path, fish("status", {"name": "cod"}))
    both = {"spec": {"name": "eel"}, "status": {"phase": "Swimming"}}
    _, by_object = embedded.request("PATCH", f"{path}/a", both, content_type=MERGE)
    assert (by_object["spec"]["name"], by_object.get("status")) == ("eel", None)
    both["spec"]["name"] = "cod"
    _, by_status = embedded.request("PATCH", f"{path}/a/status", both, content_type=MERGE)
    assert (by_status["spec"]["name"], by_status["status"]) == ("eel", {"phase": "Swimming"})
    assert by_status["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"group": "other.example.com"}, "metadata.name", id="name does not match"),
        pytest.param({"versions": []}, "spec.versions", id="no version is stored"),
    ],
)
def test_a_definition_that_cannot_be_served(embedded, change, field):
    body = definition("bad.example.com")
    body["spec"] |= change
    status, answer = embedded.request("POST", CRDS, body)
    assert (status, answer["details"]["causes"][0]["field"]) == (422, field)


def test_a_finalizer_holds_a_workflow_that_has_outlived_its_time(embedded):
    path = f"{ARGO}/namespaces/{embedded.new_namespace()}/workflows"
    spec = {
        "entrypoint": "main",
        "templates": [{"name": "main", "container": {"image": "busybox"}}],
        "ttlStrategy": {"secondsAfterCompletion": 0},
    }
    notes = {"triggerfish.dev/simulate": "0s"}
    metadata = {"name": "held", "finalizers": ["triggerfish.dev/report"], "annotations": notes}
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": metadata, "spec": spec}
    embedded.request("POST", path, body)

    def read():
        return embedded.request("GET", f"{path}/held")

    until(lambda: "deletionTimestamp" in read()[1]["metadata"])
    assert read()[1]["status"]["phase"] == "Succeeded"
    release = {"metadata": {"finalizers": None}}
    assert embedded.request("PATCH", f"{path}/held", release, content_type=MERGE)[0] == 200
    assert read()[0] == 404
