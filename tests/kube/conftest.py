"""A small HTTPS server that says what reached it, with a certificate authority of its own."""

import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import aiohttp.web
import pytest
import trustme
from tests.kube.fakes import FakeClock

from triggerfish.kube.transport import ClientCertificate, Server


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    certificate: str | None


@dataclass
class ApiServer:
    """``answer(seen)`` gives (status, JSON, headers); the default is what was asked for least: 200 {}."""

    server: Server
    client_certificate: ClientCertificate
    seen: list[Seen] = field(default_factory=list)
    answer: Callable[[Seen], tuple[int, object, dict[str, str]]] = lambda _: (200, {}, {})

    def bearers(self) -> list[str | None]:
        return [seen.headers.get("authorization") for seen in self.seen]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(authority) -> AsyncIterator[ApiServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    # As the API server does: ask for a certificate, go on without.
    context.verify_mode = ssl.CERT_OPTIONAL
    issued = authority.issue_cert("function@triggerfish.test")
    pair = ClientCertificate(
        "".join(blob.bytes().decode() for blob in issued.cert_chain_pems),
        issued.private_key_pem.bytes().decode(),
    )
    server = ApiServer(Server("", authority.cert_pem.bytes().decode()), pair)

    async def handle(request: aiohttp.web.Request) -> aiohttp.web.Response:
        certificate = request.transport.get_extra_info("peercert") if request.transport else None
        seen = Seen(
            request.method,
            request.raw_path,
            {name.lower(): value for name, value in request.headers.items()},
            await request.read(),
            str(certificate) if certificate else None,
        )
        server.seen.append(seen)
        status, body, headers = server.answer(seen)
        return aiohttp.web.json_response(body, status=status, headers=headers)

    application = aiohttp.web.Application(client_max_size=1 << 24)
    application.router.add_route("*", "/{path:.*}", handle)
    runner = aiohttp.web.AppRunner(application, access_log=None)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    server.server = Server(f"https://127.0.0.1:{port}", server.server.ca)
    yield server
    await runner.cleanup()
