"""`make run`: the parts that can go wrong without a cluster."""

import json
import os
import socket
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from triggerfish_laptop.dev import manifests
from triggerfish_laptop.dev.narrate import Narrator
from triggerfish_laptop.dev.ports import HOST, Ports, PortTaken, require_free
from triggerfish_laptop.dev.scheduler import line
from triggerfish_laptop.dev.text import introduction

SAMPLES = Path(__file__).parents[2] / "infra" / "laptop" / "samples"
NOON = datetime(2026, 11, 23, 12, 0, 1, tzinfo=UTC)


def test_a_taken_port_is_named_with_its_purpose_and_the_way_out():
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            require_free(port, "the cron function", 8000)
    assert str(caught.value).startswith(f"port {port}, for the cron function, is taken")
    assert "make run PORT_BASE=9000" in str(caught.value)
    assert f"(process {os.getpid()}, which is this one: " in str(caught.value)


def test_a_free_port_is_fine():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    assert require_free(port, "anything", 8000) is None


def test_the_three_ports_stand_above_their_base():
    ports = Ports(9000)
    assert (ports.cluster, ports.events, ports.cron) == (9001, 9080, 9081)


@pytest.mark.parametrize(
    ("status", "summary", "expected"),
    [
        pytest.param(
            200,
            {"evaluated": 2, "due": 1, "created": 1, "skipped": {"forbid": 1, "suspended": 0}, "failed": 0},
            "12:00 evaluated 2, due 1, created 1, skipped 1 forbid",
            id="skips are counted by reason, and only those that happened",
        ),
        pytest.param(
            500,
            {"evaluated": 2, "due": 2, "created": 1, "skipped": {}, "failed": 1},
            "12:00 evaluated 2, due 2, created 1, failed 1",
            id="a tick that failed in part is still a summary",
        ),
        pytest.param(
            503, {"code": 14, "message": "busy"}, "12:00 answered 503: busy", id="an error body is repeated"
        ),
        pytest.param(502, {}, "12:00 answered 502: ", id="a body that says nothing"),
    ],
)
def test_a_tick_is_one_line(status, summary, expected):
    assert line(NOON, status, summary) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            json.dumps({"severity": "INFO", "message": "github push: created a-1"}),
            "delivery github push: created a-1\n",
            id="a record of the function's is its message",
        ),
        pytest.param(
            json.dumps(
                {"severity": "WARNING", "message": "push to a refused", "fix": "kubectl create role x"}
            ),
            "delivery push to a refused\ndelivery   to grant it: kubectl create role x\n",
            id="a refusal has the command that mends it",
        ),
        pytest.param(json.dumps({"severity": "DEBUG", "message": "x"}), "", id="details are left out"),
        pytest.param("Traceback: boom", "events   Traceback: boom\n", id="anything else is shown as it is"),
        pytest.param("   ", "", id="a blank line is nothing"),
    ],
)
def test_a_function_s_lines(text, expected):
    out = StringIO()
    Narrator(out).function("events", "delivery")(text)
    assert out.getvalue() == expected


def test_the_introduction_can_be_copied_line_by_line():
    text = introduction(Path("/x"), Path("/x"), Path("/x/.local/kubeconfig"), Ports(8000), embedded=True)
    assert "export KUBECONFIG=.local/kubeconfig\n" in text
    assert "export TRIGGERFISH_SERVER=http://127.0.0.1:8080\n" in text
    assert "simulated" in text
    assert "{" not in text.replace('{"message": "hello events"}', "")


def test_with_a_real_cluster_nothing_is_said_of_samples_that_are_not_there():
    text = introduction(Path("/x"), Path("/x"), Path("/y/config"), Ports(8000), embedded=False)
    assert "kubeconfig /y/config" in text
    assert "my-discriminator" not in text


def test_the_samples_are_objects_that_can_be_applied():
    kinds = [manifest["kind"] for manifest in manifests.read(*sorted(SAMPLES.glob("*.yaml")))]
    assert {"CronWorkflow", "WorkflowTemplate", "WorkflowEventBinding", "Secret", "Role"} <= set(kinds)
    assert (
        json.loads((SAMPLES.parent / "deliveries" / "github-push.json").read_bytes())["ref"]
        == "refs/heads/main"
    )
