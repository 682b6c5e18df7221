"""The size of the record of outcomes after a week, and what a patch pays to bring it up to date."""

import time
from collections.abc import Callable

import pytest

from triggerfish.cron.manifest.merging import End, RecordBounds, merged
from triggerfish.cron.manifest.outcomes import Outcomes
from triggerfish.cron.manifest.stretches import Kind, Stretch

START, WEEK, DAY = 1_764_288_000, 7 * 86_400, 86_400
BOUNDS = RecordBounds(slots=20_000, size=16_384, grace=120)
RAN, FORBID = Kind("ran"), Kind("forbid", "", "hourly-1 is unfinished")


def week(step: int, kind: Callable[[int], Kind], end: Callable[[int], End | None]) -> tuple[str, float]:
    """The record after a week of a slot every ``step`` seconds, and the seconds of the last 100 patches."""
    text, number = "", WEEK // step
    for slot in range(number):
        if slot == number - 100:
            began = time.process_time()
        before = START + (slot - 1) * step
        ends = {before: last} if slot and (last := end(slot - 1)) else {}
        text = merged(text, "", [Stretch.single(START + slot * step, kind(slot), 2)], ends, BOUNDS)
    return text, time.process_time() - began


@pytest.mark.parametrize(
    ("name", "step", "kind", "end", "most"),
    [
        pytest.param(
            "every minute, well", 60, lambda _: RAN, lambda _: End("Succeeded"), 200, id="every minute"
        ),
        pytest.param(
            "every ten minutes, well", 600, lambda _: RAN, lambda _: End("Succeeded"), 200, id="ten minutes"
        ),
        pytest.param(
            "every ten minutes, every tenth run fails",
            600,
            lambda _: RAN,
            lambda slot: End("Failed", "exit code 1", 12) if slot % 10 == 0 else End("Succeeded"),
            16_384,
            id="every tenth fails",
        ),
        pytest.param(
            "every minute, each fails",
            60,
            lambda _: RAN,
            lambda _: End("Failed", "exit code 1", 12),
            200,
            id="each fails",
        ),
        pytest.param(
            "every minute, runs and skips in turn",
            60,
            lambda slot: FORBID if slot % 2 else RAN,
            lambda slot: None if slot % 2 else End("Succeeded"),
            16_384,
            id="alternating",
        ),
    ],
)
def test_the_record_of_a_week(record, name, step, kind, end, most):
    text, seconds = week(step, kind, end)
    found = Outcomes.of(text)
    reaches = (START + WEEK - found.stretches[0].first) / DAY
    detail = f"{len(found.stretches)} rows, {reaches:.1f} days, {seconds * 1e4:.0f} µs a patch"
    record(f"record of a week: {name}", len(text.encode()), "bytes", at_most=most, detail=detail)
    assert reaches >= 1
