"""Over real HTTPS on loopback: which addresses are reached, who is trusted, what is bounded."""

import asyncio
import socket
import ssl
from collections import Counter

import pytest
import trustme
from tests.hostapi.hosts import TEXT, opened
from tests.hosts.served import serving as serving_threads
from tests.support.clouds import serving

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hostapi.connection import ConnectionPlaces
from triggerfish.hosts.api.values import HostResponse, HostUser, Permission
from triggerfish.runtime.clock import Clock

PATH = "GET /api/v1/repos/org/app/collaborators/octocat/permission"
NO_PUBLIC = "Gitea has no public address here; HOST_ADDRESSES says which others may be asked"


@pytest.fixture
async def server(tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("git.example", "127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with serving(context) as found:
        found.routes[PATH] = (200, {"permission": "write"})
        found.authority = str(tmp_path / "ca.pem")
        yield found


class Names:
    """A resolver whose answers change: one list of addresses for each question, the last again and again."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def __call__(self, host, port):
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, each) for each in found]


async def ask(server, host="git.example", names=("127.0.0.1",), seconds=5.0, times=1, **settings):
    port = server.base.rpartition(":")[2]
    text = TEXT.replace("git.example", f"{host}:{port}")
    resolve = names if isinstance(names, Names) else Names(list(names))
    hosts = opened(None, text, Clock(), resolve, **{"host_ca": server.authority, **settings})
    try:
        used = await hosts.credential("team-a", "gitea", "org/app")
        for _ in range(times):
            found = await hosts.run(
                used, lambda api: api.permission("org/app", HostUser("octocat")), seconds=seconds
            )
    except (HostRefused, HostUnanswered) as error:
        found = error
    finally:
        await hosts.close()
    return found


ALLOWED = {"host_addresses": "127.0.0.0/8"}


async def test_an_allowed_address_is_asked(server):
    assert await ask(server, **ALLOWED) is Permission.WRITE
    (asked,) = server.asked
    assert asked.headers["authorization"] == "token hush-token"
    assert asked.headers["user-agent"] == "triggerfish"


@pytest.mark.parametrize("setting", ["private", "127.0.0.1", "10.0.0.0/8, 127.0.0.0/8"])
async def test_by_word_or_by_network(server, setting):
    assert await ask(server, host_addresses=setting) is Permission.WRITE


@pytest.mark.parametrize(
    ("host", "names", "settings"),
    [
        pytest.param("git.example", ["127.0.0.1"], {}, id="a name of a private address"),
        pytest.param("git.example", ["127.0.0.1"], {"host_addresses": "10.0.0.0/8"}, id="not in the network"),
        pytest.param("git.example", ["169.254.169.254"], ALLOWED, id="a name of the metadata server"),
        pytest.param("git.example", ["::ffff:169.254.169.254"], ALLOWED, id="mapped"),
        pytest.param("git.example", ["169.254.169.254", "10.1.2.3"], ALLOWED, id="several"),
        pytest.param("git.example", ["64:ff9b::7f00:1"], ALLOWED, id="NAT64"),
        pytest.param("git.example", ["2002:7f00:1::"], ALLOWED, id="6to4"),
        pytest.param("git.example.", ["127.0.0.1"], {}, id="a name with a dot"),
        pytest.param("127.0.0.1", [], {}, id="an address for a name"),
        pytest.param("169.254.169.254", [], ALLOWED, id="the metadata server's address"),
        pytest.param("[::1]", [], {}, id="an IPv6 address"),
        pytest.param("[::ffff:127.0.0.1]", [], {}, id="a mapped address"),
        pytest.param("[::ffff:a9fe:a9fe]", [], ALLOWED, id="the metadata server's, mapped"),
        pytest.param("[64:ff9b::7f00:1]", [], ALLOWED, id="an address in NAT64"),
    ],
)
async def test_no_other_is(server, host, names, settings):
    assert str(await ask(server, host, names, **settings)) == NO_PUBLIC
    assert server.asked == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "u:p@git.example"])
async def test_a_number_is_no_host(server, host):
    # The credential is none: its url is wrong.
    hosts = opened(None, TEXT.replace("git.example", host), Clock(), Names([]), **ALLOWED)
    assert await hosts.credential("team-a", "gitea", "org/app") is None
    (bad,) = (await hosts.credentials("team-a")).bad
    assert "url" in bad.problem


async def test_of_several_addresses_the_allowed_ones_are_asked(server):
    names = ["169.254.169.254", "10.1.2.3", "127.0.0.1"]
    assert await ask(server, names=names, **ALLOWED) is Permission.WRITE


async def test_an_answer_that_changes_is_checked_each_time(server):
    # First the allowed address, and where a second look was taken, the forbidden one.
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    server.routes[PATH] = lambda asked: (200, {"permission": "write"})
    assert await ask(server, names=names, **ALLOWED) is Permission.WRITE
    assert names.asked == ["git.example"]


async def test_and_the_other_way_round(server):
    names = Names(["169.254.169.254"], ["127.0.0.1"])
    assert str(await ask(server, names=names, **ALLOWED)) == NO_PUBLIC
    assert server.asked == []


async def test_the_next_connection_asks_the_resolver_again(tmp_path):
    def closing(method, target, headers, body):
        return HostResponse(200, {"Connection": "close"}, b'{"permission": "write"}')

    names = Names(["127.0.0.1"], ["169.254.169.254"])
    with serving_threads(closing, tmp_path) as served:
        text = TEXT.replace(
            "git.example", served.base.replace("127.0.0.1", "localhost").removeprefix("https://")
        )
        hosts = opened(None, text, Clock(), names, host_ca=served.authority, **ALLOWED)
        used = await hosts.credential("team-a", "gitea", "org/app")

        def permission(api):
            return api.permission("org/app", HostUser("octocat"))

        assert await hosts.run(used, permission, seconds=5) is Permission.WRITE
        with pytest.raises(HostRefused, match="no public address"):
            await hosts.run(used, permission, seconds=5)
        await hosts.close()
    assert names.asked == ["localhost"] * 2


async def test_a_redirect_leads_to_no_other_host(server):
    server.routes[PATH] = (302, "/elsewhere")
    # The server writes its own address, which is not the name that was asked.
    assert str(await ask(server, **ALLOWED)) == "Gitea redirects to another host"
    assert len(server.asked) == 1


async def test_an_authority_of_ones_own_must_be_set(server, tmp_path):
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    found = await ask(server, host_ca=str(tmp_path / "other.pem"), seconds=0.5, **ALLOWED)
    assert str(found) == "Gitea did not answer: ClientConnectorCertificateError"
    assert server.asked == []


@pytest.mark.parametrize("content", [None, "hush"])
async def test_an_authority_that_cannot_be_read_is_told(server, tmp_path, content):
    if content:
        (tmp_path / "no.pem").write_text(content)
    found = await ask(server, host_ca=str(tmp_path / "no.pem"), **ALLOWED)
    assert type(found) is HostRefused
    assert str(found).startswith("HOST_CA cannot be read: ")


async def test_a_certificate_of_another_name_is_none(server):
    found = await ask(server, "other.example", seconds=0.5, **ALLOWED)
    assert str(found) == "Gitea did not answer: ClientConnectorCertificateError"


async def test_the_proxies_of_the_environment_are_not_asked(server, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert await ask(server, **ALLOWED) is Permission.WRITE


async def test_a_cookie_is_not_sent_back(server):
    assert await ask(server, times=2, **ALLOWED) is Permission.WRITE
    assert all("cookie" not in each.headers for each in server.asked)


async def test_a_slow_host_is_left(server):
    server.routes[PATH] = None
    found = await ask(server, seconds=0.3, **ALLOWED)
    assert isinstance(found, HostUnanswered)
    assert str(found) == "Gitea did not answer in time"


async def test_an_answer_has_a_bound(server):
    server.routes[PATH] = (200, b" " * (9 << 20))
    assert str(await ask(server, **ALLOWED)) == "Gitea answered more than 8 MiB"


async def test_nobody_there(server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.base = f"https://127.0.0.1:{free.getsockname()[1]}"
        found = await ask(server, seconds=0.3, **ALLOWED)
    assert str(found) == "Gitea did not answer: ClientConnectorError"
    await asyncio.sleep(0)


async def test_a_namespace_waits_for_its_own_requests_alone_and_a_host_for_those_to_it():
    places, held = ConnectionPlaces(), []

    async def hold(namespace, url):
        async with places.place(namespace, url):
            held.append((namespace, url))
            await asyncio.Event().wait()

    wanted = [("tenant", f"https://h{number % 4}") for number in range(40)]
    waiting = [asyncio.create_task(hold(*each)) for each in wanted]
    waiting += [asyncio.create_task(hold("neighbour", "https://h0")) for _ in range(12)]
    waiting += [asyncio.create_task(hold("neighbour", "https://h1"))]
    await asyncio.sleep(0.01)
    counted = Counter(held)
    assert sum(count for (namespace, _), count in counted.items() if namespace == "tenant") == 16
    assert (counted["neighbour", "https://h0"], counted["neighbour", "https://h1"]) == (8, 1)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
