"""Sends the events function a ping, signed as the host signs, until it is accepted."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

import aiohttp
import orjson

from triggerfish.cli.connecting.wanted import Wanted
from triggerfish.runtime.clock import Clock
from triggerfish.webhooks.proofs import Secret
from triggerfish.webhooks.sender import Outgoing

_timeout_seconds = 30.0
_pause_seconds = 1.0


@dataclass(frozen=True, slots=True)
class Pinged:
    """Whether the ping was accepted; ``said`` is the function's answer, or why there was none.

    ``id`` is that of the delivery.
    """

    accepted: bool
    said: str
    id: str


async def ping(server: str, wanted: Wanted, secret: Secret, clock: Clock, *, patience: float) -> Pinged:
    """A ping to the address that the host will send to.

    The function keeps secrets and refusals for a while: it is asked for ``patience`` seconds, and the last
    answer counts. An address that does not answer at all is asked once.
    """
    url, until = server + wanted.path, clock.monotonic() + patience
    timeout = aiohttp.ClientTimeout(total=_timeout_seconds)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while True:
            found = await _sent(session, url, wanted, secret, clock)
            if found.accepted or not found.said.startswith(("401", "403")) or clock.monotonic() >= until:
                return found
            await clock.sleep(_pause_seconds)


async def _sent(
    session: aiohttp.ClientSession, url: str, wanted: Wanted, secret: Secret, clock: Clock
) -> Pinged:
    delivery = str(uuid.uuid4())
    # `git.event` is ping for GitHub's ping, whoever sends it; Azure DevOps has event and id in the body.
    body = orjson.dumps({"zen": "triggerfish connect", "hook_id": 0, "eventType": "ping", "id": delivery})
    outgoing = Outgoing("ping", delivery, body, clock.now())
    signed = wanted.host.of({}).sign(outgoing, secret)
    headers = [("Content-Type", "application/json"), *signed]
    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            status, text = answer.status, await answer.text()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Pinged(accepted=False, said=f"no answer: {str(error) or type(error).__name__}", id=outgoing.id)
    return Pinged(accepted=status == 200, said=f"{status} {_message(text)}".strip(), id=outgoing.id)


def _message(text: str) -> str:
    """What is wrong, in the function's own words; or the first of what something else answered."""
    try:
        answer = json.loads(text)
    except ValueError:
        return text[:200]
    return str(answer.get("message", "")) if isinstance(answer, dict) else ""
