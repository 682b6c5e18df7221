"""The commands `triggerfish suspend`, `resume` and `trigger`."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from triggerfish.cli import instants
from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.commands.submit import Shape, shown, submitted
from triggerfish.cli.output import Form, Output, moment, show
from triggerfish.cli.sources import one, selected
from triggerfish.cron import times
from triggerfish.cron.manifest import suspension
from triggerfish.cron.manifest.recorded import Books
from triggerfish.cron.manifest.suspension import Suspension
from triggerfish.errors import TriggerfishError
from triggerfish.events_function.api import submit as core
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.workflows.objects import Json

Names = Annotated[list[str] | None, typer.Argument(help="CronWorkflows of the cluster.", show_default=False)]
Selector = Annotated[
    str,
    typer.Option(
        "--selector", "-l", help="All that have these labels, in place of names.", show_default=False
    ),
]
Patch = Callable[[Json, datetime], Json]


def suspend(
    names: Names = None,
    *,
    selector: Selector = "",
    until: Annotated[
        str,
        typer.Option("--until", help="Go on by itself then: 2026-11-24T08:00.", show_default=False),
    ] = "",
    reason: Annotated[str, typer.Option(help="Why, for who asks later.", show_default=False)] = "",
    timezone: Annotated[str, typer.Option(help="Of --until; else UTC.", show_default=False)] = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Start no runs, until a time or until `triggerfish resume`; it is noted who did it, when and why.

    Runs that have begun go on. With --until nobody has to resume it.
    """
    zone = instants.zone(timezone)
    end = instants.instant(until, "--until", zone) if until else None

    def patch(_: Json, at: datetime) -> Json:
        if end is not None and end <= at:
            raise TriggerfishError(f"--until {until!r} is not in the future; it is {times.rfc3339(at)}")
        return Suspension(at, end, _who(), reason).patch

    done = asyncio.run(_patched(names or [], selector, patch, kubeconfig, namespace))
    rows = [{"cron": name, "state": "suspended", "until": moment(end, zone.info)} for name, _ in done]
    show(rows, output, columns=["cron", "state", *(["until"] if end else [])], empty="")


def resume(
    names: Names = None,
    *,
    selector: Selector = "",
    restart: Annotated[
        bool, typer.Option("--restart", help="Also those that their stop strategy has stopped for good.")
    ] = False,
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """End any suspension, and the pause after failures. Slots that passed meanwhile are not run.

    Exit code 1 when one has stopped for good and --restart was not given.
    """

    def patch(cron: Json, at: datetime) -> Json:
        return suspension.resume(cron, at, restart=restart)

    done = asyncio.run(_patched(names or [], selector, patch, kubeconfig, namespace))
    rows = [
        {"cron": name, "state": "stopped", "note": "stopped for good; --restart sets it going"}
        if stopped
        else {"cron": name, "state": "resumed"}
        for name, stopped in done
    ]
    some_stopped = any(stopped for _, stopped in done)
    show(rows, output, columns=["cron", "state", *(["note"] if some_stopped else [])], empty="")
    raise typer.Exit(1 if some_stopped else 0)


def trigger(
    name: Annotated[str, typer.Argument(help="A CronWorkflow of the cluster.")],
    *,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", help="NAME=VALUE")] = None,
    output: Annotated[Shape, typer.Option("--output", "-o", help="name, json or yaml")] = Shape.NAME,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Run a CronWorkflow now, whatever its schedule; it counts as one of its runs."""
    body: Json = {
        "resourceKind": CRON_WORKFLOWS.kind,
        "resourceName": name,
        "submitOptions": {"parameters": parameter or []},
    }
    for workflow in asyncio.run(submitted([(core.submit, body)], kubeconfig, namespace)):
        print(shown(workflow, output))


async def _patched(
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
    return name, Books.of(written).stopped


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a user that has no name.
        return "somebody"
