"""`triggerfish backfill` and `triggerfish audit` from end to end, on each cluster."""

import contextlib
import json
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.calling import call, failure, make, merge, path, read
from tests.functions.test_cron import tick_until
from tests.support import functions
from tests.support.controller import ending
from tests.support.real import Real

SHARED = Path(__file__).parents[2] / "shared"
RANGE = ("--from", "2026-11-01", "--to", "2026-11-01T03:00")


def manifest(name: str, schedule: str) -> dict:
    return {
        "kind": "CronWorkflow",
        "metadata": {"name": name},
        "spec": {
            "schedules": [schedule],
            "workflowSpec": {
                "entrypoint": "main",
                "templates": [{"name": "main", "container": {"image": "x"}}],
            },
            "workflowMetadata": {"annotations": {"triggerfish.dev/simulate": "0.1s"}},
        },
    }


@pytest.fixture
def namespace(embedded):
    """One with the CronWorkflow `night`, in which Workflows end."""
    name = embedded.new_namespace()
    make(embedded, name, "cronworkflows", manifest("night", "0 * * * *"))
    # The embedded cluster simulates a controller itself.
    with ending(embedded, name) if isinstance(embedded, Real) else contextlib.nullcontext():
        yield name


@pytest.fixture
def options(embedded, namespace):
    return ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]


def runs(embedded, namespace: str) -> dict[str, str]:
    """The uid of each Workflow by its name."""
    items = read(embedded, namespace, "workflows")["items"]
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in items}


def test_dry_run_makes_nothing(embedded, namespace, options):
    rows = json.loads(call("backfill", "night", *RANGE, "--dry-run", "-o", "json", *options))
    assert [row["state"] for row in rows] == ["to run"] * 4
    assert runs(embedded, namespace) == {}
    records = read(embedded, namespace, "configmaps")["items"]
    assert not [each for each in records if "backfill" in each["metadata"]["name"]]


def test_each_slot_once_however_often_it_is_called(embedded, namespace, options):
    words = ["backfill", "night", *RANGE, "--parallel", "4", "--argname", "day", "-o", "json", *options]
    rows = json.loads(call(*words))
    assert [row["state"] for row in rows] == ["succeeded"] * 4
    made = read(embedded, namespace, "workflows")["items"]
    assert sorted(each["metadata"]["name"] for each in made) == [row["workflow"] for row in rows]
    for each in made:
        assert each["metadata"]["labels"]["workflows.argoproj.io/backfill"] == "night"
        assert "workflows.argoproj.io/cron-workflow" not in each["metadata"]["labels"]
        assert each["metadata"]["ownerReferences"][0]["controller"] is False
    assert [each["spec"]["arguments"]["parameters"] for each in made] == [
        [{"name": "day", "value": f"2026-11-01T0{hour}:00:00Z"}] for hour in range(4)
    ]
    # Workflows that are gone by now are not made again: the ConfigMap has them.
    for each in made:
        embedded.request("DELETE", path(namespace, "workflows", each["metadata"]["name"]))
    assert json.loads(call(*words)) == rows
    assert runs(embedded, namespace) == {}


def test_a_call_that_was_killed_is_taken_up_where_it_was(embedded, namespace, options):
    words = ["backfill", "night", "--from", "2026-11-01", "--to", "2026-11-01T07:00", "-o", "json", *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "triggerfish.cli", *words, "--parallel", "2"],
        env={**os.environ, "PYTHONPATH": str(SHARED)},
        stdout=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while len(before := runs(embedded, namespace)) < 2:
        assert process.poll() is None, "it has ended too early"
        assert time.monotonic() < end
        time.sleep(0.05)  # until it is in the midst of it
    process.kill()
    process.wait()
    rows = json.loads(call(*words, "--parallel", "8"))
    assert [row["state"] for row in rows] == ["succeeded"] * 8
    after = runs(embedded, namespace)
    assert sorted(after) == [row["workflow"] for row in rows]
    assert before.items() <= after.items()
    assert len(before) < len(after), "it was not killed in the midst of it"


