"""Who acts, as values: the cluster as somebody, and the caller of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from triggerfish.kube.cache import Reads
from triggerfish.kube.client import Client
from triggerfish.webhooks.clients import Clients
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.names import digest


class Api(Protocol):
    """The cluster as somebody; ``triggerfish.kube.cluster.Cluster`` is one."""

    @property
    def own(self) -> Client:
        """The function itself."""

    @property
    def reads(self) -> Reads:
        """Lists and objects that are believed for seconds."""

    def bearer(self, token: str) -> Client:
        """The user that the token proves."""

    async def service_account(self, namespace: str, name: str) -> Client:
        """That service account."""


class ClientStore(Protocol):
    """Where the webhook clients of a namespace are kept; ``triggerfish.secrets.store.Store`` is one."""

    async def clients(self, namespace: str) -> Clients:
        """All of them; ``SecretError`` when they could not be read."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts: ``client`` is the API as them, ``identity`` what tells them from others on a redelivery."""

    client: Client
    creator: Creator
    identity: str

    @classmethod
    def of_token(cls, api: Api, token: str) -> Caller:
        """The user that the token proves. Nothing is asked yet: the first use of the client shows it."""
        creator = Creator.of_token(token)
        return cls(api.bearer(token), creator, creator.subject or digest(token).hex())

    @classmethod
    def of_account(cls, client: Client, namespace: str, service_account: str) -> Caller:
        """The service account of a webhook client."""
        creator = Creator.service_account(namespace, service_account)
        return cls(client, creator, f"webhook {namespace}/{service_account}")
