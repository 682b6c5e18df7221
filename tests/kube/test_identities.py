"""KUBE_AUTH of each cloud: the server, and the tokens that its cluster takes."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.kube.fakes import FakeClock
from tests.support.clouds import serving

from triggerfish.errors import SettingError
from triggerfish.kube.credentials import load
from triggerfish.settings import Settings

CA = base64.b64encode(b"PEM").decode()
AWS = {"aws_region": "eu-central-1", "aws_access_key_id": "AKIA", "aws_secret_access_key": "hush"}
EKS = {"kube_auth": "eks", "eks_cluster": "prod", "eks_host": "https://1.eks.amazonaws.com", "eks_ca": CA}
AKS = {"kube_auth": "aks", "aks_host": "prod.azmk8s.io", "aks_ca": CA}


async def test_an_eks_token_is_a_presigned_question_who_signed_it():
    clock = FakeClock()
    found = await load(Settings(**EKS, **AWS), clock)
    assert (found.server.url, found.server.ca) == ("https://1.eks.amazonaws.com", "PEM")
    token = await found.authorization.token()
    assert token.startswith("k8s-aws-v1.")
    text = token.removeprefix("k8s-aws-v1.")
    assert "=" not in text
    url = urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    query = {key: value for key, (value,) in parse_qs(url.query).items()}
    # The cluster's authenticator takes these hosts, this action and this header alone.
    assert (url.scheme, url.netloc, url.path) == ("https", "sts.eu-central-1.amazonaws.com", "/")
    assert (query["Action"], query["Version"]) == ("GetCallerIdentity", "2011-06-15")
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert query["X-Amz-Credential"] == f"AKIA/{clock.now():%Y%m%d}/eu-central-1/sts/aws4_request"
    assert query["X-Amz-Date"] == f"{clock.now():%Y%m%dT%H%M%SZ}"
    # EKS takes a token for 15 minutes: a new one comes before.
    clock.advance(839)
    assert await found.authorization.token() == token
    clock.advance(2)
    assert await found.authorization.token() != token


async def test_the_name_of_the_cluster_is_signed():
    tokens = {
        await (await load(Settings(**{**EKS, "eks_cluster": name}, **AWS), FakeClock())).authorization.token()
        for name in ("a", "b")
    }
    assert len(tokens) == 2


async def test_a_refused_eks_token_is_made_anew():
    clock = FakeClock()
    found = await load(Settings(**EKS, **AWS), clock)
    token = await found.authorization.token()
    clock.advance(1)
    found.authorization.refused(token)
    assert await found.authorization.token() != token


async def test_an_aks_token_is_for_aks(tmp_path):
    file = tmp_path / "token"
    file.write_text("pod")
    async with serving() as cloud:
        cloud.routes["POST /t/oauth2/v2.0/token"] = (200, {"access_token": "aks-token", "expires_in": 3600})
        settings = Settings(
            **AKS,
            azure_client_id="c",
            azure_tenant_id="t",
            azure_federated_token_file=str(file),
            azure_authority_host=cloud.base,
        )
        found = await load(settings, FakeClock())
        assert found.server.url == "https://prod.azmk8s.io"
        assert await found.authorization.token() == "aks-token"
        form = parse_qs(cloud.asked[0].body.decode())
    assert form["scope"] == ["6dae42f8-4368-4678-94ff-3960e28e3630/.default"]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        pytest.param({**EKS, **AWS, "eks_cluster": ""}, "EKS_CLUSTER", id="eks: no name"),
        pytest.param({**EKS, **AWS, "eks_host": ""}, "EKS_HOST", id="eks: no host"),
        pytest.param({**EKS, **AWS, "eks_host": "http://h"}, "EKS_HOST", id="eks: plain HTTP"),
        pytest.param({**EKS, **AWS, "eks_ca": "hush!"}, "EKS_CA", id="eks: a wrong CA"),
        pytest.param({**EKS}, "AWS_REGION", id="eks: no region"),
        pytest.param({**AKS, "aks_host": ""}, "AKS_HOST", id="aks: no host"),
        pytest.param({**AKS, "aks_ca": "hush!"}, "AKS_CA", id="aks: a wrong CA"),
        pytest.param({**AKS}, "AZURE_CLIENT_ID", id="aks: no identity"),
    ],
)
async def test_what_is_missing_is_named(given, names):
    with pytest.raises(SettingError, match=names) as caught:
        await load(Settings(**given), FakeClock())
    assert "hush" not in str(caught.value)
