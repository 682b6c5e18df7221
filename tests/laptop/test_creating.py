"""What a create answers: what it fills in, and what it refuses, by name."""

import base64

import pytest
from tests.laptop.manifests import ARGO, argo_object, config_map, workflow


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
