"""The identities of AWS and Azure: each way to them, and what goes wrong said without a secret."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from tests.kube.fakes import FakeClock
from tests.support.clouds import serving

from triggerfish.errors import SettingError, TriggerfishError, Unanswered
from triggerfish.runtime.clouds.asking import CloudRefused
from triggerfish.runtime.clouds.aws import AwsIdentity
from triggerfish.runtime.clouds.azure import AzureIdentity
from triggerfish.settings import Settings

REGION = {"aws_region": "eu-central-1"}
ROLE = "arn:aws:iam::123456789012:role/triggerfish"


@pytest.fixture
async def cloud():
    async with serving() as server:
        yield server


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def token(tmp_path):
    path = tmp_path / "token"
    path.write_text("hush-pod-token\n")
    return str(path)


def keys(clock, name="ASIA1", seconds=3600):
    ends = clock.now() + timedelta(seconds=seconds)
    return {
        "AccessKeyId": name,
        "SecretAccessKey": "hush-secret",
        "Token": "hush-session",
        "Expiration": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
    }


def assumed(clock, name="ASIA1", seconds=3600):
    leaves = keys(clock, name, seconds)
    inner = "".join(
        f"<{key}>{leaves[key]}</{key}>" for key in ("AccessKeyId", "SecretAccessKey", "Expiration")
    )
    return (
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<AssumeRoleWithWebIdentityResult><Credentials><SessionToken>{leaves['Token']}</SessionToken>{inner}"
        "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    ).encode()


def sts_error(code):
    error = f"<Error><Code>{code}</Code><Message>hush-detail</Message></Error>"
    return f"<ErrorResponse>{error}</ErrorResponse>".encode()


# AWS


async def test_keys_of_the_environment_come_first(clock, token):
    settings = Settings(
        **REGION,
        aws_access_key_id="AKIA",
        aws_secret_access_key="s",
        aws_session_token="t",
        aws_web_identity_token_file=token,
    )
    found = await AwsIdentity(settings, clock).keys()
    assert (found.access, found.secret, found.session) == ("AKIA", "s", "t")


def by_web_identity(cloud, token):
    return Settings(
        **REGION, aws_role_arn=ROLE, aws_web_identity_token_file=token, aws_endpoint_url_sts=cloud.base
    )


async def test_a_service_account_with_a_role(cloud, clock, token):
    cloud.routes["POST /"] = lambda asked: (200, assumed(clock, f"ASIA{len(cloud.asked)}"))
    identity = AwsIdentity(by_web_identity(cloud, token), clock)
    assert (await identity.keys()).access == "ASIA1"
    assert (await identity.keys()).access == "ASIA1"
    form = {key: value for key, (value,) in parse_qs(cloud.asked[0].body.decode()).items()}
    assert form == {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "RoleSessionName": "triggerfish",
        "WebIdentityToken": "hush-pod-token",
    }
    # They are asked for again five minutes before they end.
    clock.advance(3600 - 301)
    assert (await identity.keys()).access == "ASIA1"
    clock.advance(2)
    assert (await identity.keys()).access == "ASIA2"


async def test_keys_that_somebody_refused_are_asked_for_again(cloud, clock, token):
    cloud.routes["POST /"] = lambda asked: (200, assumed(clock, f"ASIA{len(cloud.asked)}"))
    identity = AwsIdentity(by_web_identity(cloud, token), clock)
    identity.refused(await identity.keys())
    assert (await identity.keys()).access == "ASIA2"


async def test_short_keys_are_used_for_half_of_their_life(cloud, clock, token):
    cloud.routes["POST /"] = lambda asked: (200, assumed(clock, f"ASIA{len(cloud.asked)}", 100))
    identity = AwsIdentity(by_web_identity(cloud, token), clock)
    await identity.keys()
    clock.advance(49)
    assert (await identity.keys()).access == "ASIA1"
    clock.advance(2)
    assert (await identity.keys()).access == "ASIA2"


async def test_a_pod_identity(cloud, clock, token):
    cloud.routes["GET /v1/credentials"] = (200, keys(clock))
    settings = Settings(
        **REGION,
        aws_container_credentials_full_uri=f"{cloud.base}/v1/credentials",
        aws_container_authorization_token_file=token,
    )
    assert (await AwsIdentity(settings, clock).keys()).session == "hush-session"
    assert cloud.asked[0].headers["authorization"] == "hush-pod-token"


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example.com/",
        "http://169.254.170.2.evil.example.com/",
        "ftp://127.0.0.1/",
        "http://127.0.0.1@evil/",
    ],
)
async def test_a_pods_token_goes_in_plain_text_to_no_other_host(url, clock, token):
    settings = Settings(
        **REGION, aws_container_credentials_full_uri=url, aws_container_authorization_token_file=token
    )
    with pytest.raises(SettingError, match="AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        await AwsIdentity(settings, clock).keys()


async def test_an_instance(cloud, clock):
    place = "/latest/meta-data/iam/security-credentials/"
    cloud.routes["PUT /latest/api/token"] = (200, b"hush-imds")
    cloud.routes[f"GET {place}"] = (200, b"node-role")
    cloud.routes[f"GET {place}node-role"] = (200, keys(clock))
    settings = Settings(**REGION, aws_ec2_metadata_service_endpoint=cloud.base)
    assert (await AwsIdentity(settings, clock).keys()).access == "ASIA1"
    assert [asked.headers.get("x-aws-ec2-metadata-token") for asked in cloud.asked] == [
        None,
        "hush-imds",
        "hush-imds",
    ]


async def test_no_identity_at_all_says_every_way(clock):
    settings = Settings(**REGION, aws_ec2_metadata_service_endpoint="http://127.0.0.1:1")
    with pytest.raises(CloudRefused, match=r"AWS_WEB_IDENTITY_TOKEN_FILE.*give the function a role"):
        await AwsIdentity(settings, clock).keys()


@pytest.mark.parametrize("region", ["", "eu", "eu-central-1.evil.example.com/", "EU-CENTRAL-1"])
def test_a_region_is_a_region(region, clock):
    with pytest.raises(SettingError, match="AWS_REGION"):
        AwsIdentity(Settings(aws_region=region), clock)


# What goes wrong, for both

AWS_TROUBLE = [
    pytest.param(
        (403, sts_error("AccessDenied")), CloudRefused, "403 AccessDenied.*trust policy", id="refused"
    ),
    pytest.param(
        (400, sts_error("ExpiredTokenException")), CloudRefused, "ExpiredTokenException", id="expired"
    ),
    pytest.param((404, b"<!DOCTYPE html>"), CloudRefused, "answered 404", id="not found"),
    pytest.param((400, sts_error("Throttling")), Unanswered, "Throttling", id="throttled"),
    pytest.param((503, b""), Unanswered, "answered 503", id="down"),
    pytest.param((200, b"<a/>"), Unanswered, "without keys", id="an empty answer"),
    pytest.param((200, b"not XML"), Unanswered, "without keys", id="no XML"),
    pytest.param((200, b"x" * 1_100_000), Unanswered, "more than", id="too long"),
]


@pytest.mark.parametrize(("answer", "kind", "words"), AWS_TROUBLE)
async def test_aws_trouble_is_a_sentence_without_a_secret(cloud, clock, token, answer, kind, words):
    cloud.routes["POST /"] = answer
    with pytest.raises(kind, match=words) as caught:
        await AwsIdentity(by_web_identity(cloud, token), clock).keys()
    assert "hush" not in str(caught.value)


async def test_a_redirect_is_not_followed(cloud, clock, token):
    cloud.routes |= {"POST /": (302, "/elsewhere"), "GET /elsewhere": (200, assumed(clock))}
    with pytest.raises(CloudRefused, match="answered 302"):
        await AwsIdentity(by_web_identity(cloud, token), clock).keys()
    assert [asked.url for asked in cloud.asked] == [f"{cloud.base}/"]


async def test_a_slow_cloud_is_waited_for_five_seconds(cloud, clock, token, monkeypatch):
    monkeypatch.setattr("triggerfish.runtime.clouds.asking._seconds", 0.05)
    cloud.routes["POST /"] = None
    with pytest.raises(Unanswered, match=r"AWS STS did not answer within 0\.05 s"):
        # Its end is the matter here, not its length.
        async with asyncio.timeout(20):
            await AwsIdentity(by_web_identity(cloud, token), clock).keys()


# Azure

TOKEN_PATH = "POST /tenant-1/oauth2/v2.0/token"


def workload(cloud, token, tenant="tenant-1"):
    return Settings(
        azure_client_id="client-1",
        azure_tenant_id=tenant,
        azure_federated_token_file=token,
        azure_authority_host=f"{cloud.base}/",
    )


async def test_a_workload_identity_exchanges_the_pods_token(cloud, clock, token):
    cloud.routes[TOKEN_PATH] = lambda asked: (
        200,
        {"access_token": f"t{len(cloud.asked)}", "expires_in": 3600},
    )
    identity = AzureIdentity(workload(cloud, token), clock)
    assert (await identity.lease("https://vault.azure.net")).token == "t1"
    assert (await identity.lease("https://vault.azure.net")).token == "t1"
    assert (await identity.lease("other")).token == "t2"
    form = {key: value for key, (value,) in parse_qs(cloud.asked[0].body.decode()).items()}
    assert form == {
        "grant_type": "client_credentials",
        "client_id": "client-1",
        "scope": "https://vault.azure.net/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "hush-pod-token",
    }
    clock.advance(3301)
    assert (await identity.lease("other")).token == "t3"
    identity.refused("other", "t3")
    assert (await identity.lease("other")).token == "t4"


async def test_the_endpoint_of_functions_and_container_apps(cloud, clock):
    cloud.routes["GET /msi/token"] = (200, {"access_token": "t", "expires_in": "3600"})
    settings = Settings(
        identity_endpoint=f"{cloud.base}/msi/token", identity_header="hush", azure_client_id="client-1"
    )
    assert (await AzureIdentity(settings, clock).lease("https://vault.azure.net")).token == "t"
    (asked,) = cloud.asked
    assert asked.headers["x-identity-header"] == "hush"
    assert "resource=https%3A%2F%2Fvault.azure.net" in asked.url
    assert "client_id=client-1" in asked.url


def entra(code, text="hush"):
    return {"error": code, "error_description": f"AADSTS700213: no matching record for {text}"}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        pytest.param(
            (401, entra("invalid_client")), CloudRefused, "401 AADSTS700213.*federated", id="refused"
        ),
        pytest.param((400, {"error": "invalid_scope"}), CloudRefused, "invalid_scope", id="no code"),
        pytest.param((400, {"error": ["hush"]}), CloudRefused, "answered 400", id="a strange answer"),
        pytest.param((404, b""), CloudRefused, "answered 404", id="not found"),
        pytest.param((429, b""), Unanswered, "answered 429", id="throttled"),
        pytest.param((500, b""), Unanswered, "answered 500", id="down"),
        pytest.param((200, {"access_token": "hush"}), Unanswered, "without a token", id="no end"),
        pytest.param((200, b"[]"), Unanswered, "without a token", id="no object"),
    ],
)
async def test_azure_trouble_is_a_sentence_without_a_secret(cloud, clock, token, answer, kind, words):
    cloud.routes[TOKEN_PATH] = answer
    with pytest.raises(kind, match=words) as caught:
        await AzureIdentity(workload(cloud, token), clock).lease("x")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "given", [{}, {"azure_client_id": "c"}, {"azure_client_id": "c", "azure_tenant_id": "t"}], ids=str
)
def test_no_azure_identity_says_what_is_missing(given, clock):
    with pytest.raises(SettingError, match="AZURE_FEDERATED_TOKEN_FILE"):
        AzureIdentity(Settings(**given), clock)


async def test_a_tenant_is_no_path(cloud, clock, token):
    with pytest.raises(SettingError, match="AZURE_TENANT_ID"):
        await AzureIdentity(workload(cloud, token, "../x"), clock).lease("x")


async def test_a_token_file_that_is_gone_is_named(cloud, clock):
    with pytest.raises(TriggerfishError, match="/nowhere cannot be read: FileNotFoundError"):
        await AwsIdentity(by_web_identity(cloud, "/nowhere"), clock).keys()
