"""The events function, and the service accounts it acts as, have the rights they need and no other."""

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from starlette.requests import Request
from tests.contract.clusters import RealCluster, workflow
from tests.real.apiserver import ApiServer, kubeconfig
from tests.real.roles import Right, account, shipped
from tests.simulation.server import NAMESPACES

from triggerfish.errors import ApiError, KubeError
from triggerfish.events_function.app import EventsApp, Opener
from triggerfish.events_function.service import Service
from triggerfish.kube.client import Client
from triggerfish.kube.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CONFIG_MAPS,
    EVENTS,
    SECRETS,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOW_TEMPLATES,
    WORKFLOWS,
    Resource,
)
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.workflows.objects import Json

pytestmark = pytest.mark.real
_numbers = itertools.count(1)
ACCOUNT = "github.com"
OWN = ("triggerfish-events", "triggerfish-events-record")
SECRET = b"shh!"


@pytest.fixture
async def cluster(real_server: ApiServer) -> AsyncIterator[RealCluster]:
    real = RealCluster(real_server)
    yield real
    await real.close()


@pytest.fixture
async def opener() -> AsyncIterator[Opener]:
    """Opens services, and closes their connections at the end."""
    async with AsyncExitStack() as stack:

        async def opened(settings: Settings, clock: Clock) -> Service:
            service = await Service.open(settings, clock)
            stack.push_async_callback(service.api.close)
            return service

        yield opened


