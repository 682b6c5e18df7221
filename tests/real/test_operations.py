"""What docs/operations.md says of backups, of several installations and of GitOps, at a real API server."""

import contextlib
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from tests.contract.clusters import RealCluster, cron_workflow
from tests.real.apiserver import ApiServer
from tests.simulation.server import NAMESPACES
from tests.support.transports import Dated

from triggerfish import annotations as keys
from triggerfish.cron.planning.summary import Summary
from triggerfish.cron_function import tick
from triggerfish.errors import ApiError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.workflows.objects import Json

pytestmark = pytest.mark.real
_numbers = itertools.count(1)
START = datetime(2030, 3, 1, 10, 0, 20, tzinfo=UTC)
needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


@dataclass
class Site:
    """A namespace of a cluster whose clock the test sets."""

    server: ApiServer
    admin: Client
    dated: Dated
    namespace: str

    async def tick(self, instance: str = "") -> Summary:
        settings = Settings(managed_namespace=self.namespace, instance_id=instance)
        return await tick.run(Client(self.dated), settings, Clock())

    def later(self, **by: int) -> None:
        self.dated.now += timedelta(**by)

    async def runs(self) -> list[str]:
        pages = self.admin.pages(WORKFLOWS, self.namespace, metadata_only=True)
        return sorted([body["metadata"]["name"] async for page in pages for body in page.items])

    async def cron(self, name: str = "one") -> Json:
        return await self.admin.get(CRON_WORKFLOWS, self.namespace, name)

    def kubectl(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess:
        command = ["kubectl", f"--kubeconfig={self.server.kubeconfig}", "-n", self.namespace, *words]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


@pytest.fixture
async def site(real_server: ApiServer) -> AsyncIterator[Site]:
    cluster, namespace = RealCluster(real_server), f"operations-{next(_numbers)}"
    await cluster.admin.create(NAMESPACES, None, {"metadata": {"name": namespace}})
    yield Site(real_server, cluster.admin, Dated(cluster.admin.transport, START), namespace)
    await cluster.close()


def restored(backup: Json) -> Json:
    """As a restore makes it: what was in the backup, but for what the API server gives each object."""
    metadata = {
        key: value for key, value in backup["metadata"].items() if key in ("name", "labels", "annotations")
    }
    return {**backup, "metadata": metadata}


async def backed_up(site: Site) -> Json:
    """A CronWorkflow that has run twice, and is then lost with its Workflows."""
    await site.admin.create(CRON_WORKFLOWS, site.namespace, cron_workflow("one", schedules=["* * * * *"]))
    for _ in range(3):
        await site.tick()
        site.later(minutes=1)
    assert len(await site.runs()) >= 2
    backup = await site.cron()
    await site.admin.delete(CRON_WORKFLOWS, site.namespace, "one")
    for name in await site.runs():
        # The garbage collector may have been there before.
        with contextlib.suppress(ApiError):
            await site.admin.delete(WORKFLOWS, site.namespace, name)
    return backup


async def test_marks_of_the_past_repeat_nothing_and_the_next_slot_runs(site: Site) -> None:
    backup = await backed_up(site)
    site.later(days=2)
    await site.admin.create(CRON_WORKFLOWS, site.namespace, restored(backup))
    await site.tick()
    decided = datetime.fromisoformat((await site.cron())["metadata"]["annotations"][keys.DECIDED])
    # What is on time runs, at most the slots of the grace; two days are not caught up.
    assert all(
        datetime.fromtimestamp(int(name[4:]), UTC) > START + timedelta(days=2) for name in await site.runs()
    )
    assert len(await site.runs()) <= 3
    assert decided > START + timedelta(days=2)
    # Runs that are gone are not waited for.
    assert len((await site.cron())["status"]["active"]) == len(await site.runs())


async def test_marks_of_the_future_are_not_believed(site: Site) -> None:
    backup = await backed_up(site)
    ahead = "2035-01-01T00:00:00Z"
    backup["metadata"]["annotations"][keys.DECIDED] = ahead
    backup["status"]["lastScheduledTime"] = ahead
    await site.admin.create(CRON_WORKFLOWS, site.namespace, restored(backup))
    summary = await site.tick()
    assert "corrected" in [entry.what for entry in summary.entries]
    before = await site.runs()
    site.later(minutes=1)
    await site.tick()
    assert len(await site.runs()) == len(before) + 1
    assert (await site.cron())["metadata"]["annotations"][keys.DECIDED] < ahead


async def test_an_installation_leaves_the_objects_of_another_alone(site: Site) -> None:
    labels = {keys.INSTANCE_ID: "blue"}
    for name, given in (("plain", {}), ("blue", labels)):
        body = cron_workflow(name, schedules=["* * * * *"])
        body["metadata"]["labels"] = given
        await site.admin.create(CRON_WORKFLOWS, site.namespace, body)
    await site.tick()
    site.later(minutes=1)
    await site.tick()
    assert {name.rpartition("-")[0] for name in await site.runs()} == {"plain"}
    await site.tick("blue")
    site.later(minutes=1)
    await site.tick("blue")
    assert {name.rpartition("-")[0] for name in await site.runs()} == {"plain", "blue"}


@needs_kubectl
@pytest.mark.parametrize("how", [(), ("--server-side",)], ids=["apply", "server-side apply"])
async def test_nothing_is_out_of_sync_whatever_ticks_wrote(site: Site, how: tuple[str, ...]) -> None:
    body = cron_workflow("one", schedules=["* * * * *"])
    body["metadata"].pop("namespace", None)
    text = yaml.safe_dump(body)
    assert site.kubectl("apply", *how, "-f", "-", stdin=text).returncode == 0
    for _ in range(2):
        await site.tick()
        site.later(minutes=1)
    found = await site.cron()
    assert found["status"]["active"]
    assert keys.DECIDED in found["metadata"]["annotations"]
    done = site.kubectl("diff", *how, "-f", "-", stdin=text)
    assert done.returncode == 0, done.stdout + done.stderr
    # And it is applied again without taking any of that away.
    assert site.kubectl("apply", *how, "-f", "-", stdin=text).returncode == 0
    again = await site.cron()
    assert again["status"] == found["status"]
    assert again["metadata"]["annotations"][keys.DECIDED] == found["metadata"]["annotations"][keys.DECIDED]


@needs_kubectl
async def test_replace_repeats_no_slot(site: Site) -> None:
    body = cron_workflow("one", schedules=["* * * * *"])
    body["metadata"].pop("namespace", None)
    text = json.dumps(body)
    assert site.kubectl("create", "-f", "-", stdin=text).returncode == 0
    for _ in range(3):
        await site.tick()
        site.later(minutes=1)
    before = await site.runs()
    assert site.kubectl("replace", "-f", "-", stdin=text).returncode == 0
    assert keys.DECIDED not in ((await site.cron())["metadata"].get("annotations") or {})
    site.later(minutes=-1)
    await site.tick()
    assert await site.runs() == before
