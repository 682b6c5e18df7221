"""The last decisions about a CronWorkflow as earlier releases kept them, in an annotation of its own.

They are read until a tick has taken them over into the record of outcomes. A decision is
``[slot, word, at, detail]`` in compact JSON: unix seconds of the slot and of the tick, ``ran`` or the word of
a SkipReason, and what the reason's sentence cannot know (a child's name, the condition).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from triggerfish.cron import times

RAN = "ran"
# Begins the detail of a skip that stands for more slots than its own; the last one follows.
ALL_UP_TO = "and all up to "

_most = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """``slot`` was decided at ``at`` (the tick's now): ``word`` is ``ran`` or a SkipReason's value."""

    slot: datetime
    word: str
    at: datetime
    detail: str = ""

    @property
    def last(self) -> datetime | None:
        """The last slot that it stands for besides its own; None when it stands for that alone."""
        return last_of(self.detail)


def last_of(detail: str) -> datetime | None:
    """The last slot that a skip of that detail stands for besides its own; None for its own alone."""
    return times.read(detail.removeprefix(ALL_UP_TO)) if detail.startswith(ALL_UP_TO) else None


def parse(text: str | None) -> tuple[Decision, ...]:
    """The decisions in an annotation, oldest first; what cannot be read is left out: anybody may edit it."""
    try:
        rows = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return ()
    found = [_decision(row) for row in rows[-_most:]] if isinstance(rows, list) else []
    return tuple(decision for decision in found if decision is not None)


def ran_later(text: str, than: datetime) -> frozenset[datetime]:
    """The slots after that one which have run all the same: a clock was ahead when they did.

    There are none as a rule, which the last row tells.
    """
    slot = text[text.rfind("[") + 1 :].partition(",")[0]
    if not slot.isdigit() or int(slot[:12]) <= than.timestamp():
        return frozenset()
    return frozenset(each.slot for each in parse(text) if each.slot > than and each.word == RAN)


def _decision(row: object) -> Decision | None:
    match row:
        case [int(slot), str(word), int(at)]:
            detail = ""
        case [int(slot), str(word), int(at), str(detail)]:
            pass
        case _:
            return None
    try:
        return Decision(_time(slot), word, _time(at), detail)
    except (ValueError, OverflowError, OSError):
        return None


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
