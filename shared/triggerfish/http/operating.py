"""The routes by which an operator watches a function: is it alive, is it ready, what has it done.

Cloud Run keeps some paths that end in z for itself, so ``/health`` and ``/ready`` are the same.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from triggerfish.errors import AnswerError
from triggerfish.http.messages import Answer, Call
from triggerfish.http.router import Route
from triggerfish.runtime.callers import CallerPolicy, Callers
from triggerfish.runtime.clock import Clock

log = logging.getLogger("triggerfish.http")


class Exposition(Protocol):
    """Metrics that can be written out."""

    content_type: str

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""


def operating_routes(readiness: Callable[[], Awaitable[Answer]]) -> list[Route]:
    """``/healthz`` says that the process lives; ``readiness`` answers ``/readyz``: whether it can work."""

    async def health(_: Call) -> Answer:
        return Answer(200, {"status": "ok"})

    async def ready(_: Call) -> Answer:
        return await readiness()

    return [
        *(Route("GET", path, health, free=True) for path in ("/healthz", "/health")),
        *(Route("GET", path, ready, free=True) for path in ("/readyz", "/ready")),
    ]


def metrics_routes(metrics: Exposition | None, policy: CallerPolicy | None, clock: Clock) -> list[Route]:
    """``/metrics`` for those whom the policy admits (None: everybody); without metrics there is none."""
    if metrics is None:
        return []
    callers = Callers(clock)

    async def page(call: Call) -> Answer:
        if policy is not None:
            given = call.delivery.values("authorization")
            if refusal := await callers.refusal(given, policy):
                log.warning("a reader of the metrics was refused: %s", refusal)
                raise AnswerError(401, 16, "token not valid")
        return Answer(200, metrics.text(), media_type=metrics.content_type)

    return [Route("GET", "/metrics", page, free=True)]
