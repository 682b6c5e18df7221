"""Names of the cluster complete in the shell; without a cluster nothing does, and nothing is said."""

import pytest
from tests.cli.calling import make
from typer.testing import CliRunner

from triggerfish.cli.main import app


@pytest.fixture
def place(embedded):
    namespace = embedded.new_namespace()
    for name in ("sync-hourly", "sync-daily", "night"):
        spec = {"schedules": ["0 5 * * *"], "workflowSpec": {}}
        make(
            embedded,
            namespace,
            "cronworkflows",
            {"kind": "CronWorkflow", "metadata": {"name": name}, "spec": spec},
        )
    binding = {"kind": "WorkflowEventBinding", "metadata": {"name": "on-push"}}
    make(embedded, namespace, "workfloweventbindings", binding | {"spec": {"event": {"selector": "true"}}})
    template = {"kind": "WorkflowTemplate", "metadata": {"name": "build"}, "spec": {}}
    make(embedded, namespace, "workflowtemplates", template)
    return f"--kubeconfig {embedded.kubeconfig} -n {namespace}"


def completed(words: str) -> list[str]:
    """What the shell offers for the last word of a line."""
    environment = {
        "_TRIGGERFISH_COMPLETE": "complete_bash",
        "COMP_WORDS": f"triggerfish {words}",
        "COMP_CWORD": str(len(words.split(" "))),
    }
    done = CliRunner().invoke(app, [], env=environment, prog_name="triggerfish")
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("explain cron {place} sync-", ["sync-daily", "sync-hourly"]),
        ("next {place} n", ["night"]),
        ("suspend {place} night sync-d", ["sync-daily"]),
        ("trigger {place} x", []),
        ("get {place} crons sync-", ["sync-daily", "sync-hourly"]),
        ("get {place} bindings o", ["on-push"]),
        ("explain event {place} on", ["on-push"]),
        ("submit {place} workflowt", ["workflowtemplate/"]),
        ("submit {place} workflowtemplate/b", ["workflowtemplate/build"]),
        ("submit {place} cronworkflow/ni", ["cronworkflow/night"]),
    ],
)
def test_names_complete(place, words, names):
    assert completed(words.replace("{place}", place)) == names


def test_without_a_cluster_there_is_nothing_to_complete():
    assert completed("next --kubeconfig nowhere s") == []
