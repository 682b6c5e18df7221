"""Whether anything may start at all, before the concurrency policy is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triggerfish.cron.books import Books
from triggerfish.cron.model import CronWorkflow
from triggerfish.cron.reasons import SkipReason
from triggerfish.errors import SpecError

# Neither ends while nobody acts, so a skipped slot is not worth a patch: what ends them is an edit, and no
# slot before an edit runs.
_stop, _when = "spec.stopStrategy.expression", "spec.when"
_resting = (SkipReason.STOPPED, SkipReason.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is why nothing may start, None when something may; ``error`` what is wrong with the spec.

    ``stops``: the stop strategy is met, from now on. ``unasked`` are the expressions that were not evaluated.
    """

    reason: SkipReason | None = None
    detail: str = ""
    error: SpecError | None = None
    stops: bool = False
    unasked: tuple[str, ...] = ()

    def leaves(self, message: str) -> bool:
        """Whether an error noted earlier still stands, because its expression was not evaluated this time."""
        return message.startswith(self.unasked) if self.unasked else False

    @property
    def rests(self) -> bool:
        """Nothing starts before somebody edits the CronWorkflow."""
        return self.reason in _resting

    @property
    def drops_claims(self) -> bool:
        """Whether a run that was claimed, and not started, is given up."""
        return self.rests or self.reason is SkipReason.SPEC_ERROR


def verdict(cron: CronWorkflow, books: Books, now: datetime, *, asked: bool, starting: bool) -> Verdict:
    """In the contract's order: validate, stop strategy, suspend, stopped, pause, ``when``.

    ``books`` are up to date with the children. ``asked``: a slot is due, or a run is claimed; ``starting``: a
    slot is due, so that its condition counts.
    """
    spec = cron.spec
    if cron.error:
        return Verdict(SkipReason.SPEC_ERROR, str(cron.error), cron.error)
    unasked = tuple(field for field, source in ((_stop, spec.stop), (_when, spec.when)) if source)
    stops = False
    if spec.suspend:
        return Verdict(SkipReason.SUSPENDED, stops=stops, unasked=unasked)
    if stops or books.stopped:
        return Verdict(SkipReason.STOPPED, stops=stops, unasked=unasked)
    if spec.pause_after and books.failures_in_a_row >= spec.pause_after:
        return Verdict(SkipReason.PAUSED, f"{books.failures_in_a_row} in a row", unasked=unasked)
    if spec.stop or spec.when:
        return Verdict(SkipReason.UNSUPPORTED, unasked=unasked)
    return Verdict(unasked=unasked)
