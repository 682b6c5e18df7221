"""Listing: what a tick reads, and when it must start anew."""

import base64
from datetime import datetime, timedelta

import orjson
import pytest
from tests.contract.clusters import Cluster, cron_workflow, workflow

from triggerfish.errors import ApiError
from triggerfish.kube.client import METADATA_ONLY, Client, date, refusal
from triggerfish.kube.resources import CONFIG_MAPS, CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.wire import Request
from triggerfish.workflows.objects import Json


async def raw(client: Client, path: str, *query: tuple[str, str], accept: str = "application/json") -> Json:
    response = await client.transport.send(Request("GET", path, query, accept=accept), timeout=10)
    assert response.status == 200, response.body
    value: Json = orjson.loads(response.body)
    return value


async def names(client: Client, namespace: str, **options: object) -> list[str]:
    pages = [page async for page in client.pages(WORKFLOWS, namespace, **options)]
    return [item["metadata"]["name"] for page in pages for item in page.items]


async def test_an_empty_list_has_items_unless_it_is_metadata_only(cluster: Cluster, namespace: str) -> None:
    path = WORKFLOWS.path(namespace)
    full = await raw(cluster.admin, path)
    assert (full["kind"], full["apiVersion"], full["items"]) == ("WorkflowList", "argoproj.io/v1alpha1", [])
    partial = await raw(cluster.admin, path, accept=METADATA_ONLY)
    assert (partial["kind"], partial["apiVersion"], partial["items"]) == (
        "PartialObjectMetadataList",
        "meta.k8s.io/v1",
        None,
    )
    page = await anext(cluster.admin.pages(WORKFLOWS, namespace, metadata_only=True))
    assert page.items == []


