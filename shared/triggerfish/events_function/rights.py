"""The rights without which no delivery is handled; infra/kubernetes/rbac.yaml grants them.

Those by which it acts as a webhook's service account are of each account, and no probe knows which there are.
"""

from __future__ import annotations

from triggerfish.events import deliveries
from triggerfish.kube.resources import CONFIG_MAPS, EVENTS, SECRETS, TOKEN_REVIEWS
from triggerfish.kube.rights import Right
from triggerfish.runtime.callers import CLUSTER_USER
from triggerfish.secrets import kubernetes
from triggerfish.settings import Settings


def needed(settings: Settings) -> tuple[Right, ...]:
    """Return what the events function must be allowed with these settings."""
    found = [Right("create", EVENTS)]
    if settings.secret_store == Settings().secret_store:
        found.append(Right("get", SECRETS, kubernetes.SECRET_NAME))
    if settings.delivery_record:
        found.append(Right("create", CONFIG_MAPS))
        found += (Right(verb, CONFIG_MAPS, deliveries.CONFIG_MAP) for verb in ("get", "patch"))
    if settings.k_sink and settings.sink_identity.startswith(CLUSTER_USER):
        found.append(Right("create", TOKEN_REVIEWS))
    return tuple(found)
