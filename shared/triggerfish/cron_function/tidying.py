"""What a tick does last for one CronWorkflow: children are let go, and those over its limits are deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial

from triggerfish import annotations as keys
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.planning import history
from triggerfish.cron.planning.steps import Plan
from triggerfish.cron.planning.summary import Entry, Summary
from triggerfish.cron_function.access import Access
from triggerfish.errors import ApiError
from triggerfish.kube.resources import WORKFLOWS


async def tidy(access: Access, plan: Plan, state: RecordedState, summary: Summary) -> None:
    """Take our finalizers away, and delete what the limits do not keep; ``state`` is what is recorded."""
    cron = plan.cron
    for release in history.releases(plan, state):
        await unless_gone(partial(access.release, cron.namespace, release))
    if not history.over_limit(plan, state):
        return
    selector = f"{keys.CRON_WORKFLOW}={cron.name},{keys.COMPLETED}=true"
    client, namespace = access.client, cron.namespace

    async def finished() -> list[history.Ended]:
        found: list[history.Ended] = []
        pages = client.pages(WORKFLOWS, namespace, labels=selector, limit=100, room=access.room)
        async with aclosing(pages):
            async for page in pages:
                found += history.ended_of(cron.uid, page.items)
                del page  # not held while the next one is waited for
                await asyncio.sleep(0)
        return found

    for doomed in history.excess(plan, state, await access.whole(finished)):
        request = partial(client.delete, WORKFLOWS, namespace, doomed.name, uid=doomed.uid)
        if await unless_gone(partial(access.call, request)):
            summary.note(Entry("deleted", cron.key, child=doomed.name))


async def unless_gone(request: Callable[[], Awaitable[object]]) -> bool:
    """Whether it was done; a child that is gone, or is not the one that was meant, needs nothing."""
    try:
        await request()
    except ApiError as error:
        if error.status not in (404, 409):
            raise
        return False
    return True
