"""The command `triggerfish submit`: a Workflow from a template, a CronWorkflow or a file."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from triggerfish import submit as core
from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.files import objects
from triggerfish.creating import WorkflowCreator
from triggerfish.errors import AnswerError, ApiError, SpecError, TriggerfishError
from triggerfish.kube.retry import Retry
from triggerfish.kube.wire import Json
from triggerfish.submit import Submission
from triggerfish.workflows.labels import Creator


class Shape(StrEnum):
    """How to show a Workflow that was made."""

    NAME = "name"
    JSON = "json"
    YAML = "yaml"


Route = Callable[[WorkflowCreator, Submission], Awaitable[Json]]

_patience = Retry(attempts=3)


def submit(
    what: Annotated[
        str,
        typer.Argument(
            help="workflowtemplate/NAME, clusterworkflowtemplate/NAME, cronworkflow/NAME, or a file."
        ),
    ],
    *,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", help="NAME=VALUE")] = None,
    artifact: Annotated[list[str] | None, typer.Option("--artifact", help="NAME=KEY")] = None,
    label: Annotated[str, typer.Option("--labels", "-l", help="NAME=VALUE,NAME=VALUE")] = "",
    annotation: Annotated[str, typer.Option("--annotations", help="NAME=VALUE,NAME=VALUE")] = "",
    name: Annotated[str, typer.Option(help="The Workflow's name.")] = "",
    generate_name: Annotated[str, typer.Option(help="What its name begins with.")] = "",
    entrypoint: Annotated[str, typer.Option(help="The template to begin with.")] = "",
    serviceaccount: Annotated[str, typer.Option(help="Whom its pods run as.")] = "",
    priority: Annotated[int | None, typer.Option(help="Its priority.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be sent.")] = False,
    server_dry_run: Annotated[
        bool, typer.Option("--server-dry-run", help="Let the API server check it and store nothing.")
    ] = False,
    output: Annotated[Shape, typer.Option("--output", "-o", help="name, json or yaml")] = Shape.NAME,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Submit a Workflow, as the kubeconfig says who you are."""
    options: Json = {
        "parameters": parameter or [],
        "artifacts": artifact or [],
        "labels": label,
        "annotations": annotation,
        "name": name,
        "generateName": generate_name,
        "entryPoint": entrypoint,
        "serviceAccount": serviceaccount,
        "priority": priority,
        "dryRun": dry_run,
        "serverDryRun": server_dry_run,
    }
    made = asyncio.run(submitted(_bodies(what, options), kubeconfig, namespace))
    for workflow in made:
        print(shown(workflow, output))


class Refused(TriggerfishError):  # noqa: N818  what it says is the answer
    """The API server, or the core, said no."""


def _bodies(what: str, options: Json) -> list[tuple[Route, Json]]:
    """What to ask of the core, as Argo's API takes it."""
    path = Path(what)
    if path.is_file():
        dry = {"createOptions": {"dryRun": ["All"]} if options["dryRun"] else {}}
        dry["serverDryRun"] = options["serverDryRun"]
        return [(core.create, {"workflow": manifest, **dry}) for manifest in objects(path, "WHAT")]
    kind, slash, name = what.partition("/")
    if not slash:
        problem = f"{what!r} is neither a file nor KIND/NAME"
        raise SpecError("WHAT", problem, "such as workflowtemplate/build")
    return [(core.submit, {"resourceKind": kind, "resourceName": name, "submitOptions": options})]


async def submitted(asked: list[tuple[Route, Json]], kubeconfig: str, namespace: str) -> list[Json]:
    """Each submission as it was made; ``Refused`` says why not."""
    async with connected(kubeconfig, namespace) as target:
        creator = WorkflowCreator(target.client, target.clock, _patience)
        try:
            return [await route(creator, _submission(target, body)) for route, body in asked]
        except (AnswerError, ApiError) as error:
            raise Refused(error.message) from None


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


def shown(workflow: Json, output: Shape) -> str:
    """A Workflow as whoever submitted it sees it."""
    if output is Shape.JSON:
        return json.dumps(workflow, indent=1, ensure_ascii=False)
    if output is Shape.YAML:
        return yaml.safe_dump(workflow, sort_keys=False, allow_unicode=True).rstrip()
    metadata = workflow["metadata"]
    return str(metadata.get("name") or metadata["generateName"])
