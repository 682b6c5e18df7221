"""How far a run is, and what was reported of it: both from its Workflow's metadata alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from triggerfish import annotations as keys
from triggerfish.hosts.api.values import State
from triggerfish.hosts.reports.intent import Intent, SealedIntent, read
from triggerfish.workflows import finalizers
from triggerfish.workflows.endings import ENDS, SUCCEEDED
from triggerfish.workflows.objects import Json

FINAL = frozenset((State.SUCCESS, State.FAILURE, State.ERROR, State.CANCELED))
_failures = {"Failed": State.FAILURE, "Error": State.ERROR}
_superseded = "superseded"
# Anybody may write annotations of 256 KiB: no name is longer than this, and so many characters of a mark are
# kept.
_longest_name, _longest_mark = 253, 512


class Stage(Enum):
    """The label of a Workflow that is reported: how far its report is. ``DONE`` ones are never listed."""

    PENDING = "pending"
    RUNNING = "running"
    ENDED = "ended"
    DONE = "done"

    @classmethod
    def of(cls, state: State) -> Stage:
        """The stage of a report whose last post said that."""
        if state in FINAL:
            return cls.ENDED
        return cls.RUNNING if state is State.RUNNING else cls.PENDING


_STATES = {state.value: state for state in State}
_OPEN_STAGES = {stage.value: stage for stage in Stage if stage is not Stage.DONE}

OPEN = f"{keys.REPORT} in ({Stage.PENDING.value},{Stage.RUNNING.value},{Stage.ENDED.value})"
"""The label selector of reports that may have something to say."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The annotation that says what was reported last: ``state``, or that a newer run's state is: ``by``.

    ``at`` is when, in seconds since 1970.
    """

    state: State | None
    at: float
    by: str = ""

    def __str__(self) -> str:
        """As it stands on the Workflow: ``success 2026-11-29T02:00:07Z``, ``superseded … by NAME``."""
        when = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{_superseded} {when} by {self.by}" if self.state is None else f"{self.state.value} {when}"

    @classmethod
    def read(cls, text: Any) -> Mark | None:
        """The annotation's meaning; None for anything else."""
        word, _, rest = str(text or "")[:_longest_mark].partition(" ")
        when, _, by = rest.partition(" by ")
        at = _moment(when)
        if at is None:
            return None
        if word == _superseded:
            return cls(None, at, by)
        return cls(_STATES[word], at) if word in _STATES else None


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """A Workflow with a report, from its metadata; ``sealed`` None: its annotation is none of ours.

    ``superseded_by`` is the run for whose sake it was ended. Times are in seconds since 1970; ``deleted`` is
    when somebody deleted it, None: nobody has. ``held`` says that it carries our finalizer, ``rest`` are the
    others then, None where they are too long to be kept.
    """

    namespace: str
    name: str
    uid: str
    version: str
    sealed: SealedIntent | None
    stage: Stage
    mark: Mark | None
    phase: str
    created: float
    deleted: float | None
    superseded_by: str
    held: bool
    rest: tuple[str, ...] | None

    @classmethod
    def of(cls, workflow: Json) -> ReportedRun | None:
        """Read one; None for a Workflow without an open report."""
        metadata = workflow["metadata"]
        labels: Mapping[str, str] = metadata.get("labels") or {}
        notes: Mapping[str, str] = metadata.get("annotations") or {}
        stage = _OPEN_STAGES.get(labels.get(keys.REPORT, ""))
        if stage is None:
            return None
        return cls(
            metadata["namespace"],
            metadata["name"],
            metadata["uid"],
            metadata["resourceVersion"],
            read(notes.get(keys.REPORT)),
            stage,
            Mark.read(notes.get(keys.REPORTED)),
            _phase(labels),
            _moment(metadata.get("creationTimestamp")) or 0.0,
            _moment(metadata.get("deletionTimestamp")),
            notes.get(keys.SUPERSEDED_BY, "")[:_longest_name],
            finalizers.is_held(metadata, keys.REPORT),
            finalizers.kept(metadata, keys.REPORT),
        )

    @property
    def intent(self) -> Intent:
        """Where it is reported; only of one whose annotation is ours."""
        assert self.sealed is not None  # noqa: S101  what is planned is believed
        return self.sealed.intent

    @property
    def ended(self) -> bool:
        """Its Workflow has come to an end."""
        return self.phase in ENDS

    @property
    def state(self) -> State:
        """What its metadata says: of one that was stopped by hand only the whole Workflow says that."""
        if self.phase == SUCCEEDED:
            return State.SUCCESS
        if self.ended:
            return State.CANCELED if self.superseded_by else _failures[self.phase]
        if self.deleted is not None:
            return State.CANCELED
        return State.RUNNING if self.phase == "Running" else State.PENDING

    @property
    def needs_whole(self) -> bool:
        """Return whether the whole Workflow must be read for its state and message."""
        return self.state in (State.FAILURE, State.ERROR)

    @property
    def is_superseded(self) -> bool:
        """Return whether a newer run is reported in its stead, for good."""
        return self.mark is not None and self.mark.state is None

    @property
    def reported(self) -> bool:
        """Return whether its state is what was posted last, as far as metadata tells."""
        if self.mark is None or self.mark.state is None:
            return False
        if self.state is State.SUCCESS or self.state not in FINAL:
            return self.mark.state is self.state
        return self.mark.state in FINAL - {State.SUCCESS}


def _moment(text: Any) -> float | None:
    """A time that the API server wrote, or we did, in seconds since 1970."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None
    return moment.timestamp() if moment and moment.tzinfo else None


def _phase(labels: Mapping[str, str]) -> str:
    phase = labels.get(keys.PHASE, "")
    # The controller writes both labels at once; whoever writes the one by hand has ended the run as well.
    return "Error" if labels.get(keys.COMPLETED) == "true" and phase not in ENDS else phase
