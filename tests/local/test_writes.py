"""What a create, an update, a patch and a delete answer, rule by rule."""

import base64

import pytest

ARGO = "/apis/argoproj.io/v1alpha1"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


@pytest.fixture
def namespace(embedded):
    return embedded.new_namespace()


@pytest.fixture
def core(namespace):
    return f"/api/v1/namespaces/{namespace}"


@pytest.fixture
def argo(namespace):
    return f"{ARGO}/namespaces/{namespace}"


def config_map(name="a", **more):
    return {"metadata": {"name": name}, **more}


def workflow(name="w"):
    return argo_object("Workflow", name, {"suspend": True})


def argo_object(kind, name, spec):
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def test_a_create_fills_in_metadata(embedded, core):
    body = config_map(data={"k": "v"})
    body["metadata"] |= {"uid": "mine", "resourceVersion": "", "creationTimestamp": "1999-01-01T00:00:00Z"}
    status, made = embedded.request("POST", f"{core}/configmaps", body)
    metadata = made["metadata"]
    assert status == 201
    assert metadata["uid"] != "mine"
    assert metadata["creationTimestamp"] > "2020"
    assert len(metadata["creationTimestamp"]) == len("2020-01-01T00:00:00Z")
    assert int(metadata["resourceVersion"]) > 0
    assert (made["apiVersion"], made["kind"]) == ("v1", "ConfigMap")


def test_generate_name_appends_five_characters(embedded, argo):
    names = set()
    for _ in range(20):
        body = workflow()
        body["metadata"] = {"generateName": "run-"}
        status, made = embedded.request("POST", f"{argo}/workflows", body)
        assert status == 201
        names.add(made["metadata"]["name"])
    assert len(names) == 20
    assert all(name.startswith("run-") and len(name) == 9 for name in names)


def test_a_long_generate_name_still_gives_a_label(embedded, argo):
    body = workflow()
    body["metadata"] = {"generateName": "x" * 80 + "-"}
    _, made = embedded.request("POST", f"{argo}/workflows", body)
    assert len(made["metadata"]["name"]) == 63


def test_a_taken_name(embedded, argo):
    embedded.request("POST", f"{argo}/workflows", workflow())
    status, answer = embedded.request("POST", f"{argo}/workflows", workflow())
    assert status == 409
    assert answer == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'workflows.argoproj.io "w" already exists',
        "reason": "AlreadyExists",
        "details": {"name": "w", "group": "argoproj.io", "kind": "workflows"},
        "code": 409,
    }


INVALID = "FieldValueInvalid"


def owner(name, uid, **more):
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid, **more}


BAD_METADATA = [
    pytest.param({"name": "Upper"}, "metadata.name", INVALID, id="capitals in a name"),
    pytest.param({"name": "a_b"}, "metadata.name", INVALID, id="underscore in a name"),
    pytest.param({"name": "-a"}, "metadata.name", INVALID, id="name starts with a dash"),
    pytest.param({"name": "a" * 254}, "metadata.name", INVALID, id="name over 253"),
    pytest.param({}, "metadata.name", "FieldValueRequired", id="no name at all"),
    pytest.param({"generateName": "Bad_"}, "metadata.generateName", INVALID, id="generateName no name"),
    pytest.param({"name": "a", "labels": {"k": "a b"}}, "metadata.labels", INVALID, id="label value"),
    pytest.param({"name": "a", "labels": {"k": "x" * 64}}, "metadata.labels", INVALID, id="label over 63"),
    pytest.param({"name": "a", "labels": {"a/b/c": ""}}, "metadata.labels", INVALID, id="label key slashes"),
    pytest.param({"name": "a", "labels": {"/a": ""}}, "metadata.labels", INVALID, id="label key no prefix"),
    pytest.param(
        {"name": "a", "annotations": {"k": "x" * (256 * 1024)}},
        "metadata.annotations",
        "FieldValueTooLong",
        id="annotations over 256 KiB",
    ),
    pytest.param(
        {"name": "a", "annotations": {"a b": "x"}}, "metadata.annotations", INVALID, id="annotation key blank"
    ),
    pytest.param(
        {"name": "a", "ownerReferences": [owner("x", "")]},
        "metadata.ownerReferences[0].uid",
        INVALID,
        id="owner without uid",
    ),
    pytest.param(
        {
            "name": "a",
            "ownerReferences": [owner("x", "1", controller=True), owner("y", "2", controller=True)],
        },
        "metadata.ownerReferences",
        INVALID,
        id="two controllers",
    ),
    pytest.param(
        {"name": "a", "finalizers": ["no good"]}, "metadata.finalizers[0]", INVALID, id="finalizer blank"
    ),
]


@pytest.mark.parametrize(("metadata", "field", "reason"), BAD_METADATA)
def test_bad_metadata_is_named(embedded, argo, metadata, field, reason):
    body = {**workflow(), "metadata": metadata}
    status, answer = embedded.request("POST", f"{argo}/workflows", body)
    assert (status, answer["reason"]) == (422, "Invalid")
    causes = [(cause["field"], cause["reason"]) for cause in answer["details"]["causes"]]
    assert causes[0] == (field, reason)
    assert answer["message"].startswith('Workflow.argoproj.io "')
    assert '" is invalid: ' in answer["message"]


