"""A CronWorkflow as the core sees it, parsed once from the API's JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.manifest import edits
from triggerfish.cron.manifest.recorded_state import Halt, RecordedState
from triggerfish.cron.manifest.spec import Facts, Read, Spec, SpecReader
from triggerfish.cron.schedules.exclusions import CalendarsGiven
from triggerfish.errors import SpecError
from triggerfish.settings import Settings
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef

# A claim outlives the tick that made it by this much: its last request may still be on its way.
_margin = timedelta(seconds=5)
_epoch = datetime.fromtimestamp(0, UTC)
_none = timedelta(0)
# A few ticks may fail before a slot.
_before_a_slot = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the deployment decides for every CronWorkflow.

    A slot is on time for ``grace`` after it is due. ``life`` is longer than any tick: a claim older than that
    has no owner. ``decisions`` is how many of the last decisions are kept on each, in at most
    ``record_bytes``; 0: none. ``defaults`` is the spec of Argo's workflowDefaults; None: Workflows are not
    validated.
    """

    grace: timedelta = timedelta(seconds=120)
    life: timedelta = timedelta(seconds=55)
    default_timezone: str = "UTC"
    instance_id: str = ""
    dialect: str = "expr"
    decisions: int = 20_000
    record_bytes: int = 16_384
    defaults: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """Return what the settings decide for every CronWorkflow."""
        return cls(
            grace=timedelta(seconds=settings.tick_grace_seconds),
            life=timedelta(seconds=settings.tick_deadline_seconds) + _margin,
            default_timezone=settings.default_timezone,
            instance_id=settings.instance_id,
            dialect=settings.expression_dialect,
            decisions=settings.decision_record,
            record_bytes=settings.decision_record_bytes,
            defaults=_defaults(settings.workflow_defaults) if settings.validate == "on" else None,
        )


@dataclass(frozen=True, slots=True)
class CronWorkflow:
    """One CronWorkflow at one ``version``.

    ``error`` is what is wrong with the spec, in which case ``spec`` holds what could be read; its timetable
    is None when the slots themselves cannot be known. ``schedules`` is what Argo notes as the last used
    schedule. ``unseen`` is set when no tick has noted this timetable yet; slots count from ``edited``, which
    is None when nobody knows the time of the edit: see ``since``. ``written`` is when anything of the spec
    was last written, as far as somebody has noted it. ``generation`` counts the writes of its spec and
    status, from 1. ``deleting``: somebody deleted it, and it is not gone yet. While no tick has noted its
    timetable, ``note_ahead`` is how long before its next slot one must do so; None: at first sight.
    ``references`` are the templates without which its Workflow cannot be validated. ``facts`` are all that
    say when it runs, ``asked`` a digest of all that its author wrote. ``source`` is the object as JSON,
    without ``managedFields``.
    """

    namespace: str
    name: str
    uid: str
    version: str
    created: datetime
    spec: Spec
    error: SpecError | None
    recorded: RecordedState
    schedules: str
    facts: Facts
    references: frozenset[TemplateRef]
    unseen: bool
    edited: datetime | None
    written: datetime | None
    generation: int
    note_ahead: timedelta | None
    deleting: bool
    asked: bytes = field(repr=False)
    source: bytes = field(repr=False)

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def runs(self) -> bool:
        """Its slots are to run, as far as it says so itself."""
        return not (self.spec.suspend or self.halt or self.deleting)

    @property
    def body(self) -> Json:
        """The object as JSON, a fresh copy."""
        body: Json = orjson.loads(self.source)
        return body

    @property
    def halt(self) -> Halt:
        """What keeps it from running besides its spec: it has stopped, or it is paused."""
        return self.recorded.halt(self.spec.pause_after)

    def fingerprint(self, state: RecordedState) -> str:
        """Of its timetable, and of whether it is suspended, or stopped or paused as ``state`` says."""
        if state is self.recorded and state.seen and not self.unseen:
            return state.seen.fingerprint
        halt = state.halt(self.spec.pause_after)
        if halt == self.halt and self.recorded.seen and not self.unseen:
            return self.recorded.seen.fingerprint
        return edits.fingerprint(halt, *self.facts)

    def since(self, now: datetime) -> datetime:
        """Return from when on slots count: the last edit of the timetable.

        One that left no time came within the last minute, and after whatever left one.
        """
        if self.edited is not None:
            return self.edited
        seen = self.recorded.seen
        known = (seen.until if seen else self.created, self.written or self.created)
        return min(max(now - edits.PERIOD, *known), now)

    def read_after(self, earlier: CronWorkflow, read: datetime) -> CronWorkflow:
        """The same, knowing how it was read at that time: with another timetable, it was edited since."""
        if (self.facts, self.halt) == (earlier.facts, earlier.halt):
            return self
        return self.edited_after(read)

    def edited_after(self, read: datetime) -> CronWorkflow:
        """The same, knowing that the timetable that is noted was the one that it had at that time."""
        if not self.unseen:
            return self
        if self.edited is None or edits.is_earlier(self.edited, read):
            return replace(self, edited=read)
        return self

    @classmethod
    def of(
        cls,
        body: Mapping[str, Any],
        rules: Rules,
        calendars: CalendarsGiven | None = None,
        earlier: CronWorkflow | None = None,
    ) -> CronWorkflow:
        """Read one from the API. What is wrong with its spec becomes ``error``; nothing is raised.

        ``calendars`` has each iCalendar file that it names. ``earlier`` spares reading the spec
        again where only the status has changed; it was read with the same rules.
        """
        metadata = body["metadata"]
        notes: Mapping[str, str] = metadata.get("annotations") or {}
        asked = _digest(body, notes)
        read: Read | CronWorkflow
        if earlier is not None and earlier.asked == asked and not calendars:
            read = earlier
        else:
            read = SpecReader(
                body, notes, rules.default_timezone, rules.dialect, calendars or {}, rules.defaults
            ).read()
        state = RecordedState.of(body)
        created = times.read(metadata.get("creationTimestamp")) or _epoch
        seen = state.seen
        halt = state.halt(read.spec.pause_after)
        unseen = not seen or seen.fingerprint != edits.fingerprint(halt, *read.facts)
        edited = _edited(metadata, state, read.schedules) if unseen or not seen else seen.since
        return cls(
            namespace=metadata.get("namespace", ""),
            name=metadata["name"],
            uid=metadata["uid"],
            version=metadata["resourceVersion"],
            created=created,
            spec=read.spec,
            error=read.error,
            recorded=state,
            schedules=read.schedules,
            facts=read.facts,
            references=read.references,
            unseen=unseen,
            edited=edited,
            written=edits.time_of_writing(metadata.get("managedFields") or ()),
            generation=metadata.get("generation") or 1,
            note_ahead=None if seen or halt else _note_ahead(body, state, read),
            deleting="deletionTimestamp" in metadata,
            asked=asked,
            source=orjson.dumps({**body, "metadata": _without_managed_fields(metadata)}),
        )


