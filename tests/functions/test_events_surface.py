"""CloudEvents, cluster templates, instances, runs that must not meet, and what settings change."""

import json
import re
import time

import pytest
from tests.support import functions
from tests.support.events import MAY_SUBMIT, Place, kind

MAY_REPLACE = (
    *MAY_SUBMIT,
    {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["create", "get", "list", "patch"]},
)
CLOUD_EVENT = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "order"}
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
BINARY = {f"ce-{name}": value for name, value in CLOUD_EVENT.items()} | {"Content-Type": "application/json"}


def messages(place):
    found = (workflow["spec"]["arguments"]["parameters"][0]["value"] for workflow in place.workflows())
    return sorted(found)


@pytest.fixture
def orders(place):
    place.template()
    place.binding("orders", 'metadata["ce-type"] == ["order"] && payload.message != ""')
    return place


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param(BINARY, {"message": "hi"}, id="binary"),
        pytest.param(STRUCTURED, {**CLOUD_EVENT, "data": {"message": "hi"}}, id="structured"),
        pytest.param(BATCH, [{**CLOUD_EVENT, "data": {"message": "hi"}}], id="batch"),
    ],
)
def test_a_cloud_event_happens_once_however_often_it_comes(orders, headers, body):
    for _ in range(2):
        answer = orders.event(body, headers=headers)
        assert answer.status == 200, answer
    assert messages(orders) == ["hi"]


def test_a_cloud_event_is_one_by_source_and_id_whatever_else_differs(orders):
    for number, trace in enumerate(("00-a", "00-b")):
        event = {**CLOUD_EVENT, "traceparent": trace, "data": {"message": "hi"}}
        answer = orders.event(event, headers=STRUCTURED | {"Idempotency-Key": trace})
        assert (answer.status, len(answer.json["workflows"])) == (200, 1)
        assert answer.json["bindings"][0]["created"] is (number == 0)
    assert messages(orders) == ["hi"]


def test_a_push_through_two_hooks_runs_once_by_its_deduplication_key(place):
    # The hook of the repository, and that of its organization: another secret, another service account.
    hooks = ("github.com", "gitlab.com")
    for name in hooks:
        place.cluster.service_account(place.namespace, name, MAY_SUBMIT)
    place.clients(**{name: f"type: github\nsecret: {name}" for name in hooks})
    place.template()
    annotations = {"triggerfish.dev/deduplication-key": 'payload.repository.full_name + "@" + payload.after'}
    place.binding("ci", "payload.ref startsWith 'refs/heads/'", "payload.after", annotations=annotations)
    push = {
        "ref": "refs/heads/main",
        "before": "a" * 40,
        "repository": {"full_name": "org/app"},
        "commits": [],
    }
    for after in ("b" * 40, "c" * 40):
        first, second = (
            place.github({**push, "after": after, "hook": secret}, secret=secret) for secret in hooks
        )
        assert (first.status, second.status) == (200, 200)
        assert first.json["workflows"] == second.json["workflows"]
        told = [answer.json["bindings"][0].get("created") for answer in (first, second)]
        assert told == [True, False], first.json
    assert messages(place) == ["b" * 40, "c" * 40]


@pytest.mark.parametrize("meaning", ["exists", "fail", None])
def test_a_fixed_name_that_another_delivery_took(place, meaning):
    place.template()
    annotations = {} if meaning is None else {"triggerfish.dev/name-taken": meaning}
    fixed = {"metadata": {"name": '"release-" + payload.tag'}}
    place.binding("release", "true", "payload.n", submit=fixed, annotations=annotations)
    first, second = (place.event({"tag": "v1", "n": n}) for n in ("one", "two"))
    assert first.status == 200
    told = second.json["bindings"][0]
    if meaning == "exists":
        assert (second.status, second.json["workflows"]) == (200, ["release-v1"])
        assert (told["created"], told["reason"].split(":")[0]) == (False, "exists")
    else:
        assert (second.status, second.json["code"]) == (500, 13)
    assert messages(place) == ["one"]


def test_text_arrives_as_it_was_sent(place):
    # argoproj/argo-workflows#7042: a per cent sign was taken for a verb of printf.
    place.template()
    place.binding("all", "true", "payload.q")
    assert place.event({"q": "LIKE '%MyName%' %s %!d(string=hi)"}).status == 200
    assert messages(place) == ["LIKE '%MyName%' %s %!d(string=hi)"]


def test_a_batch_makes_a_workflow_of_each(orders):
    events = [{**CLOUD_EVENT, "id": str(n), "data": {"message": f"m{n}"}} for n in range(3)]
    answer = orders.event(events, headers=BATCH)
    assert (answer.status, len(answer.json["workflows"])) == (200, 3)
    assert messages(orders) == ["m0", "m1", "m2"]


