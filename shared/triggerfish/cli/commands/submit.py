"""The command `triggerfish submit`: a Workflow from a template, a CronWorkflow or a file."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.files import objects
from triggerfish.errors import AnswerError, SpecError, TriggerfishError
from triggerfish.events_function.api import submit as core
from triggerfish.events_function.api.submit import Submission
from triggerfish.events_function.creation import WorkflowCreator
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.kube.retry import Retry
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.objects import Json


class Shape(StrEnum):
    """How to show a Workflow that was made."""

    NAME = "name"
    JSON = "json"
    YAML = "yaml"


Route = Callable[[WorkflowCreator, Submission], Awaitable[Json]]

_patience = Retry(attempts=3)
_FIELD = re.compile(r"^submitOptions\.(\w+)(?:\[\d+\])?")
_options = {
    "parameters": "--parameter",
    "artifacts": "--artifact",
    "labels": "--labels",
    "annotations": "--annotations",
}


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
        return [(core.create, {"workflow": manifest, **dry}) for manifest in _workflows(path)]
    kind, _, name = what.partition("/")
    if not name:
        problem = f"{what!r} is neither a file nor KIND/NAME"
        raise SpecError("WHAT", problem, "such as workflowtemplate/build")
    return [(core.submit, {"resourceKind": kind, "resourceName": name, "submitOptions": options})]


def _workflows(path: Path) -> list[Json]:
    """The Workflows of a file that holds nothing else; ``SpecError``."""
    found = list(objects(path, "WHAT"))
    if not found:
        raise SpecError("WHAT", f"there is no Workflow in {path}")
    for each in found:
        if each.get("kind") != WORKFLOWS.kind:
            problem = f"{path} holds {each.get('kind') or 'an object without a kind'}, no Workflow"
            raise SpecError("WHAT", problem, "apply it, then name it: cronworkflow/NAME, say")
    return found


async def submitted(asked: list[tuple[Route, Json]], kubeconfig: str, namespace: str) -> list[Json]:
    """Each submission as it was made; ``Refused`` says why not."""
    async with connected(kubeconfig, namespace) as target:
        creator = WorkflowCreator(target.client, target.clock, _patience)
        try:
            return [await route(creator, _submission(target, body)) for route, body in asked]
        except AnswerError as error:
            raise Refused(error.message) from None
        except SpecError as error:
            raise Refused(_by_option(str(error))) from None


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


def shown(workflow: Json, output: Shape) -> str:
    """A Workflow as whoever submitted it sees it."""
    if output is Shape.JSON:
        return json.dumps(workflow, indent=1, ensure_ascii=False)
    if output is Shape.YAML:
        return yaml.safe_dump(workflow, sort_keys=False, allow_unicode=True).rstrip()
    metadata = workflow["metadata"]
    return str(metadata.get("name") or metadata["generateName"])
