"""The command `triggerfish connect`: everything that a new webhook needs."""

from __future__ import annotations

import asyncio
import secrets
import sys
from typing import Annotated

import typer

from triggerfish.cli.cluster import Kubeconfig, Namespace, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.connecting.connecting import Choices, Connected, carried_out, planned
from triggerfish.cli.connecting.hook import VARIABLE, HookChoices
from triggerfish.cli.connecting.telling import as_json, manifests_text, tell
from triggerfish.cli.connecting.wanted import KINDS, Wanted, address
from triggerfish.cli.output import Form, Output, dumped_json, dumped_yaml


def connect(
    host: Annotated[str, typer.Argument(help=f"The Git host: {', '.join(sorted(KINDS))}.")],
    repository: Annotated[str, typer.Argument(help="The repository, such as org/app.")],
    *,
    account: Annotated[
        str,
        typer.Option(
            help="The service account that the webhook acts as. Default: HOST-OWNER-NAME.", show_default=False
        ),
    ] = "",
    server: Annotated[
        str,
        typer.Option(
            envvar="TRIGGERFISH_SERVER",
            help="The events function's address, as the host reaches it. Default: that of `make run`.",
            show_default=False,
        ),
    ] = "",
    create_hook: Annotated[
        bool,
        typer.Option(
            "--create-hook",
            help=f"Make the webhook at the host too, with the token of {VARIABLE}, or of the Secret"
            " `triggerfish-hosts`.",
        ),
    ] = False,
    host_url: Annotated[
        str,
        typer.Option(
            help=f"The host's own address, if {VARIABLE} is for one of your own.", show_default=False
        ),
    ] = "",
    keep_token: Annotated[
        bool,
        typer.Option(
            "--keep-token",
            help=f"Put the token of {VARIABLE} into the Secret `triggerfish-hosts`: the functions may then"
            " report to the host and ask it.",
        ),
    ] = False,
    host_token: Annotated[str, typer.Option(envvar=VARIABLE, hidden=True)] = "",
    test: Annotated[
        bool,
        typer.Option(
            "--test", help="With --create-hook: a test delivery of the host, also if it is one of a push."
        ),
    ] = False,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="A new secret; the one before it is accepted too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing: print the manifests.")] = False,
    ping: Annotated[bool, typer.Option(help="Send the events function a signed ping at the end.")] = True,
    role: Annotated[
        str,
        typer.Option(help="The role of webhooks. Default: the installation's own.", show_default=False),
    ] = "",
    functions: Annotated[
        str,
        typer.Option(help="The namespace of both functions. Default: where they are.", show_default=False),
    ] = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Make everything that a new webhook needs, and say what to do at the host.

    A service account with the rights to start Workflows, the events function's right to act as it, and the
    client with a new secret in `argo-workflows-webhook-clients`. Then the events function is sent a signed
    ping, and the form of the webhook is printed, or with --create-hook the webhook is made. What is there
    already is kept: the secret too, which is shown once. Exit code 1 if the ping is not accepted, or the host
    does not make the webhook.
    """
    Wanted.of(host, repository, namespace or "default", account)
    choices = Choices(
        server=address(server) if server else "",
        functions=functions,
        role=role,
        fresh=secrets.token_hex(32),
        rotate=rotate,
        ping=ping,
        hook=HookChoices(create=create_hook, keep=keep_token, test=test, url=host_url, token=host_token),
    )

    async def work() -> Connected | str:
        async with connected(kubeconfig, namespace) as target:
            wanted = Wanted.of(host, repository, target.namespace, account)
            plan = await planned(target, wanted, choices, dry_run=dry_run)
            if dry_run:
                return manifests_text(plan.parts, output)
            return await carried_out(target, plan, choices)

    done = asyncio.run(work())
    if isinstance(done, str):
        print(done)
        return
    if output is Form.TABLE:
        tell(done)
    else:
        print((dumped_json if output is Form.JSON else dumped_yaml)(as_json(done)))
    if done.pinged is not None and not done.pinged.accepted:
        print(
            f"triggerfish: the events function did not accept the ping: {done.pinged.said}", file=sys.stderr
        )
        raise typer.Exit(1)
    if done.fault:
        left = "its test delivery was not sent" if done.hook else "no webhook was made there"
        print(f"triggerfish: {left}: {done.fault}", file=sys.stderr)
        raise typer.Exit(1)


COMMAND = Command("connect", connect, Panel.ACT)
