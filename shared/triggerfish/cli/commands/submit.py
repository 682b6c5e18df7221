"""The command `triggerfish submit`: a Workflow from a template, a CronWorkflow or a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from triggerfish.cli import completion
from triggerfish.cli.cluster import Kubeconfig, Namespace
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.files import objects
from triggerfish.cli.submitting import Parameters, Route, WorkflowForm, WorkflowOutput, shown, submitted
from triggerfish.errors import SpecError
from triggerfish.events_function.api import submit as core
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.workflows.objects import Json


def submit(
    what: Annotated[
        str,
        typer.Argument(
            help="workflowtemplate/NAME, clusterworkflowtemplate/NAME, cronworkflow/NAME, or a file.",
            autocompletion=completion.submittable,
        ),
    ],
    *,
    parameter: Parameters = None,
    artifact: Annotated[
        list[str] | None, typer.Option("--artifact", help="An input artifact, as NAME=KEY.")
    ] = None,
    label: Annotated[str, typer.Option("--labels", "-l", help="Labels, as NAME=VALUE,NAME=VALUE.")] = "",
    annotation: Annotated[
        str, typer.Option("--annotations", help="Annotations, as NAME=VALUE,NAME=VALUE.")
    ] = "",
    name: Annotated[str, typer.Option(help="The name of the Workflow.")] = "",
    generate_name: Annotated[str, typer.Option(help="The beginning of its name.")] = "",
    entrypoint: Annotated[str, typer.Option(help="The template that it starts with.")] = "",
    serviceaccount: Annotated[str, typer.Option(help="The service account of its pods.")] = "",
    priority: Annotated[int | None, typer.Option(help="Its priority.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the Workflow, and send nothing.")
    ] = False,
    server_dry_run: Annotated[
        bool,
        typer.Option("--server-dry-run", help="Let the API server check the Workflow, without storing it."),
    ] = False,
    output: WorkflowOutput = WorkflowForm.NAME,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Submit a Workflow as the user of the kubeconfig."""
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


def _bodies(what: str, options: Json) -> list[tuple[Route, Json]]:
    """The requests to the core, as Argo's API takes them."""
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
            problem = f"{path} holds {each.get('kind') or 'an object without a kind'}, not a Workflow"
            raise SpecError("WHAT", problem, "apply it, then name it, such as cronworkflow/NAME")
    return found


COMMAND = Command("submit", submit, Panel.ACT)
