"""Whether a slot may start at all, before the concurrency policy is asked: one gate for each step.

``triggerfish.cron.planning.plan`` asks them in their order, about each slot by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from types import ModuleType
from typing import Any

from triggerfish.cron import times
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.manifest.spec import WORKFLOW_SPEC, ConcurrencyPolicy
from triggerfish.cron.manifest.timetable import Slot
from triggerfish.cron.planning.reasons import Skip, SkipReason
from triggerfish.errors import ExpressionError, SpecError
from triggerfish.workflows.objects import Json

_stop, _when = "spec.stopStrategy", "spec.when"


@dataclass(frozen=True, slots=True)
class Findings:
    """What the gates found of the CronWorkflow as a whole.

    ``error`` is what is wrong with it; ``invalid``: so wrong that nothing may start. ``stops``: the stop
    strategy is met from now on. ``unasked`` are the expressions that were not evaluated, and the spec of the
    Workflow if its templates were not read; ``rests`` is why nothing starts before somebody acts.
    """

    error: SpecError | None = None
    invalid: bool = False
    stops: bool = False
    unasked: tuple[str, ...] = ()
    rests: SkipReason | None = None

    def leaves(self, message: str) -> bool:
        """Whether an error noted earlier still stands, because its expression was not evaluated this time."""
        return message.startswith(self.unasked) if self.unasked else False

    @property
    def drops_claims(self) -> SkipReason | None:
        """Return why a run that was claimed, and not started, is given up."""
        return self.rests or (SkipReason.SPEC_ERROR if self.invalid else None)


class Gates:
    """The gates of one CronWorkflow: asked about one slot after the other, each says why it may not start.

    ``state`` has the counters of this moment; its ``lastScheduledTime`` moves with the slots that pass. Time
    is that of the slot asked about. ``error`` is what is wrong with the manifest, or with what it refers to.
    """

    def __init__(self, cron: CronWorkflow, state: RecordedState, error: SpecError | None) -> None:
        self._cron, self._state = cron, state
        self._error, self._stops = error, False
        self._invalid = error is not None
        self._asked: set[str] = set()
        self._body: Json | None = None
        self._budget: Any = None

    def passed(self, slot: Slot) -> None:
        """That slot is going to run: for those after it, it is the last scheduled one."""
        if self._cron.spec.policy is ConcurrencyPolicy.ALLOW and (
            self._cron.spec.when or self._cron.spec.stop
        ):
            latest = max(slot.at, self._state.last_scheduled or slot.at)
            self._state = replace(self._state, last_scheduled=latest)

    def findings(self) -> Findings:
        """Return what was found so far."""
        state, unasked = self._state, () if self._invalid else self._unasked
        rests = None
        if self._cron.deleting:
            rests = SkipReason.DELETING
        elif not self._invalid and self._cron.spec.suspend:
            rests = SkipReason.SUSPENDED
        elif not self._invalid and (self._stops or state.stopped):
            rests = SkipReason.STOPPED
        elif not self._invalid and self._pauses:
            rests = SkipReason.PAUSED
        return Findings(self._error, self._invalid, self._stops, unasked, rests)

    # -- the gates, in the contract's order ----------------------------------------------------------

    def deletion(self, slot: Slot) -> Skip | None:
        """Refuse the slot of a CronWorkflow that is being deleted."""
        return Skip(slot.at, SkipReason.DELETING) if self._cron.deleting else None

    def validation(self, slot: Slot) -> Skip | None:
        """A wrong spec starts nothing; the templates that it refers to are read when a slot is due."""
        self._asked.add(WORKFLOW_SPEC)
        return Skip(slot.at, SkipReason.SPEC_ERROR, str(self._error)) if self._invalid else None

    def stop_strategy(self, slot: Slot) -> Skip | None:
        """Return whether it is met at that slot, for good; a skip only when its expression is wrong."""
        return self._ask_to_stop(slot.at, slot.due)

    def ask_to_stop(self, at: datetime) -> None:
        """The same where no slot asks: a child has finished, or a run was claimed."""
        self._ask_to_stop(at, at)

    def suspension(self, slot: Slot) -> Skip | None:
        """``spec.suspend``."""
        return Skip(slot.at, SkipReason.SUSPENDED) if self._cron.spec.suspend else None

    def stopped(self, slot: Slot) -> Skip | None:
        """Stopped for good, now or earlier."""
        return Skip(slot.at, SkipReason.STOPPED) if self._stops or self._state.stopped else None

    def pause(self, slot: Slot) -> Skip | None:
        """Too many failures in a row."""
        found = self._state.failures_in_a_row
        return Skip(slot.at, SkipReason.PAUSED, f"{found} in a row") if self._pauses else None

    @property
    def _pauses(self) -> bool:
        return self._state.is_paused(self._cron.spec.pause_after)

    def condition(self, slot: Slot) -> Skip | None:
        """``spec.when``, with the state and the time of that slot."""
        spec = self._cron.spec
        if not spec.when:
            return None
        try:
            holds = _conditions().when(
                spec.when, self._as_of(), dialect=spec.dialect, now=slot.due, budget=self._paying()
            )
        except ExpressionError as problem:
            self._error = SpecError(_when, str(problem))
            return Skip(slot.at, _reason(problem, SkipReason.CONDITION_ERROR), str(self._error))
        self._error = None
        self._asked.add(_when)
        return None if holds else Skip(slot.at, SkipReason.CONDITION_FALSE)

    # ------------------------------------------------------------------------------------------------

    def _ask_to_stop(self, at: datetime, now: datetime) -> Skip | None:
        strategy = self._cron.spec.stop
        if self._invalid or strategy is None or self._stops or self._state.stopped:
            return None
        try:
            if strategy.field == "condition":
                asked = _conditions().stop_condition
                self._stops = bool(asked(strategy.source, self._as_of(), now=now, budget=self._paying()))
            else:
                asked, dialect = _conditions().stop, self._cron.spec.dialect
                self._stops = bool(
                    asked(strategy.source, self._as_of(), dialect=dialect, now=now, budget=self._paying())
                )
        except ExpressionError as problem:
            self._error, self._invalid = SpecError(f"{_stop}.{strategy.field}", str(problem)), True
            return Skip(at, _reason(problem, SkipReason.SPEC_ERROR), str(self._error))
        self._asked.add(_stop)
        return None

    @property
    def _unasked(self) -> tuple[str, ...]:
        cron, asked = self._cron, self._asked
        fields = ((_stop, cron.spec.stop), (_when, cron.spec.when), (WORKFLOW_SPEC, cron.references))
        return tuple(field for field, source in fields if source and field not in asked)

    def _paying(self) -> Any:
        """The budget of all conditions of this CronWorkflow in this tick."""
        if self._budget is None:
            self._budget = _conditions().tick_budget()
        return self._budget

    def _as_of(self) -> Json:
        """The object as conditions see it: its status is that of this moment."""
        body = self._body = self._body or self._cron.body
        status = body.get("status")
        status = dict(status) if isinstance(status, dict) else {}
        status |= {"succeeded": self._state.succeeded, "failed": self._state.failed}
        last = self._state.last_scheduled
        status["lastScheduledTime"] = times.rfc3339(last) if last else None
        return {**body, "status": status}


def _reason(problem: ExpressionError, otherwise: SkipReason) -> SkipReason:
    return SkipReason.TOO_COSTLY if isinstance(problem, _conditions().TooCostly) else otherwise


def _conditions() -> ModuleType:
    # Imported when the first condition is evaluated: the expression engine is a third of a cold start.
    from triggerfish.cron.planning import conditions

    return conditions
