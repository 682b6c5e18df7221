"""The command `triggerfish resume`: the end of a suspension, of a pause, or of a stop."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from triggerfish.cli.cluster import Kubeconfig, Namespace
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.output import Form, Output, show
from triggerfish.cli.patching import Names, Selector, patched
from triggerfish.cron.manifest import suspension
from triggerfish.workflows.objects import Json


def resume(
    names: Names = None,
    *,
    selector: Selector = "",
    restart: Annotated[
        bool,
        typer.Option(
            "--restart", help="Also restart CronWorkflows that their stop strategy has stopped for good."
        ),
    ] = False,
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """End any suspension, and the pause after failures. Slots that have passed do not run.

    Exit code 1 if one has stopped for good and --restart was not given.
    """

    def patch(cron: Json, at: datetime) -> Json:
        return suspension.resume(cron, at, restart=restart)

    done = asyncio.run(patched(names or [], selector, patch, kubeconfig, namespace))
    rows = [
        {"cron": name, "state": "stopped", "note": "stopped for good; --restart starts it again"}
        if stopped
        else {"cron": name, "state": "resumed"}
        for name, stopped in done
    ]
    some_stopped = any(stopped for _, stopped in done)
    show(rows, output, columns=["cron", "state", *(["note"] if some_stopped else [])], empty="")
    raise typer.Exit(1 if some_stopped else 0)


COMMAND = Command("resume", resume, Panel.ACT)
