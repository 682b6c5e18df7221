"""All that functions ask of hosts: credentials of a namespace, conversations, the bound on facts, apps."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.hostapi.hosts import OK, TEXT, URL, Script, opened, secret
from tests.hosts.fake_hosts import answered
from tests.kube.fakes import FakeClock

from triggerfish.errors import ApiError, HostRefused, HostUnanswered, Unanswered
from triggerfish.hostapi.hosts import CALLS_A_MINUTE, SPARED_CALLS, Hosts
from triggerfish.hosts.api.values import HostRequest, HostResponse, HostUser, Permission
from triggerfish.settings import Settings

KEY = rsa.generate_private_key(65537, 2048)


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def permission(api):
    return api.permission("org/app", HostUser("octocat"))


async def test_a_conversation_with_the_credential_that_fits():
    script = Script(OK)
    hosts = opened(script)
    found = await hosts.credential("team-a", "gitea", "org/app")
    assert await hosts.run(found, permission, seconds=3) is Permission.WRITE
    (request,) = script.requests
    assert request.url == f"{URL}/api/v1/repos/org/app/collaborators/octocat/permission"
    assert script.headers == [{"Accept": "application/json", "Authorization": "token hush-token"}]
    assert "hush" not in repr(request) + repr(found) + repr(hosts)


@pytest.mark.parametrize(
    ("host", "repository"), [("gitea", "elsewhere/app"), ("github", "org/app"), ("gitea", "")]
)
async def test_without_one_that_fits_there_is_none(host, repository):
    assert await opened(Script(OK)).credential("team-a", host, repository) is None


@pytest.mark.parametrize(
    ("error", "raised", "says"),
    [
        (ApiError(404, "NotFound", "hush"), None, ""),
        (ApiError(403, "Forbidden", "hush"), HostRefused, "triggerfish-hosts cannot be read: 403 Forbidden"),
        (ApiError(500, "", "hush"), HostUnanswered, "500"),
        (Unanswered("no answer"), HostUnanswered, "no answer"),
    ],
)
async def test_a_secret_that_cannot_be_read(error, raised, says):
    async def get(namespace, name):
        raise error

    hosts = Hosts(Settings(), get, FakeClock())
    if raised is None:
        assert await hosts.credential("team-a", "gitea", "org/app") is None
        return
    with pytest.raises(raised, match=says) as caught:
        await hosts.credential("team-a", "gitea", "org/app")
    assert "hush" not in str(caught.value)


async def test_a_store_that_is_not_set_up_is_told():
    hosts = Hosts(Settings(secret_store="aws", aws_region="x"), None, FakeClock())
    with pytest.raises(HostRefused, match="HOST_SECRET_NAME needs"):
        await hosts.credentials("team-a")


async def test_credentials_in_files(tmp_path):
    folder = tmp_path / "triggerfish-hosts" / "team-a"
    folder.mkdir(parents=True)
    (folder / "ci").write_text(TEXT)
    hosts = Hosts(Settings(secret_store="file", secret_folder=str(tmp_path)), None, FakeClock())
    assert (await hosts.credential("team-a", "gitea", "org/app")).name == "ci"
    assert await hosts.credential("team-b", "gitea", "org/app") is None


async def test_one_credential_asks_for_thirty_facts_a_minute():
    clock, script = FakeClock(), Script(OK)
    hosts = Hosts(Settings(), secret(a=TEXT, b=TEXT.replace("hush", "hush2")), clock, lambda _: script)
    one, other = (await hosts.credentials("team-a")).good
    for _ in range(CALLS_A_MINUTE):
        await hosts.ask(one, permission, seconds=3)
        clock.advance(1)
    with pytest.raises(HostUnanswered, match="30 requests a minute") as caught:
        await hosts.ask(one, permission, seconds=3)
    assert caught.value.retry_after == 30.0
    assert "hush" not in str(caught.value)
    # Neither another credential nor a report has to wait.
    await hosts.ask(other, permission, seconds=3)
    await hosts.run(one, permission, seconds=3)
    clock.advance(30)
    await hosts.ask(one, permission, seconds=3)


async def test_a_host_that_answers_more_than_memory_has_is_refused():
    heavy = HostResponse(200, {}, b"[" + b"{}," * (1 << 18) + b"{}]")
    hosts = Hosts(Settings(), secret(a=TEXT), FakeClock(), lambda _: Script(heavy))
    (one,) = (await hosts.credentials("team-a")).good

    def pages(api):
        for _ in range(9):
            yield HostRequest("GET", f"{URL}/api/v1/pages")

    with pytest.raises(HostRefused, match="answered more than can be read"):
        await hosts.run(one, pages, seconds=3)


async def test_what_anybody_can_cause_leaves_some_of_them_to_others():
    hosts = Hosts(Settings(), secret(a=TEXT), clock := FakeClock(), lambda _: Script(OK))
    (one,) = (await hosts.credentials("team-a")).good
    for _ in range(CALLS_A_MINUTE - SPARED_CALLS):
        await hosts.ask(one, permission, seconds=3, by_anybody=True)
    with pytest.raises(HostUnanswered, match="20 requests a minute") as caught:
        await hosts.ask(one, permission, seconds=3, by_anybody=True)
    assert caught.value.retry_after == 60.0
    for _ in range(SPARED_CALLS):
        await hosts.ask(one, permission, seconds=3)
    with pytest.raises(HostUnanswered, match="30 requests a minute"):
        await hosts.ask(one, permission, seconds=3)
    clock.advance(60)
    await hosts.ask(one, permission, seconds=3, by_anybody=True)


class GitHub:
    """Takes an app's JWT for tokens, and those for permissions."""

    def __init__(self, clock, lasts=3600.0):
        self.clock, self.lasts = clock, lasts
        self.asked, self.valid = [], set()
        self.requests, self.jwts = [], []

    async def __call__(self, request, headers, seconds):
        self.requests.append(request.url.removeprefix("https://api.github.com"))
        given = dict(headers)["Authorization"].removeprefix("Bearer ")
        if request.url.endswith("/access_tokens"):
            self.jwts.append(given)
            token = f"hush-{len(self.jwts)}"
            self.valid.add(token)
            end = self.clock.now().timestamp() + self.lasts
            from datetime import UTC, datetime

            ends = datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return answered({"token": token, "expires_at": ends}, 201)
        if request.url.endswith("/installation"):
            self.jwts.append(given)
            return answered({"id": 77})
        return OK if given in self.valid else answered({}, 401)


