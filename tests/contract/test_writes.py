"""Creating, changing and deleting: what makes a slot and a delivery happen once."""

import asyncio

import pytest
from tests.contract.clusters import Cluster, cron_workflow, workflow

from triggerfish.errors import ApiError
from triggerfish.kube.resources import CRON_WORKFLOWS, SECRETS, WORKFLOWS


async def test_a_created_object_has_what_the_server_adds(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(WORKFLOWS, namespace, workflow("one"))
    metadata = made["metadata"]
    assert (made["apiVersion"], made["kind"]) == ("argoproj.io/v1alpha1", "Workflow")
    assert (metadata["namespace"], metadata["generation"]) == (namespace, 1)
    assert metadata["uid"]
    assert int(metadata["resourceVersion"]) > 0
    assert metadata["creationTimestamp"].endswith("Z")
    assert "." not in metadata["creationTimestamp"]
    assert await cluster.admin.get(WORKFLOWS, namespace, "one") == made


async def test_of_what_was_written_the_metadata_alone(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(WORKFLOWS, namespace, workflow("one"), metadata_only=True)
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    assert made == {**partial, "metadata": (await cluster.admin.get(WORKFLOWS, namespace, "one"))["metadata"]}
    body = {"metadata": {"labels": {"a": "b"}, "resourceVersion": made["metadata"]["resourceVersion"]}}
    patched = await cluster.admin.patch(WORKFLOWS, namespace, "one", body, metadata_only=True)
    assert patched == {
        **partial,
        "metadata": (await cluster.admin.get(WORKFLOWS, namespace, "one"))["metadata"],
    }
    assert patched["metadata"]["labels"] == {"a": "b"}
    with pytest.raises(ApiError) as refused:
        await cluster.admin.patch(WORKFLOWS, namespace, "one", body, metadata_only=True)
    assert (refused.value.status, refused.value.reason) == (409, "Conflict")


async def test_a_name_is_taken_once(cluster: Cluster, namespace: str) -> None:
    async def attempt() -> str:
        try:
            return str((await cluster.admin.create(WORKFLOWS, namespace, workflow("one")))["kind"])
        except ApiError as error:
            return f"{error.status} {error.reason} {error.args[0].partition(': ')[2]}"

    results = await asyncio.gather(*(attempt() for _ in range(5)))
    taken = '409 AlreadyExists workflows.argoproj.io "one" already exists'
    assert sorted(results) == [taken] * 4 + ["Workflow"]


async def test_generate_name_adds_five_characters_to_at_most_58(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(WORKFLOWS, namespace, workflow(generate="x" * 70))
    name = made["metadata"]["name"]
    assert (len(name), name[:58]) == (63, "x" * 58)


async def test_a_dry_run_answers_and_stores_nothing(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(WORKFLOWS, namespace, workflow("one"), dry_run=True)
    assert made["metadata"]["uid"]
    with pytest.raises(ApiError, match=r'404 NotFound: workflows[.]argoproj[.]io "one" not found'):
        await cluster.admin.get(WORKFLOWS, namespace, "one")


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        pytest.param(workflow("Upper"), 422, "Invalid", id="name in capitals"),
        pytest.param(workflow("a" * 254), 422, "Invalid", id="name of 254 characters"),
        pytest.param(workflow("a", labels={"x": "y" * 64}), 422, "Invalid", id="label of 64 characters"),
        pytest.param(workflow("a", labels={"x": "a b"}), 422, "Invalid", id="label with a blank"),
        pytest.param(workflow("a", labels={"-x": "a"}), 422, "Invalid", id="label key with a leading dash"),
        pytest.param(workflow(generate=""), 422, "Invalid", id="no name"),
        pytest.param({"metadata": {"name": "a"}, "spec": {}}, 400, "BadRequest", id="no kind"),
        pytest.param({**workflow("a"), "kind": "Other"}, 422, "Invalid", id="another kind"),
        pytest.param(workflow("a", namespace="other"), 400, "BadRequest", id="another namespace in the body"),
        pytest.param(
            workflow("a", ownerReferences=[{"apiVersion": "v1", "kind": "X", "name": "x", "uid": ""}]),
            422,
            "Invalid",
            id="owner without uid",
        ),
    ],
)
async def test_what_is_not_valid_is_refused(
    cluster: Cluster, namespace: str, body: dict, status: int, reason: str
) -> None:
    with pytest.raises(ApiError) as caught:
        await cluster.admin.create(WORKFLOWS, namespace, body)
    assert (caught.value.status, caught.value.reason) == (status, reason)


async def test_a_namespace_that_does_not_exist_is_404(cluster: Cluster) -> None:
    with pytest.raises(ApiError, match='404 NotFound: namespaces "nowhere" not found'):
        await cluster.admin.create(WORKFLOWS, "nowhere", workflow("one"))


async def test_a_guarded_patch_wins_once(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    version = made["metadata"]["resourceVersion"]
    claim = {"metadata": {"resourceVersion": version, "annotations": {"claim": "1"}}}
    after = await cluster.admin.patch(CRON_WORKFLOWS, namespace, "one", claim)
    assert int(after["metadata"]["resourceVersion"]) > int(version)
    with pytest.raises(ApiError) as caught:
        await cluster.admin.patch(CRON_WORKFLOWS, namespace, "one", claim)
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")
    assert "the object has been modified" in str(caught.value)


async def test_a_merge_patch_removes_with_null_and_keeps_the_rest(cluster: Cluster, namespace: str) -> None:
    await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one", suspend=True))
    patch = {"spec": {"suspend": None}, "status": {"phase": "Active", "active": []}}
    after = await cluster.admin.patch(CRON_WORKFLOWS, namespace, "one", patch)
    assert "suspend" not in after["spec"]
    assert after["spec"]["schedules"] == ["* * * * *"]
    assert after["status"] == {"phase": "Active", "active": []}


async def test_a_patch_that_changes_nothing_takes_no_new_version(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    again = await cluster.admin.patch(
        CRON_WORKFLOWS, namespace, "one", {"spec": {"schedules": ["* * * * *"]}}
    )
    assert again == made


async def test_generation_counts_spec_and_status_but_not_metadata(cluster: Cluster, namespace: str) -> None:
    await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    generations = []
    for patch in (
        {"metadata": {"labels": {"a": "b"}}},
        {"status": {"phase": "Active"}},
        {"spec": {"suspend": True}},
    ):
        after = await cluster.admin.patch(CRON_WORKFLOWS, namespace, "one", patch)
        generations.append(after["metadata"]["generation"])
    assert generations == [1, 2, 3]


async def test_a_put_must_name_the_version_it_replaces(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    with pytest.raises(ApiError) as caught:
        await cluster.admin.replace(CRON_WORKFLOWS, namespace, "one", cron_workflow("one", suspend=True))
    assert (caught.value.status, caught.value.reason) == (422, "Invalid")
    made["spec"]["suspend"] = True
    after = await cluster.admin.replace(CRON_WORKFLOWS, namespace, "one", made)
    assert after["spec"]["suspend"] is True
    with pytest.raises(ApiError) as caught:
        await cluster.admin.replace(CRON_WORKFLOWS, namespace, "one", made)
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")


async def test_an_object_can_be_deleted_by_uid_alone(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(WORKFLOWS, namespace, workflow("one"))
    with pytest.raises(ApiError) as caught:
        await cluster.admin.delete(WORKFLOWS, namespace, "one", uid="another")
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")
    await cluster.admin.delete(WORKFLOWS, namespace, "one", uid=made["metadata"]["uid"])
    with pytest.raises(ApiError, match="404"):
        await cluster.admin.delete(WORKFLOWS, namespace, "one", uid=made["metadata"]["uid"])


async def test_a_finalizer_keeps_an_object_until_it_is_removed(cluster: Cluster, namespace: str) -> None:
    body = workflow("one", finalizers=["triggerfish.dev/exact"])
    await cluster.admin.create(WORKFLOWS, namespace, body)
    await cluster.admin.delete(WORKFLOWS, namespace, "one")
    going = await cluster.admin.get(WORKFLOWS, namespace, "one")
    assert going["metadata"]["deletionTimestamp"]
    with pytest.raises(ApiError) as caught:
        await cluster.admin.create(WORKFLOWS, namespace, workflow("one"))
    assert (caught.value.status, caught.value.reason) == (409, "AlreadyExists")
    assert "object is being deleted" in str(caught.value)
    await cluster.admin.patch(WORKFLOWS, namespace, "one", {"metadata": {"finalizers": None}})
    with pytest.raises(ApiError, match="404"):
        await cluster.admin.get(WORKFLOWS, namespace, "one")


async def test_a_secret_written_as_text_is_read_as_base64(cluster: Cluster, namespace: str) -> None:
    body = {"metadata": {"name": "clients"}, "stringData": {"a": "é"}, "data": {"b": "Yg=="}}
    await cluster.admin.create(SECRETS, namespace, body)
    stored = await cluster.admin.get(SECRETS, namespace, "clients")
    assert stored["data"] == {"a": "w6k=", "b": "Yg=="}
    assert "stringData" not in stored
    assert stored["type"] == "Opaque"


async def test_a_secret_that_is_not_base64_is_refused(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(ApiError) as caught:
        await cluster.admin.create(
            SECRETS, namespace, {"metadata": {"name": "x"}, "data": {"b": "not base64"}}
        )
    assert caught.value.status == 400
