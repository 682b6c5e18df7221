"""SECRET_STORE=vault at a real Vault, which asks a real API server whose token it is."""

import base64
import contextlib
import hashlib
import hmac
import json
import signal
import time
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from tests.kube.fakes import FakeClock
from tests.real.apiserver import ApiServer, call
from tests.real.vault import Vault, running
from tests.support import functions
from tests.support.real import Real

from triggerfish.errors import SecretError
from triggerfish.secrets.registry import STORES
from triggerfish.settings import Settings

pytestmark = pytest.mark.real
HOME = "vault-clients"
AUDIENCE = "https://kubernetes.default.svc"
CLIENT = "type: github\nsecret: hush\n"
READ = {"robot": CLIENT.encode()}
SECRET = "secret/data/hooks/{namespace}"


@dataclass(frozen=True)
class Place:
    """Vault, the API server that it asks, and a folder for the pod's token."""

    vault: Vault
    server: ApiServer
    folder: Path

    def account(self, name: str) -> str:
        """A token of that account, as a pod would have it."""
        path = f"/api/v1/namespaces/{HOME}/serviceaccounts"
        try:
            call(self.server, "POST", path, {"metadata": {"name": name}})
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise
        made = call(self.server, "POST", f"{path}/{name}/token", {"spec": {"expirationSeconds": 3600}})
        return str(made["status"]["token"])

    def store(self, *, token: str = "", **settings: str):
        """The store as the function has it: ``token`` is its pod's, else that of the account ``events``."""
        file = self.folder / "token"
        file.write_text(token or self.account("events"))
        given = {
            "vault_role": "events",
            "secret_name": SECRET,
            "vault_cacert": str(self.vault.ca),
            **settings,
        }
        if given.get("vault_token"):
            del given["vault_role"]
        return STORES["vault"](
            Settings(
                secret_store="vault",
                vault_addr=self.vault.url,
                vault_token_file=str(file),
                **given,
            ),
            None,
            FakeClock(),
        )


@pytest.fixture(scope="module")
def place(real_server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("vault")
    with running(folder) as vault:
        found = Place(vault, real_server, folder)
        call(real_server, "POST", "/api/v1/namespaces", {"metadata": {"name": HOME}})
        reviewer = found.account("vault")
        binding = {
            "metadata": {"name": "vault-reviews-tokens"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "system:auth-delegator",
            },
            "subjects": [{"kind": "ServiceAccount", "name": "vault", "namespace": HOME}],
        }
        call(real_server, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
        for path, version in (("secret", 2), ("plain", 1)):
            vault.mount(path, version=version)
        # As docs/clouds.md says: read on the path, and no more.
        for name, paths in (("hooks", ("secret/data/hooks", "plain")), ("wide", ("secret",))):
            rules = [f'path "{path}/*" {{ capabilities = ["read"] }}' for path in paths]
            vault.call("PUT", f"sys/policies/acl/{name}", {"policy": "\n".join(rules)})
        vault.call("POST", "sys/auth/kubernetes", {"type": "kubernetes"})
        vault.call(
            "POST",
            "auth/kubernetes/config",
            {
                "kubernetes_host": real_server.url,
                "kubernetes_ca_cert": real_server.ca,
                "token_reviewer_jwt": reviewer,
                "disable_local_ca_jwt": True,
            },
        )
        bound = {"bound_service_account_names": ["events"], "bound_service_account_namespaces": [HOME]}
        vault.login_role("events", **bound, audience=AUDIENCE, token_policies=["hooks"])
        vault.login_role("no-right", **bound, audience=AUDIENCE)
        vault.login_role("elsewhere", **bound, audience="https://elsewhere.example", token_policies=["hooks"])
        vault.call("POST", "secret/data/hooks/team-a", {"data": {"robot": "type: old\n"}})
        vault.call("POST", "secret/data/hooks/team-a", {"data": {"robot": CLIENT}})
        vault.call("POST", "plain/team-a", {"robot": CLIENT})
        vault.call("POST", "secret/data/hooks/nested", {"data": {"robot": {"secret": "hush"}}})
        vault.call("POST", "secret/data/hooks/deleted", {"data": {"robot": CLIENT}})
        vault.call("DELETE", "secret/data/hooks/deleted")
        yield found


async def refusal(store, namespace: str = "team-a") -> SecretError:
    with pytest.raises(SecretError) as caught:
        await store.read(namespace)
    said = str(caught.value)
    assert not [word for word in ("hush", "hvs.", "eyJ") if word in said], said
    return caught.value


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="KV version 2: the newest"),
        pytest.param({"secret_name": "plain/{namespace}"}, id="KV version 1"),
        pytest.param({"secret_name": "/secret/data/hooks/team-a", "managed_namespace": "team-a"}, id="one"),
    ],
)
async def test_a_pod_reads_a_namespaces_clients(place, settings):
    assert await place.store(**settings).read("team-a") == READ


