"""The simulated workflow controller's decisions, on a clock of their own."""

from datetime import UTC, datetime, timedelta

import pytest

from triggerfish_laptop.cluster import simulation
from triggerfish_laptop.cluster.patches import merge

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
USUAL = 3.0
CONTAINER = {"name": "main", "container": {"image": "busybox"}}


def workflow(spec=None, simulate=None):
    metadata = {"name": "w", "namespace": "default"}
    if simulate is not None:
        metadata["annotations"] = {"triggerfish.dev/simulate": simulate}
    return {"metadata": metadata, "spec": {"entrypoint": "main", "templates": [CONTAINER], **(spec or {})}}


def run(value, *, template=None, edits=()):
    """The phases by the second they were reached in, the last state, and whether it was deleted.

    ``edits``: (second, merge patch) pairs that somebody sends meanwhile.
    """
    now, phases, waiting = START, [], list(edits)
    while True:
        step = simulation.step(value, template, now, USUAL)
        if step.delete:
            return phases, value, (now - START).total_seconds()
        if step.patch is not None:
            value = merge(value, step.patch)
            phases.append(((now - START).total_seconds(), step.phase))
            continue
        edit_at = START + timedelta(seconds=waiting[0][0]) if waiting else None
        if edit_at is not None and (step.again is None or edit_at <= step.again):
            now, value = edit_at, merge(value, waiting.pop(0)[1])
        elif step.again is not None:
            assert step.again > now, "it would look again without end"
            now = step.again
        else:
            return phases, value, None


TERMINATE = {"spec": {"shutdown": "Terminate"}}
STOP = {"spec": {"shutdown": "Stop"}}
WAIT = {"templates": [{"name": "main", "suspend": {}}]}
PAUSE = {"templates": [{"name": "main", "suspend": {"duration": "20"}}]}
PAUSED_STEP = {
    "templates": [
        {"name": "main", "steps": [[{"name": "a", "template": "wait"}]]},
        {"name": "wait", "suspend": {"duration": "1m"}},
    ]
}
RUNS = [
    pytest.param(workflow(), (), [(0, "Pending"), (0, "Running"), (3, "Succeeded")], id="the usual time"),
    pytest.param(
        workflow(simulate="90s,Failed"),
        (),
        [(0, "Pending"), (0, "Running"), (90, "Failed")],
        id="time and end",
    ),
    pytest.param(
        workflow(simulate="1m30s"), (), [(0, "Pending"), (0, "Running"), (90, "Succeeded")], id="time alone"
    ),
    pytest.param(
        workflow(simulate="Error"), (), [(0, "Pending"), (0, "Running"), (3, "Error")], id="end alone"
    ),
    pytest.param(
        workflow(simulate=" 5s , Failed "),
        (),
        [(0, "Pending"), (0, "Running"), (5, "Failed")],
        id="with blanks",
    ),
    pytest.param(
        workflow(simulate="soon"),
        (),
        [(0, "Pending"), (0, "Running"), (0, "Error")],
        id="unreadable annotation",
    ),
    pytest.param(
        workflow(simulate="90s"),
        [(60, TERMINATE)],
        [(0, "Pending"), (0, "Running"), (60, "Failed")],
        id="terminated",
    ),
    pytest.param(workflow(TERMINATE["spec"]), (), [(0, "Failed")], id="terminated before it ran"),
    pytest.param(workflow({"suspend": True}), (), [(0, "Pending"), (0, "Running")], id="suspended"),
    pytest.param(
        workflow({"suspend": True}),
        [(10, {"spec": {"suspend": None}})],
        [(0, "Pending"), (0, "Running"), (10, "Succeeded")],
        id="suspended and resumed",
    ),
    pytest.param(workflow(WAIT), (), [(0, "Pending"), (0, "Running")], id="suspend template waits"),
    pytest.param(
        workflow(WAIT),
        [(7, {"status": {"nodes": {"w": {"phase": "Succeeded"}}}})],
        [(0, "Pending"), (0, "Running"), (7, "Succeeded")],
        id="suspend template resumed",
    ),
    pytest.param(
        workflow(WAIT),
        [(7, STOP)],
        [(0, "Pending"), (0, "Running"), (7, "Failed")],
        id="suspend template stopped",
    ),
    pytest.param(
        workflow(PAUSE), (), [(0, "Pending"), (0, "Running"), (23, "Succeeded")], id="suspend with a duration"
    ),
    pytest.param(
        workflow(PAUSED_STEP),
        (),
        [(0, "Pending"), (0, "Running"), (63, "Succeeded")],
        id="suspend in a step",
    ),
    pytest.param(
        workflow({"activeDeadlineSeconds": 2}),
        (),
        [(0, "Pending"), (0, "Running"), (2, "Failed")],
        id="deadline",
    ),
]


