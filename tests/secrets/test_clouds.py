"""The stores of AWS, Azure and Vault: the right answer, and each wrong one as a sentence without a secret."""

import base64
import json

import pytest
import trustme
from tests.kube.fakes import FakeClock
from tests.support.clouds import Asked, CloudServer, serving

from triggerfish.errors import SecretError, SettingError
from triggerfish.runtime.clouds.azure import AzureIdentity
from triggerfish.runtime.clouds.sigv4 import AwsKeys, signed
from triggerfish.secrets.aws import AwsStore
from triggerfish.secrets.azure import AzureStore
from triggerfish.secrets.registry import STORES
from triggerfish.secrets.vault import VaultStore
from triggerfish.settings import Settings

CLIENTS = "robot: |\n  type: github\n  secret: hush\n"
READ = {"robot": b"type: github\nsecret: hush\n"}


@pytest.fixture
async def cloud():
    async with serving() as server:
        yield server


async def read(store, namespace="team-a"):
    found = await store.read(namespace)
    await store.close()
    return dict(found)


async def refusal(store) -> SecretError:
    with pytest.raises(SecretError) as caught:
        await store.read("team-a")
    assert "hush" not in str(caught.value)
    return caught.value


# AWS


def aws(cloud: CloudServer, **more) -> AwsStore:
    settings = Settings(
        secret_store="aws",
        secret_name="hooks/{namespace}",
        aws_region="eu-central-1",
        aws_access_key_id="AKIA",
        aws_secret_access_key="hush-key",
        aws_session_token="hush-session",
        aws_endpoint_url_secrets_manager=cloud.base,
        **more,
    )
    return STORES["aws"](settings, None, FakeClock())


def is_signed(asked: Asked) -> bool:
    """Whether the signature is over what came over the wire."""
    wanted = signed(
        AwsKeys("AKIA", "hush-key", "hush-session"),
        asked.method,
        asked.url,
        {"Content-Type": asked.headers["content-type"], "X-Amz-Target": asked.headers["x-amz-target"]},
        asked.body,
        region="eu-central-1",
        service="secretsmanager",
        now=FakeClock().now(),
    )
    return wanted["Authorization"] == asked.headers["authorization"]


@pytest.mark.parametrize(
    "content",
    [{"SecretString": CLIENTS}, {"SecretBinary": base64.b64encode(CLIENTS.encode()).decode()}],
    ids=["text", "binary"],
)
async def test_a_secret_of_aws(cloud, content):
    cloud.routes["POST /"] = (200, {"Name": "hooks/team-a", **content})
    assert await read(aws(cloud)) == READ
    (asked,) = cloud.asked
    assert asked.headers["x-amz-target"] == "secretsmanager.GetSecretValue"
    assert asked.headers["content-type"] == "application/x-amz-json-1.1"
    assert asked.headers["x-amz-security-token"] == "hush-session"
    assert json.loads(asked.body) == {"SecretId": "hooks/team-a"}
    assert is_signed(asked)


def aws_error(kind, status=400):
    return status, {"__type": f"com.amazonaws#{kind}", "message": "hush-message"}