def test_all_problems_are_told_at_once(embedded, argo):
    body = {**workflow(), "metadata": {"name": "A", "labels": {"k": "b c"}}}
    _, answer = embedded.request("POST", f"{argo}/workflows", body)
    assert len(answer["details"]["causes"]) == 2
    assert "is invalid: [metadata.name: " in answer["message"]


BAD_REQUESTS = [
    pytest.param(b"{not json", id="no JSON"),
    pytest.param(b"[1]", id="no object"),
    pytest.param({"metadata": {"name": "a", "namespace": "elsewhere"}}, id="another namespace"),
    pytest.param({"kind": "Secret", "metadata": {"name": "a"}}, id="another kind"),
    pytest.param({"apiVersion": "v2", "metadata": {"name": "a"}}, id="another version"),
    pytest.param({"metadata": {"name": 7}}, id="a name that is a number"),
    pytest.param({"metadata": {"name": "a", "labels": {"k": 1}}}, id="a label that is a number"),
    pytest.param({"metadata": {"name": "a"}, "data": {"k": 1}}, id="data that is no text"),
    pytest.param({"metadata": {"name": "a"}, "data": ["k"]}, id="data that is a list"),
    pytest.param({"metadata": ["x"]}, id="metadata that is a list"),
]


@pytest.mark.parametrize("body", BAD_REQUESTS)
def test_what_cannot_be_read_is_a_bad_request(embedded, core, body):
    status, answer = embedded.request("POST", f"{core}/configmaps", body)
    assert (status, answer["reason"], answer["kind"]) == (400, "BadRequest", "Status")


def test_a_body_over_three_mebibytes(embedded, core):
    status, answer = embedded.request("POST", f"{core}/configmaps", config_map(data={"k": "x" * 3_200_000}))
    assert (status, answer["reason"]) == (413, "RequestEntityTooLarge")


def test_a_namespace_that_is_not_there(embedded):
    status, answer = embedded.request("POST", f"{ARGO}/namespaces/nowhere/workflows", workflow())
    assert (status, answer["message"]) == (404, 'namespaces "nowhere" not found')


def test_dry_run_answers_and_stores_nothing(embedded, argo):
    status, made = embedded.request("POST", f"{argo}/workflows", workflow(), query={"dryRun": "All"})
    assert (status, made["metadata"]["name"]) == (201, "w")
    assert made["metadata"]["uid"]
    assert embedded.request("GET", f"{argo}/workflows/w")[0] == 404


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


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        pytest.param("Strict", 400, id="strict refuses"),
        pytest.param("Warn", 201, id="warn says so"),
        pytest.param("Ignore", 201, id="ignore drops it silently"),
    ],
)
def test_an_unknown_field(embedded, core, mode, code):
    body = config_map(dta={"k": "v"})
    status, headers, raw = embedded.raw("POST", f"{core}/configmaps", body, query={"fieldValidation": mode})
    assert status == code
    assert b'"dta":' not in raw
    assert ("warning" in headers) is (mode == "Warn")


def test_unknown_fields_of_a_workflow_stay(embedded, argo):
    body = workflow()
    body["spec"]["somethingNew"] = {"deep": [1, {"x": None}]}
    _, made = embedded.request("POST", f"{argo}/workflows", body)
    assert made["spec"]["somethingNew"] == {"deep": [1, {"x": None}]}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        pytest.param({"schedule": 5}, "spec.schedule", id="schedule is no text"),
        pytest.param({"schedules": "* * * * *"}, "spec.schedules", id="schedules is no list"),
        pytest.param({"schedules": [1]}, "spec.schedules[0]", id="a schedule in the list is no text"),
        pytest.param("x", "spec", id="spec is no object"),
    ],
)
def test_the_definition_checks_types(embedded, argo, spec, field):
    body = argo_object("CronWorkflow", "c", spec)
    status, answer = embedded.request("POST", f"{argo}/cronworkflows", body)
    assert (status, answer["details"]["causes"][0]["field"]) == (422, field)


# Secrets


def test_string_data_becomes_data(embedded, core):
    body = {"metadata": {"name": "s"}, "data": {"a": "YQ=="}, "stringData": {"b": "grün", "a": "A"}}
    _, made = embedded.request("POST", f"{core}/secrets", body)
    assert made["data"] == {"a": "QQ==", "b": base64.b64encode("grün".encode()).decode()}
    assert "stringData" not in made
    assert made["type"] == "Opaque"


def test_data_that_is_no_base64(embedded, core):
    body = {"metadata": {"name": "s"}, "data": {"a": "%"}}
    status, answer = embedded.request("POST", f"{core}/secrets", body)
    assert (status, answer["reason"]) == (400, "BadRequest")
    assert "illegal base64" in answer["message"]


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
