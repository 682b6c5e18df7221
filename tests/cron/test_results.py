"""The results of runs, counted from the record of outcomes."""

from datetime import timedelta

import pytest
from tests.support import records
from tests.support.crons import at

from triggerfish.cron.explaining.results import results
from triggerfish.cron.manifest.merging import merged
from triggerfish.cron.manifest.outcomes import Outcomes
from triggerfish.cron.manifest.stretches import Kind, Stretch

NOW = at("12:00:30")
OK, BAD = Kind("ran", "Succeeded"), Kind("ran", "Failed", "{workflow}: exit code 1")
FORBID, GOES_ON, GONE = Kind("forbid"), Kind("ran"), Kind("ran", "Deleted")


def found(*kinds: Kind):
    """The results of slots a minute apart, the last one at 11:59."""
    text, start = "", at("11:59") - timedelta(minutes=len(kinds) - 1)
    for number, kind in enumerate(kinds):
        slot = int(start.timestamp()) + 60 * number
        text = merged(text, "", [Stretch.single(slot, kind, 3)], {}, records.BOUNDS)
    return results(Outcomes.of(text), "job", NOW)


@pytest.mark.parametrize(
    ("it", "in_a_row", "failures", "result"),
    [
        pytest.param(found(), 0, 0, "", id="nothing ran yet"),
        pytest.param(found(FORBID, GOES_ON, GONE), 0, 0, "", id="nothing has ended"),
        pytest.param(found(OK, OK), 0, 0, "Succeeded", id="well"),
        pytest.param(found(BAD, OK, BAD, OK), 0, 2, "Succeeded", id="fails now and then"),
        pytest.param(found(OK, BAD), 1, 1, "Failed", id="the last failed"),
        pytest.param(found(OK, BAD, GOES_ON, FORBID, BAD, GONE), 2, 2, "Failed", id="what did not end"),
    ],
)
def test_failures_in_a_row_are_those_since_the_last_success(it, in_a_row, failures, result):
    assert (it.in_a_row, it.failures, it.result) == (in_a_row, failures, result)


def test_results_are_those_of_a_day():
    it = found(*[OK, BAD] * 1000, BAD, BAD)
    assert (it.ended, it.failures, it.in_a_row, it.result) == (1439, 721, 3, "Failed")
    assert (it.last, it.at) == (at("11:59"), at("11:59:03"))
    assert it.message == f"job-{int(at('11:59').timestamp())}: exit code 1"
