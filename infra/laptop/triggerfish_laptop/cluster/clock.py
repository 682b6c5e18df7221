"""The cluster's time: the machine's, or a time of its own that may run fast, jump ahead and be held.

Authentication never asks here: a token lasts as long as it says on the machine's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.status import bad_request

# How long a request that waits for a time is kept; who asks, asks again. It must not hold up a shutdown.
_patience = 0.5


class WaitableClock(Protocol):
    """A clock that one can wait on."""

    def now(self) -> datetime:
        """Aware, in UTC; never runs backwards by itself."""

    def seconds_until(self, moment: datetime) -> float | None:
        """Real seconds from now on, 0 for the past; None: not before somebody moves the clock."""

    def listen(self, moved: Callable[[], None]) -> None:
        """Have ``moved`` called when ``seconds_until`` has changed otherwise than by waiting."""


class MachineClock:
    """The machine's."""

    def now(self) -> datetime:
        """See the protocol."""
        return datetime.now(UTC)

    def seconds_until(self, moment: datetime) -> float | None:
        """See the protocol."""
        return max(0.0, (moment - self.now()).total_seconds())

    def listen(self, moved: Callable[[], None]) -> None:
        """Nobody moves it."""


class OwnClock:
    """Starts ``at`` a time and runs ``speed`` seconds a second; ``monotonic`` gives the real ones.

    It never passes its bound, when it has one. Time that would have run meanwhile is lost; what it was told
    to advance is made up as soon as the bound allows it.
    """

    def __init__(
        self,
        at: datetime,
        speed: float,
        monotonic: Callable[[], float],
        *,
        bound: datetime | None = None,
    ) -> None:
        self._value, self.speed, self._monotonic, self._bound = at, speed, monotonic, bound
        self._read = monotonic()
        self._owed = timedelta()
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """See the protocol."""
        read = self._monotonic()
        running = self._within(timedelta(seconds=self.speed * (read - self._read)))
        self._value += running
        self._read = read
        jump = self._within(self._owed)
        self._owed -= jump
        self._value += jump
        return self._value

    def _within(self, step: timedelta) -> timedelta:
        return step if self._bound is None else min(step, max(self._bound - self._value, timedelta()))

    def seconds_until(self, moment: datetime) -> float | None:
        """See the protocol."""
        left = (moment - self.now()).total_seconds()
        if left <= 0:
            return 0.0
        if self.speed == 0 or (self._bound is not None and self._bound < moment):
            return None
        return left / self.speed

    def listen(self, moved: Callable[[], None]) -> None:
        """See the protocol."""
        self._listeners.append(moved)

    def advance(self, by: timedelta) -> datetime:
        """Jump ahead, as far as the bound allows it now; the time it will have got to."""
        self.now()
        self._owed += by
        target = self.now() + self._owed
        self._tell()
        return target

    def bound(self, until: datetime) -> None:
        """Do not pass ``until`` from now on."""
        # Read first: what ran up to here ran under the old bound.
        self.now()
        self._bound = until
        self._tell()

    async def reach(self, moment: datetime, patience: float) -> datetime:
        """Wait until it is ``moment``, ``patience`` real seconds at most; the time it is then."""
        await self._wait(lambda: self.seconds_until(moment), patience)
        return self.now()

    async def leave(self, moment: datetime, patience: float) -> bool:
        """Wait until it was ``moment`` and the clock may go on from there, not for longer; whether it may."""
        return await self._wait(lambda: self._seconds_until_left(moment), patience)

    def _seconds_until_left(self, moment: datetime) -> float | None:
        held = self._bound is not None and self._bound <= moment
        return None if held else self.seconds_until(moment)

    async def _wait(self, left: Callable[[], float | None], patience: float) -> bool:
        """True when nothing was ``left`` of the wait in time."""
        moved = asyncio.Event()
        self._listeners.append(moved.set)
        try:
            async with asyncio.timeout(patience):
                while (seconds := left()) != 0:
                    moved.clear()
                    try:
                        async with asyncio.timeout(seconds):
                            await moved.wait()
                    except TimeoutError:
                        continue
        except TimeoutError:
            return False
        finally:
            self._listeners.remove(moved.set)
        return True

    def _tell(self) -> None:
        for moved in self._listeners:
            moved()


async def control(clock: OwnClock, asked: Json) -> Json:
    """Handle ``POST /clock``; 400 for anything else.

    ``{"advance": SECONDS}`` jumps ahead, ``{"until": TIME}`` sets the bound, ``{"reach": TIME}`` waits for a
    time, and ``{"leave": TIME}`` until the clock may go on from it, neither for long. The answer has ``now``,
    ``speed`` and, after a jump, the ``target``; for ``leave``, whether it has ``left``.
    """
    about: Json = {}
    match asked:
        case {"advance": int() | float() as seconds} if len(asked) == 1 and 0 <= seconds < 1e9:
            about["target"] = clock.advance(timedelta(seconds=seconds)).isoformat()
        case {"until": str() as text} if len(asked) == 1:
            clock.bound(moment(text))
        case {"reach": str() as text} if len(asked) == 1:
            await clock.reach(moment(text), _patience)
        case {"leave": str() as text} if len(asked) == 1:
            about["left"] = await clock.leave(moment(text), _patience)
        case _:
            raise bad_request(
                'the clock takes {"advance": seconds}, {"until": time}, {"reach": time} or {"leave": time}'
            )
    return {"now": clock.now().isoformat(), "speed": clock.speed, **about}


def moment(text: str) -> datetime:
    """A time with its zone, in UTC; 400 for any other text."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise bad_request(f"{text[:50]!r} is not a time with its zone, as in 2026-10-25T00:50Z")
    return found.astimezone(UTC)