def _defaults(text: str) -> Mapping[str, Any]:
    """The spec of Argo's workflowDefaults."""
    found = orjson.loads(text or "{}").get("spec")
    return found if isinstance(found, dict) else {}


def _digest(body: Mapping[str, Any], notes: Mapping[str, str]) -> bytes:
    """Of all that ``SpecReader`` looks at: the spec, and annotations other than those that ticks write."""
    authored = {key: value for key, value in notes.items() if key not in keys.RECORDED}
    asked = orjson.dumps([body.get("spec"), authored], option=orjson.OPT_NON_STR_KEYS)
    return hashlib.blake2b(asked, digest_size=16).digest()


def _without_managed_fields(metadata: Mapping[str, Any]) -> Json:
    return {key: value for key, value in metadata.items() if key != "managedFields"}


def _note_ahead(body: Mapping[str, Any], state: RecordedState, read: Read | CronWorkflow) -> timedelta | None:
    """How long before a slot its timetable must have been noted; None: at once.

    It can wait while each edit will show and leave its time: nobody has set what can be taken away without a
    trace. Where Argo's controller has noted the schedules, an edit of anything else cannot pass for theirs.
    """
    _, suspended, *notes = read.facts
    if read.error or read.spec.timetable is None or read.spec.pause_after or suspended or any(notes):
        return None
    if state.claim or state.decided or state.failures_in_a_row or state.resumed:
        return None
    metadata = body["metadata"]
    if edits.time_of_edit(metadata.get("managedFields") or (), ("schedule", "schedules"), ()) is None:
        return None
    if state.last_used_schedule == read.schedules and (state.has_status or metadata.get("generation") == 1):
        return _none
    # Later, one that is new could not be told from one whose status and annotations were taken away.
    is_new = metadata.get("generation") == 1 and not state.has_status
    return _before_a_slot if is_new and not body["spec"].get("timezone") else None


def _edited(metadata: Mapping[str, Any], state: RecordedState, schedules: str) -> datetime | None:
    """Since when the timetable is what it is, though no tick has seen it so; None when nobody knows."""
    created = times.read(metadata.get("creationTimestamp")) or _epoch
    managed = metadata.get("managedFields") or ()
    noted = edits.time_of_noting(managed)
    if state.seen is None and state.last_used_schedule == schedules:
        # Argo's controller ran this very schedule before us.
        edited = edits.time_of_edit(managed, (), keys.TIMETABLE)
        return max(created, edited) if edited and noted and edited > noted else created
    notes = (*keys.TIMETABLE, keys.PAUSE_AFTER_FAILURES, *((keys.FAILURES,) if state.resumed else ()))
    edited = edits.time_of_edit(managed, ("schedule", "schedules", "timezone", "suspend"), notes)
    if state.seen is None:
        if state.has_status and state.last_used_schedule and noted and edited and edited < noted:
            return None  # the zone was taken away, which leaves no time
        return edited or created
    if edited and state.seen.is_before(edited):
        return edited
    # Nobody owns a field that was removed; who removed it may have written something else with it.
    applied = edits.time_of_applying(managed)
    return applied if applied and state.seen.is_before(applied) else None
