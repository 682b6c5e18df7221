"""What kubectl and people need beyond what the functions do: the model leaves it out."""

import asyncio
import base64

import orjson
import pytest
from tests.contract.clusters import Cluster, cron_workflow, workflow

from triggerfish.errors import ApiError
from triggerfish.kube.client import refusal
from triggerfish.kube.resources import CONFIG_MAPS, CRON_WORKFLOWS, SECRETS, SERVICE_ACCOUNTS, WORKFLOWS
from triggerfish.kube.wire import Request
from triggerfish.workflows.objects import Json

pytestmark = pytest.mark.parametrize(
    "cluster", ["embedded", pytest.param("real", marks=pytest.mark.real)], indirect=True
)


async def send(
    cluster: Cluster, method: str, path: str, *query: tuple[str, str], body: object = None, content: str = ""
) -> Json:
    request = Request(method, path, query, body, content_type=content or "application/json")
    response = await cluster.admin.transport.send(request, timeout=10)
    if response.status >= 300:
        raise refusal(response)
    value: Json = orjson.loads(response.body)
    return value


async def test_a_watch_tells_what_came_after_a_version(cluster: Cluster, namespace: str) -> None:
    first = await cluster.admin.create(WORKFLOWS, namespace, workflow("one"))
    await cluster.admin.patch(WORKFLOWS, namespace, "one", {"metadata": {"labels": {"a": "b"}}})
    await cluster.admin.create(WORKFLOWS, namespace, workflow("two"))
    await cluster.admin.delete(WORKFLOWS, namespace, "one")
    query = (
        ("watch", "true"),
        ("timeoutSeconds", "1"),
        ("resourceVersion", first["metadata"]["resourceVersion"]),
    )
    response = await cluster.admin.transport.send(
        Request("GET", WORKFLOWS.path(namespace), query), timeout=10
    )
    events = [orjson.loads(line) for line in response.body.splitlines()]
    assert [(event["type"], event["object"]["metadata"]["name"]) for event in events] == [
        ("MODIFIED", "one"),
        ("ADDED", "two"),
        ("DELETED", "one"),
    ]


async def test_a_watch_by_label_sees_a_match_appear_and_vanish(cluster: Cluster, namespace: str) -> None:
    first = await cluster.admin.create(WORKFLOWS, namespace, workflow("one"))
    for value in ("b", "c"):
        await cluster.admin.patch(WORKFLOWS, namespace, "one", {"metadata": {"labels": {"a": value}}})
    query = (
        ("watch", "true"),
        ("timeoutSeconds", "1"),
        ("labelSelector", "a=b"),
        ("resourceVersion", first["metadata"]["resourceVersion"]),
    )
    response = await cluster.admin.transport.send(
        Request("GET", WORKFLOWS.path(namespace), query), timeout=10
    )
    assert [orjson.loads(line)["type"] for line in response.body.splitlines()] == ["ADDED", "DELETED"]


