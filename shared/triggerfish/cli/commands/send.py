"""The command `triggerfish send`: an event as a Git host, or as somebody with a token, would send it."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path
from typing import Annotated

import aiohttp
import typer

from triggerfish.cli.command import Command, Panel
from triggerfish.cli.files import content
from triggerfish.errors import SpecError, TriggerfishError
from triggerfish.hosts.registry import SENDERS
from triggerfish.runtime.clock import Clock
from triggerfish.webhooks.proofs import Secret
from triggerfish.webhooks.sender import Headers, Outgoing

_timeout_seconds = 30.0


def send(
    payload: Annotated[
        Path, typer.Argument(help="A file with the payload, in JSON; - is standard input.", allow_dash=True)
    ],
    *,
    sender: Annotated[str, typer.Option(help=f"The kind of sender: {', '.join(sorted(SENDERS))}.")] = "",
    secret: Annotated[
        str,
        typer.Option(
            envvar="TRIGGERFISH_SECRET", help="The secret of the webhook client.", show_default=False
        ),
    ] = "",
    option: Annotated[
        list[str] | None, typer.Option("--option", help="Another field of the webhook client, as NAME=VALUE.")
    ] = None,
    token: Annotated[
        str,
        typer.Option(
            envvar="TRIGGERFISH_TOKEN", help="A bearer token, instead of a sender.", show_default=False
        ),
    ] = "",
    event: Annotated[str, typer.Option(help="The event, in the sender's own word.")] = "push",
    delivery: Annotated[
        str, typer.Option("--id", help="The id of the delivery. Sending the same id again is a redelivery.")
    ] = "",
    header: Annotated[
        list[str] | None, typer.Option("--header", "-H", help="A header, as 'Name: value'.")
    ] = None,
    server: Annotated[
        str, typer.Option(envvar="TRIGGERFISH_SERVER", help="The address of the events function.")
    ] = "http://127.0.0.1:8080",
    namespace: Annotated[str, typer.Option("--namespace", "-n")] = "default",
    discriminator: Annotated[str, typer.Option("--discriminator", "-d")] = "",
) -> None:
    """Sign an event, send it, and print the answer. Exit code 1 if it was not accepted."""
    if bool(sender) == bool(token):
        raise SpecError("--sender", "say who sends", "give --sender with its --secret, or a --token")
    if not server.startswith(("http://", "https://")):
        raise SpecError("--server", f"{server!r} is not an address", "write it as in http://127.0.0.1:8080")
    body = content(payload, "PAYLOAD")
    headers = [("Content-Type", "application/json"), *_pairs(header or [], ":", "--header")]
    if token:
        headers.append(("Authorization", f"Bearer {token}"))
    else:
        outgoing = Outgoing(event, delivery or str(uuid.uuid4()), body, Clock().now())
        headers += signed(sender, secret, dict(_pairs(option or [], "=", "--option")), outgoing)
    url = f"{server.rstrip('/')}/api/v1/events/{namespace}/{discriminator}"
    status, answer = asyncio.run(_sent(url, body, headers))
    print(f"{status} {answer}")
    raise typer.Exit(0 if status < 300 else 1)


def signed(sender: str, secret: str, options: dict[str, str], outgoing: Outgoing) -> Headers:
    """The headers by which that kind of sender proves that it knows ``secret``."""
    kind = SENDERS.get(sender)
    if kind is None:
        raise SpecError("--sender", f"there is no sender {sender!r}", f"one of: {', '.join(sorted(SENDERS))}")
    if not secret:
        raise SpecError("--secret", "there is no secret", "give it, or set TRIGGERFISH_SECRET")
    value = Secret(secret.encode())
    try:
        made = kind.of(options)
    except ValueError as error:
        raise SpecError("--option", str(error)) from None
    if fault := made.fault(value):
        raise SpecError("--secret", fault)
    return made.sign(outgoing, value)


class NotSent(TriggerfishError):  # noqa: N818  what it says is the state
    """Nobody answered."""


async def _sent(url: str, body: bytes, headers: list[tuple[str, str]]) -> tuple[int, str]:
    timeout = aiohttp.ClientTimeout(total=_timeout_seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            text = await answer.text()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        problem = f"{url} does not answer: {str(error) or type(error).__name__}"
        raise NotSent(f"{problem}; --server says where the events function is") from None
    try:
        return answer.status, json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except ValueError:
        return answer.status, text


def _pairs(texts: list[str], between: str, field: str) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        name, found, value = text.partition(between)
        if not found or not name.strip():
            raise SpecError(field, f"{text!r} does not have the form NAME{between}VALUE")
        pairs.append((name.strip(), value.strip() if between == ":" else value))
    return pairs


COMMAND = Command("send", send, Panel.ACT)
