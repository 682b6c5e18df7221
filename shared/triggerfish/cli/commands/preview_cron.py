"""The command `triggerfish preview cron`: what a tick would do at some instant."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from triggerfish.cli import crons, instants
from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.completion import CronName
from triggerfish.cli.instants import Timezone
from triggerfish.cli.output import Form, Output, dumped_json, dumped_yaml
from triggerfish.cron.explaining.explain import Preview
from triggerfish.errors import ApiError, TriggerfishError
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.workflows.objects import Json


def preview_cron(
    name: CronName,
    *,
    at: Annotated[str, typer.Option("--at", help="A past or coming slot, such as 2026-11-23T06:00.")],
    run: Annotated[bool, typer.Option("--run", help="Create the Workflow of this slot.")] = False,
    timezone: Timezone = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Say what a tick would do at that instant, and show the Workflow that it would create.

    Exit code 1 if --run was given and nothing would run.
    """
    instant = instants.instant(at, "--at", instants.zone(timezone))

    async def work() -> tuple[Preview, str]:
        async with connected(kubeconfig, namespace) as target:
            found = await crons.preview(target, name, instant)
            return found, await _run(target, found) if run and found.workflow else ""

    found, done = asyncio.run(work())
    if output is Form.TABLE:
        typer.echo(found.sentence)
        if found.workflow and not run:
            typer.echo("\n" + dumped_yaml(found.workflow))
        if done:
            typer.echo(done)
    else:
        answer = {"sentence": found.sentence, "workflow": found.workflow} | ({"run": done} if run else {})
        print(dumped_json(answer) if output is Form.JSON else dumped_yaml(answer))
    raise typer.Exit(1 if run and not done else 0)


async def _run(target: Target, found: Preview) -> str:
    workflow = found.workflow or {}
    name = workflow["metadata"]["name"]
    try:
        await target.client.create(WORKFLOWS, target.namespace, workflow)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        there = await target.client.get(WORKFLOWS, target.namespace, name)
        if _owner(there) != _owner(workflow):
            raise TriggerfishError(f"a Workflow {name} exists, and something else created it") from None
        return f"{name} exists already: this slot has run."
    return f"Created {name}."


def _owner(workflow: Json) -> str:
    owners = workflow["metadata"].get("ownerReferences") or []
    return next((str(each.get("uid")) for each in owners if each.get("controller")), "")


COMMAND = Command("preview cron", preview_cron, Panel.CHECK)
