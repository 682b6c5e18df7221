"""What a pass over the open reports did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from triggerfish.hosts.api.values import State
from triggerfish.workflows.objects import Json


@dataclass(slots=True)
class ReportSummary:
    """``open`` reports were there; ``posted`` counts what was posted by state.

    ``repaired`` statuses were others than they should have been, ``done`` reports need nothing more,
    ``ignored`` ones are not ours, and ``left`` steps are for the next pass. ``failed`` could not be done.
    """

    open: int = 0
    posted: Counter[State] = field(default_factory=Counter)
    repaired: int = 0
    done: int = 0
    ignored: int = 0
    failed: int = 0
    left: int = 0

    def json(self) -> Json:
        """As the answer and the log have it."""
        posted = {state.value: count for state, count in self.posted.items()}
        counts = {name: getattr(self, name) for name in ("repaired", "done", "ignored", "failed", "left")}
        return {"open": self.open, "posted": posted, **counts}
