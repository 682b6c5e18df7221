"""The cluster as the functions open it, on the embedded one: kubeconfig, RBAC and the three identities."""

import base64

import pytest
import yaml

from triggerfish.errors import ApiError
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import SECRETS, WORKFLOW_TEMPLATES, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

CREATE = {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["create"]}

# What the function itself is granted for each way; docs/security.md lists the same.
GRANTS = {
    "token-request": [
        {
            "apiGroups": [""],
            "resources": ["serviceaccounts/token"],
            "verbs": ["create"],
            "resourceNames": ["hooks"],
        }
    ],
    "legacy": [
        {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get"], "resourceNames": ["hooks"]},
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "verbs": ["get"],
            "resourceNames": ["hooks.service-account-token"],
        },
    ],
    "impersonate": [
        {
            "apiGroups": [""],
            "resources": ["serviceaccounts"],
            "verbs": ["get", "impersonate"],
            "resourceNames": ["hooks", "ghost"],
        }
    ],
}


@pytest.fixture
def namespace(embedded):
    return embedded.new_namespace()


@pytest.fixture
async def opened(embedded, namespace, tmp_path):
    """Opens the cluster as a function's service account that has the grants of that way."""
    clusters = []

    async def open_as_function(way):
        token = embedded.service_account(namespace, "function", GRANTS[way])
        config = yaml.safe_load(embedded.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": token}
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        settings = Settings(kubeconfig=str(path), webhook_identity=way)
        clusters.append(await Cluster.open(settings, Clock()))
        return clusters[-1]

    yield open_as_function
    for cluster in clusters:
        await cluster.close()


def workflow(name):
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
    return {**kind, "metadata": {"name": name}, "spec": {"workflowTemplateRef": {"name": "t"}}}


def legacy_secret(embedded, namespace, account):
    token = embedded.service_account(namespace, account, [CREATE])
    body = {
        "metadata": {
            "name": f"{account}.service-account-token",
            "annotations": {"kubernetes.io/service-account.name": account},
        },
        "type": "kubernetes.io/service-account-token",
        "data": {"token": base64.b64encode(token.encode()).decode()},
    }
    status, answer = embedded.request("POST", SECRETS.path(namespace), body)
    assert status == 201, answer


@pytest.mark.parametrize("way", sorted(GRANTS))
async def test_a_webhook_s_service_account_does_what_its_role_grants_and_the_function_does_not(
    opened, embedded, namespace, way
):
    if way == "legacy":
        legacy_secret(embedded, namespace, "hooks")
    else:
        embedded.service_account(namespace, "hooks", [CREATE])
    cluster = await opened(way)
    hooks = await cluster.service_account(namespace, "hooks")
    made = await hooks.create(WORKFLOWS, namespace, workflow("one"))
    assert made["metadata"]["name"] == "one"
    with pytest.raises(ApiError) as caught:
        await hooks.get(WORKFLOWS, namespace, "one")
    assert f'"system:serviceaccount:{namespace}:hooks"' in caught.value.message
    with pytest.raises(ApiError) as caught:
        await cluster.own.create(WORKFLOWS, namespace, workflow("two"))
    assert f'"system:serviceaccount:{namespace}:function"' in caught.value.message


@pytest.mark.parametrize("way", sorted(GRANTS))
async def test_an_account_that_is_not_granted_by_name_cannot_be_had(opened, embedded, namespace, way):
    legacy_secret(embedded, namespace, "other")
    cluster = await opened(way)
    with pytest.raises(ApiError) as caught:
        await (await cluster.service_account(namespace, "other")).create(
            WORKFLOWS, namespace, workflow("one")
        )
    assert caught.value.status == 403
    status, _ = embedded.request("GET", WORKFLOWS.path(namespace, "one"))
    assert status == 404


async def test_one_that_does_not_exist_is_not_impersonated(opened, namespace):
    cluster = await opened("impersonate")
    with pytest.raises(ApiError) as caught:
        await cluster.service_account(namespace, "ghost")
    assert caught.value.status == 404


async def test_a_right_that_is_revoked_ends_what_was_read_with_it(opened, embedded, namespace):
    read = {"apiGroups": ["argoproj.io"], "resources": ["workflowtemplates"], "verbs": ["list"]}
    token = embedded.service_account(namespace, "reader", [read])
    cluster = await opened("token-request")
    reader = cluster.bearer(token)
    await cluster.reads.listed(reader, WORKFLOW_TEMPLATES, namespace)
    with pytest.raises(ApiError):
        await reader.create(WORKFLOWS, namespace, workflow("one"))
    status, _ = embedded.request(
        "DELETE", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/reader"
    )
    assert status == 200
    with pytest.raises(ApiError) as caught:
        await cluster.reads.listed(reader, WORKFLOW_TEMPLATES, namespace)
    assert caught.value.status == 403


async def test_a_token_nobody_knows_is_401(opened, namespace):
    cluster = await opened("token-request")
    with pytest.raises(ApiError) as caught:
        await cluster.bearer("nobody").get(WORKFLOWS, namespace, "one")
    assert caught.value.status == 401
