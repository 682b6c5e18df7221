"""Only the broker brings deliveries back: a service account of the cluster, for our audience."""

import pytest
from tests.support import functions
from tests.support.deployed import GROUP, HOME, bound

AUDIENCE = "triggerfish-events"


def token(cluster, account: str, audience: str) -> str:
    path = f"/api/v1/namespaces/{HOME}/serviceaccounts"
    if cluster.request("GET", f"{path}/{account}")[0] == 404:
        assert cluster.request("POST", path, {"metadata": {"name": account}})[0] == 201
    body = {"spec": {"audiences": [audience], "expirationSeconds": 600}}
    status, answer = cluster.request("POST", f"{path}/{account}/token", body)
    assert status == 201, answer
    return answer["status"]["token"]


@pytest.fixture(scope="module")
def function(embedded, own):
    settings = {
        "KUBECONFIG": own("events"),
        "K_SINK": "http://127.0.0.1:9/",
        "SINK_AUDIENCE": AUDIENCE,
        "SINK_IDENTITY": f"system:serviceaccount:{HOME}:broker",
    }
    bound(embedded, "triggerfish-events-broker", "triggerfish-events")
    with functions.start("events", settings) as running:
        yield running


@pytest.mark.parametrize(
    ("account", "audience", "expected"),
    [
        # It is let in, and told that an empty body is no delivery.
        pytest.param("broker", AUDIENCE, 400, id="the broker"),
        pytest.param("stranger", AUDIENCE, 401, id="another service account"),
        pytest.param("broker", "https://elsewhere.example.com", 401, id="a token for somebody else"),
    ],
)
def test_who_is_let_in(embedded, function, account, audience, expected):
    headers = {"Authorization": f"Bearer {token(embedded, account, audience)}"}
    reply = function.send("POST", "/internal/events", {}, headers)
    assert reply.status == expected, (reply.body, function.log)


def test_a_token_of_nobody_is_not_let_in(function):
    reply = function.send("POST", "/internal/events", {}, {"Authorization": "Bearer a.b.c"})
    assert reply.status == 401
    assert GROUP not in function.log
