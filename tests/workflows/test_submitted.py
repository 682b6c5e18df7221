"""The Workflow of a submission."""

import pytest

from triggerfish.workflows.labels import Creator
from triggerfish.workflows.names import Naming
from triggerfish.workflows.submitted import (
    Metadata,
    TemplateRef,
    for_event,
    from_template,
    missing_parameters,
    named,
    renamed,
)

TEMPLATE = {
    "metadata": {"name": "build"},
    "spec": {
        "entrypoint": "main",
        "workflowMetadata": {
            "labels": {
                "team": "blue",
                "workflows.argoproj.io/controller-instanceid": "x",
                "workflows.argoproj.io/creator": "someone-else",
            },
            "annotations": {"note": "template"},
        },
    },
}
WHO = Creator("system:serviceaccount:ns:robot")


def made(metadata=None, instance_id="", parameters=(), template=TEMPLATE, ref=None, who=WHO):
    start = from_template(ref or TemplateRef("build"), template, instance_id)
    return for_event(start, metadata or Metadata(), parameters, who, "on-push")


def test_only_a_reference_reaches_the_spec():
    assert made(parameters=[("message", "hi")])["spec"] == {
        "workflowTemplateRef": {"name": "build"},
        "arguments": {"parameters": [{"name": "message", "value": "hi"}]},
    }


def test_a_cluster_template_is_referred_to_as_one():
    workflow = made(ref=TemplateRef("build", cluster_scope=True))
    assert workflow["spec"] == {"workflowTemplateRef": {"name": "build", "clusterScope": True}}
    assert workflow["metadata"]["labels"]["workflows.argoproj.io/cluster-workflow-template"] == "build"
    assert "workflows.argoproj.io/workflow-template" not in workflow["metadata"]["labels"]


@pytest.mark.parametrize(
    ("metadata", "instance_id", "label", "expected"),
    [
        pytest.param(Metadata(), "", "team", "blue", id="the template's workflowMetadata"),
        pytest.param(Metadata(labels={"team": "red"}), "", "team", "red", id="the binding over the template"),
        pytest.param(
            Metadata(),
            "mine",
            "workflows.argoproj.io/controller-instanceid",
            "mine",
            id="instance over template",
        ),
        pytest.param(
            Metadata(labels={"workflows.argoproj.io/controller-instanceid": "b"}),
            "mine",
            "workflows.argoproj.io/controller-instanceid",
            "b",
            id="the binding over the instance",
        ),
        pytest.param(
            Metadata(labels={"workflows.argoproj.io/creator": "me"}),
            "",
            "workflows.argoproj.io/creator",
            "system-serviceaccount-ns-robot",
            id="nothing over the creator",
        ),
        pytest.param(
            Metadata(labels={"workflows.argoproj.io/workflow-event-binding": "me"}),
            "",
            "workflows.argoproj.io/workflow-event-binding",
            "on-push",
            id="nothing over the binding's name",
        ),
    ],
)
def test_which_label_wins(metadata, instance_id, label, expected):
    assert made(metadata, instance_id)["metadata"]["labels"][label] == expected


def test_an_unknown_creator_leaves_no_label_of_somebody_elses():
    given = {"workflows.argoproj.io/creator": "me", "workflows.argoproj.io/creator-email": "me"}
    marks = made(Metadata(labels=given), who=Creator())["metadata"]["labels"]
    assert not [key for key in marks if "creator" in key]


def test_the_bindings_annotations_come_over_the_templates():
    metadata = Metadata(annotations={"note": "binding", "more": "1"})
    assert made(metadata)["metadata"]["annotations"] == {"note": "binding", "more": "1"}


def test_a_delivery_names_its_workflow_the_same_again():
    first, naming = named(made(), b"k" * 32, repeatable=True)
    again, _ = named(made(), b"k" * 32, repeatable=True)
    other, _ = named(made(), b"l" * 32, repeatable=True)
    assert naming is Naming.DERIVED
    assert first["metadata"]["name"] == again["metadata"]["name"] != other["metadata"]["name"]
    assert first["metadata"]["annotations"]["triggerfish.dev/delivery"] == (b"k" * 16).hex()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("7d3f", "7d3f", id="as its sender shows it"),
        pytest.param("x" * 9000, "x" * 200, id="a long one is cut"),
        pytest.param("", None, id="none"),
    ],
)
def test_a_workflow_names_its_delivery_by_the_sender_s_id_beside_the_hash(given, kept):
    workflow, _ = named(made(), b"k" * 32, repeatable=True, delivery_id=given)
    annotations = workflow["metadata"]["annotations"]
    assert annotations["triggerfish.dev/delivery"] == (b"k" * 16).hex()
    assert annotations.get("triggerfish.dev/delivery-id") == kept


def test_an_event_that_has_no_identity_is_named_by_chance():
    workflow, naming = named(made(), b"k" * 32, repeatable=False)
    assert naming is Naming.RANDOM
    assert len(workflow["metadata"]["name"]) == len("build-") + 5
    assert renamed(workflow, b"l" * 16)["metadata"]["name"] != workflow["metadata"]["name"]


def test_a_name_that_is_given_stays():
    workflow, naming = named(made(Metadata(name="fixed")), b"k" * 32, repeatable=True)
    assert (workflow["metadata"]["name"], naming) == ("fixed", Naming.FIXED)


@pytest.mark.parametrize(
    ("parameter", "given", "missing"),
    [
        ({"name": "a"}, [], ["a"]),
        ({"name": "a"}, [("a", "1")], []),
        ({"name": "a", "value": ""}, [], []),
        ({"name": "a", "default": "x"}, [], []),
        ({"name": "a", "valueFrom": {"configMapKeyRef": {}}}, [], []),
    ],
)
def test_parameters_that_nobody_gives_are_missing(parameter, given, missing):
    template = {"spec": {"arguments": {"parameters": [parameter]}}}
    assert missing_parameters(template, made(parameters=given)) == missing


@pytest.mark.parametrize(
    "template", [{}, {"spec": None}, {"spec": {"workflowMetadata": None, "arguments": None}}]
)
def test_an_empty_template_is_no_trouble(template):
    workflow = made(template=template)
    assert missing_parameters(template, workflow) == []
