"""What reports cost: nothing where there are none, and one list where none has changed."""

import asyncio
import time
from statistics import median

import pytest
from tests.bench.rows import Rounds
from tests.bench.test_delivery import ROUNDS, Runner
from tests.bench.test_events import CLIENT
from tests.bench.test_tick import Counted, settings
from tests.support import functions
from tests.support.events import MAY_SUBMIT, Place

from triggerfish.cron_function.reporting import Reporting
from triggerfish.hosts.reports.intent import Intent
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.workers import each

OPEN = 1_000
REPORT = "triggerfish.dev/report"


@pytest.fixture
def place(quiet):
    namespace = quiet.new_namespace()
    token = quiet.service_account(namespace, "github.com", MAY_SUBMIT)
    found = Place(quiet, None, namespace, token)
    found.clients(github_com=CLIENT + "repositories: ['*']\n")
    found.template()
    found.binding("on-push", 'metadata["x-github-event"] == ["push"]', "payload.head_commit.message")
    return found


async def test_a_delivery_of_a_binding_without_a_report(place, quiet, record):
    path = f"/api/v1/events/{place.namespace}/"
    kubeconfig = {"KUBECONFIG": str(quiet.kubeconfig)}
    with (
        functions.start("events", kubeconfig) as off,
        functions.start("events", kubeconfig | {"REPORTS": "on"}) as on,
    ):
        without, reporting = Runner(off, off.url + path), Runner(on, on.url + path)
        for _ in range(ROUNDS + 1):
            await without.round()
            await reporting.round()
    cpu, _ = reporting.beside(without)
    used = median(reporting.cpu[1:])
    name = "signed delivery, no report: processor time with REPORTS=on / off"
    record(name, cpu.ratio, "x", at_most=1.05, cpu=used, detail=cpu.detail("ms", "off"))


async def passes(cluster, namespace):
    """Seconds and calls of passes over reports that have not changed, and seconds of their bare list."""
    chosen = settings(cluster, namespace, reports="on")
    opened = await Cluster.open(chosen, Clock(), timeout=30.0)
    client = opened.own

    async def make(index):
        sealed = Intent("github", "ci", "org/app", f"{index:040x}", "ci/build").sealed("n", "w", b"key")
        name = f"run-{index}"
        labels = {REPORT: "running", "workflows.argoproj.io/phase": "Running"}
        notes = {REPORT: sealed, "triggerfish.dev/reported": "running 2026-11-23T11:00:00Z"}
        metadata = {"name": name, "labels": labels, "annotations": notes, "finalizers": [REPORT]}
        body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": metadata, "spec": {}}
        await client.create(WORKFLOWS, namespace, body)

    try:
        await each(range(OPEN), make, at_once=64)
        counted = Counted(client.transport)
        watched = type(client)(counted, client.timeout, client.identity)
        reporting = Reporting(watched, None, chosen, Clock())
        taken, bare = [], []
        for _ in range(ROUNDS):
            counted.calls = 0
            start = time.perf_counter()
            assert (await reporting.run(Clock().monotonic() + 50)).open == OPEN
            taken.append(time.perf_counter() - start)
            start = time.perf_counter()
            async for _ in client.pages(WORKFLOWS, namespace, labels=REPORT, limit=1000, metadata_only=True):
                pass
            bare.append(time.perf_counter() - start)
        return Rounds(taken, bare), counted.calls
    finally:
        await opened.close()


def test_a_thousand_open_reports_that_have_not_changed(quiet, record):
    rounds, calls = asyncio.run(passes(quiet, quiet.new_namespace()))
    record("1,000 open reports, none changed: calls of a pass", calls, "calls", at_most=1)
    name = "1,000 open reports, none changed: a pass / its bare list"
    record(name, rounds.ratio, "x", at_most=3.0, detail=rounds.detail("s", "bare"))
