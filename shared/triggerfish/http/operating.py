"""The routes by which an operator watches a function: GET /healthz and GET /metrics."""

from __future__ import annotations

from typing import Protocol

from triggerfish.http.messages import Answer, Call
from triggerfish.http.router import Route


class Exposition(Protocol):
    """Metrics that can be written out."""

    content_type: str

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""


def operating_routes(metrics: Exposition | None) -> list[Route]:
    """Both routes; without metrics there is no ``/metrics``."""

    async def health(_: Call) -> Answer:
        return Answer(200, {"status": "ok"})

    routes = [Route("GET", "/healthz", health, free=True)]
    if metrics is None:
        return routes

    async def page(_: Call) -> Answer:
        return Answer(200, metrics.text(), media_type=metrics.content_type)

    return [*routes, Route("GET", "/metrics", page, free=True)]
