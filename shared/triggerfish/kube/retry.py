"""When to ask again, and how long to wait before: the policy is pure, the loop does nothing else."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from triggerfish.errors import ApiError, KubeError, Unanswered
from triggerfish.runtime.clock import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """Back-off that doubles from ``first`` to ``longest`` seconds, at most ``attempts`` tries in all.

    ``deadline`` is in seconds from the first try: no wait begins that would end after it.
    """

    first: float = 0.1
    longest: float = 5.0
    attempts: int = 8
    deadline: float = 20.0

    def wait(self, error: KubeError, attempt: int, elapsed: float, jitter: float) -> float | None:
        """Seconds to wait after try number ``attempt`` (from 1) failed so; None when it is final. Pure.

        ``jitter`` in [0, 1) spreads the upper half of the wait. What the API server asked for (Retry-After)
        is the least; what has no hope within the deadline is not waited for.
        """
        if not error.retry or attempt >= self.attempts:
            return None
        backoff: float = min(self.longest, self.first * 2 ** (attempt - 1))
        seconds = backoff * (0.5 + jitter / 2)
        if isinstance(error, ApiError) and error.retry_after is not None:
            seconds = max(seconds, error.retry_after)
        return seconds if elapsed + seconds < self.deadline else None


async def retrying(
    clock: Clock, policy: Retry, call: Callable[[], Awaitable[T]], *, longest: float = math.inf
) -> T:
    """Return what ``call()`` answers, tried as ``policy`` says; the last error when it gives up.

    A call that runs past the deadline is cut off, as ``Unanswered``. ``call`` must be one that may be
    repeated: a create of a fixed name, a guarded patch, a read. ``longest`` is how many seconds one call
    takes before it gives up by itself: while the deadline is further off, there is nothing to cut.
    """
    start = clock.monotonic()
    attempt = 0
    while True:
        attempt += 1
        left = policy.deadline - (clock.monotonic() - start)
        try:
            return await (call() if longest < left else _cut_off(call, left, policy))
        except KubeError as error:
            elapsed = clock.monotonic() - start
            seconds = policy.wait(error, attempt, elapsed, clock.jitter())
            if seconds is None:
                raise
        await clock.sleep(seconds)


async def _cut_off(call: Callable[[], Awaitable[T]], left: float, policy: Retry) -> T:
    try:
        async with asyncio.timeout(max(0.0, left)) as cut:
            return await call()
    except TimeoutError:
        if not cut.expired():
            raise
        raise Unanswered(f"no answer within {policy.deadline:g} s in all") from None


async def eagerly(clock: Clock, policy: Retry, call: Callable[[], Awaitable[T]]) -> T:
    """``retrying``, for what goes well at once or is cut off by who asks: the first try has no deadline here.

    Nearly every call of a delivery is such; the machinery of a deadline costs more than most of them.
    """
    try:
        return await call()
    except KubeError as error:
        seconds = policy.wait(error, 1, 0.0, clock.jitter())
        if seconds is None:
            raise
    await clock.sleep(seconds)
    return await retrying(clock, policy, call)
