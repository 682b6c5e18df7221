"""The cron function has the rights it needs, and none that it does not: each taken away is missed."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.contract.clusters import RealCluster, cron_workflow, workflow
from tests.real.apiserver import ApiServer
from tests.real.roles import Right, account, shipped
from tests.simulation.server import NAMESPACES

from triggerfish.cron.manifest.cron_workflow import Rules
from triggerfish.cron_function import tick
from triggerfish.errors import ApiError, KubeError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS, CRON_WORKFLOWS, EVENTS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.workflows.objects import Json

pytestmark = pytest.mark.real
_numbers = itertools.count(1)
# Seconds between two slots: a few are due while the scenes are built and looked at.
EVERY = 5
ROLES = ("triggerfish-cron", "triggerfish-cron-calendars", "triggerfish-cron-templates")
LABEL = "workflows.argoproj.io/cron-workflow"


@pytest.fixture
async def cluster(real_server: ApiServer) -> AsyncIterator[RealCluster]:
    real = RealCluster(real_server)
    yield real
    await real.close()


class Scene:
    """CronWorkflows and Workflows that together make a tick do everything it can do."""

    def __init__(self, admin: Client, namespace: str) -> None:
        self.admin, self.namespace = admin, namespace

    async def cron(self, name: str, *, annotations: Json | None = None, **spec: object) -> str:
        body = cron_workflow(name, **({"schedules": [f"@every {EVERY}s"]} | spec))
        body["metadata"]["annotations"] = annotations or {}
        return str((await self.admin.create(CRON_WORKFLOWS, self.namespace, body))["metadata"]["uid"])

    async def child(self, name: str, cron: str, uid: str, *, phase: str = "", **more: object) -> None:
        owner = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "CronWorkflow",
            "name": cron,
            "uid": uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }
        body = workflow(name, labels={LABEL: cron}, ownerReferences=[owner], **more)
        if phase:
            done = {"workflows.argoproj.io/phase": phase, "workflows.argoproj.io/completed": "true"}
            body["metadata"]["labels"] |= done
            body["status"] = {"phase": phase, "finishedAt": f"2026-01-01T00:00:0{name[-1]}Z"}
        await self.admin.create(WORKFLOWS, self.namespace, body)

    async def build(self) -> None:
        await self.cron("due")
        replacing = await self.cron("replacing", concurrencyPolicy="Replace")
        await self.child("replacing-1", "replacing", replacing)
        yearly = await self.cron("yearly", schedules=["@yearly"], successfulJobsHistoryLimit=1)
        for number in (1, 2):
            await self.child(f"yearly-{number}", "yearly", yearly, phase="Succeeded")
        # Its CronWorkflow was deleted: nobody else takes the finalizer away.
        gone = await self.cron("gone")
        await self.child("gone-1", "gone", gone, finalizers=["triggerfish.dev/exact"])
        await self.admin.delete(CRON_WORKFLOWS, self.namespace, "gone")
        ics = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20200101T000000Z\n"
        ics += "DTSTART;VALUE=DATE:20200101\nEND:VEVENT\nEND:VCALENDAR\n"
        calendar = {"metadata": {"name": "holidays"}, "data": {"days.ics": ics}}
        await self.admin.create(CONFIG_MAPS, self.namespace, calendar)
        await self.cron("working", annotations={"triggerfish.dev/exclude": "ics:holidays"})
        # Templates that do not exist: who may look starts nothing.
        await self.cron("later", workflowSpec={"workflowTemplateRef": {"name": "later"}})
        shared = {"name": "later", "clusterScope": True}
        await self.cron("shared", workflowSpec={"workflowTemplateRef": shared})
        await self.cron("costly", when=" && ".join(["{{= len(filter(1..45000, # > 3)) > 0 }}"] * 20))
        # A stranger has the names of the next slots.
        await self.cron("taken", concurrencyPolicy="Forbid")
        start = int(time.time()) // EVERY * EVERY
        for slot in range(start, start + 180, EVERY):
            await self.admin.create(WORKFLOWS, self.namespace, workflow(f"taken-{slot}"))

    async def check(self) -> None:
        """All that the tick should have done has been done."""
        names = [item["metadata"]["name"] for item in await self.workflows()]
        assert any(name.startswith("due-") for name in names), "no child"
        assert any(name.startswith("working-") for name in names), "no child on a working day"
        assert not any(name.startswith(("later-", "shared-")) for name in names), "not validated"
        assert (await self.get("due"))["status"]["lastScheduledTime"]
        assert len([name for name in names if name.startswith("replacing-")]) > 1
        events = self.admin.pages(EVENTS, self.namespace)
        told = [event["involvedObject"]["name"] async for page in events for event in page.items]
        assert "costly" in told, "no Event names what is too costly"
        older = await self.admin.get(WORKFLOWS, self.namespace, "replacing-1")
        assert older["spec"]["shutdown"] == "Terminate"
        assert "yearly-1" not in names, "history is not pruned"
        assert "yearly-2" in names, "too much history is pruned"
        with pytest.raises(ApiError, match="404"):
            # The garbage collector, or the patch itself, has let it go.
            await self.until_gone("gone-1")
        conditions = {
            one["type"]: one["message"] for one in (await self.get("taken"))["status"]["conditions"]
        }
        assert "is not ours" in conditions["SubmissionError"] or "exists" in conditions["SubmissionError"]
        assert "forbidden" not in conditions["SubmissionError"]

    async def get(self, cron: str) -> Json:
        return await self.admin.get(CRON_WORKFLOWS, self.namespace, cron)

    async def workflows(self) -> list[Json]:
        pages = self.admin.pages(WORKFLOWS, self.namespace, metadata_only=True)
        return [item async for page in pages for item in page.items]

    async def until_gone(self, name: str) -> None:
        found = await self.admin.get(WORKFLOWS, self.namespace, name)
        assert not found["metadata"].get("finalizers"), "the finalizer is still there"
        async with asyncio.timeout(20):
            while True:
                await self.admin.get(WORKFLOWS, self.namespace, name)
                await asyncio.sleep(0.05)


# A child younger than a tick can last is left alone.
SETTINGS = Settings(tick_deadline_seconds=4)
OLD_ENOUGH = Rules.of(SETTINGS).life.total_seconds() + 1


async def set_up(cluster: RealCluster, without: Right | None) -> tuple[Scene, Client]:
    """A scene of its own, and the cron function's client there."""
    namespace = f"cron-rights-{next(_numbers)}"
    await cluster.admin.create(NAMESPACES, None, {"metadata": {"name": namespace}})
    token = await account(cluster, namespace, "cron", *ROLES, without=without)
    scene = Scene(cluster.admin, namespace)
    await scene.build()
    return scene, cluster.bearer(token)


async def outcome(scene: Scene, client: Client) -> str:
    """Empty when all went well, else what did not. On a busy machine one tick leaves a rest to the next."""
    settings, result = replace(SETTINGS, managed_namespace=scene.namespace), ""
    for _ in range(3):
        try:
            await tick.run(client, settings, Clock())
            await scene.check()
        except (AssertionError, KubeError, KeyError) as error:
            result = repr(error)
        else:
            return ""
    return result


async def test_the_rights_that_are_shipped_suffice_and_each_is_needed(cluster: RealCluster) -> None:
    rights = [right for role in ROLES for right in shipped()[role]]
    scenes = await asyncio.gather(*(set_up(cluster, without) for without in (None, *rights)))
    await asyncio.sleep(OLD_ENOUGH)
    # One after the other: they would share the processor, and run out of time.
    whole, *lacking = [await outcome(*scene) for scene in scenes]
    assert whole == ""
    unneeded = [str(right) for right, result in zip(rights, lacking, strict=True) if not result]
    assert unneeded == []