def test_a_failed_run_is_exit_code_1_and_runs_again_when_asked(embedded, namespace, options):
    failing = {"workflowMetadata": {"annotations": {"triggerfish.dev/simulate": "0.1s,Failed"}}}
    merge(embedded, namespace, "cronworkflows", "night", {"spec": failing})
    one = ("--from", "2026-11-01T01:00", "--to", "2026-11-01T01:00")
    rows = json.loads(call("backfill", "night", *one, "-o", "json", *options, code=1))
    assert [row["state"] for row in rows] == ["failed"]
    mended = {"workflowMetadata": {"annotations": {"triggerfish.dev/simulate": "0.1s"}}}
    merge(embedded, namespace, "cronworkflows", "night", {"spec": mended})
    rows = json.loads(call("backfill", "night", *one, "--policy", "failed", "-o", "json", *options))
    assert [row["state"] for row in rows] == ["succeeded"]
    assert len(runs(embedded, namespace)) == 2


def test_there_is_no_such_cron(options):
    assert "there is no CronWorkflow 'other'" in failure("backfill", "other", *RANGE, *options)


def test_the_ticks_do_not_count_a_backfill_and_the_audit_counts_the_ticks(embedded, own, namespace, options):
    """Slots of the past are backfilled while the present runs; both are told apart afterwards."""
    made = make(embedded, namespace, "cronworkflows", manifest("often", "@every 1s"))
    # Beyond the second in which it was made, so that a slot has passed.
    created = datetime.fromisoformat(made["metadata"]["creationTimestamp"])
    past = [f"{created - timedelta(seconds=ago):%Y-%m-%dT%H:%M:%S}" for ago in (5, 4)]
    settings = {"KUBECONFIG": own("cron"), "MANAGED_NAMESPACE": namespace}
    with functions.start("cron", settings) as function:
        call("backfill", "often", "--from", past[0], "--to", past[1], "--parallel", "2", *options)
        tick_until(function, 1)
    rows = json.loads(call("audit", "often", "--since", "1h", "-o", "json", *options))
    ran = [row for row in rows if row["verdict"] == "on time"]
    assert ran
    assert {row["verdict"] for row in rows} <= {"on time", "open"}
    assert min(datetime.fromisoformat(row["slot"]) for row in rows) > created
    backfilled = {
        name for name in runs(embedded, namespace) if [name] not in [each["workflows"] for each in ran]
    }
    assert len(backfilled) >= 2
    status = read(embedded, namespace, "cronworkflows", "often")["status"]
    assert backfilled.isdisjoint(each["name"] for each in status["active"])


def test_what_somebody_else_started_is_audited_too(embedded, namespace, options):
    cron = make(embedded, namespace, "cronworkflows", manifest("often", "@every 1s"))
    created = datetime.fromisoformat(cron["metadata"]["creationTimestamp"])
    slot = created + timedelta(seconds=1)
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "controller": True}
    child = {
        "kind": "Workflow",
        "metadata": {
            "name": f"often-{int(slot.timestamp())}",
            "labels": {"workflows.argoproj.io/cron-workflow": "often"},
            "ownerReferences": [{**owner, "name": "often", "uid": cron["metadata"]["uid"]}],
        },
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
    }
    make(embedded, namespace, "workflows", child)
    rows = json.loads(call("audit", "often", "--since", "1h", "-o", "json", *options))
    while not rows or datetime.fromisoformat(rows[0]["slot"]) != slot:  # until that second has come
        rows = json.loads(call("audit", "often", "--since", "1h", "-o", "json", *options))
    assert rows[0]["verdict"] == "on time"
    assert {row["verdict"] for row in rows[1:]} <= {"open"}


def test_a_namespace_where_nothing_was_due(embedded):
    options = ["--kubeconfig", str(embedded.kubeconfig), "-n", embedded.new_namespace()]
    assert call("audit", *options).splitlines() == ["nothing was due"]