class Scene:
    """Bindings that together make deliveries need every right there is, and a function to deliver to."""

    def __init__(self, admin: Client, namespace: str, router: EventsApp) -> None:
        self.admin, self.namespace, self.router = admin, namespace, router

    async def build(self) -> None:
        secret = {"stringData": {ACCOUNT: f"type: github\nsecret: {SECRET.decode()}\n"}}
        await self.put(SECRETS, "argo-workflows-webhook-clients", secret)
        spec = {"spec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}}
        await self.put(WORKFLOW_TEMPLATES, "plain", spec)
        await self.put(CLUSTER_WORKFLOW_TEMPLATES, f"shared-{self.namespace}", spec)
        await self.binding("plain", {"name": "plain"})
        await self.binding("shared", {"name": f"shared-{self.namespace}", "clusterScope": True})
        await self.binding("missing", {"name": "nowhere"})
        await self.binding("fixed", {"name": "plain"}, {"metadata": {"name": '"the-one"'}})
        keyed = {"concurrency-key": '"key"', "concurrency-policy": "Replace"}
        annotations = {f"triggerfish.dev/{key}": value for key, value in keyed.items()}
        await self.binding("keyed", {"name": "plain"}, annotations=annotations)

    async def binding(self, name: str, template: Json, more: Json | None = None, **metadata: object) -> None:
        submit = {"workflowTemplateRef": template, **(more or {})}
        spec = {"event": {"selector": f'payload.to == "{name}"'}, "submit": submit}
        await self.put(WORKFLOW_EVENT_BINDINGS, name, {"spec": spec}, **metadata)

    async def put(self, resource: Resource, name: str, body: Json, **metadata: object) -> None:
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        metadata = {"name": name, **metadata}
        await self.admin.create(resource, self.namespace, {**kind, "metadata": metadata, **body})

    async def deliver(self, to: str, delivery: str = "", *, secret: bytes = SECRET) -> tuple[int, Json]:
        body = json.dumps({"to": to}).encode()
        headers = {
            "x-github-event": "push",
            "x-github-delivery": delivery or to,
            "x-hub-signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
        }
        scope = {
            "type": "http",
            "method": "POST",
            "path": f"/api/v1/events/{self.namespace}/",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

        async def receive() -> Json:
            return {"type": "http.request", "body": body, "more_body": False}

        answer = await self.router.answer(Request(scope, receive))
        return answer.status, json.loads(answer.content)

    async def check(self) -> None:
        """Each delivery does what it should."""
        for name in ("plain", "shared"):
            status, answer = await self.deliver(name)
            assert (status, len(answer["workflows"])) == (200, 1), answer
        for _ in range(2):
            status, answer = await self.deliver("fixed")
            assert (status, answer["workflows"]) == (200, ["the-one"]), answer
        first = (await self.deliver("keyed", "1"))[1]["workflows"]
        status, answer = await self.deliver("keyed", "2")
        assert status == 200, answer
        older = await self.admin.get(WORKFLOWS, self.namespace, first[0])
        assert older["spec"]["shutdown"] == "Terminate"
        status, answer = await self.deliver("missing")
        assert (status, answer["code"]) == (500, 13)
        events = await anext(self.admin.pages(EVENTS, self.namespace))
        assert [event["involvedObject"]["name"] for event in events.items] == ["missing"]
        # The record is made once, and patched from then on.
        await self.recorded("missing")
        await self.deliver("plain", "once-more")
        await self.recorded("once-more")

    async def recorded(self, text: str) -> None:
        async with asyncio.timeout(5):
            while True:
                with contextlib.suppress(ApiError):
                    found = await self.admin.get(CONFIG_MAPS, self.namespace, "triggerfish-deliveries")
                    if text in json.dumps(found["data"]):
                        return
                await asyncio.sleep(0.2)


async def set_up(
    cluster: RealCluster, server: ApiServer, folder: Path, opener: Opener, without: Right | None = None
) -> tuple[Scene, Client]:
    """A scene of its own, and the events function's own client there."""
    namespace = f"events-rights-{next(_numbers)}"
    await cluster.admin.create(NAMESPACES, None, {"metadata": {"name": namespace}})
    roles = ("triggerfish-webhook", "triggerfish-webhook-runs")
    await account(cluster, namespace, ACCOUNT, *roles, without=without)
    token = await account(cluster, namespace, "events", *OWN, without=without)
    path = folder / f"{namespace}.kubeconfig"
    path.write_text(kubeconfig(server, token))
    app = EventsApp(Settings(kubeconfig=str(path), delivery_record=5), Clock(), opener)
    scene = Scene(cluster.admin, namespace, app)
    await scene.build()
    return scene, cluster.bearer(token)


async def outcome(scene: Scene) -> str:
    """Empty when all went well, else what did not."""
    try:
        await scene.check()
    except (AssertionError, KubeError, KeyError, IndexError, TimeoutError) as error:
        return repr(error)
    return ""


async def test_the_rights_that_are_shipped_suffice_and_each_is_needed(
    cluster: RealCluster, real_server: ApiServer, tmp_path: Path, opener: Opener
) -> None:
    roles = (*OWN, "triggerfish-webhook", "triggerfish-webhook-runs")
    rights = [right for role in roles for right in shipped()[role]]
    made = (set_up(cluster, real_server, tmp_path, opener, without) for without in (None, *rights))
    scenes = [scene for scene, _ in await asyncio.gather(*made)]
    whole, *lacking = await asyncio.gather(*(outcome(scene) for scene in scenes))
    assert whole == ""
    unneeded = [str(right) for right, result in zip(rights, lacking, strict=True) if not result]
    assert unneeded == []


async def test_the_function_itself_can_create_no_workflow(
    cluster: RealCluster, real_server: ApiServer, tmp_path: Path, opener: Opener
) -> None:
    scene, own = await set_up(cluster, real_server, tmp_path, opener)
    assert (await scene.deliver("plain", secret=b"another"))[0] == 401
    for attempt in (
        own.create(WORKFLOWS, scene.namespace, workflow("mine")),
        own.create(WORKFLOWS, "default", workflow("mine")),
        own.request_token(scene.namespace, "default", seconds=600),
        own.get(SECRETS, scene.namespace, "another"),
    ):
        with pytest.raises(ApiError) as caught:
            await attempt
        assert (caught.value.status, caught.value.reason) == (403, "Forbidden")
    page = await anext(cluster.admin.pages(WORKFLOWS, scene.namespace))
    assert page.items == []
