"""Times as commands take them, and the cluster's own clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from triggerfish.cli.cluster import Target
from triggerfish.cron import durations
from triggerfish.errors import TriggerfishError
from triggerfish.kube.resources import CRON_WORKFLOWS


def back(text: str, option: str) -> timedelta:
    """How far back ``option`` reaches: ``24h``, ``90m``; ``TriggerfishError`` for anything else."""
    try:
        found = timedelta(microseconds=durations.nanoseconds(text) // 1000)
    except ValueError as problem:
        raise TriggerfishError(f"{option} {text!r} is no duration: {problem}") from None
    if found <= timedelta(0):
        raise TriggerfishError(f"{option} {text!r} is not in the past; write 24h, say")
    return found


async def now(target: Target) -> datetime:
    """By the API server's clock, which is also that of the ticks; by our own where it sends none."""
    async for page in target.client.pages(CRON_WORKFLOWS, target.namespace, limit=1, metadata_only=True):
        if page.date:
            return page.date
        break
    return target.clock.now()
