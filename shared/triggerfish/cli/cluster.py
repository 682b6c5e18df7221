"""Which cluster and namespace a command works on, as kubectl would decide it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from triggerfish.errors import ApiError, SettingError, TriggerfishError, Unanswered
from triggerfish.kube.cache import Reads
from triggerfish.kube.client import Client
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.kubeconfig import current_context
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

Kubeconfig = Annotated[
    str,
    typer.Option(
        envvar="KUBECONFIG",
        help="The cluster. Default: the one of `make run` in this folder, or else ~/.kube/config.",
        show_default=False,
    ),
]
Namespace = Annotated[
    str,
    typer.Option(
        "--namespace",
        "-n",
        help="The namespace. Default: that of the context, or else `default`.",
        show_default=False,
    ),
]

_of_make_run = Path(".local/kubeconfig")
_own = Path("~/.kube/config")


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster, seen with the caller's rights by ``client``; a namespace, the settings, and the clock."""

    cluster: Cluster
    client: Client
    reads: Reads
    namespace: str
    settings: Settings
    clock: Clock


@asynccontextmanager
async def connected(kubeconfig: str, namespace: str) -> AsyncIterator[Target]:
    """The cluster these options mean; ``SettingError`` when there is none."""
    paths = kubeconfig or _found()
    settings = Settings.of({**os.environ, "KUBECONFIG": paths})
    clock = Clock()
    cluster = await Cluster.open(settings, clock)
    try:
        yield Target(cluster, cluster.own, cluster.reads, namespace or _namespace(paths), settings, clock)
    except Unanswered as error:
        raise TriggerfishError(f"the cluster of {paths} does not answer; is it running? {error}") from None
    except ApiError as error:
        if error.status != 401:
            raise
        raise TriggerfishError(
            f"the cluster of {paths} does not accept your credentials (401): get a new token, or log in again"
        ) from None
    finally:
        await cluster.close()


def _found() -> str:
    for path in (_of_make_run, _own.expanduser()):
        if path.exists():
            return str(path)
    raise SettingError("no cluster: set KUBECONFIG, or start one here with `make run`")


def _namespace(paths: str) -> str:
    files = [Path(path) for path in paths.split(os.pathsep) if path]
    context = current_context({str(path): path.read_text() for path in files if path.exists()})
    return context.namespace or "default"
