"""What is told to a host right after an event."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from triggerfish.hosts.api.credentials import Credential
from triggerfish.hosts.api.values import State, Status
from triggerfish.hosts.reports.intent import Intent


@dataclass(frozen=True, slots=True)
class StatusNote:
    """What a status tells besides its state: who was refused. ``waits``: what a run waits for, if it does."""

    context: str
    words: str = ""
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """The statuses to post with ``credential``, which is there where there are any.

    ``decided`` is an aware time, before the first of the runs was created: from then on others may tell more.
    ``unreported`` has the name and uid of each binding whose run is not reported as it should be, and why.
    """

    decided: datetime
    credential: Credential | None
    statuses: tuple[tuple[Intent, Status | StatusNote], ...]
    unreported: tuple[tuple[str, str, str], ...] = ()

    def joined(self, other: Announcement | None) -> Announcement:
        """This one and another of the same event."""
        if other is None:
            return self
        credential = self.credential or other.credential
        return Announcement(
            min(self.decided, other.decided),
            credential,
            self.statuses + other.statuses,
            self.unreported + other.unreported,
        )

    def without(self, said: Collection[tuple[Intent, Status | StatusNote]]) -> Announcement:
        """The same, but for what has been told."""
        return replace(self, statuses=tuple(one for one in self.statuses if one not in said))


def stands_alone(status: Status | StatusNote) -> bool:
    """Return whether no Workflow stands for it."""
    return isinstance(status, StatusNote) or status.state is State.ERROR
