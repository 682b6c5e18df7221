"""The Workflows of a CronWorkflow as people look at them: by slot, by hand, or backfilled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.manifest.children import slot_of
from triggerfish.workflows.endings import ENDS, FAILURES


class RunKind(Enum):
    """Who asked for a run; ``value`` is the word in JSON and in tables."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    RETRY = "retry"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class Run:
    """One Workflow. ``slot`` is None when it belongs to none; ``phase`` is Argo's word, empty at first.

    ``started`` and ``finished`` are None until the workflow controller says so. ``scheduled`` is the time it
    carries in its annotation: its slot, or for one by hand the time of its making. ``message`` is Argo's,
    as a rule that of a failure.
    """

    namespace: str
    name: str
    cron: str
    kind: RunKind
    slot: datetime | None
    created: datetime
    phase: str
    started: datetime | None
    finished: datetime | None
    scheduled: datetime | None = None
    message: str = ""

    @property
    def took(self) -> timedelta | None:
        """Return how long it ran; None until it has finished."""
        return self.finished - self.started if self.started and self.finished else None

    @property
    def failed(self) -> bool:
        """It has ended badly."""
        return self.phase in FAILURES

    @property
    def ended(self) -> bool:
        """It has finished, well or badly."""
        return self.phase in ENDS

    @classmethod
    def of(cls, workflow: Mapping[str, Any]) -> Run | None:
        """Read a Workflow; None when no label says that it is a CronWorkflow's."""
        metadata = workflow["metadata"]
        given: Mapping[str, str] = metadata.get("labels") or {}
        backfill = given.get(keys.BACKFILL)
        cron = backfill or given.get(keys.CRON_WORKFLOW)
        if not cron:
            return None
        status = workflow.get("status")
        status = status if isinstance(status, dict) else {}
        notes: Mapping[str, str] = metadata.get("annotations") or {}
        slot = slot_of(metadata["name"], cron)
        scheduled = times.read(notes.get(keys.SCHEDULED_TIME))
        return cls(
            namespace=metadata.get("namespace", ""),
            name=metadata["name"],
            cron=cron,
            kind=_kind(slot, given, backfill=backfill is not None),
            slot=slot if backfill is None else scheduled,
            created=times.read(metadata.get("creationTimestamp")) or datetime.fromtimestamp(0, UTC),
            phase=str(status.get("phase") or given.get(keys.PHASE) or ""),
            started=times.read(status.get("startedAt")),
            finished=times.read(status.get("finishedAt")),
            scheduled=scheduled,
            message=str(status.get("message") or ""),
        )


def _kind(slot: datetime | None, given: Mapping[str, str], *, backfill: bool) -> RunKind:
    if backfill:
        return RunKind.BACKFILL
    if keys.RESUBMITTED_FROM in given:
        return RunKind.RETRY
    return RunKind.MANUAL if slot is None else RunKind.SCHEDULED
