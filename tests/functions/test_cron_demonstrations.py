"""The demonstrations of the cron function: Replace after a minute, and a process killed half-way.

The minutes pass on the clock that the function sees, which is the API server's: a front moves it.
"""

import contextlib
import http.client
import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from tests.support import functions
from tests.support.front import Front
from tests.support.real import Real

CRONS = "/apis/argoproj.io/v1alpha1/namespaces/{}/cronworkflows"
WORKFLOWS = "/apis/argoproj.io/v1alpha1/namespaces/{}/workflows"


def manifest(schedule, policy):
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": "test-cron-wf"},
        "spec": {
            **schedule,
            "concurrencyPolicy": policy,
            "startingDeadlineSeconds": 0,
            "workflowMetadata": {
                "labels": {"from": "cron"},
                "annotations": {"triggerfish.dev/simulate": "90s"},
            },
            "workflowSpec": {
                "entrypoint": "date",
                "templates": [{"name": "date", "container": {"image": "alpine:3.23", "command": ["date"]}}],
            },
        },
    }


@pytest.fixture
def front(embedded):
    with Front(embedded) as found:
        yield found


@pytest.fixture
def namespace(embedded):
    return embedded.new_namespace()


def function(front, namespace, folder):
    settings = {
        "KUBECONFIG": str(front.kubeconfig(folder)),
        "MANAGED_NAMESPACE": namespace,
        "TICK_DEADLINE_SECONDS": "20",
    }
    return functions.start("cron", settings)


def show(front, moment):
    """Let the API server's clock, as the function sees it, show about that moment."""
    _, headers, _ = front.embedded.raw("GET", "/version")
    front.ahead = moment - parsedate_to_datetime(headers["date"])


def next_minute(created):
    at = datetime.fromisoformat(created).astimezone(UTC)
    return at.replace(second=0) + timedelta(minutes=1)


def children(embedded, namespace):
    status, answer = embedded.request("GET", WORKFLOWS.format(namespace))
    assert status == 200
    return sorted(answer["items"], key=lambda each: each["metadata"]["name"])


def wait(check, patience=20):
    end = time.monotonic() + patience
    while not check():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize(
    "schedule",
    [{"schedule": "* * * * *"}, {"schedules": ["* * * * *"]}],
    ids=["schedule, as 3.x has it", "schedules, as 4.x has it"],
)
def test_at_the_second_minute_replace_ends_the_first_run(
    request, embedded, front, namespace, tmp_path, schedule
):
    if "schedule" in schedule and request.node.callspec.params["embedded"] == "argo":
        pytest.skip("Argo's full definitions refuse the field of 3.x: tests/real/test_argo.py")
    # On a real API server nobody moves the Workflows here: there the end is that Argo was asked to end it.
    simulated = not isinstance(embedded, Real)
    path = CRONS.format(namespace)
    status, made = embedded.request("POST", path, manifest(schedule, "Replace"))
    assert status == 201, made
    minute = next_minute(made["metadata"]["creationTimestamp"])
    with function(front, namespace, tmp_path) as cron:
        show(front, minute + timedelta(seconds=2))
        assert cron.send("POST", "/").json["created"] == 1, cron.log
        if simulated:
            wait(lambda: children(embedded, namespace)[0].get("status", {}).get("phase") == "Running")
        show(front, minute + timedelta(seconds=62))
        assert cron.send("POST", "/").json["created"] == 1, cron.log
        if simulated:
            wait(lambda: children(embedded, namespace)[0]["status"]["phase"] == "Failed")
    first, second = children(embedded, namespace)
    assert [each["metadata"]["name"] for each in (first, second)] == [
        f"test-cron-wf-{int(minute.timestamp())}",
        f"test-cron-wf-{int(minute.timestamp()) + 60}",
    ]
    assert first["spec"]["shutdown"] == "Terminate"
    if simulated:
        assert first["status"]["message"] == "Stopped with strategy 'Terminate'"
    assert "shutdown" not in second["spec"]
    assert second["metadata"]["labels"]["from"] == "cron"


@pytest.mark.parametrize("policy", ["Allow", "Forbid", "Replace"])
def test_a_process_killed_between_create_and_patch_leaves_one_child_a_slot(
    embedded, front, namespace, tmp_path, policy
):
    path = CRONS.format(namespace)
    status, made = embedded.request("POST", path, manifest({"schedules": ["* * * * *"]}, policy))
    assert status == 201, made
    minute = next_minute(made["metadata"]["creationTimestamp"])
    with function(front, namespace, tmp_path) as cron:
        show(front, minute + timedelta(seconds=2))
        sender = begin_a_tick(front, cron)
        kill(cron.process)
        sender.join(20)
    assert len(children(embedded, namespace)) == 1
    assert embedded.request("GET", f"{path}/test-cron-wf")[1].get("status", {}).get("active", []) == []
    front.holding = None
    with function(front, namespace, tmp_path) as cron:
        # The second of these comes when whoever claimed the slot must have ended.
        for later in (10, 40):
            show(front, minute + timedelta(seconds=later))
            assert cron.send("POST", "/").status == 200
    [child] = children(embedded, namespace)
    assert child["metadata"]["name"] == f"test-cron-wf-{int(minute.timestamp())}"
    status = embedded.request("GET", f"{path}/test-cron-wf")[1]["status"]
    assert [each["uid"] for each in status["active"]] == [child["metadata"]["uid"]]
    assert status["lastScheduledTime"] == minute.strftime("%Y-%m-%dT%H:%M:%SZ")


def kill(process):
    """The server and its workers, at once and without a word."""
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for pid in (process.pid, *map(int, workers)):
        os.kill(pid, signal.SIGKILL)


def begin_a_tick(front, cron):
    """Start a tick, and wait until it is about to record what it created."""
    front.after_create = ("PATCH", "/cronworkflows/")

    def send():
        with contextlib.suppress(OSError, http.client.HTTPException):
            cron.send("POST", "/")

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    assert front.held.wait(20), cron.log
    return sender
