"""How a verified webhook acts as its service account: each way from a signed delivery to its Workflow."""

import time

import pytest
from tests.kube.test_embedded import GRANTS
from tests.support import functions
from tests.support.deployed import HOME, until_allowed
from tests.support.events import MAY_SUBMIT, SECRET, Place

GROUP = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}"
TOKEN_SECRET = "hooks.service-account-token"


@pytest.fixture(params=sorted(GRANTS))
def place(request, embedded, own):
    """A namespace whose client `hooks` may send, and the function that acts for it in that way."""
    namespace = embedded.new_namespace()
    embedded.service_account(namespace, "hooks", MAY_SUBMIT)
    grant(embedded, namespace, GRANTS[request.param])
    if request.param == "legacy":
        token_secret(embedded, namespace)
    settings = {"KUBECONFIG": own("events"), "WEBHOOK_IDENTITY": request.param}
    with functions.start("events", settings) as function:
        found = Place(embedded, function, namespace, "")
        found.clients(hooks='type: github\nsecret: "shh!"\n')
        found.template()
        found.binding("on-push", "true", "payload.message")
        yield found
    assert SECRET not in function.log


def grant(cluster, namespace, rules):
    """The function's own account may do this in that namespace, beside what is shipped."""
    path = GROUP.format(namespace)
    made(cluster, f"{path}/roles", {"metadata": {"name": "way"}, "rules": rules})
    subject = {"kind": "ServiceAccount", "name": "triggerfish-events", "namespace": HOME}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "way"}
    body = {"metadata": {"name": "way"}, "roleRef": reference, "subjects": [subject]}
    made(cluster, f"{path}/rolebindings", body)
    for rule in rules:
        until_allowed(cluster, f"system:serviceaccount:{HOME}:triggerfish-events", namespace, rule)


def token_secret(cluster, namespace):
    """A Secret that the cluster's controllers fill with a token of the account."""
    metadata = {"name": TOKEN_SECRET, "annotations": {"kubernetes.io/service-account.name": "hooks"}}
    path = f"/api/v1/namespaces/{namespace}/secrets"
    made(cluster, path, {"metadata": metadata, "type": "kubernetes.io/service-account-token"})
    end = time.monotonic() + 30
    while "token" not in (cluster.request("GET", f"{path}/{TOKEN_SECRET}")[1].get("data") or {}):
        assert time.monotonic() < end, "nobody has filled the Secret"
        time.sleep(0.05)


def made(cluster, path, body):
    status, answer = cluster.request("POST", path, body)
    assert status == 201, answer


def test_a_delivery_creates_as_its_account_and_no_longer_once_that_may_not(place):
    answer = place.github({"message": "hello"})
    assert answer.status == 200, (answer.body, place.function.log)
    (workflow,) = place.workflows()
    creator = workflow["metadata"]["labels"]["workflows.argoproj.io/creator"]
    assert creator == f"system-serviceaccount-{place.namespace}-hooks"
    # The account's right is taken away. The function's own does not stand in for it.
    path = f"{GROUP.format(place.namespace)}/rolebindings/hooks"
    assert place.cluster.request("DELETE", path)[0] == 200
    end = time.monotonic() + 30
    # An authorizer hears of it a moment later; then a create for bindings read before fails (500), and
    # after that they cannot be read again.
    while (answer := place.github({"message": "again"})).status != 403:
        assert answer.status in (200, 500), answer
        assert time.monotonic() < end, "it still may"
        time.sleep(0.05)
    before = len(place.workflows())
    assert place.github({"message": "again"}).status == 403
    assert len(place.workflows()) == before
