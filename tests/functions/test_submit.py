"""Submissions and CronWorkflows by hand, in the shapes of Argo's REST API."""

import pytest
from tests.support.events import kind

MAY_DO_ALL = (
    {
        "apiGroups": ["argoproj.io"],
        "resources": ["workflows", "workflowtemplates", "cronworkflows", "workfloweventbindings"],
        "verbs": ["get", "list", "create", "update", "patch", "delete"],
    },
)
CRON = {
    "metadata": {"name": "nightly"},
    "spec": {
        "schedules": ["0 0 * * *"],
        "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main"}]},
    },
} | kind("CronWorkflow")


@pytest.fixture
def hand(place):
    """Somebody who may do all of it in this namespace; call it with a method, a path and a body."""
    token = place.cluster.service_account(place.namespace, "hand", MAY_DO_ALL)
    place.hidden.append(token)

    def send(method, path, body=None, headers=None):
        path = path.replace("NS", place.namespace)
        return place.function.send(
            method, path, body, {"Authorization": f"Bearer {token}", **(headers or {})}
        )

    send.token = token
    send.place = place
    return send


def submission(name="my-wf-tmple", resource="WorkflowTemplate", **options):
    return {"resourceKind": resource, "resourceName": name, "submitOptions": options}


@pytest.mark.parametrize("resource", ["WorkflowTemplate", "workflowtemplate", "workflowtemplates", "wftmpl"])
def test_a_template_is_submitted(hand, resource):
    hand.place.template()
    answer = hand(
        "POST", "/api/v1/workflows/NS/submit", submission(resource=resource, parameters=["message=hi"])
    )
    assert answer.status == 200, answer
    (workflow,) = hand.place.workflows()
    assert answer.json["metadata"]["name"] == workflow["metadata"]["name"]
    assert workflow["spec"]["workflowTemplateRef"] == {"name": "my-wf-tmple"}
    assert workflow["spec"]["arguments"] == {"parameters": [{"name": "message", "value": "hi"}]}
    creator = workflow["metadata"]["labels"]["workflows.argoproj.io/creator"]
    assert creator == f"system-serviceaccount-{hand.place.namespace}-hand"


def test_a_cron_workflow_is_submitted_as_its_child(hand):
    hand.place.put("cronworkflows", CRON)
    answer = hand("POST", "/api/v1/workflows/NS/submit", submission("nightly", "cronwf"))
    assert answer.status == 200, answer
    (workflow,) = hand.place.workflows()
    assert workflow["metadata"]["name"].startswith("nightly-")
    assert workflow["metadata"]["ownerReferences"][0]["kind"] == "CronWorkflow"
    assert workflow["metadata"]["labels"]["workflows.argoproj.io/cron-workflow"] == "nightly"
    assert workflow["spec"]["entrypoint"] == "main"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(submission("nosuch"), (404, 5), id="a template that is missing"),
        pytest.param(submission("nosuch", "CronWorkflow"), (404, 5), id="a cron that is missing"),
        pytest.param(submission(resource="Pod"), (400, 3), id="an unknown kind"),
        pytest.param(submission(parameters=["novalue"]), (400, 3), id="a parameter without ="),
        pytest.param(submission("wants"), (400, 3), id="a required parameter is missing"),
        pytest.param({"resourceKind": "WorkflowTemplate"}, (400, 3), id="no name"),
        pytest.param([], (400, 3), id="a list"),
        pytest.param(b"", (400, 3), id="nothing"),
        pytest.param(b"{", (400, 3), id="malformed JSON"),
        pytest.param(submission("UPPER"), (404, 5), id="a name that is none"),
    ],
)
def test_what_cannot_be_submitted(hand, body, expected):
    hand.place.template()
    hand.place.template("wants", arguments={"parameters": [{"name": "must"}]})
    answer = hand("POST", "/api/v1/workflows/NS/submit", body)
    assert (answer.status, answer.json["code"]) == expected
    assert hand.place.workflows() == []


def test_the_parameter_that_is_missing_is_named(hand):
    hand.place.template("wants", arguments={"parameters": [{"name": "must"}]})
    answer = hand("POST", "/api/v1/workflows/NS/submit", submission("wants"))
    assert answer.json["message"] == "spec.arguments.must.value or spec.arguments.must.valueFrom is required"


