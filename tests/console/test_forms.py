"""What a form asks for: the parameters of a spec, of its template, and of the entrypoint."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.console import forms
from triggerfish.workflows.objects import Json


def template(name: str = "build", **spec: Any) -> Json:
    return {"metadata": {"name": name}, "spec": spec}


def parameters(found: dict[str, list[Json]], name: str) -> dict[str, Json]:
    (entry,) = [each for each in forms.entries(found) if each["name"] == name]
    return {each["name"]: each for each in entry["parameters"]}


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        pytest.param({"value": "x"}, {"value": "x", "required": False}, id="a value"),
        pytest.param({"default": 3}, {"value": "3", "required": False}, id="a default that is a number"),
        pytest.param({"value": True}, {"value": "true"}, id="a boolean"),
        pytest.param({}, {"value": None, "required": True}, id="nothing"),
        pytest.param(
            {"enum": ["a", 1]}, {"enum": ["a", "1"], "required": True}, id="a choice without a default"
        ),
        pytest.param(
            {"valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
            {"value": None, "required": False, "from": "key k of ConfigMap c"},
            id="from a ConfigMap",
        ),
        pytest.param({"value": "x", "description": "Why"}, {"description": "Why"}, id="a description"),
    ],
)
def test_a_field(parameter: Json, expected: Json) -> None:
    body = template(arguments={"parameters": [{"name": "p", **parameter}]})
    found = parameters({"WorkflowTemplate": [body]}, "build")["p"]
    assert {key: found[key] for key in expected} == expected


def test_a_cron_workflow_has_its_template_s_parameters_with_its_own_values() -> None:
    build = template(
        arguments={
            "parameters": [
                {"name": "branch", "enum": ["main", "next"], "description": "Which"},
                {"name": "x"},
            ]
        }
    )
    cron = {
        "metadata": {"name": "nightly"},
        "spec": {
            "workflowSpec": {
                "workflowTemplateRef": {"name": "build"},
                "arguments": {"parameters": [{"name": "branch", "value": "next"}]},
            }
        },
    }
    found = parameters({"WorkflowTemplate": [build], "CronWorkflow": [cron]}, "nightly")
    assert (found["branch"]["value"], found["branch"]["enum"]) == ("next", ["main", "next"])
    assert found["branch"]["description"] == "Which"
    assert found["x"]["required"]


def test_inputs_of_the_entrypoint_are_asked_for() -> None:
    body = template(
        entrypoint="main",
        templates=[{"name": "main", "inputs": {"parameters": [{"name": "who"}]}}, {"name": "other"}],
    )
    assert list(parameters({"WorkflowTemplate": [body]}, "build")) == ["who"]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "value", "enum", "parameters", "arguments", "templates", "entrypoint", "spec"]
            ),
            inner,
        )
    ),
    max_leaves=15,
)


@given(json, json)
def test_whatever_is_in_it_there_is_a_form(spec: Any, notes: Any) -> None:
    body = {"metadata": {"name": "a", "annotations": notes}, "spec": spec}
    assert len(list(forms.entries({"WorkflowTemplate": [body], "CronWorkflow": [body]}))) == 2
