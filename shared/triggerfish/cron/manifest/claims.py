"""A claim: the annotation by which one tick keeps the others from starting a run beside its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from triggerfish.cron import times


@dataclass(frozen=True, slots=True)
class Claim:
    """A tick is about to run ``slot``. ``by`` is that tick's own time, to the microsecond its name too."""

    slot: datetime
    by: datetime

    @classmethod
    def of(cls, text: str) -> Claim | None:
        """Read ``<slot> <time>``; None for anything else."""
        slot, _, by = text.partition(" ")
        at, time = times.read(slot), times.read(by)
        return cls(at, time) if at and time else None

    def __str__(self) -> str:
        return f"{times.rfc3339(self.slot)} {times.rfc3339(self.by)}"

    def is_older_than(self, life: timedelta, now: datetime) -> bool:
        """Return whether the tick that made it has ended by now, whatever became of it."""
        return now - self.by > life
