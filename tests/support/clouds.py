"""A cloud's own servers on loopback: scripted answers by method and path, and what was asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answer = tuple[int, object] | None
"""A status and a JSON body (bytes as they are; of a 302, the path); None: the server never answers."""


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class CloudServer:
    """``routes`` gives answers by ``METHOD path``; each is a value, or a function of what was asked."""

    routes: dict[str, Answer | Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    base: str = ""
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(
            request.method,
            f"{request.url.origin()}{request.raw_path}",
            {name.lower(): value for name, value in request.headers.items()},
            await request.read(),
        )
        self.asked.append(asked)
        route = self.routes.get(f"{request.method} {request.path}", (404, b"no such route"))
        found = route(asked) if callable(route) else route
        if found is None:
            await self.closing.wait()
            return web.Response(status=503)
        status, body = found
        if status == 302:
            return web.Response(status=status, headers={"Location": f"{self.base}{body}"})
        if isinstance(body, bytes):
            return web.Response(status=status, body=body)
        return web.json_response(body, status=status)


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[CloudServer]:
    """The server, while the block runs."""
    server = CloudServer()
    app = web.Application(client_max_size=1 << 22)
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    server.base = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        server.closing.set()
        await runner.cleanup()