def test_an_idempotency_key_makes_an_event_happen_once(place):
    place.template()
    place.binding()
    headers = {"Idempotency-Key": "k"}
    first, again = (place.event({"message": "m"}, headers=headers) for _ in range(2))
    assert first.json["workflows"] == again.json["workflows"]
    place.event({"message": "m"})
    assert messages(place) == ["m", "m"]


def test_a_cluster_template_is_run_as_one(place):
    name = f"shared-{place.namespace}"
    body = {"metadata": {"name": name}, "spec": {"templates": []}} | kind("ClusterWorkflowTemplate")
    status, answer = place.cluster.request(
        "POST", "/apis/argoproj.io/v1alpha1/clusterworkflowtemplates", body
    )
    assert status == 201, answer
    place.cluster.request(
        "POST",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        {
            "metadata": {"name": name},
            "rules": [
                {"apiGroups": ["argoproj.io"], "resources": ["clusterworkflowtemplates"], "verbs": ["get"]}
            ],
        },
    )
    place.cluster.request(
        "POST",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "jenkins", "namespace": place.namespace}],
        },
    )
    submit = {"workflowTemplateRef": {"name": name, "clusterScope": True}}
    place.binding("shared", "true", '"x"', submit=submit)
    answer = place.event({})
    assert answer.status == 200, answer
    (workflow,) = place.workflows()
    assert workflow["spec"]["workflowTemplateRef"] == {"name": name, "clusterScope": True}
    assert workflow["metadata"]["labels"]["workflows.argoproj.io/cluster-workflow-template"] == name


def test_another_instances_bindings_are_not_seen(place):
    place.template()
    place.binding("mine", "true", '"x"')
    place.binding("theirs", "true", '"x"', labels={"workflows.argoproj.io/controller-instanceid": "theirs"})
    answer = place.event({})
    assert [told["name"] for told in answer.json["bindings"]] == ["mine"]


@pytest.fixture
def branches(place):
    """Runs of one branch must not meet; call it with a policy."""

    def ready(policy):
        place.token = place.cluster.service_account(place.namespace, "replacer", MAY_REPLACE)
        place.hidden.append(place.token)
        place.template(workflowMetadata={"annotations": {"triggerfish.dev/simulate": "600s,Succeeded"}})
        annotations = {
            "triggerfish.dev/concurrency-policy": policy,
            "triggerfish.dev/concurrency-key": "payload.branch",
        }
        place.binding("deploy", "true", "payload.message", annotations=annotations)

        def push(branch, message, at=None):
            payload = {"branch": branch, "message": message, "repository": {"pushed_at": at}}
            return place.event(payload, headers={"Idempotency-Key": message})

        return push

    ready.place = place
    return ready


def unfinished(place):
    return sorted(
        workflow["spec"]["arguments"]["parameters"][0]["value"]
        for workflow in place.workflows()
        if workflow["spec"].get("shutdown") != "Terminate"
    )


def test_replace_ends_the_older_run_of_its_key(branches):
    push = branches("Replace")
    for branch, message in (("main", "one"), ("other", "two"), ("main", "three")):
        assert push(branch, message).status == 200
    assert unfinished(branches.place) == ["three", "two"]


def test_an_older_push_that_comes_late_ends_nothing_newer(branches):
    push = branches("Replace")
    assert push("main", "newer", at=2000).status == 200
    assert push("main", "older", at=1000).status == 200
    assert push("main", "newer", at=2000).status == 200
    assert unfinished(branches.place) == ["newer"]


def test_forbid_leaves_the_later_one_out_and_says_which_was_in_the_way(branches):
    push = branches("Forbid")
    first = push("main", "one").json["workflows"]
    answer = push("main", "two")
    assert answer.status == 200
    assert answer.json["workflows"] == []
    assert first[0] in answer.json["bindings"][0]["reason"]
    assert unfinished(branches.place) == ["one"]


def test_forbid_ends_the_second_run_that_a_delivery_left_which_died(branches):
    push = branches("Forbid")
    place = branches.place
    (first,) = push("main", "one").json["workflows"]
    (workflow,) = place.workflows()
    arguments = {"parameters": [{"name": "message", "value": "two"}]}
    given = workflow["metadata"]
    left = {
        **workflow,
        "metadata": {
            "name": "z" + first,
            "labels": given["labels"],
            "annotations": {**given["annotations"], "triggerfish.dev/delivery": "another"},
        },
        "spec": {**workflow["spec"], "arguments": arguments},
    }
    place.cluster.request("POST", f"/apis/argoproj.io/v1alpha1/namespaces/{place.namespace}/workflows", left)
    answer = push("main", "three")
    assert (answer.status, answer.json["workflows"]) == (200, [])
    assert first in answer.json["bindings"][0]["reason"]
    assert unfinished(place) == ["one"]


