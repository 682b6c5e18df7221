"""Transports that change one thing about what goes through them, for clients of any cluster."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime

from triggerfish.kube.wire import Request, Response, Transport


@dataclass
class Dated:
    """Every answer says that it is ``now``, by which a tick goes; ``wrote`` counts what was written."""

    transport: Transport
    now: datetime
    wrote: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def send(self, request: Request, *, timeout: float) -> Response:
        answer = await self.transport.send(request, timeout=timeout)
        if request.method != "GET" and answer.status < 300:
            self.wrote[request.method, request.path] += 1
        return replace(answer, headers={**answer.headers, "date": format_datetime(self.now, usegmt=True)})
