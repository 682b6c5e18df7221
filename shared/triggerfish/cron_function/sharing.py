"""Planning shared among namespaces: in turns, and none has more than its share while others wait."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from triggerfish.cron.planning.order import OfNamespace
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.turns import turn_seconds

T = TypeVar("T", bound=OfNamespace)


async def plan_in_turns(crons: Iterable[T], work: Callable[[T], None], clock: Clock, *, share: float) -> None:
    """Do ``work`` for each, in order; every few milliseconds, others on the event loop are served.

    A namespace that has used ``share`` seconds comes after all others; nothing of it is left out.
    """
    spent: defaultdict[str, float] = defaultdict(float)
    later: list[T] = []
    begun = before = clock.monotonic()
    for cron in crons:
        if spent[cron.namespace] > share:
            later.append(cron)
            continue
        work(cron)
        now = clock.monotonic()
        spent[cron.namespace] += now - before
        before = now
        if now - begun >= turn_seconds:
            await asyncio.sleep(0)
            begun = before = clock.monotonic()
    if later:
        await plan_in_turns(later, work, clock, share=float("inf"))