def app(installation="", key=KEY):
    lines = "\n  ".join(pem(key).splitlines())
    more = f"installationId: {installation}\n" if installation else ""
    return f"type: github\nappId: 12\n{more}repositories: [org/*]\nprivateKey: |\n  {lines}\n"


class TestApps:
    def opened(self, text, lasts=3600.0):
        clock = FakeClock()
        github = GitHub(clock, lasts)
        return opened(github, text, clock), github, clock

    async def run(self, hosts, **more):
        found = await hosts.credential("team-a", "github", "org/app")
        assert "PRIVATE" not in repr(found)
        return await hosts.run(found, permission, seconds=3, **more)

    async def test_the_jwt_is_changed_for_a_token_that_is_kept(self):
        hosts, github, clock = self.opened(app("7"))
        assert await self.run(hosts) is Permission.WRITE
        clock.advance(3000)
        await self.run(hosts)
        assert len(github.jwts) == 1
        clock.advance(400)
        await self.run(hosts)
        assert len(github.jwts) == 2
        assert github.requests[0] == "/app/installations/7/access_tokens"

    async def test_the_jwt_says_who_and_for_less_than_ten_minutes(self):
        hosts, github, clock = self.opened(app("7"))
        await self.run(hosts)
        head, claims, signature = github.jwts[0].split(".")

        def plain(part):
            return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

        KEY.public_key().verify(plain(signature), f"{head}.{claims}".encode(), PKCS1v15(), hashes.SHA256())
        found, now = json.loads(plain(claims)), clock.now().timestamp()
        assert json.loads(plain(head)) == {"alg": "RS256", "typ": "JWT"}
        assert found["iss"] == "12"
        assert found["iat"] <= now - 60
        assert now < found["exp"] <= now + 600
        assert found["exp"] - found["iat"] <= 600

    @pytest.mark.parametrize(
        ("own", "named", "used"), [("7", None, 7), ("7", 8, 8), ("", 8, 8), ("", None, 77)]
    )
    async def test_the_installation(self, own, named, used):
        hosts, github, _ = self.opened(app(own))
        await self.run(hosts, installation=named)
        assert f"/app/installations/{used}/access_tokens" in github.requests
        asked = "/repos/org/app/installation" in github.requests
        assert asked is (used == 77)

    async def test_a_token_that_was_revoked_is_replaced_once(self):
        hosts, github, _ = self.opened(app("7"))
        await self.run(hosts)
        github.valid.clear()
        assert await self.run(hosts) is Permission.WRITE
        assert len(github.jwts) == 2

    async def test_and_when_that_helps_nothing_it_is_a_refusal(self):
        hosts, github, _ = self.opened(app("7"))
        github.valid = frozenset()
        github.valid = type("Nothing", (set,), {"add": lambda *_: None})()
        with pytest.raises(HostRefused, match="GitHub answered 401"):
            await self.run(hosts)
        assert len(github.jwts) == 2

    @pytest.mark.parametrize("key", ["ec", "broken"])
    async def test_a_key_that_is_none_is_told_and_not_shown(self, key):
        text = app("7").replace("MII", "hush")
        if key == "ec":
            text = app("7", ec.generate_private_key(ec.SECP256R1()))
        hosts, github, _ = self.opened(text)
        with pytest.raises(HostRefused, match="is not an RSA private key") as caught:
            await self.run(hosts)
        assert caught.value.__cause__ is None
        assert github.requests == []
