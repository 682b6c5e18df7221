"""One patch on each of several CronWorkflows, named or chosen by labels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from triggerfish.cli import completion, instants
from triggerfish.cli.cluster import Target, connected
from triggerfish.cli.sources import one, selected
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.workflows.objects import Json

Names = Annotated[
    list[str] | None,
    typer.Argument(
        help="Names of CronWorkflows in the cluster.", show_default=False, autocompletion=completion.crons
    ),
]
Selector = Annotated[
    str,
    typer.Option(
        "--selector", "-l", help="All CronWorkflows with these labels, instead of names.", show_default=False
    ),
]
Patch = Callable[[Json, datetime], Json]


async def patched(
    names: list[str], labels: str, patch: Patch, kubeconfig: str, namespace: str
) -> list[tuple[str, bool]]:
    """Each name, and whether it has stopped for good. Nothing is written when one name is of nothing."""
    if bool(names) == bool(labels):
        raise typer.BadParameter("give names, or labels with -l")
    async with connected(kubeconfig, namespace) as target:
        found = [await one(target, name) for name in names] or await selected(target, labels)
        at = await instants.now(target)
        return [await _write(target, each["metadata"]["name"], patch(each, at)) for each in found]


async def _write(target: Target, name: str, body: Json) -> tuple[str, bool]:
    written = await target.client.patch(CRON_WORKFLOWS, target.namespace, name, body)
    return name, RecordedState.of(written).stopped
