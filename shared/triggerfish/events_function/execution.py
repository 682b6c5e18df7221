"""Applies the plan of an event: creates, ends what must not meet, and records failures on the bindings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import TypeVar

from triggerfish import annotations as keys
from triggerfish.errors import ApiError, KubeError, Unanswered
from triggerfish.events import concurrency
from triggerfish.events.answer import EventOutcome, Made, Skipped
from triggerfish.events.binding import Binding, NameTaken
from triggerfish.events.concurrency import KeyedRun, KeyPolicy
from triggerfish.events.plan import BindingFailure, EventPlan, WorkflowCreate
from triggerfish.events_function.creation import WorkflowCreator
from triggerfish.kube.client import Client
from triggerfish.kube.resources import EVENTS, WORKFLOW_EVENT_BINDINGS, WORKFLOWS
from triggerfish.kube.retry import Retry, eagerly
from triggerfish.kube.warnings import warning
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.endings import TERMINATE, superseded
from triggerfish.workflows.names import Naming
from triggerfish.workflows.objects import Json

log = logging.getLogger("triggerfish.events")

T = TypeVar("T")

_at_once = 8
_record_seconds = 2.0
_exists = "exists: another delivery made this workflow"

Result = tuple[tuple[Made, ...], tuple[Skipped, ...], tuple[BindingFailure, ...]]


class Applier:
    """Applies plans as one identity."""

    def __init__(self, client: Client, clock: Clock, patience: Retry) -> None:
        self._client, self._clock, self._patience = client, clock, patience
        self._creator = WorkflowCreator(client, clock, patience)

    async def apply(self, plan: EventPlan, namespace: str) -> Result:
        """Return what became of each ``WorkflowCreate``, beside what the plan already found to fail."""
        results = await self._all(plan.creates, namespace)
        if len(results) == 1 and isinstance(results[0], Made):
            return (results[0],), (), plan.failures
        return (
            tuple(result for result in results if isinstance(result, Made)),
            tuple(result for result in results if isinstance(result, Skipped)),
            plan.failures + tuple(result for result in results if isinstance(result, BindingFailure)),
        )

    async def _all(
        self, creates: Sequence[WorkflowCreate], namespace: str
    ) -> list[Made | Skipped | BindingFailure]:
        if len(creates) == 1:
            # What nearly every delivery makes; a task of its own would cost more than the plan did.
            return [await self._one(creates[0], namespace)]
        gate = asyncio.Semaphore(_at_once)

        async def one(create: WorkflowCreate) -> Made | Skipped | BindingFailure:
            async with gate:
                return await self._one(create, namespace)

        return await asyncio.gather(*(one(create) for create in creates))

    async def _one(self, create: WorkflowCreate, namespace: str) -> Made | Skipped | BindingFailure:
        try:
            if blocker := await self._in_the_way(create, namespace):
                return _forbidden(create, blocker)
            created = await self._creator.create(namespace, create.workflow, create.naming)
            if create.group and await self._meets(create, namespace):
                return Skipped(
                    create.binding, f"workflow {created.name!r} was stopped: an earlier one is running"
                )
            return Made(
                create.binding,
                created.name,
                created.new,
                created.unverified,
                create.told,
                created.unclear,
            )
        except KubeError as error:
            if _may_be_taken(create, error):
                return Made(create.binding, create.name, created=False, reason=_exists)
            if isinstance(error, Unanswered):
                # The answer does not say which request that was.
                log.warning("workflow %s/%s: %s", namespace, create.name, error)
            return BindingFailure(create.binding, f"failed to create workflow: {error.told}")

    async def _in_the_way(self, create: WorkflowCreate, namespace: str) -> KeyedRun | None:
        if create.policy is not KeyPolicy.FORBID or not create.group:
            return None
        runs = await self._runs(create, namespace)
        blocker = concurrency.in_the_way(create.policy, runs, create.delivery)
        if blocker:
            # Whoever made two of them may have died before it looked again.
            await self._end_surplus(create.policy, runs, namespace)
        return blocker

    async def _meets(self, create: WorkflowCreate, namespace: str) -> bool:
        """End the runs that must not meet the one that stays; whether Forbid ended the delivery's own."""
        runs = await self._runs(create, namespace)
        ended = await self._end_surplus(create.policy, runs, namespace)
        return create.policy is KeyPolicy.FORBID and any(run.delivery == create.delivery for run in ended)

    async def _end_surplus(
        self, policy: KeyPolicy, runs: Sequence[KeyedRun], namespace: str
    ) -> Sequence[KeyedRun]:
        surplus = concurrency.surplus(policy, runs)
        stays = concurrency.staying(policy, runs)
        for run in surplus:
            await self.ended(run.name, namespace, superseded(stays.name if stays else ""))
            log.info("terminated workflow %s/%s: %s stays", namespace, run.name, stays.name if stays else "")
        return surplus

    async def ended(self, name: str, namespace: str, patch: Json = TERMINATE) -> str:
        """Terminate a Workflow that runs, by that patch; its name. One that is gone already counts."""

        async def call() -> None:
            await self._client.patch(WORKFLOWS, namespace, name, patch, metadata_only=True)

        try:
            await eagerly(self._clock, self._patience, call)
        except ApiError as error:
            # It is gone already: nothing is left to end.
            if error.status != 404:
                raise
        return name

    async def runs(self, selector: str, namespace: str, read: Callable[[Json], T]) -> list[T]:
        """What ``read`` makes of the metadata of each Workflow of a label selector."""

        async def call() -> list[T]:
            return await self._client.of_each(WORKFLOWS, namespace, read, labels=selector)

        return await eagerly(self._clock, self._patience, call)

    async def _runs(self, create: WorkflowCreate, namespace: str) -> list[KeyedRun]:
        return await self.runs(f"{keys.CONCURRENCY_KEY}={create.group}", namespace, concurrency.run_of)


