"""The demonstrations of the README: an event with a token, and a signed delivery."""

import re

import pytest
from tests.support.events import ARGO, MAY_SUBMIT

PUSH = {"ref": "refs/heads/main", "head_commit": {"id": "1", "message": "Say hello"}}


def parameters(workflow):
    return {entry["name"]: entry["value"] for entry in workflow["spec"]["arguments"]["parameters"]}


def test_an_event_with_a_token_becomes_a_workflow(place):
    place.template()
    place.binding()
    answer = place.event({"message": "hello events"})
    assert answer.status == 200, answer
    (workflow,) = place.workflows()
    assert answer.json["workflows"] == [workflow["metadata"]["name"]]
    assert re.fullmatch(r"my-wf-tmple-[a-z0-9]{5}", workflow["metadata"]["name"])
    assert parameters(workflow) == {"message": "hello events"}
    assert workflow["spec"]["workflowTemplateRef"] == {"name": "my-wf-tmple"}
    wanted = {
        "workflows.argoproj.io/workflow-template": "my-wf-tmple",
        "workflows.argoproj.io/workflow-event-binding": "event-consumer",
        "workflows.argoproj.io/creator": f"system-serviceaccount-{place.namespace}-jenkins",
    }
    assert wanted.items() <= workflow["metadata"]["labels"].items()


def test_curls_own_content_type_is_no_matter(place):
    place.template()
    place.binding()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert place.event({"message": "hello"}, headers=headers).status == 200
    assert [parameters(workflow)["message"] for workflow in place.workflows()] == ["hello"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_slash_at_the_end_makes_no_difference(place, slash):
    place.template()
    place.binding(selector='discriminator == ""')
    answer = place.event({"message": "m"}, path=f"/api/v1/events/{place.namespace}{slash}")
    assert (answer.status, len(place.workflows())) == (200, 1)


def test_what_does_not_match_is_told_why(place):
    place.template()
    place.binding()
    answer = place.event({"message": "hello"}, "another")
    assert answer.status == 200
    assert answer.json["workflows"] == []
    (told,) = answer.json["bindings"]
    assert (told["name"], told["matched"]) == ("event-consumer", False)
    assert told["reason"]
    assert place.workflows() == []


@pytest.fixture
def signed(place):
    """A place that GitHub may send to."""
    return signing(place, MAY_SUBMIT)


def signing(place, rules):
    place.cluster.service_account(place.namespace, "github.com", rules)
    place.clients(github_com='type: github\nsecret: "shh!"\n')
    place.template()
    place.binding("on-push", 'metadata["x-github-event"] == ["push"]', "payload.head_commit.message")
    return place


def test_a_signed_delivery_becomes_a_workflow(signed):
    answer = signed.github(PUSH)
    assert answer.status == 200, answer
    (workflow,) = signed.workflows()
    assert parameters(workflow) == {"message": "Say hello"}
    creator = workflow["metadata"]["labels"]["workflows.argoproj.io/creator"]
    assert creator == f"system-serviceaccount-{signed.namespace}-github.com"


def test_a_redelivery_repeats_nothing(signed):
    first = signed.github(PUSH, delivery="one")
    again = signed.github(PUSH, delivery="one")
    assert (first.status, again.status) == (200, 200)
    assert first.json["workflows"] == again.json["workflows"]
    assert [made.get("created") for made in first.json["bindings"] + again.json["bindings"]] == [True, False]
    assert len(signed.workflows()) == 1
    assert again.json["bindings"][0]["reason"].startswith("not verified: workflow ")
    signed.github(PUSH, delivery="two")
    assert len(signed.workflows()) == 2


def test_a_workflow_that_only_has_the_name_is_no_redelivery(place):
    may_read = {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["get"]}
    signed = signing(place, [*MAY_SUBMIT, may_read])
    (name,) = signed.github(PUSH, delivery="one").json["workflows"]
    again = signed.github(PUSH, delivery="one")
    assert "reason" not in again.json["bindings"][0]
    path = f"{ARGO}/namespaces/{signed.namespace}/workflows"
    squatting = {**signed.workflows()[0], "metadata": {"name": name}}
    assert signed.cluster.request("DELETE", f"{path}/{name}")[0] == 200
    assert signed.cluster.request("POST", path, squatting)[0] == 201
    answer = signed.github(PUSH, delivery="one")
    assert (answer.status, answer.json["code"]) == (500, 13)
    assert f"workflow '{name}' exists, and this delivery did not make it" in answer.json["message"]


def test_one_byte_changed_creates_nothing(signed):
    answer = signed.github(PUSH, change=lambda body: body.replace(b"hello", b"jello"))
    assert (answer.status, answer.json["code"]) == (401, 16)
    assert set(answer.json) == {"code", "message"}
    assert signed.workflows() == []
