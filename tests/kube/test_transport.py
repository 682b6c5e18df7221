"""The transport against a real HTTPS server on loopback."""

import asyncio
import contextlib
import logging

import pytest

from triggerfish.errors import AnswerTooLong, SettingError, Unanswered
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.kube.tokens import Fixed, Lease, Leased
from triggerfish.kube.transport import ClientCertificate, Identified, Pool, Server, described
from triggerfish.kube.wire import Request

PATH = WORKFLOWS.path("argo")


@pytest.fixture
async def pools():
    opened = []

    def make(server, certificate=None, **more):
        opened.append(Pool(server, certificate, **more))
        return opened[-1]

    yield make
    for pool in opened:
        await pool.close()


async def test_what_is_sent_is_what_was_asked(api, pools, clock):
    calls = []
    transport = Identified(pools(api.server), Fixed("t"), clock, lambda *call: calls.append(call))
    query = (("labelSelector", "a=b,c in (d)"), ("continue", "x/y+z&="))
    response = await transport.send(Request("POST", PATH, query, {"kind": "ä"}), timeout=5)
    seen = api.seen[0]
    assert (response.status, response.body) == (200, b"{}")
    assert seen.path == PATH + "?labelSelector=a%3Db%2Cc%20in%20%28d%29&continue=x%2Fy%2Bz%26%3D"
    assert seen.body == '{"kind":"ä"}'.encode()
    assert seen.headers["authorization"] == "Bearer t"
    assert seen.headers["content-type"] == "application/json"
    assert [call[:3] for call in calls] == [("create", "workflows", "200")]


async def test_a_certificate_is_shown_by_its_own_pool_only(api, pools, clock):
    ours = Identified(pools(api.server, api.client_certificate), Fixed(), clock)
    theirs = Identified(pools(api.server), Fixed("t"), clock)
    await ours.send(Request("GET", PATH), timeout=5)
    await theirs.send(Request("GET", PATH), timeout=5)
    assert "function@triggerfish.test" in api.seen[0].certificate
    assert api.seen[0].headers.get("authorization") is None
    assert api.seen[1].certificate is None


async def test_pools_without_a_certificate_share_what_is_idle(api, pools, clock):
    ours = pools(api.server)
    theirs = pools(api.server, beside=ours)
    for pool, token in ((ours, "a"), (theirs, "b"), (ours, "a")):
        await Identified(pool, Fixed(token), clock).send(Request("GET", PATH), timeout=5)
    assert api.bearers() == ["Bearer a", "Bearer b", "Bearer a"]
    assert len(ours.connections._open) == 1


async def test_each_pool_has_its_own_limit(api, pools, clock):
    ours = pools(api.server)
    theirs = pools(api.server, beside=ours)
    theirs.connections._places = asyncio.Semaphore(0)
    assert (await Identified(ours, Fixed("a"), clock).send(Request("GET", PATH), timeout=5)).status == 200
    with pytest.raises(Unanswered):
        await Identified(theirs, Fixed("b"), clock).send(Request("GET", PATH), timeout=0.05)


async def test_a_connection_with_a_certificate_is_shared_with_nobody(api, pools):
    ours = pools(api.server, api.client_certificate)
    with pytest.raises(ValueError, match="for nobody else"):
        pools(api.server, beside=ours)
    with pytest.raises(ValueError, match="for nobody else"):
        pools(api.server, api.client_certificate, beside=pools(api.server))


async def test_a_redirect_is_not_followed(api, pools, clock):
    api.answer = lambda _: (302, {}, {"Location": "/elsewhere"})
    response = await Identified(pools(api.server), Fixed("t"), clock).send(Request("GET", PATH), timeout=5)
    assert (response.status, len(api.seen)) == (302, 1)


async def test_a_cookie_of_one_identity_does_not_reach_the_next(api, pools, clock):
    api.answer = lambda _: (200, {}, {"Set-Cookie": "session=alice"})
    pool = pools(api.server)
    for token in ("alice", "bob"):
        await Identified(pool, Fixed(token), clock).send(Request("GET", PATH), timeout=5)
    assert "cookie" not in api.seen[1].headers


@pytest.mark.parametrize("name", ["Authorization", "Impersonate-User", "impersonate-extra-x", "Cookie"])
async def test_a_request_cannot_say_who_it_acts_as(api, pools, clock, name):
    transport = Identified(pools(api.server), Fixed("t"), clock)
    with pytest.raises(ValueError, match=name):
        await transport.send(Request("GET", PATH, headers={name: "root"}), timeout=5)
    assert api.seen == []


async def test_a_refused_token_is_renewed_once_and_the_request_sent_again(api, pools, clock):
    api.answer = lambda seen: (401 if seen.headers["authorization"] == "Bearer t1" else 201, {}, {})
    tokens = iter(["t1", "t2"])
    dropped = []

    async def ask():
        return Lease(next(tokens), 60.0)

    transport = Identified(
        pools(api.server), Leased(clock, ask), clock, None, lambda: dropped.append("dropped")
    )
    response = await transport.send(Request("POST", PATH, (), {}), timeout=5)
    assert response.status == 201
    assert api.bearers() == ["Bearer t1", "Bearer t2"]
    assert dropped == ["dropped"]


async def test_a_refused_token_that_stays_the_same_is_sent_once(api, pools, clock):
    api.answer = lambda _: (401, {}, {})
    response = await Identified(pools(api.server), Fixed("t"), clock).send(Request("GET", PATH), timeout=5)
    assert (response.status, len(api.seen)) == (401, 1)


