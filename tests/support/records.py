"""Records of outcomes for tests: written as the tick does it, read as rows."""

import json
from collections.abc import Iterable

from triggerfish.cron.manifest.decisions import Decision
from triggerfish.cron.manifest.merging import RecordBounds, merged
from triggerfish.cron.manifest.outcomes import Outcomes, time

BOUNDS = RecordBounds(slots=20_000, size=16_384, grace=120)


def of(kept: Iterable[Decision]) -> str:
    """The annotation in which these decisions stand."""
    return merged("", older(kept), [], {}, BOUNDS)


def older(kept: Iterable[Decision]) -> str:
    """The annotation of earlier releases in which they stand."""
    rows = [
        [int(each.slot.timestamp()), each.word, int(each.at.timestamp()), each.detail]
        for each in sorted(kept, key=lambda each: each.slot)
    ]
    return json.dumps(rows)


def rows(text: str | None) -> list[tuple[str, str, str, str]]:
    """Of each row the first and the last slot, the word or the result, and the message."""
    return [
        (
            f"{time(each.first):%H:%M}",
            f"{time(each.last):%H:%M}",
            each.kind.result or each.kind.word,
            each.kind.message,
        )
        for each in Outcomes.of(text or "")
    ]
