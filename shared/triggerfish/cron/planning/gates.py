"""Whether anything may start at all, before the concurrency policy is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import ModuleType

from triggerfish.cron import times
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.planning.reasons import SkipReason
from triggerfish.errors import ExpressionError, SpecError

# Neither ends while nobody acts, so a skipped slot is not worth a patch: what ends them is an edit, and no
# slot before an edit runs.
_stop, _when = "spec.stopStrategy", "spec.when"
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


def verdict(
    cron: CronWorkflow, state: RecordedState, now: datetime, *, asked: bool, starting: bool
) -> Verdict:
    """In the contract's order: validate, stop strategy, suspend, stopped, pause, ``when``.

    ``state`` are up to date with the children. ``asked``: a slot is due, or a run is claimed; ``starting``: a
    slot is due, so that its condition counts.
    """
    spec = cron.spec
    if cron.error:
        return Verdict(SkipReason.SPEC_ERROR, str(cron.error), cron.error)
    unasked = tuple(field for field, source in ((_stop, spec.stop), (_when, spec.when)) if source)
    stops = False
    if spec.stop and not state.stopped and (asked or _counters(state) != _counters(cron.recorded)):
        try:
            stops = _stops(cron, state, now)
        except ExpressionError as problem:
            error = SpecError(f"{_stop}.{spec.stop.field}", str(problem))
            return Verdict(SkipReason.SPEC_ERROR, str(error), error)
        unasked = tuple(field for field in unasked if field != _stop)
    if spec.suspend:
        return Verdict(SkipReason.SUSPENDED, stops=stops, unasked=unasked)
    if stops or state.stopped:
        return Verdict(SkipReason.STOPPED, stops=stops, unasked=unasked)
    if spec.pause_after and state.failures_in_a_row >= spec.pause_after:
        return Verdict(SkipReason.PAUSED, f"{state.failures_in_a_row} in a row", unasked=unasked)
    if not (spec.when and starting):
        return Verdict(unasked=unasked)
    try:
        holds = _conditions().when(spec.when, _as_of(cron, state), dialect=spec.dialect, now=now)
    except ExpressionError as problem:
        error = SpecError(_when, str(problem))
        return Verdict(SkipReason.CONDITION_ERROR, str(error), error)
    unasked = tuple(field for field in unasked if field != _when)
    return Verdict(None if holds else SkipReason.CONDITION_FALSE, unasked=unasked)


def _conditions() -> ModuleType:
    # Imported when the first condition is evaluated: the expression engine is a third of a cold start.
    from triggerfish.cron.planning import conditions

    return conditions


def _stops(cron: CronWorkflow, state: RecordedState, now: datetime) -> bool:
    strategy, body = cron.spec.stop, _as_of(cron, state)
    if strategy is None:
        return False
    if strategy.field == "condition":
        return bool(_conditions().stop_condition(strategy.source, body, now=now))
    return bool(_conditions().stop(strategy.source, body, dialect=cron.spec.dialect, now=now))


def _counters(state: RecordedState) -> tuple[int, int]:
    return state.succeeded, state.failed


def _as_of(cron: CronWorkflow, state: RecordedState) -> dict[str, object]:
    """The object as conditions see it: its counters are those of this moment."""
    body = cron.body
    status = body.get("status")
    status = dict(status) if isinstance(status, dict) else {}
    status |= {"succeeded": state.succeeded, "failed": state.failed}
    if state.last_scheduled:
        status["lastScheduledTime"] = times.rfc3339(state.last_scheduled)
    return {**body, "status": status}
