"""From the packages of an earlier commit to these, and back, under deliveries and ticks, side by side."""

import asyncio
import contextlib
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import aiohttp
import pytest
from tests.functions.test_rolling import CLIENT, Balancer, delivery
from tests.real.apiserver import ApiServer
from tests.support import functions, packages
from tests.support.deployed import kubeconfig
from tests.support.events import MAY_SUBMIT, Place
from tests.support.real import Real
from typer.testing import CliRunner

from triggerfish.cli.main import app

pytestmark = pytest.mark.real
ARGO = "/apis/argoproj.io/v1alpha1"
SENDERS = 8
PERIOD = 2


@pytest.fixture(scope="module")
def versions(tmp_path_factory) -> dict:
    """The folders of both builds."""
    folder = tmp_path_factory.mktemp("packages")
    return {"old": packages.earlier(folder), "new": packages.current(folder)}


@pytest.fixture
def cluster(real_server: ApiServer) -> Iterator[Real]:
    with contextlib.closing(Real(real_server)) as found:
        yield found


class Ticker:
    """Cron functions that tick about once a second, each for itself, whatever the others do."""

    def __init__(self, versions: dict, settings: dict) -> None:
        self.versions, self.settings = versions, settings
        self.running: dict[str, tuple] = {}
        self.complete: Counter = Counter()
        self.faults: list[str] = []

    def begin(self, version: str) -> None:
        stack, over = contextlib.ExitStack(), threading.Event()
        package = self.versions[version] / "cron"
        function = stack.enter_context(functions.start("cron", self.settings, package=package))
        thread = threading.Thread(target=self._tick, args=(version, function, over))
        thread.start()
        self.running[version] = stack, over, thread

    def end(self, version: str) -> None:
        stack, over, thread = self.running.pop(version)
        over.set()
        thread.join()
        stack.close()

    def several(self, version: str, count: int) -> None:
        """Until that version has made so many more complete ticks."""
        wanted, deadline = self.complete[version] + count, time.monotonic() + 60
        while self.complete[version] < wanted:
            assert time.monotonic() < deadline, self.faults
            time.sleep(0.05)

    def _tick(self, version: str, function, over: threading.Event) -> None:
        while not over.is_set():
            reply = function.send("POST", "/")
            if reply.status == 200 and reply.json.get("complete", True):
                self.complete[version] += 1
            elif reply.status != 500 or b"retry" not in reply.body:
                self.faults.append(f"{version}: {reply.status} {reply.body[:300]!r}")
            over.wait(0.7)


def cron(name: str, policy: str, **annotations: str) -> dict:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {
            "schedules": [f"@every {PERIOD}s"],
            "concurrencyPolicy": policy,
            "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
        },
    }


def children(cluster: Real, namespace: str, name: str) -> list[dict]:
    status, found = cluster.request(
        "GET",
        f"{ARGO}/namespaces/{namespace}/workflows",
        query={"labelSelector": f"workflows.argoproj.io/cron-workflow={name}"},
    )
    assert status == 200, found
    return sorted(found["items"], key=lambda body: body["metadata"]["name"])