async def test_server_side_apply_creates_merges_and_reports_conflicts(
    cluster: Cluster, namespace: str
) -> None:
    path = CRON_WORKFLOWS.path(namespace, "one")
    apply = "application/apply-patch+yaml"
    body = cron_workflow("one", suspend=True)
    made = await send(cluster, "PATCH", path, ("fieldManager", "a"), body=body, content=apply)
    assert made["spec"]["suspend"] is True
    (entry,) = made["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("a", "Apply")
    with pytest.raises(ApiError) as caught:
        await send(
            cluster,
            "PATCH",
            path,
            ("fieldManager", "b"),
            body=cron_workflow("one", suspend=False),
            content=apply,
        )
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")
    assert 'conflict with "a": .spec.suspend' in caught.value.message
    forced = await send(
        cluster,
        "PATCH",
        path,
        ("fieldManager", "b"),
        ("force", "true"),
        body=cron_workflow("one", suspend=False),
        content=apply,
    )
    assert forced["spec"]["suspend"] is False
    # What a manager no longer applies, and nobody else owns, goes.
    gone = await send(cluster, "PATCH", path, ("fieldManager", "b"), body=cron_workflow("one"), content=apply)
    assert "suspend" not in gone["spec"]


async def test_a_json_patch_tests_and_replaces(cluster: Cluster, namespace: str) -> None:
    await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    path = CRON_WORKFLOWS.path(namespace, "one")
    json_patch = "application/json-patch+json"
    steps = [
        {"op": "test", "path": "/spec/schedules/0", "value": "* * * * *"},
        {"op": "replace", "path": "/spec/schedules/0", "value": "0 * * * *"},
        {"op": "add", "path": "/spec/suspend", "value": True},
    ]
    found = await send(cluster, "PATCH", path, body=steps, content=json_patch)
    assert (found["spec"]["schedules"], found["spec"]["suspend"]) == (["0 * * * *"], True)
    with pytest.raises(ApiError) as caught:
        await send(cluster, "PATCH", path, body=steps, content=json_patch)
    assert (caught.value.status, caught.value.reason) == (422, "Invalid")


async def test_a_strategic_patch_is_for_core_kinds_only(cluster: Cluster, namespace: str) -> None:
    await cluster.admin.create(
        CONFIG_MAPS, namespace, {"metadata": {"name": "one"}, "data": {"a": "1", "b": "2"}}
    )
    strategic = "application/strategic-merge-patch+json"
    found = await send(
        cluster,
        "PATCH",
        CONFIG_MAPS.path(namespace, "one"),
        body={"data": {"a": None, "c": "3"}},
        content=strategic,
    )
    assert found["data"] == {"b": "2", "c": "3"}
    await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    path = CRON_WORKFLOWS.path(namespace, "one")
    with pytest.raises(ApiError) as caught:
        await send(cluster, "PATCH", path, body={"spec": {"suspend": True}}, content=strategic)
    assert (caught.value.status, caught.value.reason) == (415, "UnsupportedMediaType")


async def test_a_collection_is_deleted_by_label(cluster: Cluster, namespace: str) -> None:
    for name, labels in (("a", {"x": "1"}), ("b", {"x": "1"}), ("c", {})):
        await cluster.admin.create(WORKFLOWS, namespace, workflow(name, labels=labels))
    await send(cluster, "DELETE", WORKFLOWS.path(namespace), ("labelSelector", "x=1"))
    page = await anext(cluster.admin.pages(WORKFLOWS, namespace))
    assert [item["metadata"]["name"] for item in page.items] == ["c"]


async def test_openapi_describes_the_custom_resources(cluster: Cluster) -> None:
    index = await send(cluster, "GET", "/openapi/v3")
    assert "apis/argoproj.io/v1alpha1" in index["paths"]
    url = index["paths"]["apis/argoproj.io/v1alpha1"]["serverRelativeURL"].partition("?")[0]
    schemas = (await send(cluster, "GET", url))["components"]["schemas"]
    kinds = [
        known["kind"]
        for schema in schemas.values()
        for known in schema.get("x-kubernetes-group-version-kind", [])
    ]
    assert "CronWorkflow" in kinds


@pytest.mark.parametrize(("validation", "status"), [pytest.param("Strict", 400), pytest.param("Ignore", 201)])
async def test_strict_field_validation_refuses_a_field_that_the_schema_has_not(
    cluster: Cluster, namespace: str, validation: str, status: int
) -> None:
    body = {"metadata": {"name": "one"}, "data": {}, "dta": {}}
    request = Request("POST", CONFIG_MAPS.path(namespace), (("fieldValidation", validation),), body)
    response = await cluster.admin.transport.send(request, timeout=10)
    assert response.status == status


async def test_a_token_secret_is_filled_for_its_service_account(cluster: Cluster, namespace: str) -> None:
    """The legacy way to a token: the controllers fill the Secret, and the token works."""
    await cluster.admin.create(SERVICE_ACCOUNTS, namespace, {"metadata": {"name": "bot"}})
    notes = {"kubernetes.io/service-account.name": "bot"}
    metadata = {"name": "bot.service-account-token", "annotations": notes}
    body = {"metadata": metadata, "type": "kubernetes.io/service-account-token"}
    await cluster.admin.create(SECRETS, namespace, body)
    async with asyncio.timeout(20):
        while True:
            secret = await cluster.admin.get(SECRETS, namespace, metadata["name"])
            if secret.get("data", {}).get("token"):
                break
            await asyncio.sleep(0.05)
    assert {"token", "ca.crt", "namespace"} <= set(secret["data"])
    assert "kubernetes.io/service-account.uid" in secret["metadata"]["annotations"]
    token = base64.b64decode(secret["data"]["token"]).decode()
    with pytest.raises(ApiError, match=f"system:serviceaccount:{namespace}:bot"):
        await cluster.bearer(token).get(WORKFLOWS, namespace, "one")


@pytest.mark.parametrize(
    ("path", "is_status"),
    [
        ("/api/v1/things", True),
        ("/api/v1/namespaces/default/things", True),
        ("/apis/rbac.authorization.k8s.io/v1/things", True),
        ("/apis/argoproj.io/v1alpha1/things", False),
        ("/apis/argoproj.io/v1alpha1/namespaces/default/things/one", False),
        ("/apis/argoproj.io/v1/workflows", False),
        ("/apis/nope.example.com/v1/things", False),
        ("/nope", False),
        ("/apis/argoproj.io/v1alpha1/namespaces/default/workflows/one/nope", True),
    ],
)
async def test_an_unknown_path_is_a_status_or_a_line_of_text(
    cluster: Cluster, path: str, *, is_status: bool
) -> None:
    response = await cluster.admin.transport.send(Request("GET", path), timeout=10)
    assert response.status == 404
    if is_status:
        assert orjson.loads(response.body)["reason"] == "NotFound"
    else:
        assert response.body == b"404 page not found\n"
