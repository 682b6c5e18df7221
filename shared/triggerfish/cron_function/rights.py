"""The rights without which no tick does its work; infra/kubernetes/rbac.yaml grants them."""

from __future__ import annotations

from triggerfish.kube.resources import CRON_WORKFLOWS, EVENTS, WORKFLOWS
from triggerfish.kube.rights import Right
from triggerfish.settings import Settings


def needed(settings: Settings) -> tuple[Right, ...]:
    """Return what the cron function must be allowed; in shadow it writes nothing."""
    reads = Right("list", CRON_WORKFLOWS), Right("list", WORKFLOWS)
    if settings.mode == "shadow":
        return reads
    return (
        *reads,
        *(Right(verb, CRON_WORKFLOWS) for verb in ("get", "patch")),
        *(Right(verb, WORKFLOWS) for verb in ("create", "delete", "get", "patch")),
        Right("create", EVENTS),
    )