async def test_a_large_body_arrives_whole(api, pools, clock):
    text = "x" * (3 << 20)
    await Identified(pools(api.server), Fixed("t"), clock).send(
        Request("POST", PATH, (), {"t": text}), timeout=9
    )
    assert len(api.seen[0].body) == len(text) + len('{"t":""}')


async def test_a_server_that_nobody_vouches_for_is_no_answer_unless_told_so(api, pools, clock):
    with pytest.raises(Unanswered, match="is not trusted"):
        await Identified(pools(Server(api.server.url)), Fixed("t"), clock).send(
            Request("GET", PATH), timeout=5
        )
    lax = pools(Server(api.server.url, verify=False))
    assert (await Identified(lax, Fixed("t"), clock).send(Request("GET", PATH), timeout=5)).status == 200


@contextlib.asynccontextmanager
async def faulty_server(answer):
    done = asyncio.Event()

    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await answer(writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        done.set()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield Server(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await done.wait()


async def slams(writer):
    writer.transport.abort()


async def breaks_off(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()


async def babbles(writer):
    writer.write(b"hush hush\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize("fault", [slams, breaks_off, babbles])
async def test_an_answer_that_is_none_is_unanswered_and_quotes_nothing(pools, clock, fault, caplog):
    caplog.set_level(logging.DEBUG)
    calls = []
    async with faulty_server(fault) as where:
        transport = Identified(pools(where), Fixed("hush-token"), clock, lambda *call: calls.append(call))
        with pytest.raises(Unanswered) as caught:
            await transport.send(Request("POST", PATH, (), {"secret": "hush"}), timeout=5)
    assert "hush" not in str(caught.value) + repr(transport) + caplog.text
    assert calls[0][:3] == ("create", "workflows", "none")


async def test_silence_is_unanswered(pools, clock):
    hung_up = asyncio.Event()

    async def nothing(_):
        await hung_up.wait()

    async with faulty_server(nothing) as where:
        with pytest.raises(Unanswered, match=r"within 0\.05 s"):
            await Identified(pools(where), Fixed("t"), clock).send(Request("GET", PATH), timeout=0.05)
        hung_up.set()


async def test_nobody_there_is_unanswered(pools, clock, unused_tcp_port):
    where = Server(f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(Unanswered, match="no connection"):
        await Identified(pools(where), Fixed("t"), clock).send(Request("GET", PATH), timeout=5)


@pytest.mark.parametrize(
    ("server", "certificate", "says"),
    [
        pytest.param(Server("https://k", "hush"), None, "not PEM", id="authority"),
        pytest.param(Server("https://k"), ClientCertificate("hush", "hush"), "not PEM", id="certificate"),
    ],
)
async def test_certificates_that_cannot_be_read_are_setting_errors(server, certificate, says):
    with pytest.raises(SettingError, match=says) as caught:
        Pool(server, certificate)
    assert "hush" not in str(caught.value)


def test_no_repr_shows_a_credential(clock):
    things = [
        Fixed("hush"),
        ClientCertificate("hush", "hush"),
        Server("https://k", "hush", proxy="http://me:hush@p"),
    ]
    assert "hush" not in repr(things)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/apis/argoproj.io/v1alpha1/workflows", ("list", "workflows")),
        ("GET", "/apis/argoproj.io/v1alpha1/namespaces/a/workflows", ("list", "workflows")),
        ("GET", "/apis/argoproj.io/v1alpha1/namespaces/a/workflows/w", ("get", "workflows")),
        ("POST", "/api/v1/namespaces/a/serviceaccounts/s/token", ("create", "serviceaccounts/token")),
        ("PATCH", "/apis/argoproj.io/v1alpha1/namespaces/a/cronworkflows/c", ("patch", "cronworkflows")),
        ("DELETE", "/api/v1/namespaces/a/configmaps/c", ("delete", "configmaps")),
        ("GET", "/version", ("list", "/version")),
    ],
)
def test_calls_are_described_as_kubernetes_names_them(method, path, expected):
    assert described(Request(method, path)) == expected


async def test_an_answer_that_goes_on_comes_in_pieces(api, pools, clock):
    calls = []
    transport = Identified(pools(api.server), Fixed("t"), clock, lambda *call: calls.append(call))
    async with transport.opened(Request("GET", PATH, (("watch", "true"),)), timeout=5) as opened:
        assert (opened.response.status, opened.response.body) == (200, b"")
        assert b"".join([piece async for piece in opened.pieces]) == b"{}"
    assert [call[:3] for call in calls] == [("watch", "workflows", "200")]


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_of_one_drops_what_was_read_as_its_identity(api, pools, clock, status):
    api.answer = lambda _: (status, {"message": "no"}, {})
    refused = []
    transport = Identified(pools(api.server), Fixed("t"), clock, refused=lambda: refused.append(True))
    async with transport.opened(Request("GET", PATH), timeout=5) as opened:
        assert opened.response.status == status
        assert b"no" in opened.response.body
    assert refused == [True]


async def test_more_than_was_asked_for_is_not_read(api, pools, clock):
    api.answer = lambda _: (200, {"items": ["x" * 1000] * 1000}, {})
    transport = Identified(pools(api.server), Fixed("t"), clock)
    with pytest.raises(AnswerTooLong):
        await transport.send(Request("GET", PATH, most=100_000), timeout=5)
    assert len((await transport.send(Request("GET", PATH, most=2_000_000), timeout=5)).body) > 1_000_000