@pytest.mark.parametrize("option", ["dryRun", "serverDryRun"])
def test_a_dry_run_answers_the_object_and_stores_nothing(hand, option):
    hand.place.template()
    answer = hand("POST", "/api/v1/workflows/NS/submit", submission(**{option: True}))
    assert answer.status == 200, answer
    assert answer.json["spec"]["workflowTemplateRef"] == {"name": "my-wf-tmple"}
    assert hand.place.workflows() == []


def test_an_idempotency_key_makes_a_submission_happen_once(hand):
    hand.place.template()
    answers = [
        hand("POST", "/api/v1/workflows/NS/submit", submission(), {"Idempotency-Key": "7"}) for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [200, 200]
    assert len(hand.place.workflows()) == 1
    assert answers[0].json["metadata"]["uid"] == answers[1].json["metadata"]["uid"]


def test_the_same_fixed_name_twice_is_a_conflict(hand):
    hand.place.template()
    body = submission(name="fixed")
    body = {
        "resourceKind": "WorkflowTemplate",
        "resourceName": "my-wf-tmple",
        "submitOptions": {"name": "fixed"},
    }
    assert hand("POST", "/api/v1/workflows/NS/submit", body).status == 200
    answer = hand("POST", "/api/v1/workflows/NS/submit", body)
    assert (answer.status, answer.json["code"]) == (409, 6)


def test_a_workflow_is_created_as_it_is(hand):
    workflow = {
        "metadata": {"generateName": "mine-"},
        "spec": {"entrypoint": "m", "templates": [{"name": "m"}]},
    }
    answer = hand(
        "POST", "/api/v1/workflows/NS", {"workflow": workflow, "namespace": "x", "createOptions": {}}
    )
    assert answer.status == 200, answer
    (made,) = hand.place.workflows()
    assert made["spec"] == workflow["spec"]
    assert made["metadata"]["name"].startswith("mine-")


@pytest.mark.parametrize(
    "body", [{}, {"workflow": None}, {"workflow": {}}, {"workflow": {"metadata": []}}, []]
)
def test_what_is_no_workflow_is_refused(hand, body):
    answer = hand("POST", "/api/v1/workflows/NS", body)
    assert (answer.status, answer.json["code"]) == (400, 3)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/workflows/NS/submit"),
        ("POST", "/api/v1/workflows/NS"),
        ("GET", "/api/v1/workflow-event-bindings/NS"),
        ("GET", "/api/v1/cron-workflows/NS"),
        ("GET", "/api/v1/info"),
    ],
)
def test_without_a_token_nothing_is_done(place, method, path):
    answer = place.function.send(method, path.replace("NS", place.namespace), b"{}")
    assert (answer.status, answer.json["code"]) == (401, 16)


def test_the_bindings_are_listed(hand):
    hand.place.binding("one", "true")
    hand.place.binding("two", "true", labels={"team": "blue"})
    answer = hand("GET", "/api/v1/workflow-event-bindings/NS")
    assert answer.json["kind"] == "WorkflowEventBindingList"
    assert [item["metadata"]["name"] for item in answer.json["items"]] == ["one", "two"]
    answer = hand("GET", "/api/v1/workflow-event-bindings/NS?listOptions.labelSelector=team%3Dblue")
    assert [item["metadata"]["name"] for item in answer.json["items"]] == ["two"]
    answer = hand("GET", "/api/v1/workflow-event-bindings/NS?listOptions.limit=1")
    assert len(answer.json["items"]) == 1
    assert answer.json["metadata"]["continue"]


def test_a_cron_workflow_through_its_life(hand):
    base = "/api/v1/cron-workflows/NS"
    made = hand("POST", base, {"cronWorkflow": CRON})
    assert made.status == 200, made
    assert made.json["metadata"]["labels"]["workflows.argoproj.io/creator"].endswith("-hand")
    assert [item["metadata"]["name"] for item in hand("GET", base).json["items"]] == ["nightly"]
    assert hand("PUT", f"{base}/nightly/suspend", {}).json["spec"]["suspend"] is True
    assert hand("PUT", f"{base}/nightly/resume", {}).json["spec"]["suspend"] is False
    changed = {**CRON, "spec": {**CRON["spec"], "schedules": ["1 0 * * *"]}}
    # Argo's command line puts to the folder, and leaves the name to the body.
    assert hand("PUT", f"{base}/", {"cronWorkflow": changed}).status == 200
    found = hand("GET", f"{base}/nightly").json
    assert found["spec"]["schedules"] == ["1 0 * * *"]
    assert found["metadata"]["labels"]["workflows.argoproj.io/creator"].endswith("-hand")
    assert (hand("DELETE", f"{base}/nightly").status, hand("GET", f"{base}/nightly").status) == (200, 404)


