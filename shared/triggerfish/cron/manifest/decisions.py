"""The last decisions about a CronWorkflow, kept in an annotation of its own.

Whoever may read the CronWorkflow may read them. They are written with the patch that records a slot anyway,
so they cost no call, and an idle tick writes nothing. A decision is ``[slot, word, at, detail]`` in compact
JSON: unix seconds of the slot and of the tick, ``ran`` or the word of a SkipReason, and what the reason's
sentence cannot know (a child's name, the condition). Some 60 bytes each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

RAN = "ran"

# Annotations of one object share 256 KiB; a detail may quote a message of any length.
_longest_detail = 160
_most = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """``slot`` was decided at ``at`` (the tick's now): ``word`` is ``ran`` or a SkipReason's value."""

    slot: datetime
    word: str
    at: datetime
    detail: str = ""


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


def append(text: str | None, new: Iterable[Decision], *, limit: int) -> str:
    """The annotation with ``new`` added: the ``limit`` newest slots, a later decision on a slot wins."""
    kept = {decision.slot: decision for decision in (*parse(text), *new)}
    newest = sorted(kept.values(), key=lambda decision: decision.slot)[-min(limit, _most) :] if limit else []
    return json.dumps([_row(decision) for decision in newest], separators=(",", ":"), ensure_ascii=False)


def _row(decision: Decision) -> list[int | str]:
    row: list[int | str] = [int(decision.slot.timestamp()), decision.word, int(decision.at.timestamp())]
    return [*row, decision.detail[:_longest_detail]] if decision.detail else row


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
