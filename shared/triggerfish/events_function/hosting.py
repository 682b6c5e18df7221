"""Who may ask a Git host, and tell it, for an event: who signed it, about repositories of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from triggerfish.errors import HostRefused, HostUnanswered, SecretError
from triggerfish.events.environment import Event
from triggerfish.events_function.identity import ClientStore
from triggerfish.hosts.api.credentials import Credential
from triggerfish.hosts.registry import HOSTS
from triggerfish.webhooks import repositories
from triggerfish.webhooks.clients import WebhookClient

if TYPE_CHECKING:
    from triggerfish.hostapi.hosts import Hosts

_hosts = {host.type: host for host in HOSTS}


@dataclass(frozen=True, slots=True)
class Entitlement:
    """``client`` has signed an event of ``repository``, and ``credential`` is for that: both name it.

    ``installation`` is that of the GitHub App, where the event names one. ``by_anybody``: strangers can cause
    such events, as comments and pull requests of forks.
    """

    client: WebhookClient
    credential: Credential
    repository: str
    installation: int | None = None
    by_anybody: bool = True

    def covers(self, repository: str) -> bool:
        """Return whether both are for another repository as well."""
        patterns = self.client.repositories, self.credential.repositories
        return all(repositories.fits(each, repository) for each in patterns)


@dataclass(frozen=True, slots=True)
class NotEntitled:
    """Why nobody is asked or told. ``quiet``: that is as it should be, and nobody need hear of it."""

    reason: str
    quiet: bool = False


async def entitlement(event: Event, clients: ClientStore, hosts: Hosts) -> Entitlement | NotEntitled:
    """What the event's own host may be asked and told with, or why it may not be.

    The payload must be that host's own, and the webhook client's and the credential's ``repositories`` must
    both have its repository: a bearer, another host's client or a forged payload can name any.
    ``HostUnanswered`` when the client or the credential cannot be read now.
    """
    host = _hosts.get(event.origin.sender)
    if host is None or not event.origin.account:
        return NotEntitled("no webhook client of a Git host has signed the event", quiet=True)
    facts = host.facts(event.payload, event.metadata) if isinstance(event.payload, dict) else None
    if facts is None or facts.repository is None:
        return NotEntitled(f"the payload is not one of {host.type}, or names no repository")
    try:
        known = await clients.clients(event.namespace)
    except SecretError as error:
        if error.retry:
            raise HostUnanswered(f"webhook clients: {error}") from None
        return NotEntitled("the webhook clients cannot be read")
    named = (each for each in known.good if each.service_account == event.origin.account)
    client = next((each for each in named if each.sender.type == host.type), None)
    if client is None:
        return NotEntitled(f"there is no webhook client {event.origin.account!r} of {host.type}")
    if not client.repositories:
        return NotEntitled(
            f"webhook client {client.service_account!r} has no repositories: write [org/*] or so"
        )
    if not repositories.fits(client.repositories, facts.repository):
        return NotEntitled(f"webhook client {client.service_account!r} is not for {facts.repository}")
    try:
        credential = await hosts.credential(event.namespace, host.type, facts.repository)
    except HostRefused as error:
        return NotEntitled(f"credentials: {error}")
    if credential is None:
        return NotEntitled(f"no credential of {host.type} is for {facts.repository}")
    by_anybody = facts.fork is not False or facts.event == "comment"
    return Entitlement(client, credential, facts.repository, facts.installation, by_anybody)
