"""AKS with Microsoft Entra ID: an access token of the function's workload identity for AKS itself."""

from __future__ import annotations

from triggerfish.kube.identities.place import authority, url
from triggerfish.kube.tokens import Authorization, Lease, Leased
from triggerfish.kube.transport import Server
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.clouds.azure import AzureIdentity
from triggerfish.settings import Settings

# The application that is AKS itself, the same in every tenant (documented with kubelogin).
_server_application = "6dae42f8-4368-4678-94ff-3960e28e3630"


def found(settings: Settings, clock: Clock) -> tuple[Server, Authorization]:
    """The cluster of ``AKS_HOST``, as the function's own Azure identity."""
    return Server(url("aks", settings), authority("aks", settings)), tokens(settings, clock)


def tokens(settings: Settings, clock: Clock) -> Leased:
    """Access tokens for AKS."""
    identity = AzureIdentity(settings, clock)

    async def ask() -> Lease:
        given = await identity.lease(_server_application)
        return Lease(given.token, given.seconds)

    return Leased(clock, ask)
