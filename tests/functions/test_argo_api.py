"""What Argo's own command line asks for, over HTTP, as the caller whose token it sends."""

import contextlib
import http.client
import json

import pytest
from tests.support.events import ARGO, kind

EVERYTHING = (
    {
        "apiGroups": ["argoproj.io"],
        "resources": ["workflows", "workflowtemplates", "clusterworkflowtemplates", "cronworkflows"],
        "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
    },
)
# What a pipeline needs that submits and waits.
MAY_WAIT = ({"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["get", "create"]},)
SPEC = {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "busybox"}}]}
BROKEN = {**SPEC, "entrypoint": "nosuch"}


class Hand:
    """Somebody with those rights, who sends requests; NS in a path is the namespace."""

    def __init__(self, place, name, rules):
        self.place = place
        self.token = place.cluster.service_account(place.namespace, name, rules)
        place.hidden.append(self.token)

    def __call__(self, method, path, body=None):
        path = "/api/v1/" + path.replace("NS", self.place.namespace)
        return self.place.function.send(method, path, body, {"Authorization": f"Bearer {self.token}"})

    def workflow(self, name="one", status=None, **spec):
        made = {"metadata": {"name": name}, "spec": {**SPEC, **spec}} | kind("Workflow")
        self.place.put("workflows", {**made, **({"status": status} if status else {})})
        return name

    def stored(self, name="one", resource="workflows"):
        path = f"{ARGO}/namespaces/{self.place.namespace}/{resource}/{name}"
        return self.place.cluster.request("GET", path)[1]

    @contextlib.contextmanager
    def watching(self, query):
        """The events of a watch, one by one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.place.function.port, timeout=20)
        path = f"/api/v1/workflow-events/{self.place.namespace}?{query}"
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (200, "text/event-stream")
            yield (
                json.loads(line.removeprefix(b"data: "))["result"]
                for line in answer
                if line.startswith(b"data: ")
            )


@pytest.fixture
def hand(place):
    return Hand(place, "hand", EVERYTHING)


def selector(name):
    return f"listOptions.fieldSelector=metadata.name%3D{name}&listOptions.resourceVersion=0"


def test_workflows_are_listed_and_got(hand):
    hand.workflow("one")
    hand.workflow("two")
    listed = hand("GET", "workflows/NS").json
    assert (listed["kind"], len(listed["items"])) == ("WorkflowList", 2)
    assert len(hand("GET", "workflows/NS?listOptions.limit=1").json["items"]) == 1
    assert hand("GET", "workflows/NS/two").json["spec"]["entrypoint"] == "main"
    assert hand("GET", "workflows/NS/@latest").json["metadata"]["name"] == "two"
    missing = hand("GET", "workflows/NS/three")
    assert (missing.status, missing.json["code"]) == (404, 5)


def test_a_list_has_the_fields_that_were_asked_for(hand):
    hand.workflow()
    (item,) = hand("GET", "workflows/NS?fields=metadata,items.metadata.name,items.spec").json["items"]
    assert item["metadata"] == {"name": "one"}
    assert item.keys() == {"metadata", "spec"}
    found = hand("GET", "workflows/NS/one?fields=-spec,metadata.name").json
    assert "spec" not in found
    assert "name" not in found["metadata"]


@pytest.mark.parametrize("rules", [EVERYTHING, MAY_WAIT], ids=["may watch", "may only get"])
def test_who_waits_for_a_workflow_sees_it_end(place, rules):
    hand = Hand(place, "waiting", rules)
    hand.workflow(status={"phase": "Running"})
    with hand.watching(selector("one")) as events:
        first = next(events)
        assert (first["type"], first["object"]["metadata"]["name"]) == ("ADDED", "one")
        path = f"{ARGO}/namespaces/{place.namespace}/workflows/one"
        status = {"phase": "Succeeded", "finishedAt": "2026-03-01T00:00:00Z"}
        assert place.cluster.request("PUT", path, {**hand.stored(), "status": status})[0] == 200
        phases = (event["object"].get("status", {}).get("phase") for event in events)
        assert "Succeeded" in phases


def test_a_watch_of_what_is_not_there_is_answered_as_such(hand):
    answer = hand("GET", f"workflow-events/NS?{selector('nosuch')}")
    assert (answer.status, answer.json["code"]) == (404, 5)


def test_who_may_not_is_told_before_a_stream_begins(place):
    answer = Hand(place, "nobody", ())("GET", "workflow-events/NS")
    assert (answer.status, answer.json["code"]) == (403, 7)


@pytest.mark.parametrize(
    ("verb", "spec", "action"),
    [
        ("stop", {"shutdown": "Stop"}, "Stop"),
        ("terminate", {"shutdown": "Terminate"}, "Terminate"),
        ("suspend", {"suspend": True}, "Suspend"),
    ],
)
def test_a_workflow_is_told_to_end_or_to_wait(hand, verb, spec, action):
    hand.workflow()
    answer = hand("PUT", f"workflows/NS/one/{verb}", {"name": "one"})
    assert answer.status == 200, answer
    stored = hand.stored()
    assert spec.items() <= stored["spec"].items()
    labels = stored["metadata"]["labels"]
    assert labels["workflows.argoproj.io/action"] == action
    assert labels["workflows.argoproj.io/actor"] == f"system-serviceaccount-{hand.place.namespace}-hand"


@pytest.mark.parametrize("verb", ["stop", "terminate", "suspend"])
def test_a_workflow_that_is_over_is_left_alone(hand, verb):
    hand.workflow(status={"phase": "Succeeded"})
    answer = hand("PUT", f"workflows/NS/one/{verb}", {})
    assert (answer.status, answer.json["code"]) == (400, 9)
    assert hand.stored()["spec"] == SPEC


def test_resume_ends_a_suspension_and_what_waits_in_a_suspend_template(hand):
    node = {"id": "n", "name": "n", "type": "Suspend", "phase": "Running"}
    hand.workflow(status={"phase": "Running", "nodes": {"n": node}}, suspend=True)
    assert hand("PUT", "workflows/NS/one/resume", {}).status == 200
    stored = hand.stored()
    assert not stored["spec"].get("suspend")
    assert stored["status"]["nodes"]["n"]["phase"] == "Succeeded"


@pytest.mark.parametrize("verb", ["stop", "resume"])
def test_nodes_are_not_chosen(hand, verb):
    hand.workflow()
    answer = hand("PUT", f"workflows/NS/one/{verb}", {"nodeFieldSelector": "displayName=x"})
    assert (answer.status, answer.json["code"]) == (501, 12)


@pytest.mark.parametrize("query", ["", "?force=true"])
def test_a_workflow_is_deleted(hand, query):
    hand.workflow()
    assert hand("DELETE", f"workflows/NS/one{query}").status == 200
    assert hand.stored()["code"] == 404


def template(spec, name="t", **metadata):
    return {"template": {"metadata": {"name": name, **metadata}, "spec": spec}}


def test_a_template_through_its_life(hand):
    base = "workflow-templates/NS"
    made = hand("POST", base, template(SPEC))
    assert (made.status, made.json["kind"]) == (200, "WorkflowTemplate")
    assert [item["metadata"]["name"] for item in hand("GET", base).json["items"]] == ["t"]
    assert hand("GET", f"{base}?namePattern=x").json["items"] == []
    changed = {**SPEC, "priority": 7}
    # Argo's command line puts to the folder, and leaves the name to the body.
    assert hand("PUT", f"{base}/", template(changed)).status == 200
    assert hand("GET", f"{base}/t").json["spec"]["priority"] == 7
    assert (hand("DELETE", f"{base}/t").status, hand("GET", f"{base}/t").status) == (200, 404)


CRON = {"schedules": ["0 0 * * *"], "workflowSpec": SPEC}
BODIES = {
    "workflows/NS": lambda spec: {"workflow": {"metadata": {"generateName": "w-"}, "spec": spec}},
    "workflow-templates/NS": template,
    "cron-workflows/NS": lambda spec: {
        "cronWorkflow": {"metadata": {"name": "c"}, "spec": {**CRON, "workflowSpec": spec}}
    },
}


@pytest.mark.parametrize("path", [*BODIES, "cluster-workflow-templates"])
def test_lint_tells_good_from_bad_and_makes_nothing(hand, path):
    body = BODIES.get(path, template)
    assert hand("POST", f"{path}/lint", body(SPEC)).status == 200
    answer = hand("POST", f"{path}/lint", body(BROKEN))
    assert (answer.status, answer.json["code"]) == (400, 3)
    assert "'nosuch' is not defined" in answer.json["message"]
    for resource in ("workflows", "workflowtemplates", "cronworkflows"):
        assert (
            hand.place.cluster.request("GET", f"{ARGO}/namespaces/{hand.place.namespace}/{resource}")[1][
                "items"
            ]
            == []
        )


def test_lint_is_for_those_the_cluster_knows(place):
    nobody = {"Authorization": "Bearer wrong"}
    path = f"/api/v1/workflows/{place.namespace}/lint"
    answer = place.function.send("POST", path, BODIES["workflows/NS"](SPEC), nobody)
    assert (answer.status, answer.json["code"]) == (401, 16)


@pytest.mark.parametrize("path", BODIES)
def test_what_could_not_run_is_not_made(hand, path):
    answer = hand("POST", path, BODIES[path](BROKEN))
    assert (answer.status, answer.json["code"]) == (400, 3)
    assert "'nosuch' is not defined" in answer.json["message"]
    good = hand("POST", path, BODIES[path](SPEC))
    assert good.status == 200, good


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({**CRON, "schedules": ["0 25 * * *"]}, "spec.schedules[0]"),
        ({**CRON, "timezone": "Nowhere/At"}, "spec.timezone"),
        ({"schedules": ["0 0 * * *"]}, "spec.workflowSpec"),
        ({**CRON, "concurrencyPolicy": "Maybe"}, "spec.concurrencyPolicy"),
    ],
)
@pytest.mark.parametrize("path", ["cron-workflows/NS", "cron-workflows/NS/lint"])
def test_a_cron_workflow_that_would_never_run_is_refused(hand, path, spec, named):
    answer = hand("POST", path, {"cronWorkflow": {"metadata": {"name": "c"}, "spec": spec}})
    assert (answer.status, answer.json["code"]) == (400, 3)
    assert named in answer.json["message"]


@pytest.mark.parametrize(
    ("exclude", "status"),
    [
        pytest.param("ics:holidays", 200, id="a calendar, which may be applied later"),
        pytest.param("2026-12-24; ics:holidays", 200, id="a day besides"),
        pytest.param("ics:holidays; 2026-13-01", 400, id="a day that is none"),
    ],
)
def test_what_a_cron_workflow_leaves_out_is_read_too(hand, exclude, status):
    metadata = {"name": "c", "annotations": {"triggerfish.dev/exclude": exclude}}
    answer = hand("POST", "cron-workflows/NS", {"cronWorkflow": {"metadata": metadata, "spec": CRON}})
    assert answer.status == status, answer


def test_a_submission_of_a_template_that_could_not_run_is_refused(hand):
    hand.place.template("broken", entrypoint="nosuch")
    body = {"resourceKind": "WorkflowTemplate", "resourceName": "broken", "submitOptions": {}}
    answer = hand("POST", "workflows/NS/submit", body)
    assert (answer.status, answer.json["code"]) == (400, 3)
    assert "'nosuch' is not defined" in answer.json["message"]
    assert hand.place.workflows() == []


def test_a_reference_is_followed_by_the_callers_rights(place):
    reference = {"entrypoint": "main", "workflowTemplateRef": {"name": "broken"}}
    place.template("broken", entrypoint="nosuch", templates=[{"name": "x", "suspend": {}}])
    body = {"workflow": {"metadata": {"generateName": "w-"}, "spec": reference}}
    assert Hand(place, "hand", EVERYTHING)("POST", "workflows/NS", body).status == 400
    # Who may not read a template is not told what is wrong with it; Argo's controller will.
    assert Hand(place, "blind", MAY_WAIT)("POST", "workflows/NS", body).status == 200


def test_an_update_keeps_what_its_sender_does_not_carry(hand):
    path = f"{ARGO}/namespaces/{hand.place.namespace}/cronworkflows/c"
    made = hand("POST", "cron-workflows/NS", {"cronWorkflow": {"metadata": {"name": "c"}, "spec": CRON}}).json
    marks = {"labels": {**made["metadata"]["labels"], "team": "blue"}, "annotations": {"noted": "yes"}}
    status = {"phase": "Active", "succeeded": 7, "failed": 0}
    recorded = {**made, "metadata": {**made["metadata"], **marks}, "status": status}
    assert hand.place.cluster.request("PUT", path, recorded)[0] == 200
    version = hand("GET", "cron-workflows/NS/c").json["metadata"]["resourceVersion"]
    # As Argo's command line sends a file: with the version that it read, and zero values of its types.
    metadata = {"name": "c", "resourceVersion": version, "creationTimestamp": None, "labels": {"tier": "1"}}
    sent = {"metadata": metadata, "spec": {**CRON, "schedules": ["1 0 * * *"]}, "status": {"succeeded": 0}}
    answer = hand("PUT", "cron-workflows/NS/", {"cronWorkflow": sent})
    assert answer.status == 200, answer
    stored = hand.stored("c", "cronworkflows")
    assert stored["spec"]["schedules"] == ["1 0 * * *"]
    assert stored["status"] == status
    assert stored["metadata"]["annotations"] == {"noted": "yes"}
    assert {"team": "blue", "tier": "1"}.items() <= stored["metadata"]["labels"].items()
    assert stored["metadata"]["labels"]["workflows.argoproj.io/creator"].endswith("-hand")
    stale = hand("PUT", "cron-workflows/NS/", {"cronWorkflow": sent})
    assert (stale.status, stale.json["code"]) == (409, 6)


@pytest.mark.parametrize("key", ["labels", "annotations"])
@pytest.mark.parametrize("value", [[], {"a": 1}, 7])
def test_metadata_of_another_type_is_refused(hand, key, value):
    body = {"cronWorkflow": {"metadata": {"name": "c", key: value}, "spec": CRON}}
    answer = hand("POST", "cron-workflows/NS", body)
    assert (answer.status, answer.json["code"]) == (400, 3)
    assert f"metadata.{key}" in answer.json["message"]
