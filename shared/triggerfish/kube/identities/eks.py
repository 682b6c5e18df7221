"""EKS: the token is a presigned request to STS, which the cluster sends on to learn who signed it.

Source: the token format of aws-iam-authenticator, ``k8s-aws-v1.``. EKS takes one for 15 minutes.
"""

from __future__ import annotations

import base64

from triggerfish.kube.identities.place import authority, eks_cluster, url
from triggerfish.kube.tokens import Authorization, Lease, Leased
from triggerfish.kube.transport import Server
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.clouds.aws import AwsIdentity
from triggerfish.runtime.clouds.sigv4 import presigned
from triggerfish.settings import Settings

_good_seconds = 840.0
_signed_seconds = 60


def found(settings: Settings, clock: Clock) -> tuple[Server, Authorization]:
    """The cluster of ``EKS_HOST``, as the function's own AWS role."""
    return Server(url("eks", settings), authority("eks", settings)), tokens(settings, clock)


def tokens(settings: Settings, clock: Clock) -> Leased:
    """Tokens of the function's role for ``EKS_CLUSTER``."""
    cluster, identity = eks_cluster(settings), AwsIdentity(settings, clock)

    async def ask() -> Lease:
        keys = await identity.keys()
        question = presigned(
            keys,
            f"{identity.sts}/?Action=GetCallerIdentity&Version=2011-06-15",
            {"x-k8s-aws-id": cluster},
            region=identity.region,
            service="sts",
            now=clock.now(),
            seconds=_signed_seconds,
        )
        return Lease(
            f"k8s-aws-v1.{base64.urlsafe_b64encode(question.encode()).decode().rstrip('=')}", _good_seconds
        )

    return Leased(clock, ask)
