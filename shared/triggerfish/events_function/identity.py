"""Who sent a request, proved: by a bearer token as it is, or by a webhook's signature."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from triggerfish.errors import AnswerError, KubeError, SecretError
from triggerfish.events.environment import is_credential
from triggerfish.kube.cache import Reads
from triggerfish.kube.client import Client
from triggerfish.kube.retry import Retry, eagerly
from triggerfish.runtime.clock import Clock
from triggerfish.webhooks import clients as webhooks
from triggerfish.webhooks.authenticate import Refused, Verified, authenticate
from triggerfish.webhooks.delivery import Delivery
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.names import digest

log = logging.getLogger("triggerfish.events")

# As Argo's server says it; nothing about why.
NOT_VALID = "token not valid"


class Api(Protocol):
    """The cluster as whoever is asked for; ``triggerfish.kube.cluster.Cluster`` is one."""

    @property
    def own(self) -> Client:
        """The function itself."""

    @property
    def reads(self) -> Reads:
        """Lists and objects that are believed for seconds."""

    def bearer(self, token: str) -> Client:
        """Whoever the token proves."""

    async def service_account(self, namespace: str, name: str) -> Client:
        """That service account."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts: ``client`` is the API as them, ``identity`` what tells them from others on a redelivery."""

    client: Client
    creator: Creator
    identity: str

    @classmethod
    def of_token(cls, api: Api, token: str) -> Caller:
        """Whoever the token proves. Nothing is asked yet: the first use of the client shows it."""
        creator = Creator.of_token(token)
        return cls(api.bearer(token), creator, creator.subject or digest(token).hex())

    @classmethod
    def of_account(cls, client: Client, namespace: str, service_account: str) -> Caller:
        """The service account of a webhook client."""
        creator = Creator.service_account(namespace, service_account)
        return cls(client, creator, f"webhook {namespace}/{service_account}")


def bearer_token(delivery: Delivery) -> str | None:
    """The bearer token in the ``Authorization`` header, None when there is no such header or another scheme.

    ``AnswerError`` 401 for an empty token, and for two headers: which of them counts nobody can say.
    """
    given = delivery.values("authorization")
    if not given:
        return None
    if len(given) > 1:
        raise unauthenticated()
    scheme, _, token = given[0].strip().partition(" ")
    if scheme.lower() != "bearer":
        return None
    if not token.strip():
        raise unauthenticated()
    return token.strip()


def unauthenticated() -> AnswerError:
    """401, and nothing about why."""
    return AnswerError(401, 16, NOT_VALID)


class Clients(Protocol):
    """Where the webhook clients of a namespace are kept."""

    async def clients(self, namespace: str) -> webhooks.Clients:
        """All of them; ``SecretError`` when they cannot be had."""


async def verified(store: Clients, delivery: Delivery, namespace: str) -> Verified:
    """Which client signed the delivery.

    ``AnswerError``: 401 when nobody did, 403 when a client is written wrongly. The reason is in the log only.
    """
    try:
        clients = await store.clients(namespace)
    except SecretError as error:
        log.warning("webhook clients of namespace %s: %s", namespace, error)
        if error.retry:
            raise unavailable() from None
        raise _denied(delivery) from None
    verdict = authenticate(delivery, clients)
    if isinstance(verdict, Refused):
        log.warning("delivery to namespace %s refused: %s", namespace, verdict.reason)
        raise _denied(delivery) if verdict.misconfigured else unauthenticated()
    return verdict


async def secrets_of(store: Clients, namespace: str, service_account: str) -> tuple[bytes, ...]:
    """The secrets of that webhook client, the newest first; none when there is no such client."""
    try:
        clients = await store.clients(namespace)
    except SecretError as error:
        log.warning("webhook clients of namespace %s: %s", namespace, error)
        if error.retry:
            raise unavailable() from None
        return ()
    found = (client for client in clients.good if client.service_account == service_account)
    return tuple(secret.value for client in found for secret in client.secrets)


async def account_client(
    api: Api, namespace: str, service_account: str, clock: Clock, patience: Retry
) -> Client:
    """The API as that service account; ``AnswerError`` 403 when it cannot be had, 503 when not now."""
    try:
        return await eagerly(clock, patience, lambda: api.service_account(namespace, service_account))
    except KubeError as error:
        log.warning("service account %s/%s cannot be had: %s", namespace, service_account, error)
        if error.retry:
            raise unavailable() from None
        raise _failed() from None


def unavailable() -> AnswerError:
    """503: the same again, a little later."""
    return AnswerError(503, 14, "the cluster cannot be asked now", retry_after=5)


def _denied(delivery: Delivery) -> AnswerError:
    # Who proves nothing at all is not told that the clients are in disorder.
    proves = any(name == "authorization" or is_credential(name) for name, _ in delivery.headers)
    return _failed() if proves else unauthenticated()


def _failed() -> AnswerError:
    # As Argo words it; it has no code there.
    return AnswerError(403, 0, "failed to process webhook request")
