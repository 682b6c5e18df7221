"""Names of the cluster's objects for the shell's completion: quick, and silent when there is no cluster."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer

from triggerfish.cli.cluster import connected
from triggerfish.errors import TriggerfishError
from triggerfish.kube.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CRON_WORKFLOWS,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOW_TEMPLATES,
    Resource,
)

_patience_seconds = 2.0
_most = 500
_submittable = (WORKFLOW_TEMPLATES, CLUSTER_WORKFLOW_TEMPLATES, CRON_WORKFLOWS)
_listed = {"crons": CRON_WORKFLOWS, "runs": CRON_WORKFLOWS, "bindings": WORKFLOW_EVENT_BINDINGS}


def crons(context: typer.Context, incomplete: str) -> list[str]:
    """CronWorkflows of the namespace."""
    return _names(context, CRON_WORKFLOWS, incomplete)


CronName = Annotated[str, typer.Argument(help="The name of a CronWorkflow.", autocompletion=crons)]


def bindings(context: typer.Context, incomplete: str) -> list[str]:
    """Bindings of the namespace."""
    return _names(context, WORKFLOW_EVENT_BINDINGS, incomplete)


def listed(context: typer.Context, incomplete: str) -> list[str]:
    """The objects of the kind that ``get`` is to list."""
    resource = _listed.get(str(context.params.get("what") or ""))
    return _names(context, resource, incomplete) if resource else []


def submittable(context: typer.Context, incomplete: str) -> list[str]:
    """``workflowtemplate/NAME`` and the like; first the kinds, then the names of one kind."""
    kinds = {resource.kind.lower(): resource for resource in _submittable}
    kind, slash, name = incomplete.partition("/")
    if not slash:
        return [f"{each}/" for each in kinds if each.startswith(kind)]
    if kind not in kinds:
        return []
    return [f"{kind}/{each}" for each in _names(context, kinds[kind], name)]


def _names(context: typer.Context, resource: Resource, incomplete: str) -> list[str]:
    options = {name: str(context.params.get(name) or "") for name in ("kubeconfig", "namespace")}
    kubeconfig = options["kubeconfig"] or os.environ.get("KUBECONFIG", "")

    async def read() -> list[str]:
        async with asyncio.timeout(_patience_seconds), connected(kubeconfig, options["namespace"]) as target:
            namespace = target.namespace if resource.namespaced else None
            pages = target.client.pages(resource, namespace, limit=_most, metadata_only=True)
            async for page in pages:
                return [str(body["metadata"]["name"]) for body in page.items]
        return []

    try:
        found = asyncio.run(read())
    except (TriggerfishError, TimeoutError, OSError, ValueError):
        # A shell that completes has no place for an error.
        return []
    return sorted(name for name in found if name.startswith(incomplete))
