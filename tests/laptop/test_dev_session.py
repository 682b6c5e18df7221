"""`make run` as a person meets it: it starts, delivers, says what to try, and leaves nothing behind."""

import base64
import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from tests.support.session import PATIENCE, ROOT, Session, free_base


@pytest.fixture
def session(tmp_path) -> Iterator[Session]:
    session = Session(tmp_path / "state", free_base())
    yield session
    session.close()


def test_it_makes_a_workflow_from_a_signed_delivery_and_ctrl_c_leaves_nothing(session, tmp_path):
    text = session.until(r"^workflow default/my-wf-tmple-\w+ Pending \(simulated\)")
    base = int(re.findall(r"events    http://127\.0\.0\.1:(\d+)", text)[0]) - 80
    assert "export KUBECONFIG=" in text
    assert f"http://127.0.0.1:{base + 80}/console/index.html" in text
    session.until(r"^tick +\d\d:\d\d evaluated 1, due \d")
    assert session.stop() == 0
    assert "Traceback" not in session.text
    for offset in (1, 80, 81):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", base + offset))
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert left.stdout == ""


def test_kill_9_leaves_no_orphans(session, tmp_path):
    session.until(r"^tick +\d\d:\d\d evaluated 1, due \d")
    session.process.kill()
    session.process.wait(PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, check=False).stdout:
        assert time.monotonic() < deadline, "what it had started still runs"
        time.sleep(0.1)
    # The functions' command lines do not name the state: their ports tell.
    base = int(re.findall(r"events    http://127\.0\.0\.1:(\d+)", session.text)[0]) - 80
    for offset in (1, 80, 81):
        while not free(base + offset):
            assert time.monotonic() < deadline, f"port {base + offset} is still held"
            time.sleep(0.1)


def free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def test_a_taken_port_is_said_with_the_way_out(tmp_path):
    base = free_base()
    with socket.socket() as other:
        other.bind(("127.0.0.1", base + 81))
        other.listen()
        session = Session(tmp_path / "state", base)
        assert session.ended() == 1
    session.close()
    assert f"triggerfish: port {base + 81}, for the cron function, is taken" in session.text
    assert "Traceback" not in session.text


