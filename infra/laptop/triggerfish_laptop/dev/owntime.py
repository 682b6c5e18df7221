"""The embedded cluster's own time: read, advanced, and let go from minute to minute, a tick at each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from triggerfish.errors import ApiError, SettingError, TriggerfishError
from triggerfish.kube.client import Client, refusal
from triggerfish.kube.wire import Request
from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.durations import span

_minute = timedelta(minutes=1)
_example = "2026-10-25T00:50Z"


@dataclass(frozen=True, slots=True)
class OwnTime:
    """The start of a session by the cluster's clock, and how many of its seconds pass in a real one."""

    at: datetime
    speed: float

    @classmethod
    def of(cls, at: str, speed: float | None, now: Callable[[], datetime]) -> OwnTime | None:
        """Read the options, each empty when not given; None: the machine's clock is the cluster's."""
        if not at and speed is None:
            return None
        return cls(moment(at) if at else now(), 1.0 if speed is None else speed)

    @property
    def arguments(self) -> list[str]:
        """Arguments for the embedded cluster; its clock stands until the scheduler lets it go."""
        return ["--at", self.at.isoformat(), "--speed", f"{self.speed:g}", "--hold"]


def moment(text: str) -> datetime:
    """A time with its zone, in UTC; ``SettingError`` for any other text."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise SettingError(f"--at {text!r} is not a time with its zone; write it as in {_example}")
    return found.astimezone(UTC)


def duration(text: str) -> timedelta:
    """``2h``, ``1h30m``, ``90s``; ``SettingError`` for any other text, and for a time that is past."""
    found = span(text)
    if found is None or found <= timedelta():
        raise SettingError(f"{text!r} is not a duration to advance by; write it as in 2h, 1h30m or 90s")
    return found


async def minutes(client: Client, start: datetime) -> AsyncIterator[datetime]:
    """``start``, then each full minute of the cluster's clock, which stands while one of them is looked at.

    So no minute is left out, however fast the clock runs and however far it is advanced.
    """
    now = start
    while True:
        yield now
        minute = now.replace(second=0, microsecond=0) + _minute
        await _ask(client, {"until": minute.isoformat()})
        await reach(client, minute)
        now = minute


async def advance(client: Client, by: timedelta) -> datetime:
    """Let the clock jump ahead; the time it will have come to."""
    return _time((await _ask(client, {"advance": by.total_seconds()}))["target"])


async def reach(client: Client, target: datetime) -> None:
    """Return once the cluster's clock has come to ``target``."""
    while _time((await _ask(client, {"reach": target.isoformat()}))["now"]) < target:
        # The cluster keeps each question for a while: this is no busy loop.
        continue


async def leave(client: Client, target: datetime, tell: Callable[[datetime], None]) -> None:
    """Return once the clock has come to ``target`` and may go on: the tick of that minute is over.

    ``tell`` is called with the time on the way, about twice a second.
    """
    while not (answer := await _ask(client, {"leave": target.isoformat()}))["left"]:
        # As above.
        tell(_time(answer["now"]))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def _ask(client: Client, body: Json) -> Any:
    answer = await client.transport.send(Request("POST", "/clock", (), body), timeout=client.timeout)
    if answer.status in (404, 405):
        raise TriggerfishError(
            "this cluster has no clock of its own; start it with one: triggerfish dev --at " + _example
        )
    if answer.status >= 300:
        error: ApiError = refusal(answer)
        raise error
    return orjson.loads(answer.body)