@pytest.mark.parametrize(("value", "edits", "expected"), RUNS)
def test_phases(value, edits, expected):
    assert run(value, edits=edits)[0] == expected


def test_what_argo_sets_is_set():
    _, value, _ = run(workflow())
    assert value["metadata"]["labels"] == {
        "workflows.argoproj.io/phase": "Succeeded",
        "workflows.argoproj.io/completed": "true",
    }
    status = value["status"]
    assert status["startedAt"] == "2026-03-01T12:00:00Z"
    assert status["finishedAt"] == "2026-03-01T12:00:03Z"
    assert status["progress"] == "1/1"
    assert {"type": "Completed", "status": "True"} in status["conditions"]
    assert status["nodes"]["w"]["phase"] == "Succeeded"
    assert "message" not in status


@pytest.mark.parametrize(("edit", "strategy"), [(TERMINATE, "Terminate"), (STOP, "Stop")])
def test_a_shutdown_says_which(edit, strategy):
    _, value, _ = run(workflow(simulate="1h"), edits=[(1, edit)])
    assert value["status"]["message"] == f"Stopped with strategy '{strategy}'"
    assert value["status"]["phase"] == "Failed"


def test_an_unreadable_annotation_says_what_it_takes():
    _, value, _ = run(workflow(simulate="soon"))
    assert "'soon' is neither a duration (90s) nor one of" in value["status"]["message"]


@pytest.mark.parametrize(
    ("strategy", "simulate", "gone"),
    [
        pytest.param({"secondsAfterCompletion": 10}, "1s", 11, id="after completion"),
        pytest.param({"secondsAfterSuccess": 5, "secondsAfterCompletion": 10}, "1s", 6, id="after success"),
        pytest.param({"secondsAfterFailure": 7}, "1s,Failed", 8, id="after failure"),
        pytest.param({"secondsAfterFailure": 7}, "1s", None, id="not after the other end"),
        pytest.param({"secondsAfterCompletion": 0}, "1s", 1, id="at once"),
    ],
)
def test_ttl(strategy, simulate, gone):
    assert run(workflow({"ttlStrategy": strategy}, simulate))[2] == gone


def test_a_workflow_of_a_template_runs_the_template():
    template = {
        "spec": {
            "entrypoint": "main",
            "templates": [{"name": "main", "suspend": {"duration": "2"}}],
            "ttlStrategy": {"secondsAfterCompletion": 1},
            "workflowMetadata": {"labels": {"from": "template"}},
        }
    }
    value = {"metadata": {"name": "w"}, "spec": {"workflowTemplateRef": {"name": "t"}}}
    phases, last, gone = run(value, template=template)
    assert phases == [(0, "Pending"), (0, "Running"), (5, "Succeeded")]
    assert gone == 6
    assert last["metadata"]["labels"]["from"] == "template"
    assert last["status"]["storedWorkflowTemplateSpec"] == template["spec"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"name": "t"}, 'workflowtemplates.argoproj.io "t" not found'),
        ({"name": "t", "clusterScope": True}, 'clusterworkflowtemplates.argoproj.io "t" not found'),
    ],
)
def test_a_missing_template_is_an_error(reference, message):
    phases, value, _ = run({"metadata": {"name": "w"}, "spec": {"workflowTemplateRef": reference}})
    assert phases == [(0, "Error")]
    assert value["status"]["message"] == message
