"""What a tick did, as the caller of the tick and the log read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from triggerfish.cron import times
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.planning.health import Trouble
from triggerfish.cron.planning.reasons import Skip, SkipReason
from triggerfish.errors import TriggerfishError


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to one slot of one CronWorkflow (``namespace/name``), or to it as a whole.

    ``what`` is ``created``, ``skipped``, ``failed``, ``terminated``, ``deleted``, ``differs``, ``corrected``
    (something recorded that cannot be true).
    """

    what: str
    cron: str
    slot: datetime | None = None
    reason: SkipReason | None = None
    detail: str = ""
    child: str = ""

    @classmethod
    def skipped(cls, cron: str, skip: Skip) -> Entry:
        """A due slot that did not run."""
        return cls("skipped", cron, skip.slot, skip.reason, skip.detail)

    def json(self) -> dict[str, Any]:
        """For a log line; what is empty is left out."""
        fields = {
            "what": self.what,
            "cron": self.cron,
            "slot": self.slot and times.rfc3339(self.slot),
            "reason": self.reason and self.reason.value,
            "sentence": self.reason and self.reason.sentence,
            "detail": self.detail,
            "workflow": self.child,
        }
        return {name: value for name, value in fields.items() if value}


@dataclass(slots=True)
class Summary:
    """Counts and entries of one tick.

    ``costly`` has uid and reason of each CronWorkflow whose conditions take too much, by its key. ``left``
    CronWorkflows are for the next tick. ``retry``: calling again would help. ``broken`` are errors that
    nobody meant, by CronWorkflow. ``troubles`` counts the CronWorkflows with something wrong, by namespace.
    """

    now: datetime
    evaluated: int = 0
    due: int = 0
    left: int = 0
    retry: bool = False
    complete: bool = False
    next_due: datetime | None = None
    skew: float = 0.0
    lags: list[float] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    costly: dict[str, tuple[str, str]] = field(default_factory=dict)
    broken: list[tuple[str, Exception]] = field(default_factory=list)
    troubles: Counter[tuple[str, Trouble]] = field(default_factory=Counter)

    def note(self, entry: Entry) -> None:
        """Add one thing that happened."""
        self.entries.append(entry)

    def expect(self, cron: CronWorkflow, coming: datetime | None) -> None:
        """The next slot of this one is due then; it counts if it is to run at all."""
        self.wait_for(coming if cron.runs else None)

    def wait_for(self, coming: datetime | None) -> None:
        """A slot is due then; None: none is known."""
        if coming:
            self.next_due = min(coming, self.next_due or coming)

    def unwell(self, namespace: str, trouble: Trouble) -> None:
        """Count one CronWorkflow of that namespace with that trouble."""
        self.troubles[namespace, trouble] += 1

    def fail(self, cron: str, error: TriggerfishError) -> None:
        """A CronWorkflow could not be gone through with; the next tick does, if that may help."""
        self.left += error.retry
        self.retry |= error.retry
        self.note(Entry("failed", cron, detail=str(error)))

    def break_off(self, cron: str, error: Exception) -> None:
        """Whatever went wrong with a CronWorkflow; an error that nobody meant is named by its kind alone."""
        if isinstance(error, TriggerfishError):
            self.fail(cron, error)
        else:
            self.broken.append((cron, error))
            self.note(Entry("failed", cron, detail=f"a defect of Triggerfish: {type(error).__name__}"))

    def started(self, slot: datetime, at: datetime) -> None:
        """A child was made at that time, ``lags`` seconds after its slot."""
        self.lags.append((at - slot).total_seconds())

    def count(self, what: str) -> int:
        """Return how many entries say so."""
        return sum(entry.what == what for entry in self.entries)

    def _troubled(self, state: str) -> int:
        return sum(count for (_, trouble), count in self.troubles.items() if trouble.state == state)

    @property
    def skipped(self) -> dict[str, int]:
        """Skipped slots by reason."""
        return dict(
            Counter(entry.reason.value for entry in self.entries if entry.what == "skipped" and entry.reason)
        )

    def json(self) -> dict[str, Any]:
        """The answer to the tick's caller."""
        return {
            "now": times.rfc3339(self.now),
            "evaluated": self.evaluated,
            "due": self.due,
            "created": self.count("created"),
            "skipped": self.skipped,
            "failed": self.count("failed"),
            "terminated": self.count("terminated"),
            "deleted": self.count("deleted"),
            "left": self.left,
            "inError": self._troubled("error"),
            "failing": self._troubled("failing"),
            "nextDue": self.next_due and times.rfc3339(self.next_due),
        }