def started(embedded, **more):
    return functions.start("events", {"KUBECONFIG": str(embedded.kubeconfig), **more})


def test_settings_change_what_is_told_and_what_fails(place, embedded):
    place.template()
    place.binding("for-pulls", 'payload.pull_request.head.ref == "x"', '"x"')
    place.binding("all", "true", '"x"')
    settings = {
        "RESPONSE_DETAIL": "none",
        "SELECTOR_ERRORS": "fail",
        "METRICS": "on",
        "METRICS_TOKEN": "hush-metrics",
        "MAX_BODY_BYTES": "100",
    }
    with started(embedded, **settings) as function:
        other = Place(embedded, function, place.namespace, place.token)
        answer = other.event({"ref": "x"})
        assert (answer.status, set(answer.json)) == (500, {"code", "message"})
        assert "for-pulls: failed to evaluate workflow template expression" in answer.json["message"]
        place.cluster.request(
            "DELETE",
            f"/apis/argoproj.io/v1alpha1/namespaces/{place.namespace}/workfloweventbindings/for-pulls",
        )
        # A binding that was deleted is believed for two seconds.
        end = time.monotonic() + 20
        while answer.status == 500 and time.monotonic() < end:
            answer = other.event({"ref": "x"})
        assert (answer.status, answer.json) == (200, {})
        assert other.event(b'"' + b"x" * 101 + b'"').status == 413
        assert function.send("GET", "/metrics").status == 401
        reader = {"Authorization": "Bearer hush-metrics"}
        shown = function.send("GET", "/metrics", headers=reader).body.decode()
        assert re.search(r'triggerfish_deliveries_total\{code="200",sender="token"\} 1\.0', shown)
        assert re.search(r'triggerfish_deliveries_total\{code="413",sender="unknown"\} 1\.0', shown)
        assert re.search(
            r'triggerfish_api_calls_total\{code="201",identity="caller",resource="workflows",verb="create"\}',
            shown,
        )
        assert 'triggerfish_cache_lookups_total{cache="reads",result="hit"}' in shown
        assert "triggerfish_in_flight 0.0" in shown
        assert place.token not in function.log


def test_without_the_setting_there_are_no_metrics(events):
    assert events.send("GET", "/metrics").status == 404


def test_a_managed_namespace_is_the_only_one(place, embedded):
    place.template()
    place.binding("all", "true", '"x"')
    with started(embedded, MANAGED_NAMESPACE=place.namespace) as function:
        other = Place(embedded, function, place.namespace, place.token)
        assert other.event({}).status == 200
        answer = other.event({}, path="/api/v1/events/default/")
        assert (answer.status, answer.json["code"]) == (403, 7)
        # A list of all is a list of this one: its reader need not have a right to the others.
        everything = {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["list"]}
        reader = {
            "Authorization": f"Bearer {embedded.service_account(place.namespace, 'reader', [everything])}"
        }
        assert len(function.send("GET", "/api/v1/workflows", headers=reader).json["items"]) == 1


def test_several_managed_namespaces(place, embedded):
    place.template()
    place.binding("all", "true", '"x"')
    second = embedded.new_namespace()
    with started(embedded, MANAGED_NAMESPACE=f"{second},{place.namespace}") as function:
        ours = Place(embedded, function, place.namespace, place.token)
        assert ours.event({}).status == 200
        # The caller's own rights still decide in the other one.
        assert ours.event({}, path=f"/api/v1/events/{second}/").json["code"] == 7
        answer = ours.event({}, path="/api/v1/events/default/")
        assert (answer.status, answer.json["message"]) == (
            403,
            "this function does not manage this namespace",
        )


def test_a_setting_that_is_wrong_is_said_in_the_log_alone(embedded, tmp_path):
    path = tmp_path / "nonexistent"
    path.write_text(embedded.kubeconfig.read_text())
    with functions.start("events", {"KUBECONFIG": str(path)}) as function:
        # It was there when the function started.
        path.unlink()
        answer = function.send("POST", "/api/v1/events/default/", b"{}", {"Authorization": "Bearer x"})
        assert (answer.status, answer.json["code"]) == (500, 13)
        assert "nonexistent" not in json.dumps(answer.json)
    # Stopped, it has written all that it had to say.
    assert "nonexistent" in function.log
