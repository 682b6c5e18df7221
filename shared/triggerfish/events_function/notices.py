"""Tells people who watch the cluster that webhooks are refused: by a Kubernetes Event, after the answer.

It stands on the service account that the webhook acts as, where the delivery has proved that; else on the
Secret of the webhook clients, where they are in one. Strangers can be refused as often as they like: an
object gets one Event for each cause in ten minutes, and a namespace without webhook clients gets none.
"""

from __future__ import annotations

from triggerfish.events.refusals import Refusal, RefusalCause
from triggerfish.kube.client import Client
from triggerfish.kube.resources import SECRETS, SERVICE_ACCOUNTS
from triggerfish.kube.warnings import Warnings, between_seconds, warning
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.kubernetes import SECRET_NAME
from triggerfish.workflows.objects import Json

# What the operator of a webhook can mend at that object.
_told = (
    RefusalCause.UNSIGNED,
    RefusalCause.SIGNATURE,
    RefusalCause.CLIENTS,
    RefusalCause.ACCOUNT,
    RefusalCause.RIGHTS,
)


class Notices:
    """Writes the Events, one after the other, as the function itself. It belongs to one event loop.

    ``has_secrets``: webhook clients are in Secrets of the cluster, not in another store.
    """

    def __init__(self, own: Client, clock: Clock, *, has_secrets: bool) -> None:
        self._has_secrets = has_secrets
        self._warnings = Warnings(own, clock)

    def refused(self, refusal: Refusal) -> None:
        """Hear of a refusal; returns at once."""
        if not refusal.known or refusal.cause not in _told:
            return
        if not refusal.account and not self._has_secrets:
            return
        what = refusal.account, refusal.cause
        self._warnings.tell(refusal.namespace, what, lambda: event_of(refusal))

    async def flushed(self) -> None:
        """Return once all Events are written, or given up."""
        await self._warnings.flushed()


def event_of(refusal: Refusal) -> Json:
    """Return the Event; one of the same object, cause and ten minutes has the same name."""
    resource, name = (SERVICE_ACCOUNTS, refusal.account) if refusal.account else (SECRETS, SECRET_NAME)
    advice = f"; to grant it: {refusal.fix}" if refusal.fix else ""
    return warning(
        resource,
        refusal.namespace,
        name,
        reason="WebhookRefused",
        message=f"a webhook was refused ({refusal.cause.value}): {refusal.reason}{advice}",
        at=refusal.at,
        same=f"{refusal.cause.value} {int(refusal.at.timestamp() // between_seconds)}",
    )