async def test_a_token_of_its_own_reads_them_as_well(place):
    assert await place.store(vault_token=place.vault.issued("hooks")).read("team-a") == READ


async def test_a_path_of_version_2_without_its_data_is_told_as_one(place):
    store = place.store(vault_token=place.vault.issued("wide"), secret_name="secret/hooks/{namespace}")
    error = await refusal(store)
    assert "does not exist (of KV version 2 the path has data/ in it)" in str(error)
    assert error.missing


async def test_another_mount_of_the_auth_method_is_named(place):
    place.vault.call("POST", "sys/auth/clusters/one", {"type": "kubernetes"})
    error = await refusal(place.store(vault_auth_path="clusters/one"))
    assert "look at the role events of auth/clusters/one" in str(error)


async def test_what_vault_ended_is_logged_in_to_again(place):
    store = place.store()
    assert await store.read("team-a") == READ
    place.vault.call("POST", "sys/leases/revoke-prefix/auth/kubernetes/login", {"sync": True})
    assert await store.read("team-a") == READ


async def test_a_token_whose_time_is_over_is_told_as_one(place):
    token = place.vault.issued("hooks", ttl="1s")
    store = place.store(vault_token=token)
    assert await store.read("team-a") == READ
    place.vault.until_ended(token)
    error = await refusal(store)
    assert "Vault does not know the token (any more); look at VAULT_TOKEN" in str(error)
    assert not error.missing


