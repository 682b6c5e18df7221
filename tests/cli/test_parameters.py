"""A parameter that nothing declares and nothing uses is warned about."""

import pytest
from tests.cli.calling import make
from typer.testing import CliRunner

from triggerfish.cli.main import app
from triggerfish.cli.parameters import unknown

DECLARED = {"arguments": {"parameters": [{"name": "message"}, {"name": "day", "value": "monday"}]}}
ENTRY = {
    "entrypoint": "main",
    "templates": [
        {"name": "main", "inputs": {"parameters": [{"name": "region"}]}},
        {"name": "other", "inputs": {"parameters": [{"name": "inner"}]}},
    ],
}


def used(text: str) -> dict:
    return {"templates": [{"name": "main", "container": {"args": [text]}}]}


@pytest.mark.parametrize(
    ("spec", "name", "known"),
    [
        pytest.param(DECLARED, "message", True, id="declared"),
        pytest.param(DECLARED, "mesage", False, id="misspelt"),
        pytest.param(DECLARED, "Message", False, id="another case"),
        pytest.param(ENTRY, "region", True, id="an input of the entrypoint"),
        pytest.param(ENTRY, "inner", False, id="an input of another template"),
        pytest.param(used("{{workflow.parameters.x}}"), "x", True, id="used, not declared"),
        pytest.param(used("{{workflow.parameters.xy}}"), "x", False, id="the beginning of one that is used"),
        pytest.param(used("{{workflow.parameters.x-y}}"), "x", False, id="a part before a dash"),
        pytest.param(used("{{=workflow.parameters['x']}}"), "x", True, id="used in an expression"),
        pytest.param(used("{{workflow.parameters}}"), "x", True, id="all of them as JSON"),
        pytest.param(used("{{ workflow.parameters.json }}"), "x", True, id="all of them as JSON, by name"),
        pytest.param({"workflowTemplateRef": {"name": "t"}}, "x", True, id="another object declares them"),
        pytest.param({"arguments": [], "templates": {"a": 1}}, "x", False, id="of the wrong types"),
    ],
)
def test_what_is_known(spec, name, known):
    assert (list(unknown(spec, [name])) == []) == known


def test_the_nearest_name_is_offered():
    assert list(unknown(DECLARED, ["messsage"])) == [
        "there is no parameter 'messsage', so nothing uses it; did you mean 'message'?"
    ]


@pytest.mark.parametrize(
    ("plural", "kind", "words"),
    [
        ("workflowtemplates", "WorkflowTemplate", ["submit", "workflowtemplate/job"]),
        ("workflowtemplates", "WorkflowTemplate", ["submit", "wftmpl/job", "--dry-run"]),
        ("cronworkflows", "CronWorkflow", ["trigger", "job"]),
    ],
)
def test_a_submission_warns_and_is_made(embedded, plural, kind, words):
    namespace = embedded.new_namespace()
    spec = {"entrypoint": "main", "templates": [{"name": "main"}], **DECLARED}
    spec = {"schedules": ["0 5 * * *"], "workflowSpec": spec} if kind == "CronWorkflow" else spec
    make(embedded, namespace, plural, {"kind": kind, "metadata": {"name": "job"}, "spec": spec})
    options = ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]
    done = CliRunner().invoke(app, [*words, "-p", "message=a", "-p", "dya=b", *options])
    assert done.exit_code == 0, done.output
    assert done.stderr == (
        f"triggerfish: {kind} job: there is no parameter 'dya', so nothing uses it; did you mean 'day'?\n"
    )
    assert done.stdout.startswith("job-")
