"""What a tick reads first: the CronWorkflows of its shard, and the API server's time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from triggerfish.cron.planning.shard import Shard
from triggerfish.cron_function.access import Access
from triggerfish.cron_function.memory import Allowance, Listed, Memory
from triggerfish.errors import KubeError
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.turns import turn_seconds
from triggerfish.settings import Settings
from triggerfish.workflows import labels

_minute = timedelta(minutes=1)
_lead = timedelta(seconds=2)


@dataclass(slots=True)
class Reading:
    """The CronWorkflows, those that cannot be read, and the time ``at`` which it was.

    ``at`` is the API server's at first, ``skew`` our clock less its.
    """

    at: datetime
    skew: timedelta
    crons: list[Listed] = field(default_factory=list)
    unread: dict[str, Exception] = field(default_factory=dict)


async def read_crons(access: Access, settings: Settings, shard: Shard, memory: Memory) -> Reading:
    """List them page by page; of each page no more is kept than is needed and ``memory`` has room for."""
    room = Allowance()
    whole: Reading | None = None
    refused: dict[str, KubeError] = {}
    for scope in settings.scopes:
        try:
            part = await _read_scope(access, settings, shard, memory, scope, room)
        except KubeError as error:
            if scope is None or len(settings.scopes) == 1:
                raise
            # One namespace that may not be read stops no other.
            refused[scope] = error
            continue
        if whole is None:
            whole = part
        else:
            whole.crons += part.crons
            whole.unread |= part.unread
    if whole is None:
        raise next(iter(refused.values()))
    whole.unread |= refused
    memory.keep(whole.crons, whole.at)
    return whole


async def _read_scope(
    access: Access, settings: Settings, shard: Shard, memory: Memory, scope: str | None, room: Allowance
) -> Reading:
    """The same of one namespace (None: of all)."""
    selector = labels.selector(settings.instance_id)

    async def read() -> Reading:
        found: Reading | None = None
        async for page in access.client.pages(CRON_WORKFLOWS, scope, labels=selector):
            ours = access.clock.now()
            at = page.date or ours.replace(microsecond=0)
            found = found or Reading(at, ours - at)
            # By the time for which this tick decides; a shadow looks at each slot that passes.
            by = None if settings.mode == "shadow" else found.at + _lead
            begun = access.clock.monotonic()
            for body in page.items:
                if access.clock.monotonic() - begun >= turn_seconds:
                    await asyncio.sleep(0)  # others on the event loop are served
                    begun = access.clock.monotonic()
                key = body["metadata"]["namespace"], body["metadata"]["name"]
                if not shard.holds(*key):
                    continue
                try:
                    found.crons.append(memory.listed(body, access.rules, room, by))
                except Exception as error:  # nor one that cannot be read
                    found.unread["/".join(key)] = error
            page.items.clear()  # or it would be held until the next page is parsed
        return found or Reading(access.clock.now(), timedelta(0))

    return await access.whole(read)


async def on_the_minute(clock: Clock, now: datetime) -> datetime:
    """The full minute, waited for, when ``now`` is just before it; else ``now``.

    A scheduler that calls on the minute may be a moment ahead of the API server, whose times are cut to
    seconds: without this, the slot of that minute would wait for the next tick.
    """
    left = _minute - timedelta(seconds=now.second)
    if left > _lead:
        return now
    await clock.sleep(left.total_seconds())
    return now + left
