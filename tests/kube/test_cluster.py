"""Identities: each request acts as the one it is for, and never as the function by mistake."""

import asyncio
import base64
import datetime
import logging

import orjson
import pytest

from triggerfish.errors import ApiError, SettingError, Unanswered
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.credentials import Credentials
from triggerfish.kube.resources import WORKFLOW_TEMPLATES, WORKFLOWS
from triggerfish.kube.service_accounts import token_in, token_secret_name
from triggerfish.kube.tokens import Fixed
from triggerfish.kube.transport import Server

ACCOUNTS = "/api/v1/namespaces/argo/serviceaccounts/jenkins"
SECRETS = "/api/v1/namespaces/argo/secrets/"


class Rbac:
    """An API server in a dictionary: what each path answers; tokens counted, all else 200."""

    def __init__(self, clock):
        self.clock = clock
        self.tokens = 0
        self.refused: set[str | None] = set()
        self.paths: dict[str, tuple[int, object]] = {}
        self.life = 600

    def __call__(self, seen):
        path = seen.path.partition("?")[0]
        if seen.headers.get("authorization", "").removeprefix("Bearer ") in self.refused:
            return 401, {"message": "Unauthorized", "reason": "Unauthorized"}, {}
        if path.endswith("/token"):
            self.tokens += 1
            expires = self.clock.now().timestamp() + self.life
            text = datetime.datetime.fromtimestamp(expires, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return 201, {"status": {"token": f"sa-{self.tokens}", "expirationTimestamp": text}}, {}
        status, body = self.paths.get(path, (200, {"items": []}))
        return status, body, {}


@pytest.fixture
def rbac(api, clock):
    api.answer = Rbac(clock)
    return api.answer


@pytest.fixture
async def open_cluster(api, clock):
    opened = []

    def make(way="token-request", authorization=None, certificate=None, **more):
        credentials = Credentials(api.server, authorization or Fixed("own"), certificate)
        opened.append(Cluster(credentials, clock, webhook_identity=way, **more))
        return opened[-1]

    yield make
    for cluster in opened:
        await cluster.close()


async def create(client):
    return await client.create(WORKFLOWS, "argo", {"metadata": {"name": "w"}})


async def test_a_bearer_token_is_used_as_it_is_and_without_our_certificate(api, open_cluster, rbac):
    cluster = open_cluster(authorization=Fixed(), certificate=api.client_certificate)
    await create(cluster.own)
    await create(cluster.bearer("alice"))
    ours, theirs = api.seen
    assert (ours.headers.get("authorization"), theirs.headers["authorization"]) == (None, "Bearer alice")
    assert ours.certificate is not None
    assert theirs.certificate is None


@pytest.mark.parametrize(
    "token",
    ["", " ", "v2:argo", "a b", "a\r\nImpersonate-User: root", "ä", "a\n", "x" * 20000],
    ids=lambda token: ascii(token[:30]),
)
async def test_what_is_no_token_is_401_and_goes_nowhere(api, open_cluster, token):
    with pytest.raises(ApiError) as caught:
        open_cluster().bearer(token)
    assert caught.value.status == 401
    assert api.seen == []


async def test_a_service_account_acts_by_a_token_of_its_own(api, open_cluster, rbac):
    cluster = open_cluster(authorization=Fixed("own"), certificate=api.client_certificate)
    await create(await cluster.service_account("argo", "jenkins"))
    asked, created = api.seen
    assert (asked.path, asked.headers["authorization"]) == (f"{ACCOUNTS}/token", "Bearer own")
    assert orjson.loads(asked.body)["spec"] == {"expirationSeconds": 600}
    assert created.headers["authorization"] == "Bearer sa-1"
    assert created.certificate is None


async def test_its_token_is_kept_until_a_minute_before_it_ends(open_cluster, rbac, clock):
    cluster = open_cluster()
    for advance, tokens in ((0, 1), (539, 1), (2, 2)):
        clock.advance(advance)
        await cluster.service_account("argo", "jenkins")
        assert rbac.tokens == tokens
    await cluster.service_account("other", "jenkins")
    assert rbac.tokens == 3, "another namespace's account of that name is another account"


async def test_many_deliveries_at_once_ask_for_one_token(open_cluster, rbac):
    cluster = open_cluster()
    await asyncio.gather(*(cluster.service_account("argo", "jenkins") for _ in range(10)))
    assert rbac.tokens == 1


async def test_a_token_that_is_refused_is_fetched_once_more(api, open_cluster, rbac):
    cluster = open_cluster()
    client = await cluster.service_account("argo", "jenkins")
    rbac.refused.add("sa-1")
    await create(client)
    assert [bearer for bearer in api.bearers() if bearer != "Bearer own"] == ["Bearer sa-1", "Bearer sa-2"]


async def test_a_second_refusal_is_final(open_cluster, rbac):
    cluster = open_cluster()
    client = await cluster.service_account("argo", "jenkins")
    rbac.refused |= {"sa-1", "sa-2"}
    with pytest.raises(ApiError) as caught:
        await create(client)
    assert caught.value.status == 401
    assert rbac.tokens == 2


async def test_a_right_that_is_denied_drops_the_token(open_cluster, rbac):
    cluster = open_cluster()
    client = await cluster.service_account("argo", "jenkins")
    rbac.paths[WORKFLOWS.path("argo")] = (403, {"message": "no"})
    with pytest.raises(ApiError):
        await create(client)
    await cluster.service_account("argo", "jenkins")
    assert rbac.tokens == 2


async def test_forget_asks_anew(open_cluster, rbac):
    cluster = open_cluster()
    await cluster.service_account("argo", "jenkins")
    cluster.forget("argo", "jenkins")
    await cluster.service_account("argo", "jenkins")
    assert rbac.tokens == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param((404, {"message": "no such account"}), ApiError, id="no such service account"),
        pytest.param((403, {"message": "not yours"}), ApiError, id="not granted"),
    ],
)
async def test_a_service_account_that_cannot_be_had_is_an_error_and_nothing_is_sent_as_us(
    api, open_cluster, answer, error
):
    api.answer = lambda _: (*answer, {})
    with pytest.raises(error):
        await open_cluster().service_account("argo", "jenkins")
    assert len(api.seen) == 1


