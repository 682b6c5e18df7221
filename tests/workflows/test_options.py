"""submitOptions, as Argo's command line sends them."""

import pytest

from triggerfish.errors import SpecError
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.options import Options
from triggerfish.workflows.submitted import TemplateRef, from_template

WHO = Creator("system:serviceaccount:ns:robot")
ARTIFACT = {"name": "data", "s3": {"bucket": "b", "key": "old"}}


def applied(options, artifacts=(), workflow=None):
    workflow = workflow or from_template(TemplateRef("build"), {}, "")
    return Options.read(options).applied(workflow, WHO, list(artifacts))


def test_every_option_reaches_its_field():
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "1"}
    workflow = applied(
        {
            "name": "n",
            "generateName": "g-",
            "entryPoint": "main",
            "serviceAccount": "sa",
            "podPriorityClassName": "high",
            "priority": 0,
            "parameters": ["a=1", "b=x=y"],
            "labels": "k=v,l=w",
            "annotations": "note=1",
            "ownerReference": owner,
            "artifacts": ["data=new"],
            "unknown": True,
        },
        [ARTIFACT],
    )
    metadata = workflow["metadata"]
    assert (metadata["name"], metadata["generateName"]) == ("n", "g-")
    assert metadata["labels"] == {
        "workflows.argoproj.io/workflow-template": "build",
        "k": "v",
        "l": "w",
        "workflows.argoproj.io/creator": "system-serviceaccount-ns-robot",
    }
    assert metadata["annotations"] == {"note": "1"}
    assert metadata["ownerReferences"] == [owner]
    assert workflow["spec"] == {
        "workflowTemplateRef": {"name": "build"},
        "entrypoint": "main",
        "serviceAccountName": "sa",
        "podPriorityClassName": "high",
        "priority": 0,
        "arguments": {
            "parameters": [{"name": "a", "value": "1"}, {"name": "b", "value": "x=y"}],
            "artifacts": [{"name": "data", "s3": {"bucket": "b", "key": "new"}}],
        },
    }


@pytest.mark.parametrize("options", [None, {}, {"parameters": [], "labels": "", "priority": None}])
def test_no_options_change_nothing_but_who_made_it(options):
    workflow = applied(options)
    assert workflow["spec"] == {"workflowTemplateRef": {"name": "build"}}
    assert workflow["metadata"]["generateName"] == "build-"


def test_parameters_override_those_of_the_same_name():
    start = from_template(TemplateRef("build"), {}, "")
    start["spec"]["arguments"] = {
        "parameters": [{"name": "a", "value": "old"}, {"name": "c", "value": "kept"}]
    }
    parameters = applied({"parameters": ["a=new"]}, workflow=start)["spec"]["arguments"]["parameters"]
    assert parameters == [{"name": "a", "value": "new"}, {"name": "c", "value": "kept"}]


def test_labels_cannot_say_that_somebody_else_made_it():
    marks = applied({"labels": "workflows.argoproj.io/creator=admin"})["metadata"]["labels"]
    assert marks["workflows.argoproj.io/creator"] == "system-serviceaccount-ns-robot"


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        ({"gcs": {"bucket": "b", "key": "old"}}, {"gcs": {"bucket": "b", "key": "k"}}),
        ({"oss": {}}, {"oss": {"key": "k"}}),
        ({"azure": {"container": "c"}}, {"azure": {"container": "c", "blob": "k"}}),
        ({"hdfs": {}}, {"hdfs": {"path": "k"}}),
        ({"http": {"url": "https://h/old?q=1"}}, {"http": {"url": "https://h/k?q=1"}}),
    ],
)
def test_an_artifacts_key_is_set_where_its_storage_keeps_it(storage, expected):
    artifacts = applied({"artifacts": ["data=k"]}, [{"name": "data", **storage}])["spec"]["arguments"][
        "artifacts"
    ]
    assert artifacts == [{"name": "data", **expected}]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        pytest.param([], "submitOptions", id="no object"),
        pytest.param({"parameters": ["novalue"]}, "submitOptions.parameters[0]", id="parameter without ="),
        pytest.param(
            {"parameters": ["a=1", 7]}, "submitOptions.parameters[1]", id="parameter that is a number"
        ),
        pytest.param({"parameters": "a=1"}, "submitOptions.parameters", id="parameters no list"),
        pytest.param({"labels": "novalue"}, "submitOptions.labels", id="label without ="),
        pytest.param({"labels": "a=b=c"}, "submitOptions.labels", id="label with two ="),
        pytest.param({"annotations": "=x"}, "submitOptions.annotations", id="annotation without name"),
        pytest.param({"priority": "high"}, "submitOptions.priority", id="priority no number"),
        pytest.param({"priority": True}, "submitOptions.priority", id="priority a boolean"),
        pytest.param({"dryRun": "yes"}, "submitOptions.dryRun", id="dryRun no boolean"),
        pytest.param(
            {"artifacts": ["other=k"]}, "submitOptions.artifacts", id="artifact that nobody declares"
        ),
        pytest.param({"artifacts": ["raw=k"]}, "submitOptions.artifacts", id="artifact without a key"),
    ],
)
def test_what_is_wrong_is_named(options, field):
    with pytest.raises(SpecError) as caught:
        applied(options, [ARTIFACT, {"name": "raw", "raw": {"data": "x"}}])
    assert caught.value.field == field
