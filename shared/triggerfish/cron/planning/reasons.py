"""Why a due slot did not run: every reason there is, each with the sentence that people read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class SkipReason(Enum):
    """``value`` is the word in summaries and metrics, ``sentence`` what people read.

    A reason that is not ``final`` leaves the slot undecided: the next tick looks at it again.
    """

    value: str
    sentence: str
    final: bool

    SPEC_ERROR = "spec-error", "The spec is wrong; the SpecError condition names the field and the fix."
    DELETING = "deleting", "The CronWorkflow, or its namespace, is being deleted: nothing starts any more."
    STOPPED = "stopped", "The stop strategy was met: this CronWorkflow has stopped for good."
    SUSPENDED = "suspended", "The CronWorkflow is suspended."
    PAUSED = "paused", "Too many runs failed in a row; `triggerfish resume` lets it go on."
    CONDITION_FALSE = "condition-false", "The condition in `when` was false."
    CONDITION_ERROR = "condition-error", "The condition in `when` could not be evaluated."
    TOO_COSTLY = "too-costly", "Its conditions take more evaluation steps than a CronWorkflow has in a tick."
    MISSED = "missed", "It came due while no tick ran, and it is too late to start it."
    SUPERSEDED = "superseded", "A later slot was due in the same tick and takes its place."
    FORBID = "forbid", "An earlier run is unfinished and the concurrency policy is Forbid."
    REFUSED = "refused", "The API server refused the Workflow; the SubmissionError condition says why."
    EDITED = (
        "edited",
        "The schedule was edited before a tick had decided it; no slot from before an edit runs.",
    )
    CLAIMED = "claimed", "Another tick is starting a run of this CronWorkflow; a later tick decides.", False
    OUT_OF_TIME = (
        "out-of-time",
        "The tick ran out of time, or the API failed; the next tick continues.",
        False,
    )

    def __new__(cls, word: str, sentence: str, final: bool = True) -> SkipReason:  # noqa: FBT001, FBT002  Enum's own way to give members fields
        """A member with its fields."""
        member = object.__new__(cls)
        member._value_ = word
        member.sentence, member.final = sentence, final
        return member

    @property
    def rests(self) -> bool:
        """It lasts until somebody acts, and the edit that ends it is a bound for slots: none is recorded."""
        return self in (SkipReason.DELETING, SkipReason.STOPPED, SkipReason.SUSPENDED, SkipReason.PAUSED)


@dataclass(frozen=True, slots=True)
class Skip:
    """One slot that did not run. ``detail`` adds what the reason's sentence cannot know; may be empty."""

    slot: datetime
    reason: SkipReason
    detail: str = ""
