"""CronWorkflows at which there is nothing to do for a while, so that an idle tick need not plan for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from triggerfish.cron.manifest.children import Children
from triggerfish.cron.planning import history
from triggerfish.cron.planning.health import Trouble, trouble
from triggerfish.cron.planning.steps import Plan

_never = datetime.max.replace(tzinfo=UTC)
_none = timedelta(0)


@dataclass(frozen=True, slots=True)
class Quiet:
    """While the CronWorkflow and its children are what they were, nothing is to be done before ``until``.

    ``coming`` is when its next slot is due, None when it is not to run. ``trouble`` is what is wrong with it.
    """

    version: str
    children: tuple[tuple[str, str], ...]
    until: datetime
    coming: datetime | None
    trouble: Trouble | None = None

    @classmethod
    def after(cls, made: Plan) -> Quiet | None:
        """Return what a plan that writes nothing says of the time after it.

        None when the next tick must look again.
        """
        cron, children = made.cron, made.situation.children
        if made.due or made.skips or made.recorded.claim or made.again or made.terminate:
            return None
        if len(children) and history.waits(cron.spec, children):
            return None
        coming = made.due.coming
        until = coming - (cron.note_ahead or _none) if coming else made.due.barren or _never
        return cls(cron.version, children.versions, until, coming if cron.runs else None, trouble(made))

    def lasts(self, version: str, children: Children, now: datetime) -> bool:
        """Return whether it is still so."""
        return now < self.until and version == self.version and children.versions == self.children
