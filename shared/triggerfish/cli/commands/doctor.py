"""The command `triggerfish doctor`: what is wrong with an installation, and the command that mends it."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from triggerfish.cli.cluster import Kubeconfig, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.doctor.diagnosis import Diagnosis, Gravity
from triggerfish.cli.doctor.examining import examined
from triggerfish.cli.doctor.patient import Hints, admitted
from triggerfish.cli.output import Form, Output, show
from triggerfish.errors import TriggerfishError

_colours = {Gravity.ERROR: "red", Gravity.WARNING: "yellow", Gravity.UNKNOWN: "cyan"}


def doctor(
    *,
    functions: Annotated[
        str,
        typer.Option(help="The namespace of both functions. Default: where they are.", show_default=False),
    ] = "",
    namespace: Annotated[
        str,
        typer.Option(
            "--namespace",
            "-n",
            help="Look at this namespace alone. Default: at all that the functions work on.",
            show_default=False,
        ),
    ] = "",
    cron_user: Annotated[
        str,
        typer.Option(help="Whom the cluster takes the cron function for, outside it.", show_default=False),
    ] = "",
    events_user: Annotated[
        str,
        typer.Option(help="Whom the cluster takes the events function for, outside it.", show_default=False),
    ] = "",
    cron_url: Annotated[
        str, typer.Option(help="The cron function's URL: it is asked for its version.", show_default=False)
    ] = "",
    events_url: Annotated[
        str, typer.Option(help="The events function's URL: it is asked for its version.", show_default=False)
    ] = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
) -> None:
    """Say what is wrong with an installation, each fault with the command that mends it.

    Looks at the CRDs, the rights of both functions, Argo's own cron workers, the ticks and their shards, the
    webhook clients, the CronWorkflows and bindings, clocks and versions. It writes nothing.

    Exit code 0: nothing is wrong; 1: something is; 2: something could not be looked at, and the rest is well.
    """
    users = {"cron": cron_user, "events": events_user}
    urls = {"cron": cron_url, "events": events_url}
    hints = Hints(functions, namespace, _given(users), _given(urls))

    async def work() -> list[Diagnosis]:
        async with connected(kubeconfig, namespace) as target:
            return await examined(await admitted(target, hints))

    try:
        found = asyncio.run(work())
    except TriggerfishError as error:
        print(f"triggerfish: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    if output is Form.TABLE:
        _print(found)
    else:
        show([each.row() for each in found], output, columns=(), empty="")
    wrong = any(each.gravity is not Gravity.UNKNOWN for each in found)
    raise typer.Exit(1 if wrong else 2 if found else 0)


def _given(options: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in options.items() if value}


def _print(found: list[Diagnosis]) -> None:
    """Each fault in a paragraph: a command must not be wrapped into a table's cell."""
    console = Console(highlight=False, soft_wrap=True)
    for each in found:
        thing = "/".join(part for part in (each.namespace, each.name) if part)
        subject = f"{thing}: " if thing else ""
        console.print(
            f"[{_colours[each.gravity]}]{each.gravity.value}[/] [bold]{each.check}[/bold]"
            f" {escape(subject + each.what)}"
        )
        if each.command:
            console.print(f"  {escape(each.command)}", style="dim")
    counts = {each: sum(1 for one in found if one.gravity is each) for each in Gravity}
    said = ", ".join(
        f"{count} {each.value}{'s' * (count != 1 and each is not Gravity.UNKNOWN)}"
        for each, count in counts.items()
        if count
    )
    console.print(said or "nothing is wrong")


COMMAND = Command("doctor", doctor, Panel.LOOK)
