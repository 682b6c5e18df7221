"""The command for the right that the API server says is missing."""

import pytest

from triggerfish.kube.grants import granting

SIGNER = "system:serviceaccount:team-a:github.com"
FUNCTION = "system:serviceaccount:triggerfish:triggerfish-events"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(
            f'workfloweventbindings.argoproj.io is forbidden: User "{SIGNER}" cannot list resource '
            '"workfloweventbindings" in API group "argoproj.io" in the namespace "team-a"',
            "kubectl create role github.com-list-workfloweventbindings -n team-a --verb=list"
            " --resource=workfloweventbindings.argoproj.io"
            " && kubectl create rolebinding github.com-list-workfloweventbindings -n team-a"
            " --role=github.com-list-workfloweventbindings --serviceaccount=team-a:github.com",
            id="a list",
        ),
        pytest.param(
            f'403 Forbidden: serviceaccounts "github.com" is forbidden: User "{FUNCTION}" cannot create '
            'resource "serviceaccounts/token" in API group "" in the namespace "team-a"',
            "kubectl create role triggerfish-events-create-serviceaccounts-token -n team-a --verb=create"
            " --resource=serviceaccounts/token --resource-name=github.com"
            " && kubectl create rolebinding triggerfish-events-create-serviceaccounts-token -n team-a"
            " --role=triggerfish-events-create-serviceaccounts-token"
            " --serviceaccount=triggerfish:triggerfish-events",
            id="a token, by name alone",
        ),
        pytest.param(
            f'clusterworkflowtemplates.argoproj.io "build" is forbidden: User "{SIGNER}" cannot get resource '
            '"clusterworkflowtemplates" in API group "argoproj.io" at the cluster scope: RBAC: denied',
            "kubectl create clusterrole github.com-get-clusterworkflowtemplates --verb=get"
            " --resource=clusterworkflowtemplates.argoproj.io"
            " && kubectl create clusterrolebinding github.com-get-clusterworkflowtemplates"
            " --clusterrole=github.com-get-clusterworkflowtemplates --serviceaccount=team-a:github.com",
            id="at the cluster scope",
        ),
        pytest.param(
            'secrets "argo-workflows-webhook-clients" is forbidden: User "https://issuer#a$(id)" cannot get '
            'resource "secrets" in API group "" in the namespace "team-a"',
            "kubectl create role user-get-secrets -n team-a --verb=get --resource=secrets"
            " --resource-name=argo-workflows-webhook-clients"
            " && kubectl create rolebinding user-get-secrets -n team-a --role=user-get-secrets"
            " '--user=https://issuer#a$(id)'",
            id="a user whose name a shell would read",
        ),
        pytest.param("workflows.argoproj.io is forbidden: exceeded quota", "", id="a quota"),
        pytest.param("Unauthorized", "", id="no token"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_the_command_that_grants_it(message, expected):
    assert granting(message) == expected