def _may_be_taken(create: WorkflowCreate, error: KubeError) -> bool:
    taken = isinstance(error, ApiError) and error.reason == "AlreadyExists"
    return taken and create.naming is Naming.FIXED and create.name_taken is NameTaken.EXISTS


def _forbidden(create: WorkflowCreate, blocker: KeyedRun) -> Skipped:
    return Skipped(create.binding, f"workflow {blocker.name!r} of the same key is not finished (Forbid)")


async def record(own: Client, clock: Clock, outcomes: Sequence[EventOutcome]) -> None:
    """Write each failure as a Kubernetes Event on its binding; the delivery's log line has it too.

    A record is not worth a delivery: what cannot be written in two seconds is not written.
    """
    every = (problem for outcome in outcomes for problem in outcome.problems)
    # What stands for bindings that were not read is no object.
    failures = [(binding, message) for binding, message in every if binding.uid]
    if not failures:
        return
    try:
        async with asyncio.timeout(_record_seconds):
            await asyncio.gather(*(_record(own, clock, *failure) for failure in failures[:_at_once]))
    except TimeoutError:
        log.warning("%d Kubernetes Events were not written in time", len(failures))


async def _record(own: Client, clock: Clock, binding: Binding, message: str) -> None:
    try:
        await own.create(EVENTS, binding.namespace, event_of(binding, message, clock))
    except KubeError as error:
        # The same failure within the same minute has its Event already.
        if not (isinstance(error, ApiError) and error.reason == "AlreadyExists"):
            log.warning(
                "the Kubernetes Event on binding %s/%s was not written: %s",
                binding.namespace,
                binding.name,
                error,
            )


def event_of(binding: Binding, message: str, clock: Clock) -> Json:
    """The Event; the same failure of the same minute has the same name, so a storm writes one."""
    now = clock.now()
    return warning(
        WORKFLOW_EVENT_BINDINGS,
        binding.namespace,
        binding.name,
        uid=binding.uid,
        reason="WorkflowEventBindingError",
        message=f"failed to dispatch event: {message}",
        at=now,
        same=f"{message} {now.astimezone(UTC):%Y-%m-%dT%H:%M}",
    )
