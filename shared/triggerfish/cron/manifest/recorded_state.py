"""The state that ticks record on a CronWorkflow: its status, and annotations of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.manifest.children import Child
from triggerfish.cron.manifest.claims import Claim
from triggerfish.cron.manifest.edits import Seen
from triggerfish.cron.manifest.outcomes import Outcomes
from triggerfish.workflows.objects import API_VERSION, Json

STOPPED = "Stopped"
ACTIVE = "Active"
SPEC_ERROR = "SpecError"
SUBMISSION_ERROR = "SubmissionError"
# As failures in a row: `triggerfish resume` has ended a pause. A tick removes the annotation instead.
RESUMED = "0"
# What keeps a CronWorkflow from running, besides its spec. Fingerprints have had the boolean from the start.
Halt = bool | str
_PAUSED = "paused"
HALTS: tuple[Halt, ...] = (False, True, _PAUSED)


@dataclass(frozen=True, slots=True)
class RecordedState:
    """Status and annotations. Slots due up to ``decided`` are decided.

    ``resumed``: somebody has ended a pause, and no tick has noted it.
    """

    active: tuple[Json, ...] = ()
    succeeded: int = 0
    failed: int = 0
    failures_in_a_row: int = 0
    resumed: bool = False
    last_scheduled: datetime | None = None
    phase: str = ""
    conditions: tuple[Json, ...] = ()
    decided: datetime | None = None
    claim: Claim | None = None
    seen: Seen | None = None
    last_used_schedule: str = ""
    completed: bool = False
    outcomes: str = ""
    decisions: str = ""

    @classmethod
    def of(cls, cron: Mapping[str, Any]) -> RecordedState:
        """Read them. Whatever is not of its type counts as absent: the schema does not guard a status."""
        metadata = cron["metadata"]
        notes = metadata.get("annotations") or {}
        status = cron.get("status")
        if not isinstance(status, dict):
            status = {}
        return cls(
            active=_objects(status.get("active")),
            succeeded=_count(status.get("succeeded")),
            failed=_count(status.get("failed")),
            failures_in_a_row=_count(_digits(notes.get(keys.FAILURES))),
            resumed=notes.get(keys.FAILURES) == RESUMED,
            last_scheduled=times.read(status.get("lastScheduledTime")),
            phase=status["phase"] if isinstance(status.get("phase"), str) else "",
            conditions=_objects(status.get("conditions")),
            decided=times.read(notes.get(keys.DECIDED)),
            claim=Claim.of(notes.get(keys.CLAIM, "")),
            seen=Seen.of(notes.get(keys.SEEN, "")),
            last_used_schedule=notes.get(keys.LAST_USED_SCHEDULE, ""),
            outcomes=_text(notes.get(keys.OUTCOMES)),
            decisions=_text(notes.get(keys.DECISIONS)),
            completed=(metadata.get("labels") or {}).get(keys.CRON_COMPLETED) == "true",
        )

    @property
    def has_status(self) -> bool:
        """Whether anybody, Argo's controller or a tick, has written a status."""
        return bool(
            self.last_scheduled
            or self.phase
            or self.active
            or self.succeeded
            or self.failed
            or self.conditions
        )

    @property
    def active_uids(self) -> set[str]:
        """The uids in ``active``."""
        return {entry.get("uid", "") for entry in self.active}

    @property
    def stopped(self) -> bool:
        """Stopped for good. The label stands even where Argo's sync wrote an older phase over ours."""
        return self.completed or self.phase == STOPPED

    def is_paused(self, after: int) -> bool:
        """Return whether so many runs failed in a row that none starts; 0: it does not matter."""
        return bool(after) and self.failures_in_a_row >= after

    def halt(self, pause_after: int) -> Halt:
        """Return true when it has stopped for good, a word when it is paused, false otherwise."""
        return self.stopped or (_PAUSED if self.is_paused(pause_after) else False)

    @property
    def record(self) -> Outcomes:
        """The record of outcomes, read again each time."""
        return Outcomes.of(self.outcomes, self.decisions)

    def condition(self, kind: str) -> str:
        """The message of the condition of that type; empty without one."""
        return next(
            (str(each.get("message", "")) for each in self.conditions if each.get("type") == kind), ""
        )

    def with_condition(self, kind: str, message: str) -> RecordedState:
        """With that condition, and no other of its type."""
        condition = {"type": kind, "status": "True", "message": message}
        if [each for each in self.conditions if each.get("type") == kind] == [condition]:
            return self
        return replace(self, conditions=(*self.without_condition(kind).conditions, condition))

    def without_condition(self, kind: str) -> RecordedState:
        """Healed: without conditions of that type."""
        if not self.conditions:
            return self
        return replace(self, conditions=tuple(each for each in self.conditions if each.get("type") != kind))


def reference(child: Child) -> Json:
    """The ObjectReference of a child, as Argo writes it into ``status.active``."""
    return {
        "kind": "Workflow",
        "apiVersion": API_VERSION,
        "name": child.name,
        "namespace": child.namespace,
        "uid": child.uid,
        "resourceVersion": child.version,
    }


def _objects(value: object) -> tuple[Json, ...]:
    return tuple(each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _digits(value: object) -> int:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else 0


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