def test_a_state_that_cannot_be_read_is_said_with_the_way_out(tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    (state / "cluster.sqlite").write_bytes(b"garbage" * 1000)
    session = Session(state, free_base())
    assert session.ended() == 1
    session.close()
    assert "cannot be read (file is not a database)" in session.text
    assert "`make clean`" in session.text
    assert "Traceback" not in session.text


def test_a_kubeconfig_that_is_not_there_is_one_clear_line(tmp_path):
    command = [sys.executable, "-m", "triggerfish.cli", "dev", "--cluster", "kubeconfig"]
    environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("triggerfish: KUBECONFIG is not set")
    assert run.stderr.count("\n") == 1


def asked(kubeconfig: Path, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
    """What the embedded cluster answers to whoever that kubeconfig names."""
    document = yaml.safe_load(kubeconfig.read_text())
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    where = urlsplit(cluster["server"])
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    connection = http.client.HTTPSConnection(where.hostname, where.port, context=context, timeout=PATIENCE)
    with contextlib.closing(connection):
        headers = {"Authorization": f"Bearer {user['token']}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.readline())


def test_each_function_acts_as_its_own_account_and_its_kubeconfig_is_its_owner_s_alone(session, tmp_path):
    session.until(r"^workflow default/my-wf-tmple-\w+ Pending \(simulated\)")
    session.until(r"^tick +\d\d:\d\d evaluated 1, due \d")
    state = tmp_path / "state"
    who = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    for name in ("cron", "events"):
        path = state / f"{name}.kubeconfig"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        _, review = asked(path, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", who)
        assert (
            review["status"]["userInfo"]["username"]
            == f"system:serviceaccount:triggerfish:triggerfish-{name}"
        )
    secrets = "/api/v1/namespaces/default/secrets"
    assert asked(state / "cron.kubeconfig", "GET", secrets)[0] == 403
    assert asked(state / "events.kubeconfig", "GET", secrets)[0] == 403
    assert asked(state / "events.kubeconfig", "GET", f"{secrets}/argo-workflows-webhook-clients")[0] == 200
    token = asked(
        state / "kubeconfig",
        "POST",
        "/api/v1/namespaces/default/serviceaccounts/console/token",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}},
    )[1]["status"]["token"]
    events = re.findall(r"events    (http://\S+)", session.text)[0]
    record = (
        "/api/v1/namespaces/default/configmaps?watch=1&fieldSelector=metadata.name=triggerfish-deliveries"
    )
    assert asked(state / "kubeconfig", "GET", record)[1]["type"] == "ADDED"
    for what in ("schedules", "deliveries"):
        request = urllib.request.Request(
            f"{events}/console/api/{what}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            assert json.loads(answer.read())[what], f"the console shows no {what}"
    assert session.stop() == 0
    assert "forbidden" not in session.text.lower()


def triggerfish(*arguments: str) -> subprocess.CompletedProcess:
    """The command line, to its end."""
    command = [sys.executable, "-m", "triggerfish.cli", *arguments]
    path = os.pathsep.join(str(ROOT / part) for part in ("shared", "infra/laptop"))
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


NIGHTLY = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "CronWorkflow",
    "metadata": {"name": "nightly", "namespace": "argo"},
    "spec": {
        "schedule": "30 2 * * *",
        "timezone": "Europe/Berlin",
        "workflowSpec": {"entrypoint": "a", "templates": [{"name": "a", "container": {"image": "a"}}]},
    },
}


def test_a_night_with_an_hour_twice_is_watched_in_seconds(tmp_path):
    state = tmp_path / "state"
    session = Session(state, free_base(), "--at", "2026-10-25T00:20Z", "--speed", "6")
    try:
        session.until(r"^tick +00:20 evaluated 1, due \d")
        argo = "/apis/argoproj.io/v1alpha1/namespaces/argo"
        assert asked(state / "kubeconfig", "POST", f"{argo}/cronworkflows", NIGHTLY)[0] == 201
        # A run at each of eighty minutes would only cost time.
        sample = "/apis/argoproj.io/v1alpha1/namespaces/default/cronworkflows/test-cron-wf"
        assert asked(state / "kubeconfig", "DELETE", sample)[0] == 200
        advanced = triggerfish("dev", "advance", "80m", "--state", str(state))
        assert re.match(r"It is 2026-10-25 0[12]:\d\d:\d\d UTC", advanced.stdout), advanced.stderr
        session.until(r"^tick +01:40 evaluated 1")
        _, made = asked(state / "kubeconfig", "GET", f"{argo}/workflows")
        slots = [
            item["metadata"]["annotations"]["workflows.argoproj.io/scheduled-time"] for item in made["items"]
        ]
        assert sorted(slots) == ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]
        assert session.stop() == 0
    finally:
        session.close()
    ticks = re.findall(r"^tick +(\d\d:\d\d)", session.text, re.MULTILINE)
    assert ticks[:81] == [f"{minute // 60:02}:{minute % 60:02}" for minute in range(20, 101)]
    assert session.text.count("clock and ours differ") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--at", "tomorrow"], "is not a time with its zone", id="a time in words"),
        pytest.param(["--at", "2026-10-25T00:50"], "is not a time with its zone", id="no zone"),
        pytest.param(["advance", "soon"], "is not a duration to advance by", id="no duration"),
        pytest.param(
            ["advance", "2h", "--state", "nowhere"], "start the embedded cluster first", id="none runs"
        ),
        pytest.param(
            ["--cluster", "kubeconfig", "--at", "2026-10-25T00:50Z"], "a real one keeps its own", id="real"
        ),
    ],
)
def test_what_cannot_be_is_one_clear_line(arguments, said):
    run = triggerfish("dev", *arguments)
    assert run.returncode == 1
    assert said in run.stderr
    assert run.stderr.startswith("triggerfish: ")
