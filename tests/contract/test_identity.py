"""Who may do what, in whose name, and what a refusal says."""

import pytest
from tests.contract.clusters import Cluster, workflow

from triggerfish.errors import ApiError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import (
    SECRETS,
    SERVICE_ACCOUNTS,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOWS,
)

CREATE = {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["create"]}


async def service_account(cluster: Cluster, namespace: str, *rules: dict) -> Client:
    """A service account with these rights, by a token that the API server made for it."""
    await cluster.admin.create(SERVICE_ACCOUNTS, namespace, {"metadata": {"name": "bot"}})
    if rules:
        await cluster.grant(namespace, "bot", list(rules))
    answer = await cluster.admin.request_token(namespace, "bot", seconds=600)
    return cluster.bearer(answer["status"]["token"])


async def test_a_requested_token_says_when_it_ends(cluster: Cluster, namespace: str) -> None:
    await cluster.admin.create(SERVICE_ACCOUNTS, namespace, {"metadata": {"name": "bot"}})
    answer = await cluster.admin.request_token(namespace, "bot", seconds=600)
    assert answer["status"]["token"]
    assert answer["status"]["expirationTimestamp"].endswith("Z")


async def test_a_token_of_no_service_account_is_404(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(ApiError, match='404 NotFound: serviceaccounts "nobody" not found'):
        await cluster.admin.request_token(namespace, "nobody", seconds=600)


async def test_a_token_does_what_its_role_grants_and_no_more(cluster: Cluster, namespace: str) -> None:
    bot = await service_account(cluster, namespace, CREATE)
    await bot.create(WORKFLOWS, namespace, workflow("one"))
    with pytest.raises(ApiError) as caught:
        await bot.get(WORKFLOWS, namespace, "one")
    assert (caught.value.status, caught.value.reason) == (403, "Forbidden")
    assert caught.value.message == (
        f'workflows.argoproj.io "one" is forbidden: User "system:serviceaccount:{namespace}:bot" '
        f'cannot get resource "workflows" in API group "argoproj.io" in the namespace "{namespace}"'
    )


async def test_a_list_that_is_denied_says_so(cluster: Cluster, namespace: str) -> None:
    bot = await service_account(cluster, namespace)
    with pytest.raises(ApiError) as caught:
        await anext(bot.pages(WORKFLOW_EVENT_BINDINGS, namespace))
    assert caught.value.status == 403
    assert caught.value.message == (
        f"workfloweventbindings.argoproj.io is forbidden: User "
        f'"system:serviceaccount:{namespace}:bot" cannot list resource "workfloweventbindings" '
        f'in API group "argoproj.io" in the namespace "{namespace}"'
    )
    with pytest.raises(ApiError, match=r'in API group "argoproj[.]io" at the cluster scope'):
        await anext(bot.pages(WORKFLOW_EVENT_BINDINGS))


async def test_a_core_kind_is_of_no_group(cluster: Cluster, namespace: str) -> None:
    bot = await service_account(cluster, namespace)
    with pytest.raises(ApiError) as caught:
        await bot.get(SECRETS, namespace, "one")
    assert caught.value.message == (
        f'secrets "one" is forbidden: User "system:serviceaccount:{namespace}:bot" '
        f'cannot get resource "secrets" in API group "" in the namespace "{namespace}"'
    )


async def test_resource_names_grant_those_objects_alone(cluster: Cluster, namespace: str) -> None:
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["mine"]}
    bot = await service_account(cluster, namespace, rule)
    for name in ("mine", "other"):
        await cluster.admin.create(SECRETS, namespace, {"metadata": {"name": name}})
    assert (await bot.get(SECRETS, namespace, "mine"))["metadata"]["name"] == "mine"
    with pytest.raises(ApiError, match="403"):
        await bot.get(SECRETS, namespace, "other")


async def test_a_token_request_can_be_granted_by_name(cluster: Cluster, namespace: str) -> None:
    rule = {
        "apiGroups": [""],
        "resources": ["serviceaccounts/token"],
        "verbs": ["create"],
        "resourceNames": ["mine"],
    }
    bot = await service_account(cluster, namespace, rule)
    for name in ("mine", "other"):
        await cluster.admin.create(SERVICE_ACCOUNTS, namespace, {"metadata": {"name": name}})
    assert (await bot.request_token(namespace, "mine", seconds=600))["status"]["token"]
    with pytest.raises(ApiError) as caught:
        await bot.request_token(namespace, "other", seconds=600)
    assert caught.value.message == (
        f'serviceaccounts "other" is forbidden: User "system:serviceaccount:{namespace}:bot" cannot create '
        f'resource "serviceaccounts/token" in API group "" in the namespace "{namespace}"'
    )


async def test_a_token_nobody_knows_is_401(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(ApiError) as caught:
        await cluster.bearer("no-such-token").get(WORKFLOWS, namespace, "one")
    assert (caught.value.status, caught.value.reason, caught.value.message) == (
        401,
        "Unauthorized",
        "Unauthorized",
    )


async def test_impersonation_is_granted_by_name(cluster: Cluster, namespace: str) -> None:
    impersonate = {
        "apiGroups": [""],
        "resources": ["serviceaccounts"],
        "verbs": ["impersonate"],
        "resourceNames": ["mine", "ghost"],
    }
    await cluster.admin.create(SERVICE_ACCOUNTS, namespace, {"metadata": {"name": "bot"}})
    await cluster.grant(namespace, "bot", [impersonate])
    for name in ("mine", "other"):
        await cluster.admin.create(SERVICE_ACCOUNTS, namespace, {"metadata": {"name": name}})
    await cluster.grant(namespace, "mine", [CREATE])
    token = (await cluster.admin.request_token(namespace, "bot", seconds=600))["status"]["token"]

    def acting_as(name: str) -> Client:
        return cluster.impersonating(token, f"system:serviceaccount:{namespace}:{name}")

    made = await acting_as("mine").create(WORKFLOWS, namespace, workflow("one"))
    assert made["metadata"]["name"] == "one"
    with pytest.raises(ApiError) as caught:
        await acting_as("other").create(WORKFLOWS, namespace, workflow("two"))
    assert caught.value.message == (
        f'serviceaccounts "other" is forbidden: User "system:serviceaccount:{namespace}:bot" cannot '
        f'impersonate resource "serviceaccounts" in API group "" in the namespace "{namespace}"'
    )
    # The API server does not ask whether the service account exists: whoever impersonates must.
    with pytest.raises(ApiError, match=f"system:serviceaccount:{namespace}:ghost"):
        await acting_as("ghost").create(WORKFLOWS, namespace, workflow("two"))
