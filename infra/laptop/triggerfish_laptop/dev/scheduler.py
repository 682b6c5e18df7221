"""The job of Cloud Scheduler, a PingSource or a CronJob: a POST to the cron function each minute."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from triggerfish.runtime.clock import Clock

Say = Callable[[str], None]


async def minutes(clock: Clock) -> AsyncIterator[datetime]:
    """Now, then each full minute when it comes, for ever."""
    while True:
        yield clock.now()
        now = clock.now()
        minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        await clock.sleep((minute - now).total_seconds())


async def every_minute(
    session: aiohttp.ClientSession, url: str, coming: AsyncIterator[datetime], say: Say
) -> None:
    """Tick at each time that comes; each tick is one line."""
    async for at in coming:
        await tick(session, url, at, say)


async def tick(session: aiohttp.ClientSession, url: str, now: datetime, say: Say) -> None:
    """One POST to the cron function, and what it answered as one line; ``now`` is only for the line."""
    at = now.astimezone(UTC)
    try:
        async with session.post(url, timeout=aiohttp.ClientTimeout(total=59)) as answer:
            body = await answer.json(content_type=None)
            status = answer.status
    except (TimeoutError, aiohttp.ClientError, ValueError) as error:
        say(f"{at:%H:%M} no answer from the cron function: {type(error).__name__} {error}")
        return
    say(line(at, status, body if isinstance(body, dict) else {}))


def line(at: datetime, status: int, summary: dict[str, Any]) -> str:
    """A summary of a tick as one line for people."""
    if status != 200 and "evaluated" not in summary:
        return f"{at:%H:%M} answered {status}: {summary.get('message', '')}"
    parts = [f"evaluated {summary.get('evaluated', 0)}", f"due {summary.get('due', 0)}"]
    created = summary.get("created", 0)
    parts.append(f"created {created if isinstance(created, int) else len(created)}")
    skipped = {reason: count for reason, count in (summary.get("skipped") or {}).items() if count}
    if skipped:
        parts.append("skipped " + ", ".join(f"{count} {reason}" for reason, count in sorted(skipped.items())))
    failed = summary.get("failed", 0)
    if failed:
        parts.append(f"failed {failed if isinstance(failed, int) else len(failed)}")
    if summary.get("nextDue"):
        parts.append(f"next due {summary['nextDue']}")
    return f"{at:%H:%M} " + ", ".join(parts)
