"""What clusters check beside rights: quotas, the restricted Pod Security Standard, owners of objects."""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from tests.contract.clusters import RealCluster, cron_workflow
from tests.infra.test_kubernetes import needs_kubectl, pods, rendered
from tests.real.apiserver import ApiServer, call
from tests.real.fixtures import CRDS, manifests, serving
from tests.real.roles import account
from tests.simulation.server import NAMESPACES

from triggerfish.cron_function import tick
from triggerfish.errors import ApiError
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS, Resource
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.workflows.objects import Json

pytestmark = pytest.mark.real

PODS = Resource("", "v1", "pods", "Pod")
QUOTAS = Resource("", "v1", "resourcequotas", "ResourceQuota")
ACCOUNTS = Resource("", "v1", "serviceaccounts", "ServiceAccount")
HARD = {
    "requests.cpu": "10",
    "requests.memory": "10Gi",
    "limits.cpu": "20",
    "limits.memory": "20Gi",
    "pods": "10",
}
STRICT = {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.fixture
async def cluster(real_server: ApiServer) -> AsyncIterator[RealCluster]:
    real = RealCluster(real_server)
    yield real
    await real.close()


async def strict_namespace(server: ApiServer, cluster: RealCluster, name: str) -> None:
    """A namespace with a quota of everything, whose pods are restricted."""
    await cluster.admin.create(NAMESPACES, None, {"metadata": {"name": name, "labels": STRICT}})
    for each in ("default", "triggerfish-cron", "triggerfish-events"):
        await cluster.admin.create(ACCOUNTS, name, {"metadata": {"name": each}})
    body = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "all"},
        "spec": {"hard": HARD},
    }
    await cluster.admin.create(QUOTAS, name, body)
    # The controller that counts is not run: what it would write at first.
    made = await cluster.admin.get(QUOTAS, name, "all")
    made["status"] = {"hard": HARD, "used": dict.fromkeys(HARD, "0")}
    call(server, "PUT", QUOTAS.path(name, "all", "status"), made)


@needs_kubectl
async def test_every_pod_passes_a_quota_of_everything_in_a_restricted_namespace(
    real_server: ApiServer, cluster: RealCluster
) -> None:
    await strict_namespace(real_server, cluster, "strict")
    changes: dict[str, tuple[Callable[[Json], object], str]] = {
        "as it is": (lambda spec: None, ""),
        "without a limit": (
            lambda spec: spec["containers"][0]["resources"]["limits"].pop("cpu"),
            "must specify limits.cpu",
        ),
        "with a right too many": (
            lambda spec: spec["securityContext"].pop("seccompProfile"),
            "violates PodSecurity",
        ),
    }
    for name, spec in pods(rendered("namespaced", "cronjob")):
        for change, says in changes.values():
            changed = copy.deepcopy(spec)
            change(changed)
            body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": changed}
            if not says:
                await cluster.admin.create(PODS, "strict", body, dry_run=True)
                continue
            with pytest.raises(ApiError, match=says):
                await cluster.admin.create(PODS, "strict", body, dry_run=True)


@pytest.fixture(scope="module")
def openshift() -> Iterator[ApiServer]:
    """A server that asks who names an owner for the right to do so, as OpenShift's does."""
    yield from serving(manifests(CRDS), "OwnerReferencesPermissionEnforcement")


async def test_where_owners_are_checked_the_right_that_is_bound_is_needed_and_suffices(
    openshift: ApiServer,
) -> None:
    cluster = RealCluster(openshift)
    created = {}
    for name, roles in (("without", ()), ("with", ("triggerfish-cron-owner",))):
        await cluster.admin.create(NAMESPACES, None, {"metadata": {"name": name}})
        token = await account(cluster, name, "cron", "triggerfish-cron", *roles)
        await cluster.admin.create(CRON_WORKFLOWS, name, cron_workflow("due", schedules=["@every 1s"]))
        await asyncio.sleep(1.1)
        summary = await tick.run(cluster.bearer(token), Settings(managed_namespace=name), Clock())
        told = " ".join(entry.detail for entry in summary.entries)
        created[name] = summary.count("created")
        assert ("cannot set blockOwnerDeletion" in told) is (name == "without"), told
        page = await anext(cluster.admin.pages(WORKFLOWS, name))
        assert len(page.items) == created[name]
    await cluster.close()
    # One or two seconds have passed, as the tick came: each of them is a slot.
    assert created["without"] == 0
    assert created["with"] >= 1
