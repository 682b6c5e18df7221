"""The tick: read, plan, apply, and nothing else. What to do is decided in ``triggerfish.cron``."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial

from triggerfish import annotations as keys
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import Rules
from triggerfish.cron.planning import history
from triggerfish.cron.planning.shard import ALL, Shard
from triggerfish.cron.planning.summary import Summary
from triggerfish.cron_function.access import Access
from triggerfish.cron_function.decider import Decider, in_flight
from triggerfish.cron_function.memory import Listed, Memory
from triggerfish.cron_function.reading import Reading, on_the_minute, read_crons
from triggerfish.errors import ApiError, KubeError
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.kube.warnings import Warnings, too_costly
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.shares import Shares
from triggerfish.settings import Settings

__all__ = ["Memory", "run"]

_microseconds = 999_999
# A namespace has this part of the tick's time for planning, before all others have theirs.
_shares = 4
_warning_seconds = 2.0


async def run(
    client: Client,
    settings: Settings,
    clock: Clock,
    *,
    shard: Shard = ALL,
    memory: Memory | None = None,
) -> Summary:
    """One tick over the CronWorkflows of this shard. A ``KubeError`` says that they could not even be read.

    ``memory`` is what the instance remembers of earlier ticks of this shard.
    """
    with _uncollected():
        return await _run(client, settings, clock, shard, memory or Memory(Calendars(clock)))


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: what a tick makes it needs to its end, so a search finds nothing.

    It would cost a tick that starts a thousand runs a fifth of its processor time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _run(client: Client, settings: Settings, clock: Clock, shard: Shard, memory: Memory) -> Summary:
    ends = clock.monotonic() + settings.tick_deadline_seconds
    access = Access(client, clock, ends, Rules.of(settings), memory.calendars)
    read = await read_crons(access, settings, shard, memory)
    now = await on_the_minute(clock, read.at)
    children = await _children(access, settings, read)
    summary = Summary(now, evaluated=len(read.crons), skew=read.skew.total_seconds())
    for key, problem in read.unread.items():
        summary.break_off(key, problem)
    # Two ticks of one second must not take each other's claims for their own.
    by = now + timedelta(microseconds=1 + int(clock.jitter() * (_microseconds - 1)))
    share = settings.tick_deadline_seconds / _shares
    shadowing = settings.mode == "shadow"
    await Decider(access, memory, summary, children, by, read.at, share, shadowing).decide(read.crons)
    if not shadowing:
        await _release_orphans(access, read.crons, children, shard, summary)
        await _warn(client, clock, memory, summary)
    memory.ticked = now
    summary.complete = not summary.left
    return summary


async def _children(access: Access, settings: Settings, read: Reading) -> dict[str, Children]:
    """The children of all. One namespace that cannot be listed stops no other; nothing of it runs."""
    found: dict[str, Children] = {}
    for scope in settings.scopes:
        if scope in read.unread:
            continue
        try:
            found |= await access.children(scope, keys.CRON_WORKFLOW)
        except KubeError as error:
            if scope is None or len(settings.scopes) == 1:
                raise
            read.unread[scope] = error
            read.crons = [each for each in read.crons if each.namespace != scope]
    return found


async def _warn(own: Client, clock: Clock, memory: Memory, summary: Summary) -> None:
    """Write an Event on each CronWorkflow that is too costly; the tick's end waits two seconds for it."""
    if not summary.costly:
        return
    memory.warnings = warnings = memory.warnings or Warnings(own, clock)
    for key, (uid, detail) in summary.costly.items():
        namespace, _, name = key.partition("/")
        event = partial(too_costly, CRON_WORKFLOWS, namespace, name, uid=uid, message=detail, at=summary.now)
        warnings.tell(namespace, uid, event)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_warning_seconds):
            await warnings.flushed()


async def _release_orphans(
    access: Access,
    crons: Iterable[Listed],
    children: Mapping[str, Children],
    shard: Shard,
    summary: Summary,
) -> None:
    """A finalizer whose CronWorkflow is gone has nobody to serve."""
    known = {cron.uid for cron in crons}
    held = [child for uid, family in children.items() if uid not in known for child in family if child.held]

    async def free(child: Child) -> None:
        try:
            if await _is_gone(access, child):
                await access.release(child.namespace, history.release(child))
        except KubeError as error:
            if not (isinstance(error, ApiError) and error.status in (404, 409)):
                summary.fail(f"{child.namespace}/{child.cron}", error)

    async with Shares(in_flight) as work:
        for child in held:
            if shard.holds(child.namespace, child.cron):
                work.put(child.namespace, partial(free, child))


async def _is_gone(access: Access, child: Child) -> bool:
    """Whether the child's CronWorkflow is: it may only be another instance's."""
    try:
        get = partial(access.client.get, CRON_WORKFLOWS, child.namespace, child.cron, metadata_only=True)
        owner = await access.call(get)
    except ApiError as error:
        if error.status == 404:
            return True
        raise
    return bool(owner["metadata"]["uid"] != child.owner)