def test_each_slot_runs_once_while_the_cron_function_is_upgraded_and_taken_back(
    cluster: Real, versions: dict, tmp_path
) -> None:
    namespace = cluster.new_namespace()
    own = str(kubeconfig(cluster, "triggerfish-cron", tmp_path))
    ticker = Ticker(versions, {"KUBECONFIG": own, "MANAGED_NAMESPACE": namespace})
    try:
        ticker.begin("old")
        for body in (cron("each", "Allow"), cron("only", "Forbid"), cron("latest", "Replace")):
            status, answer = cluster.request("POST", f"{ARGO}/namespaces/{namespace}/cronworkflows", body)
            assert status == 201, answer
        ticker.several("old", 5)
        # Up: both versions tick for a while.
        ticker.begin("new")
        ticker.several("new", 5)
        ticker.end("old")
        ticker.several("new", 5)
        # And back.
        ticker.begin("old")
        ticker.several("old", 5)
        ticker.end("new")
        ticker.several("old", 5)
    finally:
        for version in tuple(ticker.running):
            ticker.end(version)
    assert ticker.faults == []
    names = [body["metadata"]["name"] for body in children(cluster, namespace, "each")]
    slots = [int(name.rpartition("-")[2]) for name in names]
    assert len(slots) > 6
    # Nothing lost: each slot follows the one before it. Nothing twice: names are of slots.
    steps = {later - slot for slot, later in itertools.pairwise(slots)}
    assert steps == {PERIOD}
    assert len(children(cluster, namespace, "only")) == 1
    ended = [body["spec"].get("shutdown") for body in children(cluster, namespace, "latest")]
    assert ended[:-1] == ["Terminate"] * (len(ended) - 1)
    assert ended[-1] is None
    _, each = cluster.request("GET", f"{ARGO}/namespaces/{namespace}/cronworkflows/each")
    assert each["status"].get("conditions") in (None, [])
    assert len(each["status"]["active"]) == len(slots)
    # The record was kept by the one and by the other, and is read by this version.
    words = ["explain", "cron", "each", "-n", namespace, "--last", "2m", "-o", "json"]
    told = CliRunner().invoke(app, [*words, "--kubeconfig", str(cluster.kubeconfig)])
    rows = json.loads(told.stdout)
    assert {row["outcome"] for row in rows if row["slot"] <= moment(slots[-1])} <= {"ran"}


async def test_each_delivery_makes_one_workflow_while_the_events_function_is_upgraded_and_taken_back(
    cluster: Real, versions: dict, tmp_path
) -> None:
    namespace = cluster.new_namespace()
    token = cluster.service_account(namespace, "github.com", MAY_SUBMIT)
    place = Place(cluster, None, namespace, token)
    place.clients(github_com=CLIENT)
    place.template()
    place.binding("on-push", "true", "string(payload.number)")
    own = {"KUBECONFIG": str(kubeconfig(cluster, "triggerfish-events", tmp_path))}
    path, statuses, over = f"/api/v1/events/{namespace}/", {}, asyncio.Event()
    balancer = Balancer(lambda: None)

    def use(version: str) -> None:
        balancer.start = lambda: functions.start("events", own, package=versions[version] / "events")

    async def sender(session: aiohttp.ClientSession, first: int) -> None:
        number = first
        while not over.is_set():
            body, headers = delivery(number)
            statuses[number] = await balancer.send(session, number, path, body, headers)
            number += SENDERS
            await asyncio.sleep(0.05)

    async def twice(session: aiohttp.ClientSession, number: int) -> None:
        """One delivery at each of the two processes, as a redelivery may go: one Workflow, two successes."""
        body, headers = delivery(number)
        for url in balancer.urls:
            async with session.post(url + path, data=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
        statuses[number] = 200

    with balancer.stacks[0], balancer.stacks[1]:
        use("old")
        for index in (0, 1):
            await asyncio.to_thread(balancer.begin, index)
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            for number in range(SENDERS):
                group.create_task(sender(session, number))
            for step, (version, index) in enumerate((("new", 0), ("new", 1), ("old", 0), ("old", 1))):
                use(version)
                await asyncio.sleep(0.3)
                await balancer.replace(index)
                await twice(session, 1_000_000 + step)
            await asyncio.sleep(0.3)
            over.set()
    assert set(statuses.values()) == {200}
    assert len(statuses) > 4 * SENDERS
    made = Counter(
        int(workflow["spec"]["arguments"]["parameters"][0]["value"]) for workflow in place.workflows()
    )
    assert made == dict.fromkeys(statuses, 1)


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def test_the_earlier_package_is_another_one(versions: dict) -> None:
    """Otherwise the tests above compare a version with itself."""
    old, new = (versions[name] / "cron" / "triggerfish" for name in ("old", "new"))
    assert (old / "settings.py").exists()
    assert not (new / "settings.py").exists()
