"""The command `triggerfish suspend`: no runs for a while, or until somebody resumes it."""

from __future__ import annotations

import asyncio
import getpass
from datetime import datetime
from typing import Annotated

import typer

from triggerfish.cli import instants
from triggerfish.cli.cluster import Kubeconfig, Namespace
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.output import Form, Output, moment, show
from triggerfish.cli.patching import Names, Selector, patched
from triggerfish.cron import times
from triggerfish.cron.manifest.suspension import Suspension
from triggerfish.errors import TriggerfishError
from triggerfish.workflows.objects import Json


def suspend(
    names: Names = None,
    *,
    selector: Selector = "",
    until: Annotated[
        str,
        typer.Option(
            "--until", help="Go on by itself at this time, such as 2026-11-24T08:00.", show_default=False
        ),
    ] = "",
    reason: Annotated[
        str, typer.Option(help="The reason, which is recorded and shown.", show_default=False)
    ] = "",
    timezone: Annotated[
        str, typer.Option(help="The zone of --until. Default: UTC.", show_default=False)
    ] = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Start no runs, until a time or until `triggerfish resume`. Records who did it, when and why.

    Runs that have begun go on. With --until it resumes by itself.
    """
    zone = instants.zone(timezone)
    end = instants.instant(until, "--until", zone) if until else None

    def patch(_: Json, at: datetime) -> Json:
        if end is not None and end <= at:
            raise TriggerfishError(f"--until {until!r} is not in the future; it is {times.rfc3339(at)}")
        return Suspension(at, end, _who(), reason).patch

    done = asyncio.run(patched(names or [], selector, patch, kubeconfig, namespace))
    rows = [{"cron": name, "state": "suspended", "until": moment(end, zone.info)} for name, _ in done]
    show(rows, output, columns=["cron", "state", *(["until"] if end else [])], empty="")


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a user that has no name.
        return "somebody"


COMMAND = Command("suspend", suspend, Panel.ACT)
