"""What happened, in the order in which it took effect: all that a judge may read.

A fault stands between the caller and the API. It may answer in the API's stead, lose the request before it
arrives or the answer on its way back, let the caller wait, or kill the caller.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from tests.simulation.statuses import refusal

from triggerfish.errors import Unanswered
from triggerfish.kube.resources import Resource
from triggerfish.kube.wire import Request, Response
from triggerfish.workflows.objects import Json


class Crash(BaseException):
    """The caller's process died here: nothing that it wrote for this case may run."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read: ``verb`` as RBAC names it, ``at`` by the API's own clock.

    ``user`` sent it, as ``impersonated`` when that is not empty.
    """

    number: int
    at: datetime
    user: str
    impersonated: str
    verb: str
    resource: Resource
    namespace: str | None
    name: str | None
    subresource: str
    request: Request

    @property
    def kind_of_call(self) -> str:
        """``create workflows``: what a (fault, call) pair counts."""
        plural = f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural
        return f"{self.verb} {plural}"


@dataclass(slots=True)
class Entry:
    """A call and what came of it.

    ``before`` and ``after`` are the object around a write; None where there was none, or none remained.
    ``answer`` is the status the caller saw, None when it saw none. ``fault`` names what stood in the way as
    ``Fault`` does.
    """

    call: Call
    before: Json | None = None
    after: Json | None = None
    wrote: bool = False
    answer: int | None = None
    fault: str = ""


@dataclass(slots=True)
class History:
    """Every call with its outcome; writes stand in the order in which they took effect."""

    entries: list[Entry] = field(default_factory=list)

    def writes(self, resource: Resource) -> list[Entry]:
        """The entries that changed something of that type."""
        return [entry for entry in self.entries if entry.wrote and entry.call.resource is resource]

    def pairs(self) -> set[tuple[str, str]]:
        """Each (fault, kind of call) that occurred."""
        return {(entry.fault, entry.call.kind_of_call) for entry in self.entries if entry.fault}


class Hook(Protocol):
    """Called around each call; a Response given back is what the caller sees.

    It may await (a delay), and raise ``Unanswered`` or ``Crash``. ``before`` given back: the API never sees
    the call. ``after``: what was written stays written.
    """

    async def before(self, call: Call) -> Response | None: ...

    async def after(self, call: Call, response: Response) -> Response | None: ...


class NoFaults:
    """A network and an API server in good health."""

    async def before(self, call: Call) -> Response | None:
        return None

    async def after(self, call: Call, response: Response) -> Response | None:
        return None


class Fault(Enum):
    """What can go wrong with one call, on the model and behind a proxy before a real API server alike."""

    CONFLICT = "409 before"
    TOO_MANY = "429 before"
    ERROR = "500 before"
    ERROR_AFTER = "500 after"
    LOST_BEFORE = "lost before"
    LOST_AFTER = "lost after"
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"


class Chooser(Protocol):
    """Says which fault this call meets, if any; seeded, so that a run can be replayed."""

    def __call__(self, call: Call, /) -> Fault | None: ...


def _crash(call: Call) -> Crash:
    """It ends also tasks that nobody waits for, and is nothing to log: formatting it while a module is parsed
    (when garbage is collected then) makes Python 3.11's parser fail.
    """
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_handle)
    return Crash(call.kind_of_call)


def _handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if not isinstance(context.get("exception"), Crash):
        loop.default_exception_handler(context)


class Faults:
    """A hook that does what a chooser says."""

    def __init__(self, choose: Chooser) -> None:
        self.choose = choose
        self.chosen: dict[int, Fault] = {}

    async def before(self, call: Call) -> Response | None:
        fault = self.choose(call)
        if fault is None:
            return None
        self.chosen[call.number] = fault
        match fault:
            case Fault.CONFLICT:
                return refusal(409, "Conflict", "the object has been modified")
            case Fault.TOO_MANY:
                return refusal(429, "TooManyRequests", "the server is busy", retry_after=1)
            case Fault.ERROR:
                return refusal(500, "InternalError", "etcdserver: leader changed")
            case Fault.LOST_BEFORE:
                raise Unanswered("connection reset")
            case Fault.CRASH_BEFORE:
                raise _crash(call)
        return None

    async def after(self, call: Call, response: Response) -> Response | None:
        match self.chosen.get(call.number):
            case Fault.ERROR_AFTER:
                return refusal(500, "InternalError", "etcdserver: request timed out")
            case Fault.LOST_AFTER:
                raise Unanswered("connection reset")
            case Fault.CRASH_AFTER:
                raise _crash(call)
        return None
