"""Submissions as commands make them, and a Workflow that was made as people want to see it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Any

import typer

from triggerfish.cli import parameters
from triggerfish.cli.cluster import Target, connected
from triggerfish.cli.output import dumped_json, dumped_yaml
from triggerfish.errors import AnswerError, SpecError, TriggerfishError
from triggerfish.events_function.api.submit import Submission
from triggerfish.events_function.creation import WorkflowCreator
from triggerfish.kube.retry import Retry
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.objects import Json


class WorkflowForm(StrEnum):
    """The form in which a new Workflow is shown."""

    NAME = "name"
    JSON = "json"
    YAML = "yaml"


Parameters = Annotated[
    list[str] | None, typer.Option("--parameter", "-p", help="A parameter, as NAME=VALUE.")
]
WorkflowOutput = Annotated[
    WorkflowForm, typer.Option("--output", "-o", help="What to print of the Workflow: name, json or yaml.")
]
Route = Callable[[WorkflowCreator, Submission], Awaitable[Json]]

_patience = Retry(attempts=3)
_FIELD = re.compile(r"^submitOptions\.(\w+)(?:\[\d+\])?")
_options = {
    "parameters": "--parameter",
    "artifacts": "--artifact",
    "labels": "--labels",
    "annotations": "--annotations",
}


class SubmissionRefused(TriggerfishError):  # noqa: N818  what it says is the answer
    """The API server refused it, or Triggerfish did."""


async def submitted(asked: list[tuple[Route, Json]], kubeconfig: str, namespace: str) -> list[Json]:
    """Each submission as it was made; ``SubmissionRefused`` says why not."""
    async with connected(kubeconfig, namespace) as target:
        creator = WorkflowCreator(target.client, target.clock, _patience)
        try:
            made = [await route(creator, _submission(target, body)) for route, body in asked]
        except AnswerError as error:
            raise SubmissionRefused(error.message) from None
        except SpecError as error:
            raise SubmissionRefused(_by_option(str(error))) from None
        for _, body in asked:
            if "resourceKind" in body:
                await parameters.warn(target, body)
        return made


def _by_option(message: str) -> str:
    """The option in place of the field of Argo's API that it sets."""
    return _FIELD.sub(lambda found: _options.get(found[1], found[0]), message)


def _submission(target: Target, body: Any) -> Submission:
    return Submission(
        target.namespace,
        body,
        Creator(),
        secrets.token_bytes(32),
        repeatable=False,
        instance_id=target.settings.instance_id,
        now=target.clock.now(),
    )


def shown(workflow: Json, output: WorkflowForm) -> str:
    """The Workflow in the form that was asked for."""
    if output is WorkflowForm.JSON:
        return dumped_json(workflow)
    if output is WorkflowForm.YAML:
        return dumped_yaml(workflow)
    metadata = workflow["metadata"]
    return str(metadata.get("name") or metadata["generateName"])
