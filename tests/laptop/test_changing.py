"""What an update, a patch and a delete answer, rule by rule."""

import pytest
from tests.laptop.manifests import argo_object, config_map, workflow

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


def test_dry_run_of_a_delete_deletes_nothing(embedded, core):
    embedded.request("POST", f"{core}/configmaps", config_map())
    assert embedded.request("DELETE", f"{core}/configmaps/a", query={"dryRun": "All"})[0] == 200
    assert embedded.request("GET", f"{core}/configmaps/a")[0] == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_write_guarded_by_an_old_version(embedded, core, method):
    path = f"{core}/configmaps/a"
    _, made = embedded.request("POST", f"{core}/configmaps", config_map(data={"k": "0"}))
    guard = {"name": "a", "resourceVersion": made["metadata"]["resourceVersion"]}
    kind = MERGE if method == "PATCH" else "application/json"
    first = embedded.request(method, path, {"metadata": guard, "data": {"k": "1"}}, content_type=kind)
    second = embedded.request(method, path, {"metadata": guard, "data": {"k": "2"}}, content_type=kind)
    assert first[0] == 200
    assert (second[0], second[1]["reason"]) == (409, "Conflict")
    assert "the object has been modified" in second[1]["message"]
    assert embedded.request("GET", path)[1]["data"] == {"k": "1"}


def test_an_unguarded_update_wins(embedded, core):
    embedded.request("POST", f"{core}/configmaps", config_map(data={"k": "0"}))
    status, answer = embedded.request("PUT", f"{core}/configmaps/a", config_map(data={"k": "1"}))
    assert (status, answer["data"]) == (200, {"k": "1"})


def test_an_update_under_another_name(embedded, core):
    embedded.request("POST", f"{core}/configmaps", config_map())
    status, answer = embedded.request("PUT", f"{core}/configmaps/a", config_map("b"))
    assert (status, answer["reason"]) == (400, "BadRequest")


def test_an_update_of_another_uid(embedded, core):
    embedded.request("POST", f"{core}/configmaps", config_map())
    body = {"metadata": {"name": "a", "uid": "another"}}
    status, answer = embedded.request("PUT", f"{core}/configmaps/a", body)
    assert (status, answer["reason"]) == (409, "Conflict")


def test_an_update_that_changes_nothing_keeps_the_version(embedded, core):
    _, made = embedded.request("POST", f"{core}/configmaps", config_map(data={"k": "v"}))
    _, again = embedded.request("PUT", f"{core}/configmaps/a", config_map(data={"k": "v"}))
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_an_update_of_what_is_not_there(embedded, core):
    status, answer = embedded.request("PUT", f"{core}/configmaps/a", config_map())
    assert (status, answer["reason"]) == (404, "NotFound")


PATCHES = [
    pytest.param(MERGE, {"data": {"b": None, "c": "3"}}, {"a": "1", "c": "3"}, id="merge: null removes"),
    pytest.param(MERGE, {"data": None}, None, id="merge: null removes all"),
    pytest.param(STRATEGIC, {"data": {"b": None, "c": "3"}}, {"a": "1", "c": "3"}, id="strategic: as merge"),
    pytest.param(STRATEGIC, {"data": {"$patch": "replace", "z": "9"}}, {"z": "9"}, id="strategic: replace"),
    pytest.param(
        JSON_PATCH,
        [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "replace", "path": "/data/a", "value": "2"}],
        {"a": "2", "b": "2"},
        id="JSON patch: test and replace",
    ),
    pytest.param(JSON_PATCH, [{"op": "remove", "path": "/data"}], None, id="JSON patch: remove"),
]


@pytest.mark.parametrize(("kind", "patch", "expected"), PATCHES)
def test_patches(embedded, core, kind, patch, expected):
    embedded.request("POST", f"{core}/configmaps", config_map(data={"a": "1", "b": "2"}))
    status, answer = embedded.request("PATCH", f"{core}/configmaps/a", patch, content_type=kind)
    assert (status, answer.get("data")) == (200, expected)


