"""What resumes a Workflow: the nodes of suspend templates, and what they were to be supplied."""

from datetime import UTC, datetime

import pytest

from triggerfish.errors import AnswerError
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.suspension import resumed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN = Creator("ann", "ann@example.com")
WAITING = {"type": "Suspend", "phase": "Running"}


def workflow(spec=None, **status):
    return {"metadata": {"resourceVersion": "7"}, "spec": spec or {}, "status": status}


def change(found):
    return resumed(found, ANN, NOW)


def node(**parts):
    return change(workflow(nodes={"n": {**WAITING, **parts}}))["status"]["nodes"]["n"]


def test_what_is_not_suspended_is_left_alone():
    others = {"a": {"type": "Pod", "phase": "Running"}, "b": {**WAITING, "phase": "Succeeded"}}
    assert change(workflow(nodes=others)) == {}


def test_its_suspension_ends_guarded_by_the_version_that_was_read():
    assert change(workflow({"suspend": True})) == {
        "spec": {"suspend": None},
        "metadata": {"resourceVersion": "7"},
    }


def test_a_node_that_waits_has_succeeded():
    expected = {
        "phase": "Succeeded",
        "message": "Resumed by: map[Email:ann@example.com User:ann]",
        "finishedAt": "2026-03-01T12:00:00Z",
    }
    assert node() == expected
    assert node(message="why")["message"] == f"why; {expected['message']}"


def test_what_was_to_be_supplied_is_its_default():
    supplied = {"name": "p", "valueFrom": {"supplied": {}, "default": "d"}}
    other = {"name": "q", "value": "v"}
    assert node(outputs={"parameters": [supplied, other]})["outputs"] == {
        "parameters": [{"name": "p", "value": "d"}, other]
    }


def test_without_a_default_it_must_be_supplied():
    with pytest.raises(AnswerError, match="'p' has not been set") as caught:
        node(outputs={"parameters": [{"name": "p", "valueFrom": {"supplied": {}}}]})
    assert caught.value.status == 400


@pytest.mark.parametrize("status", [{"compressedNodes": "H4sI"}, {"offloadNodeStatusVersion": "fnv:1"}])
def test_nodes_that_cannot_be_read_are_for_argo(status):
    with pytest.raises(AnswerError) as caught:
        change(workflow({"suspend": True}, **status))
    assert (caught.value.status, caught.value.code) == (501, 12)
