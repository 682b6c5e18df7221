"""Makes the webhook at the host, with a token of the caller's or of the namespace's credentials."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import yaml

from triggerfish.cli.cluster import Target
from triggerfish.cli.connecting.wanted import Wanted
from triggerfish.errors import ApiError, SpecError
from triggerfish.events import deliveries
from triggerfish.hostapi.hosts import Hosts
from triggerfish.hosts.api.credentials import Credential, parse_credentials
from triggerfish.hosts.api.registry import PUBLIC_URLS
from triggerfish.hosts.api.values import Hook
from triggerfish.kube.resources import CONFIG_MAPS, SECRETS
from triggerfish.workflows.objects import Json

EVENTS = ("push", "tag", "pull_request", "comment", "release")
"""What a new webhook sends: all that there are facts for."""

VARIABLE = "TRIGGERFISH_HOST_TOKEN"

_seconds = 30.0
_pause_seconds = 0.5
# A record of deliveries has the ping by then, if there is one.
_recorded_within_seconds = 6.0
_ever = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class HookChoices:
    """Whether to ``create`` it, and by what: a ``token`` at ``url`` (empty: the public host).

    ``test``: the host shall send a test delivery, also one that starts what a push starts. ``keep``: the
    functions shall have the token too.
    """

    create: bool
    keep: bool
    test: bool
    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AtHost:
    """The host's API, by a credential that fits the repository."""

    hosts: Hosts
    credential: Credential
    wanted: Wanted

    async def create(self, address: str, secret: str) -> Hook:
        """The webhook; ``HostError`` when the host refuses or does not answer."""
        repository = self.wanted.repository
        return await self.hosts.run(
            self.credential,
            lambda api: api.create_hook(repository, address, secret, EVENTS),
            seconds=_seconds,
        )

    async def test(self, hook: Hook) -> None:
        """Ask for a test delivery."""
        repository = self.wanted.repository
        await self.hosts.run(self.credential, lambda api: api.ping(repository, hook.id), seconds=_seconds)


@asynccontextmanager
async def at_host(target: Target, wanted: Wanted, choices: HookChoices) -> AsyncIterator[AtHost | None]:
    """The host, if a webhook is to be made there; ``SpecError`` where nothing gives a token."""
    if not choices.create:
        if choices.test:
            raise SpecError("--test", "it has no effect without --create-hook", "add --create-hook")
        if choices.url and not choices.keep:
            problem = "it has no effect without --create-hook or --keep-token"
            raise SpecError("--host-url", problem, "add one of them")
        yield None
        return
    settings = target.settings
    if choices.token:
        # The caller's own token goes to the caller's own host, so its address may be private.
        settings = replace(settings, host_addresses=settings.host_addresses or "private")

    async def read(namespace: str, name: str) -> Json:
        return await target.client.get(SECRETS, namespace, name)

    hosts = Hosts(settings, read, target.clock)
    try:
        yield AtHost(hosts, await _credential(hosts, wanted, choices, settings.host_secret_name), wanted)
    finally:
        await hosts.close()


async def _credential(hosts: Hosts, wanted: Wanted, choices: HookChoices, secret: str) -> Credential:
    kind, repository = wanted.host.type, wanted.repository
    if choices.token:
        return of_token(wanted, choices)
    if choices.url:
        raise SpecError("--host-url", f"it goes with {VARIABLE}, which is not set", f"set {VARIABLE}")
    credentials = await hosts.credential(wanted.namespace, kind, repository)
    if credentials is None:
        raise SpecError(
            "--create-hook",
            f"there is no token that may make webhooks of {repository}",
            f"set {VARIABLE}, or add a credential of type {kind} to the Secret {secret}",
        )
    return credentials


def of_token(wanted: Wanted, choices: HookChoices) -> Credential:
    """The caller's own token as a credential; ``SpecError`` names what is wrong with it."""
    if not choices.token:
        raise SpecError("--keep-token", f"{VARIABLE} is not set", f"set {VARIABLE}")
    kind = wanted.host.type
    written = {"type": kind, "repositories": [wanted.repository], "token": choices.token}
    written |= {"url": choices.url} if choices.url else {}
    found = parse_credentials({wanted.account: yaml.safe_dump(written).encode()}, PUBLIC_URLS)
    for bad in found.bad:
        of_url = "url" in bad.problem
        fix = "write it as https://git.example.com" if of_url else ""
        raise SpecError("--host-url" if of_url else VARIABLE, bad.problem, fix)
    return found.good[0]


async def arrived(target: Target, wanted: Wanted, ping: str, *, seconds: float) -> str | None:
    """The event of a delivery after the one whose id is ``ping``, as the function has recorded it.

    Empty: none came in so many seconds; None: the function keeps no record of deliveries.
    """
    begun = target.clock.monotonic()
    while True:
        found = [
            each for each in await _recorded(target, wanted.namespace) if each["sender"] == wanted.host.type
        ]
        began = next((each["at"] for each in found if each["id"] == ping), None)
        if began is not None and (later := [each for each in found if each["at"] > began]):
            return str(later[-1]["event"])
        waited = target.clock.monotonic() - begun
        if waited >= (_recorded_within_seconds if began is None else seconds):
            return None if began is None else ""
        await target.clock.sleep(_pause_seconds)


async def _recorded(target: Target, namespace: str) -> list[Json]:
    try:
        body = await target.client.get(CONFIG_MAPS, namespace, deliveries.CONFIG_MAP)
    except ApiError as error:
        if error.status not in (403, 404):
            raise
        return []
    return deliveries.read(namespace, body.get("data"), since=_ever)
