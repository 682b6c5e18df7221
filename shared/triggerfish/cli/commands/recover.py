"""The command `triggerfish recover`: ask the Git hosts for deliveries that the function did not take."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.output import Form, Output, Row, show
from triggerfish.hostapi.checking import host_settings
from triggerfish.hostapi.hosts import Hosts
from triggerfish.hostapi.recovery import Recovery, find
from triggerfish.hostapi.recovery import recover as ask
from triggerfish.hosts.api.lost import LostDelivery
from triggerfish.hosts.registry import SENDERS
from triggerfish.kube.resources import SECRETS
from triggerfish.secrets.store import open_store
from triggerfish.webhooks.clients import parse_clients
from triggerfish.workflows.objects import Json

_columns = ["client", "repository", "delivery", "at", "reason", "state"]


def recover(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be asked for, and ask for nothing.")
    ] = False,
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Ask GitHub and GitLab to send again what failed: deliveries without an answer, and with 429 or 5xx.

    For each webhook client of the namespace with `recover: {hook, repository}`, as the function does it. A
    delivery is asked for three times at most. Exit code 1 if a host could not be asked.
    """
    found = asyncio.run(_recovered(kubeconfig, namespace, dry_run=dry_run))
    asked = set(map(id, found.asked))
    rows = [_row(each, dry_run=dry_run, asked=id(each) in asked) for each in found.wanted]
    show(rows, output, columns=_columns, empty="No lost delivery.", lesser=["reason", "at"])
    for obstacle in found.obstacles:
        whose = f"client {obstacle.client}" if obstacle.client else f"namespace {obstacle.namespace}"
        print(f"triggerfish: {whose}: {obstacle.message}", file=sys.stderr)
    raise typer.Exit(1 if found.obstacles else 0)


async def _recovered(kubeconfig: str, namespace: str, *, dry_run: bool) -> Recovery:
    async with connected(kubeconfig, namespace) as target:
        for wrong in host_settings(target.settings):
            raise wrong
        hosts = Hosts(target.settings, partial(_secret, target), target.clock)
        clients = open_store(
            target.settings, partial(_secret, target), target.clock, partial(parse_clients, senders=SENDERS)
        )
        try:
            of = find if dry_run else ask
            return await of(hosts, clients.clients, [target.namespace], target.clock)
        finally:
            await hosts.close()
            await clients.close()


async def _secret(target: Target, namespace: str, name: str) -> Json:
    return await target.client.get(SECRETS, namespace, name)


def _row(lost: LostDelivery, *, dry_run: bool, asked: bool) -> Row:
    at = lost.delivery.at
    return {
        "namespace": lost.of.namespace,
        "client": lost.of.client,
        "host": lost.of.host,
        "repository": lost.of.repository,
        "hook": lost.of.hook,
        "delivery": lost.delivery.guid,
        "at": f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" if at else "",
        "reason": lost.delivery.reason,
        "asked": lost.delivery.asked,
        "state": "lost" if dry_run else "asked for" if asked else "left",
    }


COMMAND = Command("recover", recover, Panel.ACT)
