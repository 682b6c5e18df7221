"""Watches over Workflows, as the server-sent events that Argo's command line waits with."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator

import orjson

from triggerfish.errors import ApiError, Unanswered
from triggerfish.events_function.api.fields import BodyFields
from triggerfish.events_function.api.objects import Objects
from triggerfish.events_function.api.requests import Query
from triggerfish.events_function.watches import Watches
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.objects import Json

log = logging.getLogger("triggerfish.events")

# Argo's command line opens the next watch where one ends; what stands before a function may cut a stream
# off after 30 s, and that is an error to it.
watch_seconds = 25
_poll_seconds = 1.0

Events = AsyncGenerator[Json | None, None]


async def lines(
    watches: Watches, workflows: Objects, clock: Clock, query: Query, name: str, fields: BodyFields
) -> AsyncGenerator[bytes, None]:
    """The lines of the answer, for ``watch_seconds`` at most; the first is empty: the watch is open.

    ``name`` is the one Workflow that is watched, if it is one. Errors before the first line are raised;
    a watch that breaks off later ends like any other, so that the caller opens the next.
    """
    with watches.place(workflows.client.identity):
        begun = False
        events = _events(workflows, clock, query, name)
        try:
            async for event in events:
                if event is None:
                    begun = True
                    yield b""
                elif event.get("type") == "ERROR":
                    # The version to begin from is too old, or the API server is going away.
                    return
                elif event.get("type") != "BOOKMARK":
                    shown = {"type": event.get("type"), "object": fields.of(event.get("object"))}
                    yield b"data: " + orjson.dumps({"result": shown}) + b"\n\n"
        except Unanswered as error:
            if not begun:
                raise
            log.info("a watch over workflows ended: %s", error)
        finally:
            await events.aclose()


async def _events(workflows: Objects, clock: Clock, query: Query, name: str) -> Events:
    client = workflows.client
    watch = client.watch(
        workflows.resource, workflows.namespace, workflows.ours(query), seconds=watch_seconds
    )
    try:
        async for event in watch:
            yield event
    except ApiError as error:
        if error.status != 403 or not name:
            raise
    else:
        return
    finally:
        await watch.aclose()
    # Who may get a Workflow, but not watch any, is served by asking again and again.
    async for event in _polled(workflows, clock, name):
        yield event


async def _polled(workflows: Objects, clock: Clock, name: str) -> Events:
    end = clock.monotonic() + watch_seconds
    found = await workflows.one(name)
    yield None
    yield {"type": "ADDED", "object": found}
    while clock.monotonic() < end:
        await clock.sleep(_poll_seconds)
        try:
            last, found = found, await workflows.one(name)
        except ApiError as error:
            if error.status == 404:
                yield {"type": "DELETED", "object": last}
            return
        if found["metadata"]["resourceVersion"] != last["metadata"]["resourceVersion"]:
            yield {"type": "MODIFIED", "object": found}
