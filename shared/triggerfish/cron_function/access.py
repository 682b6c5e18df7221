"""The Kubernetes API for the time that a tick has: what is read, and what is sent again."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from triggerfish import annotations as keys
from triggerfish.cron.manifest.children import NONE, Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.planning.actions import Release
from triggerfish.errors import ApiError, SpecError, Unanswered
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.retry import Retry, retrying
from triggerfish.kube.templates import Templates
from triggerfish.kube.tokens import PATIENCE
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.parsing_room import ParsingRoom, most_parsed_bytes
from triggerfish.workflows import finalizers
from triggerfish.workflows.objects import Json

T = TypeVar("T")

# What one request waits for in the worst case: a token and the answer, and after a 401 both once more.
_sendings = 2
# Children with long lists of finalizers that are read at once: each may be a megabyte.
_long_lists_at_once = 2


@dataclass(slots=True)
class Access:
    """The API for the time that a tick has: ``ends`` by the monotonic clock.

    ``room`` is for pages of whole Workflows.
    """

    client: Client
    clock: Clock
    ends: float
    rules: Rules
    calendars: Calendars
    templates: Templates = field(init=False)
    room: ParsingRoom = field(init=False, default_factory=lambda: ParsingRoom(most_parsed_bytes))
    _long_lists: asyncio.Semaphore = field(
        init=False, default_factory=lambda: asyncio.Semaphore(_long_lists_at_once)
    )

    def __post_init__(self) -> None:
        self.templates = Templates(self.client)

    async def parse(self, body: Json) -> CronWorkflow:
        """The CronWorkflow in this JSON, with the calendars that it names."""
        found = await self._in_time(lambda: self.calendars.of(body, self.client))
        return CronWorkflow.of(body, self.rules, found)

    async def current(self, namespace: str, name: str) -> Json:
        """The CronWorkflow as it now is."""
        return await self.call(lambda: self.client.get(CRON_WORKFLOWS, namespace, name))

    async def children_of(self, cron: CronWorkflow) -> Children:
        """The children of one CronWorkflow."""
        families = await self.children(cron.namespace, f"{keys.CRON_WORKFLOW}={cron.name}")
        return families.get(cron.uid, NONE)

    async def problem(self, cron: CronWorkflow) -> SpecError | None:
        """Return what is wrong with the templates that it refers to; each is read once a tick."""
        return await self.templates.problem(cron, self.rules)

    async def call(self, request: Callable[[], Awaitable[T]]) -> T:
        """One request, sent again while that may help and there is time. Only for what may be repeated."""
        return await self._in_time(request, longest=_sendings * (PATIENCE + self.client.timeout))

    async def release(self, namespace: str, release: Release) -> None:
        """Take our finalizer off that child."""
        if release.rest is not None:
            await self.patch_child(namespace, release.name, release.body(release.rest))
            return
        async with self._long_lists:
            found = await self.call(partial(self._metadata, namespace, release.name))
            rest = finalizers.others(found["metadata"], keys.EXACT)
            await self.patch_child(namespace, release.name, release.body(rest))

    async def _metadata(self, namespace: str, name: str) -> Json:
        return await self.client.get(WORKFLOWS, namespace, name, metadata_only=True)

    async def patch_child(self, namespace: str, name: str, body: Json) -> None:
        """A merge patch of a Workflow, sent again while that may help."""
        patch = partial(self.client.patch, WORKFLOWS, namespace, name, body, metadata_only=True)
        await self.call(patch)

    async def whole(self, read: Callable[[], Awaitable[T]]) -> T:
        """A paged read; it starts again when its continue token has expired."""
        while True:
            try:
                return await self._in_time(read)
            except ApiError as error:
                if error.status != 410:
                    raise

    async def children(self, namespace: str | None, selector: str) -> dict[str, Children]:
        """Children by the uid of their CronWorkflow."""

        async def read() -> dict[str, Children]:
            families: dict[str, list[Child]] = defaultdict(list)
            async for page in self.client.pages(WORKFLOWS, namespace, labels=selector, metadata_only=True):
                for workflow in page.items:
                    if child := Child.of(workflow):
                        families[child.owner].append(child)
            return {uid: Children(family) for uid, family in families.items()}

        return await self.whole(read)

    async def _in_time(self, request: Callable[[], Awaitable[T]], *, longest: float = math.inf) -> T:
        left = self.ends - self.clock.monotonic()
        if left <= 0:
            raise Unanswered("the tick ran out of time")
        return await retrying(self.clock, Retry(deadline=left), request, longest=longest)