@pytest.mark.parametrize("status", [{}, {"token": ""}, {"token": "t"}, None], ids=repr)
async def test_a_token_request_without_a_token_is_no_identity(api, open_cluster, status):
    api.answer = lambda _: (201, {"status": status}, {})
    with pytest.raises(Unanswered):
        await open_cluster().service_account("argo", "jenkins")


@pytest.mark.parametrize("name", ["../../secrets/x", "A", "", "system:serviceaccount:kube-system:root"])
async def test_a_name_that_is_none_reaches_no_url(api, open_cluster, name):
    for way in ("token-request", "legacy", "impersonate"):
        with pytest.raises(ApiError) as caught:
            await open_cluster(way).service_account("argo", name)
        assert caught.value.status == 404
    assert api.seen == []


# Legacy token Secrets


def secret(token="legacy", owner="jenkins", kind="kubernetes.io/service-account-token"):
    data = {"token": base64.b64encode(token.encode()).decode()}
    return {
        "type": kind,
        "metadata": {"annotations": {"kubernetes.io/service-account.name": owner}},
        "data": data,
    }


ANNOTATED = {"annotations": {"workflows.argoproj.io/service-account-token.name": "annotated"}}


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        pytest.param(
            {"secrets": [{"name": "listed"}], "metadata": ANNOTATED}, "listed", id="the first listed"
        ),
        pytest.param({"secrets": [], "metadata": ANNOTATED}, "annotated", id="else its annotation"),
        pytest.param({"metadata": {}}, "jenkins.service-account-token", id="else the usual name"),
        pytest.param({"secrets": None, "metadata": None}, "jenkins.service-account-token", id="null"),
    ],
)
def test_which_secret_holds_the_token(account, expected):
    assert token_secret_name(account, "jenkins") == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(secret(), "legacy", id="a token Secret of that account"),
        pytest.param(secret(owner="admin"), None, id="of another account"),
        pytest.param(secret(kind="Opaque"), None, id="of another type"),
        pytest.param(secret(token=""), None, id="an empty token"),
        pytest.param({**secret(), "data": {"token": "hush!"}}, None, id="no base64"),
        pytest.param({**secret(), "data": None}, None, id="no data"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_only_a_token_secret_of_that_account_gives_its_token(given, expected):
    assert token_in(given, "jenkins") == expected


async def test_legacy_reads_the_secret_and_acts_by_its_token(api, open_cluster, rbac, clock):
    rbac.paths = {
        ACCOUNTS: (200, {"metadata": {}}),
        SECRETS + "jenkins.service-account-token": (200, secret("one")),
    }
    cluster = open_cluster("legacy")
    await create(await cluster.service_account("argo", "jenkins"))
    assert api.bearers() == ["Bearer own", "Bearer own", "Bearer one"]
    rbac.paths[SECRETS + "jenkins.service-account-token"] = (200, secret("two"))
    clock.advance(10.1)
    await create(await cluster.service_account("argo", "jenkins"))
    assert api.bearers()[-1] == "Bearer two"


async def test_legacy_with_a_secret_of_somebody_else_is_refused(api, open_cluster, rbac):
    rbac.paths = {
        ACCOUNTS: (200, {"secrets": [{"name": "admin-token"}]}),
        SECRETS + "admin-token": (200, secret(owner="admin")),
    }
    with pytest.raises(ApiError) as caught:
        await open_cluster("legacy").service_account("argo", "jenkins")
    assert caught.value.status == 403
    assert rbac.tokens == 0, "no fallback to another way"


# Impersonation


async def test_impersonation_asks_first_whether_the_account_exists(api, open_cluster, rbac, clock):
    cluster = open_cluster("impersonate")
    for _ in range(2):
        await create(await cluster.service_account("argo", "jenkins"))
    assert [seen.path for seen in api.seen] == [ACCOUNTS, WORKFLOWS.path("argo"), WORKFLOWS.path("argo")]
    assert "impersonate-user" not in api.seen[0].headers
    assert api.seen[1].headers["impersonate-user"] == "system:serviceaccount:argo:jenkins"
    assert api.seen[1].headers["authorization"] == "Bearer own"
    clock.advance(10.1)
    rbac.paths[ACCOUNTS] = (404, {})
    with pytest.raises(ApiError):
        await cluster.service_account("argo", "jenkins")


async def test_an_unknown_way_is_a_setting_error(open_cluster):
    with pytest.raises(SettingError, match="WEBHOOK_IDENTITY"):
        open_cluster("any")


# Cached reads


async def test_what_one_identity_read_is_not_shown_to_another(api, open_cluster, rbac):
    cluster = open_cluster()
    alice, again, bob = cluster.bearer("alice"), cluster.bearer("alice"), cluster.bearer("bob")
    for client in (alice, again, bob):
        await cluster.reads.listed(client, WORKFLOW_TEMPLATES, "argo")
    assert api.bearers() == ["Bearer alice", "Bearer bob"]
    assert (cluster.reads.hits, cluster.reads.misses) == (1, 2)


async def test_reads_are_believed_for_seconds(api, open_cluster, rbac, clock):
    cluster = open_cluster(cache_seconds=5)
    client = cluster.bearer("alice")
    for advance, asked in ((0, 1), (4.9, 1), (0.2, 2)):
        clock.advance(advance)
        await cluster.reads.get(client, WORKFLOW_TEMPLATES, "argo", "t")
        assert len(api.seen) == asked
    with pytest.raises(ValueError, match="ten seconds"):
        open_cluster(cache_seconds=11)


async def test_a_refusal_of_anything_drops_what_that_identity_read(api, open_cluster, rbac):
    cluster = open_cluster()
    alice, bob = cluster.bearer("alice"), cluster.bearer("bob")
    for client in (alice, bob):
        await cluster.reads.listed(client, WORKFLOW_TEMPLATES, "argo")
    rbac.paths[WORKFLOWS.path("argo")] = (403, {})
    with pytest.raises(ApiError):
        await create(alice)
    for client in (alice, bob):
        await cluster.reads.listed(client, WORKFLOW_TEMPLATES, "argo")
    assert api.bearers() == ["Bearer alice", "Bearer bob", "Bearer alice", "Bearer alice"]


async def test_an_error_is_not_kept(api, open_cluster, rbac):
    cluster = open_cluster()
    path = WORKFLOW_TEMPLATES.path("argo", "t")
    rbac.paths[path] = (404, {})
    with pytest.raises(ApiError):
        await cluster.reads.get(cluster.bearer("alice"), WORKFLOW_TEMPLATES, "argo", "t")
    rbac.paths[path] = (200, {"metadata": {}})
    await cluster.reads.get(cluster.bearer("alice"), WORKFLOW_TEMPLATES, "argo", "t")
    assert len(api.seen) == 2


async def test_nothing_is_logged_and_no_repr_shows_a_credential(api, open_cluster, rbac, caplog):
    caplog.set_level(logging.DEBUG)
    cluster = open_cluster(authorization=Fixed("hush-own"), certificate=api.client_certificate)
    clients = [cluster.own, cluster.bearer("hush-alice"), await cluster.service_account("argo", "jenkins")]
    for client in clients:
        await create(client)
    text = caplog.text + repr((cluster, clients, Server("https://k", "hush-ca")))
    assert not any(word in text for word in ("hush", "sa-1", "PRIVATE KEY"))
