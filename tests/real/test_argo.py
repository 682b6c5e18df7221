"""With Argo's full CRDs, which validate and prune: all that we write there is in their schemas."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from tests.contract.clusters import RealCluster, cron_workflow
from tests.real import argo, test_cron_rights, test_events_rights
from tests.real.apiserver import ApiServer
from tests.real.proxy import Proxy
from tests.real.test_events_rights import opener  # noqa: F401  a fixture
from tests.simulation.server import NAMESPACES
from tests.support.transports import Dated

from triggerfish import annotations as keys
from triggerfish.cron_function import tick
from triggerfish.errors import ApiError
from triggerfish.events_function.app import Opener
from triggerfish.kube.client import Client, refusal
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS, Resource
from triggerfish.kube.tokens import Fixed
from triggerfish.kube.transport import Identified, Pool, Server
from triggerfish.kube.wire import Request, Response
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.workflows.objects import Json

pytestmark = pytest.mark.real
_numbers = itertools.count(1)
ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "infra" / "laptop" / "samples"
CRON_PAGE = ROOT / "docs" / "cron.md"
DEFINITIONS = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)


class Strictly(RealCluster):
    """Argo's CRDs; every client but the administrator's goes through a proxy that has its writes checked."""

    def __init__(self, server: ApiServer, proxy: Proxy) -> None:
        super().__init__(server)
        self.proxy = proxy
        self.through = replace(server, url=f"{proxy.url}/function")
        self._checked = Pool(Server(self.through.url))

    def bearer(self, token: str) -> Client:
        return Client(Identified(self._checked, Fixed(token), Clock()))

    def refused(self) -> list[str]:
        """The writes in which the server found something that its schema does not allow."""
        entries = self.proxy.history.entries
        return [f"{each.call.verb} {each.call.request.path}" for each in entries if each.answer in (400, 422)]

    async def close(self) -> None:
        await super().close()
        await self._checked.close()


@pytest.fixture
async def cluster(argo_server: ApiServer) -> AsyncIterator[Strictly]:
    async with Proxy(argo_server, strict=True).running() as proxy:
        strictly = Strictly(argo_server, proxy)
        yield strictly
        await strictly.close()


@pytest.fixture
async def namespace(cluster: Strictly) -> str:
    name = f"argo-{next(_numbers)}"
    await cluster.admin.create(NAMESPACES, None, {"metadata": {"name": name}})
    return name


async def create(cluster: Strictly, namespace: str, body: Json, *query: tuple[str, str]) -> Response:
    path = CRON_WORKFLOWS.path(namespace)
    return await cluster.admin.transport.send(Request("POST", path, query, body), timeout=10)


async def workflows(cluster: Strictly, namespace: str) -> list[str]:
    pages = [page async for page in cluster.admin.pages(WORKFLOWS, namespace)]
    return [item["metadata"]["name"] for page in pages for item in page.items]


async def test_all_of_argos_definitions_are_there_and_none_of_ours(cluster: Strictly) -> None:
    found = {}
    async for page in cluster.admin.pages(DEFINITIONS):
        found |= {item["metadata"]["name"]: item for item in page.items}
    assert found.keys() == {each["metadata"]["name"] for each in argo.definitions(os.environ)}
    assert len(found) == 8
    schema = found["cronworkflows.argoproj.io"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert "schedule" not in schema["properties"]["spec"]["properties"]


async def test_the_field_of_3x_alone_is_refused_and_beside_the_new_one_pruned(
    cluster: Strictly, namespace: str
) -> None:
    old = cron_workflow("old", schedule="0 5 * * *")
    made = await create(cluster, namespace, old)
    assert made.status == 201
    assert r"unknown field \"spec.schedule\"" in made.headers["warning"]
    assert "schedule" not in (await cluster.admin.get(CRON_WORKFLOWS, namespace, "old"))["spec"]
    assert refusal(await create(cluster, namespace, old, ("fieldValidation", "Strict"))).status == 400
    del old["spec"]["schedules"]
    error = refusal(await create(cluster, namespace, old))
    assert (error.status, error.reason) == (422, "Invalid")
    assert "spec.schedules: Required value" in error.message


@pytest.mark.parametrize(
    ("text", "syntax", "due"),
    [
        pytest.param("TZ=Europe/Berlin 30 2 * * *", "", "2027-01-15T01:30Z", id="a zone of its own"),
        pytest.param("CRON_TZ=Asia/Tokyo 30 2 * * *", "", "2027-01-14T17:30Z", id="the other spelling"),
        pytest.param("0 9 * * 1#2", "extended", "2027-01-11T09:00Z", id="the second Monday"),
        pytest.param("0 9 L * *", "extended", "2027-01-31T09:00Z", id="the last day"),
        pytest.param("0 9 * * MON-FRI", "", "2027-01-15T09:00Z", id="names of days"),
        pytest.param("0 9 15 JAN *", "", "2027-01-15T09:00Z", id="names of months"),
        pytest.param("+5 * * * *", "", "2027-01-15T10:05Z", id="a sign"),
        pytest.param("@every 1.5h", "", "2027-01-15T01:30Z", id="a fraction"),
        pytest.param(" 0 9 * * * ", "", "2027-01-15T09:00Z", id="blanks around"),
    ],
)
async def test_what_the_schema_refuses_runs_from_the_annotation(
    cluster: Strictly, namespace: str, text: str, syntax: str, due: str
) -> None:
    error = refusal(await create(cluster, namespace, cron_workflow("one", schedules=[text])))
    assert (error.status, error.reason) == (422, "Invalid")
    assert "spec.schedules[0]: Invalid value" in error.message
    body = cron_workflow("one", schedules=["@yearly"])
    body["metadata"]["annotations"] = {keys.SCHEDULES: text} | (
        {keys.SCHEDULE_SYNTAX: syntax} if syntax else {}
    )
    assert (await create(cluster, namespace, body, ("fieldValidation", "Strict"))).status == 201
    slot = datetime.fromisoformat(due)
    client = Client(Dated(cluster.admin.transport, slot + timedelta(seconds=5)))
    await tick.run(client, Settings(managed_namespace=namespace), Clock())
    assert await workflows(cluster, namespace) == [f"one-{int(slot.timestamp())}"]
    found = await cluster.admin.get(CRON_WORKFLOWS, namespace, "one")
    assert found["spec"]["schedules"] == ["@yearly"]
    assert found["metadata"]["annotations"][keys.LAST_USED_SCHEDULE] == text.strip()


async def test_the_example_of_the_docs_is_valid_and_runs_as_its_annotation_says(
    cluster: Strictly, namespace: str
) -> None:
    section = CRON_PAGE.read_text("utf-8").partition("## With Argo's full definitions\n")[2]
    example = yaml.safe_load(section.partition("```yaml\n")[2].partition("```")[0])
    body = cron_workflow("one", **example["spec"])
    body["metadata"] |= example["metadata"]
    assert (await create(cluster, namespace, body, ("fieldValidation", "Strict"))).status == 201
    dated = Dated(cluster.admin.transport, datetime(2027, 1, 15, tzinfo=UTC))
    # Half past two in Berlin on a Friday, and a multiple of an hour and a half after it.
    slots = [datetime(2027, 1, 15, 1, 30, tzinfo=UTC), datetime(2027, 1, 15, 3, tzinfo=UTC)]
    for slot in slots:
        dated.now = slot + timedelta(seconds=5)
        await tick.run(Client(dated), Settings(managed_namespace=namespace), Clock())
    assert await workflows(cluster, namespace) == [f"one-{int(slot.timestamp())}" for slot in slots]


async def test_a_descriptor_in_capitals_is_refused_by_the_schema_and_by_us(
    cluster: Strictly, namespace: str
) -> None:
    assert (await create(cluster, namespace, cron_workflow("one", schedules=["@Daily"]))).status == 422
    body = cron_workflow("one", schedules=["@daily"])
    body["metadata"]["annotations"] = {keys.SCHEDULES: "@Daily"}
    assert (await create(cluster, namespace, body)).status == 201
    await tick.run(cluster.bearer(cluster.token), Settings(managed_namespace=namespace), Clock())
    [condition] = (await cluster.admin.get(CRON_WORKFLOWS, namespace, "one"))["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("SpecError", "True")
    assert cluster.refused() == []


async def test_what_a_tick_writes_is_all_in_the_schema(cluster: Strictly) -> None:
    """Claims, children, records, conditions, history, what is stopped; the rights are the shipped ones."""
    scene, client = await test_cron_rights.set_up(cluster, without=None)
    await scene.cron("stopped", stopStrategy={"expression": "cronworkflow.succeeded == 0"})
    await scene.cron("wrong", schedules=["61 * * * *"])
    await asyncio.sleep(test_cron_rights.OLD_ENOUGH)
    assert await test_cron_rights.outcome(scene, client) == ""
    stopped = await scene.get("stopped")
    assert stopped["status"]["phase"] == "Stopped"
    assert stopped["metadata"]["labels"][keys.CRON_COMPLETED] == "true"
    assert [each["type"] for each in (await scene.get("wrong"))["status"]["conditions"]] == ["SpecError"]
    assert {each.call.verb for each in cluster.proxy.history.writes(CRON_WORKFLOWS)} == {"patch"}
    assert cluster.refused() == []


async def test_what_a_delivery_writes_is_all_in_the_schema(
    cluster: Strictly,
    tmp_path: Path,
    opener: Opener,  # noqa: F811  the fixture
) -> None:
    scene, _ = await test_events_rights.set_up(cluster, cluster.through, tmp_path, opener)
    assert await test_events_rights.outcome(scene) == ""
    assert {each.call.verb for each in cluster.proxy.history.writes(WORKFLOWS)} == {"create", "patch"}
    assert cluster.refused() == []


async def test_a_field_of_ours_elsewhere_would_be_refused(cluster: Strictly, namespace: str) -> None:
    """What the tests above rely on."""
    assert (await create(cluster, namespace, cron_workflow("one"))).status == 201
    client = cluster.bearer(cluster.token)
    with pytest.raises(ApiError, match=r'unknown field "status[.]decided"'):
        await client.patch(CRON_WORKFLOWS, namespace, "one", {"status": {"decided": "2027-01-15T09:00:00Z"}})
    assert len(cluster.refused()) == 1


def samples() -> list[Json]:
    texts = (path.read_text() for path in sorted(SAMPLES.glob("*.yaml")))
    found = [each for text in texts for each in yaml.safe_load_all(text) if each]
    return [each for each in found if each["apiVersion"].startswith("argoproj.io/")]


@pytest.mark.parametrize("body", samples(), ids=lambda body: f"{body['kind']} {body['metadata']['name']}")
async def test_the_samples_are_valid(cluster: Strictly, namespace: str, body: Json) -> None:
    plural = f"{body['kind'].lower()}s"
    path = f"/apis/{body['apiVersion']}/namespaces/{namespace}/{plural}"
    if body["kind"].startswith("Cluster"):
        path = f"/apis/{body['apiVersion']}/{plural}"
    metadata = {name: value for name, value in body["metadata"].items() if name != "namespace"}
    spec = dict(body["spec"])
    if "schedule" in spec:  # as in 3.x, which these definitions do not know
        spec["schedules"] = [spec.pop("schedule")]
    query = (("dryRun", "All"), ("fieldValidation", "Strict"))
    request = Request("POST", path, query, {**body, "metadata": metadata, "spec": spec})
    answer = await cluster.admin.transport.send(request, timeout=10)
    assert answer.status == 201, answer.body
