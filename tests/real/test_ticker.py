"""Two functions that tick by themselves at a real API server; one is killed in the middle of a tick."""

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml
from tests.contract.clusters import cron_workflow
from tests.real.apiserver import ApiServer, call, events
from tests.simulation.server import NAMESPACES
from tests.support import functions
from tests.support.deployed import kubeconfig
from tests.support.real import Real

from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.workflows.objects import Json

pytestmark = pytest.mark.real

NAMESPACE = "two-tickers"
EVERY = 5
CRONS = 25
SLOT = "workflows.argoproj.io/scheduled-time"
CRON = "workflows.argoproj.io/cron-workflow"
PATIENCE = 60.0


class Scene:
    """A namespace with CronWorkflows that are due every five seconds, and what became of their slots."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        call(server, "POST", NAMESPACES.path(), {"metadata": {"name": NAMESPACE}})
        for number in range(CRONS):
            body = cron_workflow(f"every-{number}", schedules=[f"@every {EVERY}s"])
            # On a busy machine a tick may come late: then it runs all that was due, not the last alone.
            body["spec"]["startingDeadlineSeconds"] = 50
            body["metadata"]["annotations"] = {"triggerfish.dev/catch-up": "all"}
            call(server, "POST", CRON_WORKFLOWS.path(NAMESPACE), body)

    def runs(self) -> list[Json]:
        return list(call(self.server, "GET", WORKFLOWS.path(NAMESPACE))["items"])

    def slots(self) -> Counter[tuple[str, datetime]]:
        """How many Workflows there are of each slot of each CronWorkflow."""
        return Counter(
            (run["metadata"]["labels"][CRON], datetime.fromisoformat(run["metadata"]["annotations"][SLOT]))
            for run in self.runs()
        )

    def coming(self) -> Iterator[datetime]:
        """The slot of each Workflow the moment it is there: a list comes too late on a busy machine."""
        listed = call(self.server, "GET", WORKFLOWS.path(NAMESPACE))["metadata"]["resourceVersion"]
        query = f"?watch=1&resourceVersion={listed}&timeoutSeconds={PATIENCE:.0f}"
        for event in events(self.server, WORKFLOWS.path(NAMESPACE) + query):
            yield datetime.fromisoformat(event["object"]["metadata"]["annotations"][SLOT])

    def until(self, true, what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not true(self.slots()):
            assert time.monotonic() < end, what
            time.sleep(0.02)  # the processes tell nobody where they are


def rounds(slots: Counter) -> Counter[datetime]:
    """How many CronWorkflows have a Workflow for each time."""
    return Counter(slot for _, slot in slots)


def kill(function) -> None:
    """Without a word: the server's master first, that it starts no other worker, then its worker."""
    master = function.process.pid
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    function.process.kill()
    for worker in workers:
        os.kill(int(worker), signal.SIGKILL)


def test_each_slot_runs_once_and_none_late_when_one_of_two_tickers_is_killed(
    real_server: ApiServer, tmp_path: Path
) -> None:
    with contextlib.closing(Real(real_server)) as real:
        path = kubeconfig(real, "triggerfish-cron", tmp_path)
    settings = {
        "KUBECONFIG": str(path),
        "MANAGED_NAMESPACE": NAMESPACE,
        "TICK_EVERY": str(EVERY),
        "TICK_DEADLINE_SECONDS": "4",
        "TICK_TOKEN": "hush-tick",
    }
    scene = Scene(real_server)
    with functions.start("cron", settings) as first, functions.start("cron", settings) as second:
        # Both have made something.
        scene.until(lambda slots: len(rounds(slots)) >= 3, "they do not tick")
        for function in (first, second):
            assert function.said('"message":"tick"')
        known = set(rounds(scene.slots()))
        # In the middle: the first Workflow of a slot has just been created.
        assert next((slot for slot in scene.coming() if slot not in known), None), "no tick was met"
        kill(first)
        at_the_kill = len(rounds(scene.slots()))
        scene.until(
            lambda slots: sum(count == CRONS for count in rounds(slots).values()) >= at_the_kill + 3,
            "the other does not go on",
        )
        assert second.process.poll() is None
    slots = scene.slots()
    assert set(slots.values()) == {1}
    times = sorted(slot for slot, count in rounds(slots).items() if count == CRONS)
    # No slot between the first and the last was left out by any CronWorkflow.
    assert times == [times[0] + index * timedelta(seconds=EVERY) for index in range(len(times))]
    for run in scene.runs():
        metadata = run["metadata"]
        late = datetime.fromisoformat(metadata["creationTimestamp"]) - datetime.fromisoformat(
            metadata["annotations"][SLOT]
        )
        assert late < timedelta(minutes=1)
    assert yaml.safe_load(path.read_text())["users"][0]["user"]["token"] not in second.log
