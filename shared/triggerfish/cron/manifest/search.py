"""What a search for a slot among excluded ones may cost: somebody else's slot waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

#: What may be looked at, schedules and exclusions of each slot; some microseconds each.
PATIENCE, HASTE = 20_000, 1_000
# So many excluded slots in a row are looked at in any case: they last longer than a slot is on time.
_least = 5


@dataclass(slots=True)
class Search:
    """One for a slot that is not excluded: what it may look at still, and up to when it ``reached``."""

    left: int
    least: int = _least
    reached: datetime | None = None

    def goes_on(self, cost: int) -> bool:
        """Whether there is patience for one more excluded slot, of that cost."""
        self.left -= cost
        self.least -= 1
        return self.left > 0 or self.least > 0
