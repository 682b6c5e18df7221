"""Field owners and object owners: when a field was edited, and what goes with what."""

from tests.contract.clusters import Cluster, cron_workflow, workflow

from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.wire import Request, type_merge_patch
from triggerfish.workflows.objects import Json


async def edit(cluster: Cluster, namespace: str, manager: str, patch: Json) -> Json:
    path = CRON_WORKFLOWS.path(namespace, "one")
    query = (("fieldManager", manager),)
    response = await cluster.admin.transport.send(
        Request("PATCH", path, query, patch, content_type=type_merge_patch), timeout=10
    )
    assert response.status == 200, response.body
    return await cluster.admin.get(CRON_WORKFLOWS, namespace, "one")


def owners(found: Json, *path: str) -> dict[str, str]:
    """Time by manager of each entry that owns the field."""
    result = {}
    for entry in found["metadata"]["managedFields"]:
        tree = entry["fieldsV1"]
        for key in path:
            tree = tree.get(f"f:{key}") if tree is not None else None
        if tree is not None:
            result[entry["manager"]] = entry["time"]
    return result


async def test_the_last_who_changed_a_field_owns_it_since_then(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    created = made["metadata"]["creationTimestamp"]
    (creator,) = owners(made, "spec", "schedules")
    await cluster.pass_a_second()
    found = await edit(cluster, namespace, "kubectl-edit", {"spec": {"schedules": ["0 * * * *"]}})
    assert list(owners(found, "spec", "schedules")) == ["kubectl-edit"]
    assert owners(found, "spec", "schedules")["kubectl-edit"] > created
    assert list(owners(found, "spec", "workflowSpec", "entrypoint")) == [creator]


async def test_the_time_of_another_manager_stays(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    before = owners(made, "spec", "schedules")
    await cluster.pass_a_second()
    found = await edit(cluster, namespace, "tick", {"metadata": {"annotations": {"a": "b"}}})
    assert owners(found, "spec", "schedules") == before
    assert list(owners(found, "metadata", "annotations", "a")) == ["tick"]


async def test_the_time_is_that_of_the_managers_latest_edit(cluster: Cluster, namespace: str) -> None:
    """One entry for all that a manager owns: its time may be later than that of the field."""
    await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    first = await edit(cluster, namespace, "kubectl-edit", {"spec": {"suspend": True}})
    await cluster.pass_a_second()
    second = await edit(cluster, namespace, "kubectl-edit", {"spec": {"timezone": "Europe/Berlin"}})
    assert (
        owners(second, "spec", "suspend")["kubectl-edit"] > owners(first, "spec", "suspend")["kubectl-edit"]
    )


async def test_writing_the_same_value_changes_no_owner_and_no_time(cluster: Cluster, namespace: str) -> None:
    await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    first = await edit(cluster, namespace, "kubectl-edit", {"spec": {"suspend": True}})
    await cluster.pass_a_second()
    assert await edit(cluster, namespace, "kubectl-edit", {"spec": {"suspend": True}}) == first


async def test_a_removed_field_has_no_owner(cluster: Cluster, namespace: str) -> None:
    """And whoever removed it leaves no trace: the time of such an edit cannot be known."""
    await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one", suspend=True))
    found = await edit(cluster, namespace, "kubectl-edit", {"spec": {"suspend": None}})
    assert owners(found, "spec", "suspend") == {}
    assert "kubectl-edit" not in [entry["manager"] for entry in found["metadata"]["managedFields"]]


async def test_a_child_goes_with_its_owner(cluster: Cluster, namespace: str) -> None:
    made = await cluster.admin.create(CRON_WORKFLOWS, namespace, cron_workflow("one"))
    owner = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "name": "one",
        "uid": made["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    await cluster.admin.create(WORKFLOWS, namespace, workflow("child", ownerReferences=[owner]))
    await cluster.admin.create(WORKFLOWS, namespace, workflow("other"))
    await cluster.admin.delete(CRON_WORKFLOWS, namespace, "one")
    await cluster.until_collected(namespace)
    pages = [page async for page in cluster.admin.pages(WORKFLOWS, namespace)]
    assert [item["metadata"]["name"] for page in pages for item in page.items] == ["other"]