@pytest.mark.parametrize(
    ("settings", "namespace", "words", "missing"),
    [
        ({}, "team-b", "secret/data/hooks/team-b does not exist", True),
        ({}, "deleted", "secret/data/hooks/deleted does not exist", True),
        ({"secret_name": "plain/{namespace}"}, "team-b", "plain/team-b does not exist", True),
        ({}, "nested", "not a text", False),
        ({"vault_token": "hvs.hush"}, "team-a", "does not know the token", False),
        ({"vault_token": "no such thing"}, "team-a", "does not know the token", False),
        (
            {"vault_role": "no-right"},
            "team-a",
            'its policy needs: path "secret/data/hooks/team-a" { capabilities = ["read"] }',
            False,
        ),
        # Without data/ in it, the path is another one to a policy.
        ({"secret_name": "secret/hooks/{namespace}"}, "team-a", 'path "secret/hooks/team-a"', False),
        ({"secret_name": "nowhere/{namespace}"}, "team-a", 'path "nowhere/team-a"', False),
        ({"vault_role": "nobody"}, "team-a", "Vault answered 400: look at the role nobody", False),
        ({"vault_role": "elsewhere"}, "team-a", "look at the role elsewhere of auth/kubernetes", False),
        ({"vault_auth_path": "nowhere"}, "team-a", "look at the role events of auth/nowhere", False),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_refusal_says_what_to_look_at(place, settings, namespace, words, missing):
    error = await refusal(place.store(**settings), namespace)
    assert words in str(error)
    assert (error.missing, error.retry) == (missing, False)


def ended(place: Place, token: str) -> str:
    """The same token, signed by the cluster's key, an hour after its end."""
    head, body, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    now = int(time.time())
    claims |= {"iat": now - 7200, "nbf": now - 7200, "exp": now - 3600}
    text = f"{head}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}"
    key = (place.server.kubeconfig.parent / "accounts.key").read_bytes()
    private = serialization.load_pem_private_key(key, None)
    signature = private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


async def test_a_pods_token_that_is_no_good_is_refused(place):
    deleted = place.account("gone")
    call(place.server, "DELETE", f"/api/v1/namespaces/{HOME}/serviceaccounts/gone")
    place.vault.login_role(
        "gone",
        bound_service_account_names=["gone"],
        bound_service_account_namespaces=[HOME],
        token_policies=["hooks"],
    )
    good = place.account("events")
    for token, role in (
        (place.account("another"), "events"),
        (deleted, "gone"),
        (ended(place, good), "events"),
        (good[:-4] + "AAAA", "events"),
        ("eyJhush", "events"),
    ):
        error = await refusal(place.store(token=token, vault_role=role))
        assert f"look at the role {role} of auth/kubernetes" in str(error)


async def test_a_sealed_vault_is_asked_again_later(place):
    store = place.store()
    assert await store.read("team-a") == READ
    place.vault.call("PUT", "sys/seal")
    try:
        for each in (store, place.store()):
            error = await refusal(each)
            assert error.retry
            assert "503" in str(error) or "sealed or in maintenance" in str(error)
    finally:
        place.vault.call("PUT", "sys/unseal", {"key": place.vault.unseal})
    assert await store.read("team-a") == READ


async def test_a_vault_that_hangs_is_waited_for_a_while(place, monkeypatch):
    monkeypatch.setattr("triggerfish.runtime.clouds.asking._seconds", 0.2)
    store = place.store(vault_token=place.vault.issued("hooks"))
    place.vault.process.send_signal(signal.SIGSTOP)
    try:
        error = await refusal(store)
    finally:
        place.vault.process.send_signal(signal.SIGCONT)
    assert "Vault did not answer within 0.2 s" in str(error)
    assert error.retry


async def test_a_vault_of_another_authority_is_not_trusted(place):
    error = await refusal(place.store(vault_cacert=str(place.server.kubeconfig.parent / "ca.pem")))
    assert "Vault did not answer" in str(error)
    assert error.retry


def test_a_delivery_of_a_client_in_vault_becomes_a_workflow(place):
    cluster = Real(place.server)
    namespace = cluster.new_namespace()
    argo = {"apiGroups": ["argoproj.io"]}
    rules = (
        {**argo, "resources": ["workflowtemplates", "workfloweventbindings"], "verbs": ["get", "list"]},
        {**argo, "resources": ["workflows"], "verbs": ["create", "get"]},
    )
    cluster.service_account(namespace, "github.com", rules)
    place.vault.call("POST", f"secret/data/hooks/{namespace}", {"data": {"github.com": CLIENT}})
    template = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
    binding = {"event": {"selector": "payload.mark == 1"}, "submit": {"workflowTemplateRef": {"name": "it"}}}
    for plural, kind, spec in (
        ("workflowtemplates", "WorkflowTemplate", template),
        ("workfloweventbindings", "WorkflowEventBinding", binding),
    ):
        body = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": "it"}, "spec": spec}
        call(place.server, "POST", f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/{plural}", body)
    token = place.folder / "pod"
    token.write_text(place.account("events"))
    settings = {
        "KUBECONFIG": str(cluster.kubeconfig),
        "SECRET_STORE": "vault",
        "SECRET_NAME": SECRET,
        "VAULT_ADDR": place.vault.url,
        "VAULT_CACERT": str(place.vault.ca),
        "VAULT_ROLE": "events",
        "VAULT_TOKEN_FILE": str(token),
    }
    body = b'{"mark": 1}'
    with functions.start("events", settings) as events, contextlib.closing(cluster):
        for secret, status in ((b"other", 401), (b"hush", 200)):
            headers = {
                "X-GitHub-Event": "push",
                "X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
                "Content-Type": "application/json",
            }
            reply = events.send("POST", f"/api/v1/events/{namespace}/", body, headers)
            assert reply.status == status, reply.body
    made = call(place.server, "GET", f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/workflows")["items"]
    assert len(made) == 1