@pytest.mark.parametrize(
    ("answer", "words", "missing", "retry"),
    [
        (aws_error("ResourceNotFoundException"), "hooks/team-a does not exist", True, False),
        (aws_error("AccessDeniedException"), "secretsmanager:GetSecretValue", False, False),
        (aws_error("InvalidRequestException"), "scheduled for deletion", False, False),
        (aws_error("DecryptionFailure"), "kms:Decrypt", False, False),
        (aws_error("InvalidSignatureException"), "AWS_SECRET_ACCESS_KEY", False, False),
        (aws_error("UnrecognizedClientException"), "look at AWS_ACCESS_KEY_ID", False, True),
        (aws_error("ExpiredTokenException"), "they have ended (ExpiredTokenException)", False, True),
        (aws_error("ThrottlingException"), "ThrottlingException", False, True),
        (aws_error("InternalServiceError", 500), "InternalServiceError", False, True),
        ((503, b"<html>hush"), "503", False, True),
        ((200, {"SecretString": "robot: [hush"}), "not YAML", False, False),
        ((200, {}), "not a mapping", False, False),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_trouble_of_aws(cloud, answer, words, missing, retry):
    cloud.routes["POST /"] = answer
    error = await refusal(aws(cloud))
    assert words in str(error)
    assert (error.missing, error.retry) == (missing, retry)


async def test_keys_that_ended_early_are_asked_for_again(cloud, tmp_path):
    cloud.routes["POST /"] = lambda asked: (
        aws_error("ExpiredTokenException") if len(cloud.asked) == 1 else (200, {"SecretString": CLIENTS})
    )
    assert await read(aws(cloud)) == READ
    assert len(cloud.asked) == 2


# Azure


class GivenIdentity(AzureIdentity):
    """Tokens t1, t2, …: the next one once the last was refused."""

    def __init__(self) -> None:
        self.number = 1
        self.resources: list[str] = []

    async def lease(self, resource):
        from triggerfish.runtime.clouds.azure import AzureToken

        self.resources.append(resource)
        return AzureToken(f"hush-t{self.number}", 60)

    def refused(self, resource, token):
        self.number += token == f"hush-t{self.number}"


def azure(cloud: CloudServer, identity=None) -> AzureStore:
    return AzureStore(
        f"{cloud.base}/secrets/hooks-{{namespace}}", identity or GivenIdentity(), "https://vault.azure.net"
    )


PATH = "GET /secrets/hooks-team-a"


async def test_a_secret_of_azure(cloud):
    cloud.routes[PATH] = (200, {"value": CLIENTS, "id": "x"})
    identity = GivenIdentity()
    assert await read(azure(cloud, identity)) == READ
    (asked,) = cloud.asked
    assert asked.url.endswith("?api-version=7.4")
    assert asked.headers["authorization"] == "Bearer hush-t1"
    assert identity.resources == ["https://vault.azure.net"]


async def test_a_token_that_ended_early_is_asked_for_again(cloud):
    cloud.routes[PATH] = lambda asked: (
        (200, {"value": CLIENTS}) if asked.headers["authorization"] == "Bearer hush-t2" else (401, {})
    )
    assert await read(azure(cloud)) == READ


def vault_error(status, code, inner=""):
    error = {"code": code, "message": "hush", **({"innererror": {"code": inner}} if inner else {})}
    return status, {"error": error}


@pytest.mark.parametrize(
    ("answer", "words", "missing", "retry"),
    [
        (vault_error(404, "SecretNotFound"), "does not exist", True, False),
        (vault_error(403, "Forbidden", "ForbiddenByRbac"), "Key Vault Secrets User", False, False),
        (vault_error(403, "Forbidden", "SecretDisabled"), "disabled", False, False),
        (vault_error(401, "Unauthorized"), "tenant", False, False),
        (vault_error(429, "Throttled"), "429", False, True),
        ((500, b"hush"), "500", False, True),
        ((200, {"value": 1}), "200", False, True),
        ((200, {"value": "- hush"}), "not a mapping", False, False),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_trouble_of_azure(cloud, answer, words, missing, retry):
    cloud.routes[PATH] = answer
    error = await refusal(azure(cloud))
    assert words in str(error)
    assert (error.missing, error.retry) == (missing, retry)


# Vault


@pytest.fixture
async def vault(tmp_path):
    authority = trustme.CA()
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "token").write_text("hush-pod")
    async with serving(context) as server:
        yield server


def open_vault(vault: CloudServer, tmp_path, **more) -> VaultStore:
    given = {"vault_role": "triggerfish", "vault_namespace": "admin/team", **more}
    settings = Settings(
        secret_store="vault",
        secret_name="secret/data/hooks/{namespace}",
        vault_addr=vault.base,
        vault_cacert=str(tmp_path / "ca.pem"),
        vault_token_file=str(tmp_path / "token"),
        **given,
    )
    return STORES["vault"](settings, None, FakeClock())


LOGIN = "POST /v1/auth/kubernetes/login"
SECRET = "GET /v1/secret/data/hooks/team-a"
TEXTS = {"robot": "type: github\nsecret: hush\n"}


def login(vault):
    def answer(asked):
        number = sum("login" in one.url for one in vault.asked)
        return 200, {"auth": {"client_token": f"hush-v{number}", "lease_duration": 3600}}

    return answer


@pytest.mark.parametrize(
    "data", [{"data": TEXTS, "metadata": {"version": 3}}, TEXTS], ids=["KV version 2", "KV version 1"]
)
async def test_a_secret_of_vault(vault, tmp_path, data):
    vault.routes |= {LOGIN: login(vault), SECRET: (200, {"data": data})}
    assert await read(open_vault(vault, tmp_path)) == READ
    first, second = vault.asked
    assert json.loads(first.body) == {"role": "triggerfish", "jwt": "hush-pod"}
    assert second.headers["x-vault-token"] == "hush-v1"
    assert {one.headers["x-vault-namespace"] for one in vault.asked} == {"admin/team"}


async def test_a_token_of_its_own_needs_no_login(vault, tmp_path):
    vault.routes[SECRET] = (200, {"data": TEXTS})
    assert await read(open_vault(vault, tmp_path, vault_role="", vault_token="hush-own")) == READ
    assert [one.headers["x-vault-token"] for one in vault.asked] == ["hush-own"]


async def test_a_login_that_ended_early_is_made_again(vault, tmp_path):
    vault.routes |= {
        LOGIN: login(vault),
        SECRET: lambda asked: (
            (200, {"data": TEXTS})
            if asked.headers["x-vault-token"] == "hush-v2"
            else (403, {"errors": ["hush"]})
        ),
    }
    assert await read(open_vault(vault, tmp_path)) == READ


@pytest.mark.parametrize(
    ("routes", "words", "missing", "retry"),
    [
        ({SECRET: (404, {"errors": []})}, "does not exist", True, False),
        ({SECRET: (403, {"errors": ["hush"]})}, 'capabilities = ["read"]', False, False),
        (
            {SECRET: (403, {"errors": ["2 errors occurred:\n\t* permission denied\n\t* invalid token\n"]})},
            "does not know the token",
            False,
            False,
        ),
        ({SECRET: (503, {"errors": ["hush"]})}, "sealed", False, True),
        ({SECRET: (429, {})}, "429", False, True),
        ({SECRET: (400, {"errors": ["hush"]})}, "400", False, False),
        ({SECRET: (200, {"data": {"robot": {"secret": "hush"}}})}, "not a text", False, False),
        ({SECRET: (200, b"hush")}, "no content", False, False),
        ({LOGIN: (400, {"errors": ["hush"]})}, "the role triggerfish of auth/kubernetes", False, False),
        ({LOGIN: (500, {"errors": ["hush"]})}, "500", False, True),
        ({LOGIN: (200, {"auth": None})}, "without a token", False, True),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_trouble_of_vault(vault, tmp_path, routes, words, missing, retry):
    vault.routes |= {LOGIN: login(vault), SECRET: (200, {"data": TEXTS}), **routes}
    error = await refusal(open_vault(vault, tmp_path))
    assert words in str(error)
    assert (error.missing, error.retry) == (missing, retry)


async def test_a_vault_of_another_authority_is_not_trusted(vault, tmp_path):
    vault.routes[LOGIN] = login(vault)
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    assert "Vault did not answer" in str(await refusal(open_vault(vault, tmp_path)))
    assert vault.asked == []


# For all of them


@pytest.mark.parametrize("kind", ["aws", "azure", "vault"])
async def test_a_slow_store_is_waited_for_a_while_and_asked_again_later(
    kind, cloud, vault, tmp_path, monkeypatch
):
    monkeypatch.setattr("triggerfish.runtime.clouds.asking._seconds", 0.2)
    cloud.routes |= {"POST /": None, PATH: None}
    vault.routes |= {LOGIN: login(vault), SECRET: None}
    store = {
        "aws": lambda: aws(cloud),
        "azure": lambda: azure(cloud),
        "vault": lambda: open_vault(vault, tmp_path),
    }
    error = await refusal(store[kind]())
    assert "did not answer within 0.2 s" in str(error)
    assert error.retry


@pytest.mark.parametrize("kind", ["aws", "azure", "vault"])
async def test_nothing_is_asked_for_what_is_no_namespace(cloud, kind, tmp_path):
    # Vault takes https:// alone; nothing listens there.
    elsewhere = CloudServer(base="https://127.0.0.1:1")
    store = {
        "aws": lambda: aws(cloud),
        "azure": lambda: azure(cloud),
        "vault": lambda: open_vault(elsewhere, tmp_path),
    }
    with pytest.raises(SecretError) as caught:
        await store[kind]().read("../other")
    assert caught.value.missing
    assert cloud.asked == []


AWS_NAMES = {"aws_region": "eu-central-1"}
AZURE = {"identity_endpoint": "http://127.0.0.1/"}
VAULT = {"vault_addr": "https://v", "vault_role": "r"}
KEYS = "https://v.vault.azure.net/secrets"
EACH = "{namespace}"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"secret_store": "aws", "secret_name": "", **AWS_NAMES}, "SECRET_NAME"),
        ({"secret_store": "aws", "secret_name": "hooks", **AWS_NAMES}, "MANAGED_NAMESPACE"),
        ({"secret_store": "aws", "secret_name": "hooks-{namespace}"}, "AWS_REGION"),
        ({"secret_store": "azure", "secret_name": "hooks", **AZURE}, "SECRET_NAME"),
        (
            {"secret_store": "azure", "secret_name": "https://v.evil.com/secrets/{namespace}", **AZURE},
            "SECRET_NAME",
        ),
        (
            {"secret_store": "azure", "secret_name": f"{KEYS}/x", **AZURE},
            "MANAGED_NAMESPACE",
        ),
        (
            {"secret_store": "azure", "secret_name": f"{KEYS}/{EACH}"},
            "AZURE_CLIENT_ID",
        ),
        ({"secret_store": "vault", "secret_name": "a/{namespace}", "vault_role": "r"}, "VAULT_ADDR"),
        (
            {"secret_store": "vault", "secret_name": f"a/{EACH}", **VAULT, "vault_addr": "http://v"},
            "VAULT_ADDR",
        ),
        ({"secret_store": "vault", "secret_name": "a/{namespace}", "vault_addr": "https://v"}, "VAULT_ROLE"),
        (
            {"secret_store": "vault", "secret_name": f"a/{EACH}", **VAULT, "vault_token": "hush"},
            "VAULT_ROLE",
        ),
        ({"secret_store": "vault", "secret_name": "a/../b/{namespace}?", **VAULT}, "SECRET_NAME"),
        ({"secret_store": "vault", "secret_name": "a/b", **VAULT}, "MANAGED_NAMESPACE"),
    ],
    ids=lambda value: str(value)[:90],
)
def test_a_wrong_setting_is_named(given, names):
    with pytest.raises(SettingError, match=names) as caught:
        STORES[given["secret_store"]](Settings(**given), None, FakeClock())
    assert "hush" not in str(caught.value)


def test_one_secret_for_one_namespace_is_fine():
    settings = Settings(secret_store="aws", secret_name="hooks", managed_namespace="team-a", **AWS_NAMES)
    assert STORES["aws"](settings, None, FakeClock())


def test_no_store_shows_a_secret():
    for given in ({"vault_token": "hush"}, {"aws_secret_access_key": "hush"}, {"identity_header": "hush"}):
        assert "hush" not in repr(Settings(**given))
