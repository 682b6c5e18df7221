"""Creates a Workflow once: a name that is taken may be what an earlier try, or an earlier delivery, left."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from triggerfish import annotations as keys
from triggerfish.errors import ApiError, KubeError, Unanswered
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.kube.retry import Retry, eagerly
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.names import Naming
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import renamed

_names_tried = 5


@dataclass(frozen=True, slots=True)
class CreatedWorkflow:
    """``workflow`` exists; not ``new``: an earlier delivery made it, and this is what we would have made."""

    workflow: Json
    new: bool

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.workflow["metadata"]["name"])


@dataclass(frozen=True, slots=True)
class WorkflowCreator:
    """Creates as one identity, with patience."""

    client: Client
    clock: Clock
    patience: Retry

    async def create(self, namespace: str, workflow: Json, naming: Naming) -> CreatedWorkflow:
        """See to it that ``workflow``, whose name and delivery annotation are set, exists once.

        ``KubeError`` when that is not so: 409 ``AlreadyExists`` when its fixed name belongs to another.
        """
        for attempt in range(1, _names_tried + 1):
            try:
                return await self._named(namespace, workflow, naming)
            except _Taken as taken:
                if naming is not Naming.RANDOM or attempt == _names_tried:
                    raise taken.error from None
                workflow = renamed(workflow, secrets.token_bytes(16))
        raise AssertionError("the loop returns or raises")

    async def _named(self, namespace: str, workflow: Json, naming: Naming) -> CreatedWorkflow:
        unclear = False

        async def call() -> Json:
            nonlocal unclear
            try:
                return await self.client.create(WORKFLOWS, namespace, workflow)
            except (ApiError, Unanswered) as error:
                unclear = unclear or _may_be_done(error)
                raise

        try:
            return CreatedWorkflow(await eagerly(self.clock, self.patience, call), new=True)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            if naming is Naming.DERIVED or (naming is Naming.RANDOM and unclear):
                return CreatedWorkflow(workflow, new=unclear)
            if naming is Naming.FIXED and await self._ours(namespace, workflow):
                return CreatedWorkflow(workflow, new=unclear)
            raise _Taken(error) from None

    async def _ours(self, namespace: str, workflow: Json) -> bool:
        """Whether the Workflow of that name was made by this very delivery, as far as we may read it."""

        async def call() -> Json:
            return await self.client.get(WORKFLOWS, namespace, workflow["metadata"]["name"])

        try:
            existing = await eagerly(self.clock, self.patience, call)
        except ApiError as error:
            if error.retry:
                raise
            return False
        annotations = existing["metadata"].get("annotations") or {}
        return bool(annotations.get(keys.DELIVERY) == workflow["metadata"]["annotations"][keys.DELIVERY])


class _Taken(Exception):  # noqa: N818  a state of a name, which never leaves this file
    def __init__(self, error: ApiError) -> None:
        self.error = error


def _may_be_done(error: KubeError) -> bool:
    # Too many requests (429) were turned away before anything was done; after other failures nobody knows.
    return error.retry and not (isinstance(error, ApiError) and error.status == 429)