FAILING_TEST = [{"op": "test", "path": "/data/a", "value": "other"}]
BAD_PATCHES = [
    pytest.param(MERGE, [1], 400, "BadRequest", id="a merge patch that is a list"),
    pytest.param(MERGE, b"{", 400, "BadRequest", id="no JSON"),
    pytest.param(JSON_PATCH, {"a": 1}, 400, "BadRequest", id="a JSON patch that is no list"),
    pytest.param(JSON_PATCH, FAILING_TEST, 422, "Invalid", id="a test that fails"),
    pytest.param(JSON_PATCH, [{"op": "remove", "path": "/nope"}], 422, "Invalid", id="no such path"),
    pytest.param(JSON_PATCH, [{"op": "fly"}], 400, "BadRequest", id="no such operation"),
    pytest.param("text/plain", {}, 415, "UnsupportedMediaType", id="no kind of patch"),
    pytest.param(MERGE, {"metadata": {"name": "b"}}, 422, "Invalid", id="another name"),
    pytest.param(MERGE, {"kind": "Secret"}, 400, "BadRequest", id="another kind"),
    pytest.param(MERGE, {"metadata": {"labels": {"k": "a b"}}}, 422, "Invalid", id="a bad label"),
]


@pytest.mark.parametrize(("kind", "patch", "code", "reason"), BAD_PATCHES)
def test_patches_that_are_refused(embedded, core, kind, patch, code, reason):
    embedded.request("POST", f"{core}/configmaps", config_map(data={"a": "1"}))
    status, answer = embedded.request("PATCH", f"{core}/configmaps/a", patch, content_type=kind)
    assert (status, answer["reason"]) == (code, reason)
    assert embedded.request("GET", f"{core}/configmaps/a")[1]["data"] == {"a": "1"}


def test_a_custom_resource_takes_no_strategic_patch(embedded, argo):
    embedded.request("POST", f"{argo}/workflows", workflow())
    status, answer = embedded.request("PATCH", f"{argo}/workflows/w", {}, content_type=STRATEGIC)
    assert (status, answer["reason"]) == (415, "UnsupportedMediaType")
    assert "application/merge-patch+json" in answer["message"]


def test_a_status_is_patched_on_the_object_itself(embedded, argo):
    embedded.request("POST", f"{argo}/workflows", workflow())
    patch = {"status": {"message": "hello"}}
    _, answer = embedded.request("PATCH", f"{argo}/workflows/w", patch, content_type=MERGE)
    assert answer["status"]["message"] == "hello"
    assert embedded.request("PATCH", f"{argo}/workflows/w/status", patch, content_type=MERGE)[0] == 404


def test_generation_counts_what_is_wanted_and_not_labels(embedded, argo):
    body = argo_object("CronWorkflow", "c", {"schedule": "* * * * *"})
    path = f"{argo}/cronworkflows/c"

    def generation(patch):
        return embedded.request("PATCH", path, patch, content_type=MERGE)[1]["metadata"]["generation"]

    assert embedded.request("POST", f"{argo}/cronworkflows", body)[1]["metadata"]["generation"] == 1
    assert generation({"spec": {"suspend": True}}) == 2
    assert generation({"metadata": {"labels": {"a": "b"}}}) == 2


def test_the_type_of_a_secret_stays(embedded, core):
    embedded.request("POST", f"{core}/secrets", {"metadata": {"name": "s"}})
    patch = {"type": "other"}
    status, answer = embedded.request("PATCH", f"{core}/secrets/s", patch, content_type=MERGE)
    assert (status, answer["details"]["causes"][0]["field"]) == (422, "type")


def test_an_immutable_config_map_stays(embedded, core):
    embedded.request("POST", f"{core}/configmaps", config_map(data={"a": "1"}, immutable=True))
    patch = {"data": {"a": "2"}}
    assert embedded.request("PATCH", f"{core}/configmaps/a", patch, content_type=MERGE)[0] == 422


# Deleting


def test_a_delete_answers_what_is_gone(embedded, core):
    _, made = embedded.request("POST", f"{core}/configmaps", config_map())
    status, answer = embedded.request("DELETE", f"{core}/configmaps/a")
    assert (status, answer["status"]) == (200, "Success")
    assert answer["details"] == {"name": "a", "kind": "configmaps", "uid": made["metadata"]["uid"]}
    assert embedded.request("DELETE", f"{core}/configmaps/a")[1]["reason"] == "NotFound"


