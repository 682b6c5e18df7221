"""The command `triggerfish dev`: start everything, say what runs where, stop everything.

Its subcommands work on a session that runs, from another terminal.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from triggerfish.errors import SettingError, TriggerfishError, Unanswered
from triggerfish.kube.client import Client
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import NAMESPACES
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish_laptop.dev import importing, owntime
from triggerfish_laptop.dev.owntime import OwnTime
from triggerfish_laptop.dev.ports import Ports
from triggerfish_laptop.dev.session import SessionOptions, run
from triggerfish_laptop.files import checkout

# What only the processes that a session starts import: without them they would end with a traceback each.
_EXTRA = (
    "functions_framework",
    "jsonpatch",
    "psutil",
    "starlette",
    "trustme",
    "uvicorn",
    "uvicorn_worker",
    "uvloop",
)


class Where(StrEnum):
    """Which cluster the functions work on."""

    EMBEDDED = "embedded"
    KUBECONFIG = "kubeconfig"


app = typer.Typer()

State = Annotated[Path, typer.Option(help="Where the embedded cluster keeps its state.")]


@app.callback(invoke_without_command=True)
def dev(
    context: typer.Context,
    *,
    cluster: Annotated[
        Where, typer.Option(help="The embedded cluster, or the one that KUBECONFIG names.")
    ] = Where.EMBEDDED,
    port_base: Annotated[
        int, typer.Option(envvar="PORT_BASE", min=1024, max=65000, help="The ports are N+1, N+80 and N+81.")
    ] = 8000,
    state: State = Path(".local"),
    at: Annotated[
        str,
        typer.Option(
            help="The time at which the embedded cluster starts, such as 2026-10-25T00:50Z. It starts empty.",
            show_default=False,
        ),
    ] = "",
    speed: Annotated[
        float | None,
        typer.Option(
            min=0, max=86_400, help="How many of its seconds pass in a real one; 0: only `advance` moves it."
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Start with an empty cluster: what the last session left is deleted."),
    ] = False,
) -> None:
    """Run everything on this machine: cluster, both functions, and a scheduler that ticks every minute."""
    if context.invoked_subcommand is not None:
        return
    own_time = OwnTime.of(at, speed, Clock().now)
    if own_time and cluster is Where.KUBECONFIG:
        raise SettingError("--at and --speed are for the embedded cluster; a real one keeps its own time")
    given = os.environ.get("KUBECONFIG", "")
    if fresh and cluster is Where.KUBECONFIG:
        raise SettingError("--fresh is for the embedded cluster; nothing of a real one is deleted")
    if cluster is Where.KUBECONFIG and not given:
        raise SettingError(
            "KUBECONFIG is not set; say which cluster: KUBECONFIG=~/.kube/config make run CLUSTER=kubeconfig"
        )
    require_extra()
    root = checkout()
    kubeconfig = Path(given) if cluster is Where.KUBECONFIG else None
    options = SessionOptions(
        root=root,
        ports=Ports(port_base),
        state=state.absolute(),
        kubeconfig=kubeconfig,
        environment=dict(os.environ),
        own_time=own_time,
        fresh=fresh,
    )
    sys.exit(asyncio.run(run(options)))


@app.command()
def advance(
    by: Annotated[str, typer.Argument(help="How far to advance, such as 2h, 1h30m or 90s.")],
    *,
    state: State = Path(".local"),
) -> None:
    """Move the clock of a running `triggerfish dev --at …` ahead, with a tick at each minute on the way."""
    asyncio.run(_advance(owntime.duration(by), state))


async def _advance(by: timedelta, state: Path) -> None:
    async with running(state) as client:
        target = await owntime.advance(client, by)
        # On standard error, and on a terminal alone: a day is 1,440 ticks.
        with Console(stderr=True, force_terminal=sys.stderr.isatty()).status("") as status:
            await owntime.leave(client, target, lambda now: status.update(f"{now:%Y-%m-%d %H:%M} UTC"))
    typer.echo(f"It is {target:%Y-%m-%d %H:%M:%S} UTC on the embedded cluster.")


@app.command("import")
def import_command(
    *,
    context: Annotated[str, typer.Option(help="The context of the cluster to copy from.")],
    kubeconfig: Annotated[
        str,
        typer.Option(
            envvar="KUBECONFIG", help="The kubeconfig with this context.", show_default="~/.kube/config"
        ),
    ] = "",
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="Copy this namespace only.", show_default=False)
    ] = "",
    state: State = Path(".local"),
) -> None:
    """Copy CronWorkflows, bindings and templates (no Secrets) from a real cluster, which is only read."""
    imported = asyncio.run(
        _import(kubeconfig or str(Path("~/.kube/config").expanduser()), context, namespace, state)
    )
    importing.report(imported, typer.echo)
    if imported.refused:
        sys.exit(1)


async def _import(kubeconfig: str, context: str, namespace: str, state: Path) -> importing.Imported:
    # Asked first: without it there is nothing to import into.
    async with running(state) as client:
        await client.get(NAMESPACES, None, "default")
    async with importing.opened(kubeconfig, context, state / "kubeconfig") as (source, target):
        return await importing.copy(source, target, namespace or None)


@asynccontextmanager
async def running(state: Path) -> AsyncIterator[Client]:
    """The embedded cluster of the session with that state, as its administrator."""
    kubeconfig = state / "kubeconfig"
    if not await asyncio.to_thread(kubeconfig.exists):
        raise SettingError(f"{state} has no kubeconfig; start the embedded cluster first: triggerfish dev")
    cluster = await Cluster.open(Settings(kubeconfig=str(kubeconfig)), Clock())
    try:
        yield cluster.own
    except Unanswered as error:
        raise TriggerfishError(
            f"the embedded cluster of {state} does not answer; is it running? {error}"
        ) from None
    finally:
        await cluster.close()


def require_extra() -> None:
    """``TriggerfishError``, with the way out, when the packages of the extra ``laptop`` are not installed."""
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise TriggerfishError(
            f"`triggerfish dev` needs {', '.join(missing)}, which this installation leaves out: "
            "pip install 'triggerfish[laptop]'"
        )