async def test_items_of_a_custom_resource_name_their_kind(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    full = await raw(cluster.admin, CRON_WORKFLOWS.path(namespace))
    assert full["items"] == [made]


async def test_items_of_a_core_kind_do_not(cluster: Cluster, namespace: str) -> None:
    await cluster.admin.create(CONFIG_MAPS, namespace, {"metadata": {"name": "one"}, "data": {"a": "b"}})
    items = (await raw(cluster.admin, CONFIG_MAPS.path(namespace)))["items"]
    item = next(item for item in items if item["metadata"]["name"] == "one")
    assert "kind" not in item
    assert item["data"] == {"a": "b"}


async def test_metadata_only_has_all_metadata_and_nothing_else(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(WORKFLOWS, namespace, workflow("one", labels={"a": "b"}))
    partial = await raw(cluster.admin, WORKFLOWS.path(namespace), accept=METADATA_ONLY)
    assert partial["items"] == [
        {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": made["metadata"],
        }
    ]


async def test_pages_are_of_one_moment_and_in_order(cluster: Cluster, namespace: str) -> None:
    for name in ("c", "a", "b", "a-b", "a.b"):
        await cluster.admin.create(WORKFLOWS, namespace, workflow(name))
    found: list[str] = []
    versions = set()
    async for page in cluster.admin.pages(WORKFLOWS, namespace, limit=2):
        found += [item["metadata"]["name"] for item in page.items]
        versions.add(page.resource_version)
        if len(found) == 2:
            await cluster.admin.create(WORKFLOWS, namespace, workflow("d"))
            await cluster.admin.delete(WORKFLOWS, namespace, "c")
    assert found == ["a", "a-b", "a.b", "b", "c"]
    assert len(versions) == 1


async def test_a_page_says_how_many_remain(cluster: Cluster, namespace: str) -> None:
    for name in ("a", "b", "c"):
        await cluster.admin.create(WORKFLOWS, namespace, workflow(name, labels={"x": name}))
    first = await raw(cluster.admin, WORKFLOWS.path(namespace), ("limit", "2"))
    assert first["metadata"]["remainingItemCount"] == 1
    selected = await raw(cluster.admin, WORKFLOWS.path(namespace), ("limit", "1"), ("labelSelector", "x!=c"))
    assert "remainingItemCount" not in selected["metadata"]


async def test_a_continue_token_that_ran_out_is_410(cluster: Cluster, namespace: str) -> None:
    for name in ("a", "b", "c"):
        await cluster.admin.create(WORKFLOWS, namespace, workflow(name))
    page = await anext(cluster.admin.pages(WORKFLOWS, namespace, limit=1))
    query = (("limit", "1"), ("continue", await cluster.aged(page.next)))
    response = await cluster.admin.transport.send(
        Request("GET", WORKFLOWS.path(namespace), query), timeout=10
    )
    error = refusal(response)
    assert (error.status, error.reason) == (410, "Expired")
    assert "continue parameter is too old" in error.message


async def test_a_continue_token_that_is_none_is_400(cluster: Cluster, namespace: str) -> None:
    token = base64.b64encode(b"nonsense").decode()
    query = (("limit", "1"), ("continue", token))
    response = await cluster.admin.transport.send(
        Request("GET", WORKFLOWS.path(namespace), query), timeout=10
    )
    assert response.status == 400


async def test_resource_version_zero_ignores_the_limit(cluster: Cluster, namespace: str) -> None:
    for name in ("a", "b", "c"):
        await cluster.admin.create(WORKFLOWS, namespace, workflow(name))
    await names(cluster.admin, namespace)  # consistent: whatever serves the next one has seen all three
    found = await raw(cluster.admin, WORKFLOWS.path(namespace), ("limit", "1"), ("resourceVersion", "0"))
    assert len(found["items"]) == 3


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("app=web", ["a"]),
        ("app==web", ["a"]),
        ("app!=web", ["b", "c"]),
        ("app", ["a", "b"]),
        ("!app", ["c"]),
        ("app in (web, api)", ["a", "b"]),
        ("app notin (web)", ["b", "c"]),
        ("app,tier=1", ["b"]),
        ("triggerfish.dev/x=y", ["c"]),
        ("app in (web),tier notin (1)", ["a"]),
        ("app=", []),
    ],
)
async def test_label_selectors(cluster: Cluster, namespace: str, selector: str, found: list[str]) -> None:
    for name, labels in (
        ("a", {"app": "web"}),
        ("b", {"app": "api", "tier": "1"}),
        ("c", {"triggerfish.dev/x": "y"}),
    ):
        await cluster.admin.create(WORKFLOWS, namespace, workflow(name, labels=labels))
    assert await names(cluster.admin, namespace, labels=selector) == found


async def test_a_selector_that_is_none_is_400(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(ApiError) as caught:
        await names(cluster.admin, namespace, labels="a=b=c")
    assert (caught.value.status, caught.value.reason) == (400, "BadRequest")


async def test_a_field_selector_by_name(cluster: Cluster, namespace: str) -> None:
    for name in ("a", "b"):
        await cluster.admin.create(WORKFLOWS, namespace, workflow(name))
    assert await names(cluster.admin, namespace, fields="metadata.name=b") == ["b"]
    assert await names(cluster.admin, namespace, fields=f"metadata.namespace!={namespace}") == []


async def test_all_namespaces_at_once(cluster: Cluster, namespace: str) -> None:
    await cluster.admin.create(WORKFLOWS, namespace, workflow("one", labels={"only": namespace}))
    pages = [page async for page in cluster.admin.pages(WORKFLOWS, labels=f"only={namespace}")]
    assert [item["metadata"]["namespace"] for page in pages for item in page.items] == [namespace]


async def test_every_answer_is_dated_to_the_second(cluster: Cluster, namespace: str) -> None:
    """Ticks go by this clock: a date older than what the server has just written would lose slots."""
    for number in range(3):
        request = Request("POST", WORKFLOWS.path(namespace), (), workflow(f"number-{number}"))
        response = await cluster.admin.transport.send(request, timeout=10)
        dated = date(response)
        created = orjson.loads(response.body)["metadata"]["creationTimestamp"]
        assert dated is not None
        assert timedelta(0) <= dated - datetime.fromisoformat(created) <= timedelta(seconds=1)
        await cluster.pass_a_second()
