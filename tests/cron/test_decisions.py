"""The record of earlier releases, as it is still read."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.cron.manifest.decisions import RAN, Decision, parse

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = int(NOON.timestamp())


def test_each_row_is_a_decision_oldest_first():
    text = json.dumps([[SECOND, RAN, SECOND + 2, "hourly-1"], [SECOND + 60, "forbid", SECOND + 62]])
    late = timedelta(seconds=2)
    minute = timedelta(minutes=1)
    assert parse(text) == (
        Decision(NOON, RAN, NOON + late, "hourly-1"),
        Decision(NOON + minute, "forbid", NOON + minute + late),
    )


def test_one_may_stand_for_all_up_to_another():
    row = [SECOND, "missed", SECOND + 9, "and all up to 2026-11-23T13:00:00Z"]
    assert parse(json.dumps([row]))[0].last == NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("not json", id="no JSON"),
        pytest.param('{"a": 1}', id="no list"),
        pytest.param("[" * 100_000, id="deeper than the parser goes"),
        pytest.param('[1, "x", null, [], ["a", "ran", 1], [1, 2, 3], [1e400, "ran", 1]]', id="no decisions"),
        pytest.param(f'[[{10**30}, "ran", 1], [1, "ran", {-(10**30)}]]', id="times out of range"),
        pytest.param('[[1, "ran", 1, 7]]', id="a detail that is no text"),
    ],
)
def test_what_somebody_broke_is_left_out(text):
    assert parse(text) == ()


@given(st.text() | st.builds(json.dumps, st.recursive(st.none() | st.integers() | st.text(), st.lists)))
def test_no_text_raises(text):
    assert all(isinstance(decision, Decision) for decision in parse(text))
