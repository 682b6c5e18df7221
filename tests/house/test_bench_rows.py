"""The table of `make bench`: targets, processor time, and what has changed since the run before."""

import os

import pytest
from tests.bench.rows import Rounds, Row, lines, merged
from tests.support import processor


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Row("a", 1.2, "x", at_most=1.2), "met (≤ 1.2)"),
        (Row("a", 1.3, "x", at_most=1.2), "MISSED (≤ 1.2)"),
        (Row("a", 0.6, "x", at_least=0.65), "MISSED (≥ 0.65)"),
        (Row("a", 0.6, "x"), ""),
    ],
)
def test_a_target_is_met_or_missed(row, verdict):
    assert row.verdict == verdict


def test_a_row_tells_its_processor_time_and_its_change_since_the_run_before():
    before = merged([Row("delivery", 2.0, "x", cpu=0.5), Row("tick", 1.0, "x")], [], "2026-01-01")
    first, second = lines([Row("delivery", 1.5, "x", at_most=1.5, cpu=0.4), Row("new", 3.0, "ms")], before)
    assert "0.400 ms CPU" in first
    assert "met (≤ 1.5)" in first
    assert "2.000 on 2026-01-01, -25%, CPU -20%" in first
    assert " on " not in second


def test_the_record_keeps_the_rows_that_a_run_did_not_measure():
    before = merged([Row("delivery", 2.0, "x"), Row("tick", 1.0, "x")], [], "2026-01-01")
    after = merged([Row("tick", 1.1, "x", at_most=1.0)], before, "2026-01-02")
    assert [(each["name"], each["value"], each["date"]) for each in after] == [
        ("delivery", 2.0, "2026-01-01"),
        ("tick", 1.1, "2026-01-02"),
    ]
    assert after[1]["verdict"] == "MISSED (≤ 1)"


def test_a_ratio_is_the_median_of_its_rounds():
    rounds = Rounds([1.0, 9.0, 3.0], [1.0, 1.0, 2.0])
    assert rounds.ratio == 1.5
    assert rounds.detail("ms", "bare") == "3 ms, bare 1 ms"


def test_the_processor_time_of_a_process_only_grows():
    first = processor.seconds(os.getpid())
    sum(range(200_000))
    assert processor.seconds(os.getpid()) >= first >= 0.0
