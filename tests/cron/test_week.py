"""A week of every-minute ticks for fifty CronWorkflows, planned, and equal to a plain reference."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.support.week import Planned, Reference, cases, ticks

START = datetime(2026, 10, 20, tzinfo=UTC)  # with the end of summer time in Europe, on the 25th
WEEK = timedelta(days=7) // timedelta(minutes=1)


@pytest.mark.parametrize("case", cases(START), ids=lambda case: case.name)
def test_the_plan_is_what_the_contract_says(case) -> None:
    planned, reference = Planned(case, START), Reference(case)
    started = 0
    for now in ticks(START, WEEK):
        did, expected = planned.tick(now), reference.tick(now)
        assert did == expected, now
        started += len(did.started)
    assert started > 0
