"""The command `triggerfish dev`: start everything, say what runs where, stop everything."""

from __future__ import annotations

import asyncio
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from triggerfish.cli.dev.ports import Ports
from triggerfish.cli.dev.session import Options, run
from triggerfish.errors import SettingError, TriggerfishError


class Where(StrEnum):
    """Which cluster the functions work on."""

    EMBEDDED = "embedded"
    KUBECONFIG = "kubeconfig"


def dev(
    *,
    cluster: Annotated[
        Where, typer.Option(help="The embedded cluster, or the one that KUBECONFIG names.")
    ] = Where.EMBEDDED,
    port_base: Annotated[
        int, typer.Option(envvar="PORT_BASE", min=1024, max=65000, help="Ports are N+1, N+80 and N+81.")
    ] = 8000,
    state: Annotated[Path, typer.Option(help="Where the embedded cluster keeps its state.")] = Path(".local"),
) -> None:
    """Run everything on this machine: cluster, both functions, and a scheduler that ticks every minute."""
    given = os.environ.get("KUBECONFIG", "")
    if cluster is Where.KUBECONFIG and not given:
        raise SettingError(
            "KUBECONFIG is not set; say which cluster: KUBECONFIG=~/.kube/config make run CLUSTER=kubeconfig"
        )
    root = checkout()
    kubeconfig = Path(given) if cluster is Where.KUBECONFIG else None
    options = Options(
        root=root,
        ports=Ports(port_base),
        state=state.absolute(),
        kubeconfig=kubeconfig,
        environment=dict(os.environ),
    )
    sys.exit(asyncio.run(run(options)))


def checkout() -> Path:
    """The root of the checkout this package was installed from; ``TriggerfishError`` when it is not one."""
    for folder in (Path.cwd(), *Path(__file__).resolve().parents):
        if (folder / "functions" / "cron" / "main.py").exists() and (folder / "infra" / "local").is_dir():
            return folder
    raise TriggerfishError("`triggerfish dev` runs from a clone of the project: there is no functions/ here")
