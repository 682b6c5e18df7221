"""What Argo refuses before a run, and what only looks wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.workflows.defaults import merged
from triggerfish.workflows.submitted import TemplateRef
from triggerfish.workflows.validation import validate

MAIN = {"name": "main", "container": {"image": "alpine"}}
GREET = {
    "name": "greet",
    "inputs": {"parameters": [{"name": "who"}, {"name": "how", "default": "kindly"}]},
    "container": {"image": "alpine"},
}
BUILD = TemplateRef("build")
SHARED = TemplateRef("shared", cluster_scope=True)


def template(*templates: Any, **spec: Any) -> dict[str, Any]:
    return {"spec": {"templates": list(templates), **spec}}


def steps(*items: Any, name: str = "main") -> dict[str, Any]:
    return {"name": name, "steps": [[{"name": f"s{index}", **each} for index, each in enumerate(items)]]}


def dag(**tasks: Any) -> dict[str, Any]:
    return {"name": "main", "dag": {"tasks": [{"name": name, **each} for name, each in tasks.items()]}}


def parameters(**values: Any) -> dict[str, Any]:
    return {"parameters": [{"name": name, "value": value} for name, value in values.items()]}


def wrong(spec: Any, templates: Any = None, **more: Any) -> str:
    found = validate(spec, templates or {}, **more)
    return str(found.wrong or "")


RIGHT = [
    pytest.param({"entrypoint": "main", "templates": [MAIN]}, {}, id="the usual"),
    pytest.param(
        {"workflowTemplateRef": {"name": "build"}},
        {BUILD: template(MAIN, entrypoint="main")},
        id="a reference",
    ),
    pytest.param(
        {"workflowTemplateRef": {"name": "shared", "clusterScope": True}, "entrypoint": "main"},
        {SHARED: template(MAIN)},
        id="an entrypoint of its own into a template of the cluster",
    ),
    pytest.param({"workflowTemplateRef": {"name": "build"}}, {}, id="a template that is not known"),
    pytest.param(
        {"workflowTemplateRef": {"name": "{{x}}"}}, {}, id="a template whose name an expression makes"
    ),
    pytest.param(
        {"workflowTemplateRef": {"name": "build"}, "arguments": parameters(revision="main")},
        {BUILD: template(MAIN, entrypoint="main", arguments={"parameters": [{"name": "revision"}]})},
        id="a parameter that the Workflow gives",
    ),
    pytest.param(
        {
            "entrypoint": "main",
            "templates": [MAIN],
            "arguments": {
                "parameters": [
                    {"name": "a", "value": ""},
                    {"name": "b", "value": 0},
                    {"name": "c", "default": "x"},
                    {"name": "d", "valueFrom": {"configMapKeyRef": {"name": "n", "key": "k"}}},
                ]
            },
        },
        {},
        id="values that look empty, a default, a ConfigMap",
    ),
    pytest.param(
        {
            "entrypoint": "main",
            "templates": [MAIN],
            "arguments": {"parameters": [{"name": "n", "value": 3, "enum": ["1", "3"]}]},
        },
        {},
        id="a number among the texts of an enum",
    ),
    pytest.param(
        {
            "entrypoint": "main",
            "templates": [steps({"template": "greet", "arguments": parameters(who="x")}), GREET],
        },
        {},
        id="a step that gives what is wanted",
    ),
    pytest.param(
        {"entrypoint": "main", "templates": [dag(a={"templateRef": {"name": "build", "template": "main"}})]},
        {BUILD: template(MAIN)},
        id="a task of another template",
    ),
    pytest.param(
        {"entrypoint": "main", "templates": [steps({"template": "{{item}}"}, {"inline": MAIN})]},
        {},
        id="a made name, an inline template",
    ),
    pytest.param(
        {"entrypoint": "main", "templates": [steps({"template": "main"})]},
        {},
        id="a template that calls itself",
    ),
    pytest.param({"entrypoint": "main", "templates": [MAIN], "onExit": "main"}, {}, id="on exit"),
    pytest.param(
        {"entrypoint": "main", "templates": [MAIN, GREET]}, {}, id="nobody calls the one with inputs"
    ),
    pytest.param(
        {
            "entrypoint": "main",
            "templates": [steps({"template": "greet"}), GREET],
            "templateDefaults": {"inputs": {"parameters": [{"name": "who", "value": "x"}]}},
        },
        {},
        id="defaults of all templates give the input",
    ),
]


@pytest.mark.parametrize(("spec", "templates"), RIGHT)
def test_what_argo_runs_is_let_through(spec: Any, templates: Any) -> None:
    assert wrong(spec, templates) == ""


@pytest.mark.parametrize(
    ("spec", "templates", "said"),
    [
        pytest.param({}, {}, "spec.entrypoint: there is none", id="empty"),
        pytest.param({"templates": [MAIN]}, {}, "spec.entrypoint: there is none", id="no entrypoint"),
        pytest.param(
            {"entrypoint": "mian", "templates": [MAIN]},
            {},
            "spec.entrypoint: template 'mian' is not defined; there is main",
            id="an entrypoint that is not defined",
        ),
        pytest.param(
            {"entrypoint": "main"}, {}, "spec.entrypoint: template 'main' is not defined", id="no templates"
        ),
        pytest.param(
            {"workflowTemplateRef": {"name": "build"}},
            {BUILD: None},
            "spec.workflowTemplateRef: WorkflowTemplate 'build' was not found",
            id="no such template",
        ),
        pytest.param(
            {"workflowTemplateRef": {"name": "shared", "clusterScope": True}},
            {SHARED: None, TemplateRef("shared"): template(MAIN, entrypoint="main")},
            "ClusterWorkflowTemplate 'shared' was not found",
            id="one of the namespace is not one of the cluster",
        ),
        pytest.param(
            {"workflowTemplateRef": {}}, {}, "spec.workflowTemplateRef: it names no template", id="no name"
        ),
        pytest.param(
            {"workflowTemplateRef": {"name": "build"}, "templates": [MAIN]},
            {},
            "spec.templates: there are some beside workflowTemplateRef",
            id="both",
        ),
        pytest.param(
            {"workflowTemplateRef": {"name": "build"}},
            {BUILD: template(MAIN)},
            "spec.entrypoint: there is none and WorkflowTemplate 'build' names none",
            id="nobody names an entrypoint",
        ),
        pytest.param(
            {"workflowTemplateRef": {"name": "build"}},
            {BUILD: template(MAIN, entrypoint="start")},
            "spec.workflowTemplateRef: template 'start' is not defined in WorkflowTemplate 'build'",
            id="the template's entrypoint is not defined",
        ),
        pytest.param(
            {"workflowTemplateRef": {"name": "build"}},
            {BUILD: template(MAIN, entrypoint="main", arguments={"parameters": [{"name": "revision"}]})},
            "spec.arguments.parameters: there is no value for revision",
            id="a parameter without a value",
        ),
        pytest.param(
            {
                "entrypoint": "main",
                "templates": [MAIN],
                "arguments": {"parameters": [{"name": "a"}, {"name": "b", "value": None}]},
            },
            {},
            "there is no value for a, b",
            id="of its own",
        ),
        pytest.param(
            {
                "entrypoint": "main",
                "templates": [MAIN],
                "arguments": {"parameters": [{"name": "n", "value": "2", "enum": ["1", "3"]}]},
            },
            {},
            "n is '2'; allowed: 1, 3",
            id="none of the enum",
        ),
        pytest.param(
            {"entrypoint": "greet", "templates": [GREET]},
            {},
            "template 'greet' gets no value for its input who",
            id="the entrypoint's input",
        ),
        pytest.param(
            {"entrypoint": "main", "templates": [steps({"template": "gone"})]},
            {},
            "template 'main', step 's0': template 'gone' is not defined",
            id="a step's template",
        ),
        pytest.param(
            {"entrypoint": "main", "templates": [dag(a={"template": "gone"})]},
            {},
            "template 'main', task 'a': template 'gone' is not defined",
            id="a task's template",
        ),
        pytest.param(
            {"entrypoint": "main", "templates": [MAIN, steps({"template": "gone"}, name="other")]},
            {},
            "template 'other', step 's0'",
            id="of a template that nobody calls, as in Argo",
        ),
        pytest.param(
            {"entrypoint": "main", "templates": [steps({"template": "greet"}), GREET]},
            {},
            "template 'greet' gets no value for its input who",
            id="a step's input",
        ),
        pytest.param(
            {
                "entrypoint": "main",
                "templates": [steps({"template": "greet", "arguments": parameters(who=None)}), GREET],
            },
            {},
            "there is no value for who",
            id="an argument without a value",
        ),
        pytest.param(
            {"entrypoint": "main", "templates": [steps({"templateRef": {"name": "build", "template": "x"}})]},
            {BUILD: None},
            "template 'main', step 's0': WorkflowTemplate 'build' was not found",
            id="a step's template object",
        ),
        pytest.param(
            {"entrypoint": "main", "templates": [steps({"templateRef": {"name": "build", "template": "x"}})]},
            {BUILD: template(MAIN)},
            "template 'x' is not defined in WorkflowTemplate 'build'; there is main",
            id="not in that object",
        ),
        pytest.param(
            {
                "entrypoint": "main",
                "templates": [steps({"templateRef": {"name": "build", "template": "main"}})],
            },
            {BUILD: template(steps({"template": "gone"}))},
            "WorkflowTemplate 'build': template 'main', step 's0': template 'gone' is not defined",
            id="two objects deep",
        ),
        pytest.param(
            {"entrypoint": "main", "templates": [steps({"inline": dag(a={"template": "gone"})})]},
            {},
            "step 's0': task 'a': template 'gone' is not defined",
            id="in an inline template",
        ),
        pytest.param(
            {"entrypoint": "main", "templates": [MAIN], "onExit": "bye"},
            {},
            "spec.onExit: template 'bye' is not defined",
            id="on exit",
        ),
    ],
)
def test_what_argo_refuses(spec: Any, templates: Any, said: str) -> None:
    assert said in wrong(spec, templates)


def test_what_is_unread_is_asked_for_step_by_step() -> None:
    spec = {"workflowTemplateRef": {"name": "build"}}
    assert validate(spec, {}).unread == {BUILD}
    build = template(
        steps({"templateRef": {"name": "shared", "template": "x", "clusterScope": True}}), entrypoint="main"
    )
    assert validate(spec, {BUILD: build}).unread == {SHARED}
    done = validate(spec, {BUILD: build, SHARED: template({**MAIN, "name": "x"})})
    assert (done.wrong, done.unread) == (None, frozenset())


def test_the_field_is_that_of_the_manifest() -> None:
    assert wrong({}, path="spec.workflowSpec").startswith("spec.workflowSpec.entrypoint: ")


class TestDefaults:
    def test_they_give_the_entrypoint_the_templates_and_values(self) -> None:
        assert wrong({"templates": [MAIN]}, defaults={"entrypoint": "main"}) == ""
        assert wrong({"entrypoint": "main"}, defaults={"templates": [MAIN]}) == ""
        spec = {"entrypoint": "main", "templates": [MAIN], "arguments": {"parameters": [{"name": "a"}]}}
        assert "no value for a" in wrong(spec)
        assert wrong(spec, defaults={"arguments": parameters(a="1")}) == ""

    def test_they_come_after_the_template(self) -> None:
        spec = {"workflowTemplateRef": {"name": "build"}}
        build = {BUILD: template(MAIN, entrypoint="main")}
        assert wrong(spec, build, defaults={"entrypoint": "other"}) == ""

    def test_what_both_have_is_the_specs(self) -> None:
        spec = {"a": 1, "b": {"x": 1}, "c": [1], "p": [{"name": "n", "v": 1}], "n": None}
        defaults = {
            "a": 2,
            "b": {"x": 2, "y": 2},
            "c": [2],
            "p": [{"name": "n", "w": 2}, {"name": "m"}],
            "n": 2,
        }
        assert merged(spec, defaults) == {
            "a": 1,
            "b": {"x": 1, "y": 2},
            "c": [1],
            "p": [{"name": "n", "v": 1, "w": 2}, {"name": "m"}],
            "n": 2,
        }


FIELDS = [
    *("name", "templates", "entrypoint", "arguments", "parameters", "steps", "dag", "tasks", "template"),
    *("templateRef", "workflowTemplateRef", "inline", "inputs", "value", "enum", "onExit", "spec"),
]
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.dictionaries(st.sampled_from(["entrypoint", "templates", "arguments", "workflowTemplateRef"]), json),
    json,
)
def test_whatever_the_types_nothing_is_raised(spec: Any, other: Any) -> None:
    holder = other if isinstance(other, dict) else {"spec": other}
    validate(spec, {BUILD: holder, TemplateRef(""): holder}, defaults=holder)
