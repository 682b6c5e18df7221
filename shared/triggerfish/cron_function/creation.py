"""The create of one child, tried until it is known what came of it; and the end of one, asked for."""

from __future__ import annotations

from functools import partial

from triggerfish.cron.manifest.children import Child
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.merging import End
from triggerfish.cron.planning.actions import Closed, Create, Created, CreateRefused, Result, Unfinished
from triggerfish.cron.planning.remembering import end_of
from triggerfish.cron_function.access import Access
from triggerfish.errors import ApiError, KubeError, Unanswered
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.runtime import tracing
from triggerfish.workflows.objects import Json

_tries = 3


async def create(access: Access, cron: CronWorkflow, asked: Create) -> Result:
    """Create that child. A Workflow of its name is success if it is ours, and refused otherwise."""
    slot = asked.slot.isoformat()
    with tracing.span(
        "slot", namespace=cron.namespace, cron=cron.name, slot=slot, workflow=asked.name
    ) as span:
        result = await _created(access, cron, asked, tracing.marked(asked.body))
        span.note(outcome=type(result).__name__)
        if isinstance(result, CreateRefused):
            span.fail(result.message)
        if isinstance(result, Unfinished):
            span.fail(result.problem)
        return result


async def _created(access: Access, cron: CronWorkflow, asked: Create, body: Json) -> Result:
    client, namespace = access.client, cron.namespace
    for _ in range(_tries):
        try:
            made = await access.call(lambda: client.create(WORKFLOWS, namespace, body, metadata_only=True))
        except ApiError as error:
            if error.is_of_a_terminating_namespace:
                return Closed(error.message)
            if error.status != 409:
                refused = CreateRefused(f"Failed to submit Workflow {asked.name}: {error.message}")
                return Unfinished(str(error)) if error.retry else refused
            taken = error.reason == "AlreadyExists"
        except Unanswered as error:
            return Unfinished(str(error))
        else:
            return Created(Child.of(made))
        try:
            found = await _existing(access, namespace, asked.name)
        except KubeError as error:
            # Whose it is nobody knows, so nothing is decided.
            return Unfinished(str(error))
        if found or taken:
            return _adopted(cron, asked, found)
    return Unfinished(f"the API server answered 409 to each attempt to create {asked.name}")


async def end(access: Access, child: Child) -> End:
    """The end of a failed child, with its message; without one where the child is gone or cannot be read."""
    try:
        # Once: a record without the message is better than none.
        found = await access.client.get(WORKFLOWS, child.namespace, child.name)
    except KubeError:
        return End("")
    return end_of(found) if found["metadata"].get("uid") == child.uid else End("")


async def _existing(access: Access, namespace: str, name: str) -> Json | None:
    try:
        get = partial(access.client.get, WORKFLOWS, namespace, name, metadata_only=True)
        return await access.call(get)
    except ApiError as error:
        if error.status != 404:
            raise
        return None


def _adopted(cron: CronWorkflow, asked: Create, found: Json | None) -> Result:
    """A Workflow of that name was there: ours of that slot (it may be gone again), or somebody else's."""
    child = Child.of(found) if found else None
    if found and (child is None or child.owner != cron.uid):
        return CreateRefused(
            f"Failed to submit Workflow: {asked.name} exists and does not belong to this CronWorkflow"
        )
    return Created(child, existed=True)