def test_an_update_keeps_what_ticks_have_recorded(hand):
    base = "/api/v1/cron-workflows/NS"
    assert hand("POST", base, {"cronWorkflow": CRON}).status == 200
    recorded = {
        "triggerfish.dev/decided": "2026-11-23T00:00:00Z",
        "triggerfish.dev/seen": "2026-11-22T00:00:00Z abc",
        "triggerfish.dev/failures-in-a-row": "2",
        "cronworkflows.argoproj.io/last-used-schedule": "0 0 * * *",
    }
    status = {
        "active": [],
        "succeeded": 14,
        "failed": 2,
        "phase": "Stopped",
        "lastScheduledTime": "2026-11-23T00:00:00Z",
        "conditions": [{"type": "SubmissionError", "status": "True", "message": "refused"}],
    }
    labels = {"cronworkflows.argoproj.io/completed": "true"}
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{hand.place.namespace}/cronworkflows/nightly"
    patch = {"metadata": {"annotations": recorded | {"note": "old"}, "labels": labels}, "status": status}
    kind = "application/merge-patch+json"
    assert hand.place.cluster.request("PATCH", path, patch, content_type=kind)[0] == 200
    # What `argo cron update` sends: the file, and a status of zeros.
    zeros = {"active": None, "lastScheduledTime": None, "conditions": None, "succeeded": 0, "failed": 0}
    metadata = CRON["metadata"] | {"annotations": {"note": "new"}, "labels": {"team": "blue"}}
    changed = {**CRON, "metadata": metadata, "status": zeros}
    answer = hand("PUT", f"{base}/", {"cronWorkflow": changed})
    assert answer.status == 200, answer
    found = hand("GET", f"{base}/nightly").json
    assert found["status"] == status
    assert found["metadata"]["annotations"] == recorded | {"note": "new"}
    given = found["metadata"]["labels"]
    assert given.pop("workflows.argoproj.io/creator").endswith("-hand")
    assert given.pop("workflows.argoproj.io/actor").endswith("-hand")
    assert given == labels | {"team": "blue", "workflows.argoproj.io/action": "Update"}


def test_an_update_cannot_forge_what_ticks_record_nor_who_acted(hand):
    base = "/api/v1/cron-workflows/NS"
    assert hand("POST", base, {"cronWorkflow": CRON}).status == 200
    metadata = CRON["metadata"] | {
        "annotations": {"triggerfish.dev/decided": "2030-01-01T00:00:00Z"},
        "labels": {
            "workflows.argoproj.io/actor": "somebody",
            "workflows.argoproj.io/actor-email": "else",
            "workflows.argoproj.io/creator": "me",
            "cronworkflows.argoproj.io/completed": "true",
        },
    }
    changed = {**CRON, "metadata": metadata, "status": {"succeeded": 99}}
    assert hand("PUT", f"{base}/nightly", {"cronWorkflow": changed}).status == 200
    found = hand("GET", f"{base}/nightly").json
    assert "status" not in found
    assert not found["metadata"].get("annotations")
    given = found["metadata"]["labels"]
    assert set(given) == {
        "workflows.argoproj.io/actor",
        "workflows.argoproj.io/action",
        "workflows.argoproj.io/creator",
    }
    assert given["workflows.argoproj.io/creator"].endswith("-hand")
    assert given["workflows.argoproj.io/actor"].endswith("-hand")


@pytest.mark.parametrize(
    "body", [{}, {"cronWorkflow": []}, {"cronWorkflow": {}}, {"cronWorkflow": {"metadata": 7}}]
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_is_no_cron_workflow_is_refused(hand, method, body):
    answer = hand(method, "/api/v1/cron-workflows/NS", body)
    assert (answer.status, answer.json["code"]) == (400, 3)
