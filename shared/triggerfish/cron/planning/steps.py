"""A plan: what is decided about one CronWorkflow, and the calls that follow, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from triggerfish.cron.manifest.children import Children
from triggerfish.cron.manifest.claims import Claim
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.merging import End
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.manifest.spec import ConcurrencyPolicy
from triggerfish.cron.planning import concurrency
from triggerfish.cron.planning.actions import Create, Patch, Terminate
from triggerfish.cron.planning.concurrency import Start
from triggerfish.cron.planning.due import Due
from triggerfish.cron.planning.gates import Findings
from triggerfish.cron.planning.reasons import Skip
from triggerfish.workflows import scheduled


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision about one CronWorkflow may look at. ``by`` names this tick in its claims."""

    cron: CronWorkflow
    children: Children
    now: datetime
    rules: Rules
    by: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """In this order: ``claim``, ``terminate``, ``creates``, ``record`` of what came of them, then tidying.

    ``start`` and ``skips`` say what becomes of the due slots, ``ran`` which have a child that no patch has
    noted. ``settles`` is the claim that the record clears; ``held`` that it is written, as ``version``. Slots
    due up to ``until`` are decided. ``again``: once this is recorded, there is more to decide.

    ``written`` is the state as it stands on the CronWorkflow, ``opening`` what of it is believed, with a
    changed timetable noted; ``doubts`` says what is not believed. ``rested`` stands for the slots that passed
    while it was suspended or stopped, once somebody has ended that. ``exact``: children carry the finalizer
    because of their template. ``ends`` are the ends of failed runs, by the child's uid, as far as anybody has
    looked.
    """

    situation: Situation
    written: RecordedState
    opening: RecordedState
    due: Due
    findings: Findings
    ran: tuple[datetime, ...] = ()
    start: Start = field(default_factory=Start)
    skips: tuple[Skip, ...] = ()
    claim: Patch | None = None
    held: Claim | None = None
    version: str = ""
    settles: Claim | None = None
    until: datetime | None = None
    again: bool = False
    rested: Skip | None = None
    doubts: tuple[str, ...] = ()
    exact: bool = False
    ends: Mapping[str, End] = field(default_factory=dict)

    @property
    def cron(self) -> CronWorkflow:
        """Whose plan it is."""
        return self.situation.cron

    @property
    def terminate(self) -> tuple[Terminate, ...]:
        """Children to end before any is created, but for those that somebody has told already."""
        running = [*self.start.terminate]
        if self.cron.spec.policy is ConcurrencyPolicy.REPLACE:
            running += concurrency.replaced(self.situation.children, self.situation.now)
        names = {child.name for child in running if not child.told_to_end}
        return tuple(Terminate(name) for name in sorted(names))

    @property
    def creates(self) -> tuple[Create, ...]:
        """Children to create, oldest first."""
        if not self.start.slots:
            return ()
        body, exact = self.cron.body, self.exact or self.cron.spec.exact is True
        instance = self.situation.rules.instance_id
        return tuple(
            Create(
                slot,
                scheduled.name(self.cron.name, slot),
                scheduled.workflow(body, slot, instance, exact=exact),
            )
            for slot in self.start.slots
        )

    def claimed(self, version: str) -> Plan:
        """The same once its claim is written, which made the CronWorkflow that ``version``."""
        return replace(self, claim=None, held=self.settles, version=version)

    @property
    def recorded(self) -> RecordedState:
        """Return what the CronWorkflow says now, its claim included."""
        return replace(self.written, claim=self.held) if self.held else self.written

    @property
    def tidy_before(self) -> datetime:
        """A child from after this stays as it is: a slow tick might still believe that it is missing."""
        return self.situation.now - self.situation.rules.life
