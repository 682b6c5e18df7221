"""The ring of decisions in an annotation."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.cron.manifest.decisions import RAN, Decision, append, parse

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(minutes: int, word: str = RAN, detail: str = "") -> Decision:
    slot = NOON + timedelta(minutes=minutes)
    return Decision(slot, word, slot + timedelta(seconds=2), detail)


def test_what_is_appended_is_read_again_oldest_first():
    text = append(None, [at(1, "forbid", "hourly-1"), at(0)], limit=10)
    assert parse(text) == (at(0), at(1, "forbid", "hourly-1"))


def test_only_the_newest_are_kept():
    text = append(append(None, [at(n) for n in range(5)], limit=3), [at(5)], limit=3)
    assert parse(text) == (at(3), at(4), at(5))


def test_a_slot_stands_once_and_the_later_decision_wins():
    assert parse(append(append(None, [at(0, "claimed")], limit=3), [at(0)], limit=3)) == (at(0),)


def test_a_limit_of_nothing_keeps_nothing():
    assert append("[]", [at(0)], limit=0) == "[]"


def test_a_long_detail_is_cut_so_that_the_annotation_stays_small():
    text = append(None, [at(n, "refused", "x" * 100_000) for n in range(100)], limit=100)
    assert len(text) < 100 * 250


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
    append(text, [at(0)], limit=5)
    assert all(isinstance(decision, Decision) for decision in parse(text))