@pytest.mark.parametrize("key", ["uid", "resourceVersion"])
def test_a_delete_of_another_object(embedded, core, key):
    embedded.request("POST", f"{core}/configmaps", config_map())
    options = {"preconditions": {key: "123456789"}}
    status, answer = embedded.request("DELETE", f"{core}/configmaps/a", options)
    assert (status, answer["reason"]) == (409, "Conflict")
    assert embedded.request("GET", f"{core}/configmaps/a")[0] == 200


def test_a_finalizer_holds_an_object(embedded, core):
    path = f"{core}/configmaps/a"
    body = config_map()
    body["metadata"]["finalizers"] = ["example.com/hold"]
    embedded.request("POST", f"{core}/configmaps", body)
    status, answer = embedded.request("DELETE", path)
    assert (status, answer["kind"]) == (200, "ConfigMap")
    assert answer["metadata"]["deletionTimestamp"]
    added = {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}
    assert embedded.request("PATCH", path, added, content_type=MERGE)[0] == 422
    none = {"metadata": {"finalizers": None}}
    assert embedded.request("PATCH", path, none, content_type=MERGE)[0] == 200
    assert embedded.request("GET", path)[0] == 404


def test_delete_collection_takes_what_is_selected(embedded, core):
    for name, color in (("a", "red"), ("b", "blue"), ("c", "red")):
        body = config_map(name)
        body["metadata"]["labels"] = {"color": color}
        embedded.request("POST", f"{core}/configmaps", body)
    status, answer = embedded.request("DELETE", f"{core}/configmaps", query={"labelSelector": "color=red"})
    assert (status, [item["metadata"]["name"] for item in answer["items"]]) == (200, ["a", "c"])
    _, left = embedded.request("GET", f"{core}/configmaps")
    assert [item["metadata"]["name"] for item in left["items"]] == ["b"]


# managedFields


def entries(value):
    return {
        (entry["manager"], entry["operation"]): entry["fieldsV1"]
        for entry in value["metadata"].get("managedFields", ())
    }


def test_fields_have_owners(embedded, argo):
    body = argo_object("CronWorkflow", "c", {"schedule": "* * * * *", "suspend": False})
    path = f"{argo}/cronworkflows"
    _, made = embedded.request("POST", path, body, query={"fieldManager": "alice"})
    assert entries(made) == {
        ("alice", "Update"): {"f:spec": {".": {}, "f:schedule": {}, "f:suspend": {}}},
    }
    patch = {"spec": {"schedule": "1 * * * *"}}
    _, edited = embedded.request(
        "PATCH", f"{path}/c", patch, content_type=MERGE, headers={"User-Agent": "bob/1.2 (x)"}
    )
    assert entries(edited) == {
        ("alice", "Update"): {"f:spec": {".": {}, "f:suspend": {}}},
        ("bob", "Update"): {"f:spec": {"f:schedule": {}}},
    }


def test_a_removed_field_has_no_owner(embedded, core):
    body = config_map(data={"a": "1", "b": "2"})
    embedded.request("POST", f"{core}/configmaps", body, query={"fieldManager": "alice"})
    patch = {"data": {"a": None}}
    _, left = embedded.request("PATCH", f"{core}/configmaps/a", patch, content_type=MERGE)
    assert entries(left) == {("alice", "Update"): {"f:data": {".": {}, "f:b": {}}}}


def test_an_edit_of_another_field_leaves_the_first_owner(embedded, argo):
    body = argo_object("CronWorkflow", "c", {"schedule": "* * * * *"})
    embedded.request("POST", f"{argo}/cronworkflows", body, query={"fieldManager": "alice"})
    patch = {"status": {"phase": "Active"}}
    _, edited = embedded.request(
        "PATCH", f"{argo}/cronworkflows/c", patch, content_type=MERGE, query={"fieldManager": "cron"}
    )
    assert entries(edited)["alice", "Update"] == {"f:spec": {".": {}, "f:schedule": {}}}
    assert entries(edited)["cron", "Update"] == {"f:status": {".": {}, "f:phase": {}}}
