"""The simulation of deliveries on real processes, a real network and a real API server; the same judge."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
import yaml
from tests.real.apiserver import ApiServer, call
from tests.real.proxy import NETWORK, Proxy
from tests.simulation.events_world import Chooser, Sent, World
from tests.simulation.history import Call, Fault, History
from tests.simulation.server import NAMESPACES
from tests.simulation.test_events import judge
from tests.support import functions
from tests.support.deployed import cluster_role, kubeconfig
from tests.support.real import Real

from triggerfish.kube.resources import Resource
from triggerfish.workflows.objects import Json

pytestmark = pytest.mark.real
ACCOUNT = "github.com"
GROUP = "rbac.authorization.k8s.io"


@dataclass
class Stored:
    """The real server in the model's place, for what the simulation puts there and its judge looks at."""

    server: ApiServer
    history: History
    namespaces: set[str]

    def put(self, resource: Resource, namespace: str | None, body: Json) -> None:
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        call(self.server, "POST", resource.path(namespace), {**kind, **body})

    def edit(self, resource: Resource, namespace: str, name: str, patch: Json, user: str) -> None:
        path = resource.path(namespace, name)
        call(self.server, "PATCH", path, patch, content="application/merge-patch+json")

    def objects(self, resource: Resource) -> list[Json]:
        found = call(self.server, "GET", resource.path())["items"]
        return [item for item in found if item["metadata"]["namespace"] in self.namespaces]


class Network(Chooser):
    """A fault for some of the calls of the function; what a proxy cannot do is not chosen."""

    def __call__(self, asked: Call) -> Fault | None:
        fault = super().__call__(asked)
        return fault if fault in NETWORK else None


@pytest.fixture
async def proxy(real_server: ApiServer) -> AsyncIterator[Proxy]:
    async with Proxy(real_server).running() as running:
        yield running


@contextlib.contextmanager
def instances(server: ApiServer, proxy: Proxy, folder: Path, count: int) -> Iterator[list[str]]:
    """The URLs of that many processes of the function, each with the shipped rights, behind the proxy."""
    with contextlib.ExitStack() as stack, contextlib.closing(Real(server)) as real:
        config = yaml.safe_load(kubeconfig(real, "triggerfish-events", folder).read_text())
        config["clusters"][0]["cluster"] = {"server": f"{proxy.url}/events"}
        path = folder / "proxied.kubeconfig"
        path.write_text(yaml.safe_dump(config))
        settings = {"KUBECONFIG": str(path), "RESPONSE_DETAIL": "full"}
        yield [stack.enter_context(functions.start("events", settings)).url for _ in range(count)]


def allow(server: ApiServer, namespace: str) -> None:
    """Let the webhook's service account do what the shipped roles say."""
    for role in ("triggerfish-webhook", "triggerfish-webhook-runs"):
        with contextlib.closing(Real(server)) as real:
            cluster_role(real, role)
        body = {
            "metadata": {"name": role},
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}],
        }
        call(server, "POST", f"/apis/{GROUP}/v1/namespaces/{namespace}/rolebindings", body)


async def attempt(session: aiohttp.ClientSession, url: str, delivery: Sent, history: History) -> None:
    request = delivery.request()
    headers = {name.decode(): value.decode() for name, value in request.scope["headers"]}
    async with session.post(url + request.scope["path"], data=request.body, headers=headers) as answer:
        body = await answer.json()
        delivery.answers.append((answer.status, body, len(history.entries)))


async def run(server: ApiServer, proxy: Proxy, folder: Path, seed: int, deliveries: int) -> None:
    chance = random.Random(seed)
    sent = [Sent(number, f"branch-{chance.randrange(8)}") for number in range(1, deliveries + 1)]
    namespaces = {delivery.namespace for delivery in sent}
    stored = Stored(server, proxy.history, namespaces)
    world = SimpleNamespace(model=stored, sent=sent, chance=chance)
    for namespace in namespaces:
        stored.put(NAMESPACES, None, {"metadata": {"name": namespace}})
        World._manifests(world, namespace)
        allow(server, namespace)
    proxy.choose = Network(random.Random(seed + 1), share=0.05)
    proxy.delay = lambda asked: chance.choice([0.0, 0.0, 0.0, 0.05])
    with instances(server, proxy, folder, 2) as urls:
        async with aiohttp.ClientSession() as session:
            waiting = list(sent)
            while waiting:
                batch = World._batch(world, waiting)
                await asyncio.gather(
                    *(attempt(session, chance.choice(urls), delivery, proxy.history) for delivery in batch)
                )
                if chance.random() < 0.25:
                    await asyncio.to_thread(World._controller, world)
                waiting = [delivery for delivery in sent if not delivery.done]
            proxy.choose = lambda asked: None
            for delivery in chance.sample(sent, len(sent) // 10):
                await attempt(session, chance.choice(urls), delivery, proxy.history)
    judge(world)
    occurred = {fault for fault, _ in proxy.history.pairs()}
    assert occurred == {fault.value for fault in NETWORK}


async def test_deliveries_through_a_faulty_network_each_make_their_workflows_once(
    real_server: ApiServer, proxy: Proxy, tmp_path: Path
) -> None:
    await run(real_server, proxy, tmp_path, seed=1, deliveries=60)


@pytest.mark.soak
async def test_a_thousand_deliveries(real_server: ApiServer, proxy: Proxy, tmp_path: Path) -> None:
    await run(real_server, proxy, tmp_path, seed=2, deliveries=1_000)
