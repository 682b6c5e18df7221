"""Creates a Workflow once: a name that is taken may be what an earlier try, or an earlier delivery, left."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass

from triggerfish import annotations as keys
from triggerfish.errors import ApiError, KubeError, Unanswered
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.kube.retry import Retry, eagerly
from triggerfish.runtime import tracing
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.names import Naming
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import renamed

log = logging.getLogger("triggerfish.events")

_names_tried = 5


@dataclass(frozen=True, slots=True)
class CreatedWorkflow:
    """``workflow`` exists; not ``new``: an earlier delivery made it, and this is what we would have made.

    ``unverified`` says why it could not be read, to see that the earlier delivery made it. ``unclear``: it
    may be that it was there before, as an answer to our own request was lost.
    """

    workflow: Json
    new: bool
    unverified: str = ""
    unclear: bool = False

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

        ``KubeError`` when that is not so: 409 ``AlreadyExists`` when its name belongs to another.
        """
        with tracing.span("create workflow", namespace=namespace) as span:
            created = await self._created(namespace, tracing.marked(workflow), naming)
            span.note(workflow=created.name, new=created.new)
            return created

    async def _created(self, namespace: str, workflow: Json, naming: Naming) -> CreatedWorkflow:
        for attempt in range(1, _names_tried + 1):
            try:
                return await self._named(namespace, workflow, naming)
            except _Taken as taken:
                if attempt == _names_tried or not (taken.gone or naming is Naming.RANDOM):
                    raise taken.error from None
                if not taken.gone:
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
            if naming is Naming.RANDOM and not unclear:
                # It is another's by chance.
                raise _Taken(error) from None
            unverified = await self._unverified(namespace, workflow, naming, error)
            return CreatedWorkflow(workflow, new=unclear, unverified=unverified, unclear=unclear)

    async def _unverified(self, namespace: str, workflow: Json, naming: Naming, error: ApiError) -> str:
        """Return nothing when this very delivery made the Workflow of that name, else why that is not known.

        ``_Taken`` when another has the name, or when it is gone again. Who may create may choose any name,
        also one that a delivery is going to have. A name that everybody knows is another's unless we see
        that it is ours.
        """
        name = workflow["metadata"]["name"]

        async def call() -> Json:
            return await self.client.get(WORKFLOWS, namespace, name, metadata_only=True)

        try:
            existing = await eagerly(self.clock, self.patience, call)
        except ApiError as refused:
            if refused.status == 404:
                raise _Taken(error, gone=True) from None
            if refused.status != 403:
                raise
            if naming is Naming.FIXED:
                raise _Taken(error) from None
            log.warning("workflow %s/%s exists, which is not verified: %s", namespace, name, refused)
            return f"not verified: workflow {name!r} exists, and the identity that acts may not get it"
        annotations = existing["metadata"].get("annotations") or {}
        if annotations.get(keys.DELIVERY) == workflow["metadata"]["annotations"][keys.DELIVERY]:
            return ""
        if naming is Naming.DERIVED:
            told = f"workflow {name!r} exists, and this delivery did not make it: {keys.DELIVERY} differs"
            error = ApiError(error.status, error.reason, told)
        raise _Taken(error) from None


class _Taken(Exception):  # noqa: N818  a state of a name, which never leaves this file
    def __init__(self, error: ApiError, *, gone: bool = False) -> None:
        self.error, self.gone = error, gone


def _may_be_done(error: KubeError) -> bool:
    # Too many requests (429) were turned away before anything was done; after other failures nobody knows.
    return error.retry and not (isinstance(error, ApiError) and error.status == 429)
