"""The command `triggerfish uninstall`: takes off the cluster what the functions would leave in the way."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from triggerfish.cli.cluster import Kubeconfig, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.output import Form, Output, show
from triggerfish.cli.remains import Remains, remains, take_off


def uninstall(
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing: only say what is left.")] = False,
    functions: Annotated[
        str,
        typer.Option(help="The namespace of both functions. Default: where they are.", show_default=False),
    ] = "",
    namespace: Annotated[
        str,
        typer.Option(
            "--namespace", "-n", help="Look at this namespace alone. Default: at all.", show_default=False
        ),
    ] = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
) -> None:
    """Take finalizers off Workflows and delete delivery records, before the functions are deleted.

    It lists what is left then: role bindings of your own that bind a role or an account that goes, each with
    the command that deletes it. Exit code 1 if anything is left.
    """

    async def work() -> tuple[int, list[Remains]]:
        async with connected(kubeconfig, namespace) as target:
            found = [each async for each in remains(target, functions, namespace or None)]
            if check:
                return 0, found
            left = [each for each in found if not await take_off(target.client, each)]
            return len(found) - len(left), left

    taken, left = asyncio.run(work())
    if taken:
        print(f"{taken} finalizers and records were taken off", file=sys.stderr)
    columns = ("kind", "namespace", "name", "what", "command")
    show([each.row() for each in left], output, columns=columns, empty="nothing is left")
    raise typer.Exit(1 if left else 0)


COMMAND = Command("uninstall", uninstall, Panel.ACT)
