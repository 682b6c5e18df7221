"""Conditions are asked about each slot by itself: with the state and the time of that slot."""

import pytest
from tests.support.crons import at, cron, planned, stamp, told, workflow

from triggerfish.cron.planning.record import patch as patch_of

THROTTLE = "{{= (now() - cronworkflow.lastScheduledTime).Seconds() > 90 }}"
LAST = "11:58"


def late(*, last=LAST, policy="Allow", **spec):
    """Settled up to 11:59; a tick at 12:01:03 decides two slots."""
    return cron(status={"lastScheduledTime": stamp(last)}, concurrencyPolicy=policy, **spec)


@pytest.mark.parametrize(
    ("it", "workflows", "expected"),
    [
        pytest.param(
            late(when=THROTTLE),
            [],
            "run 12:00, skip 12:01 condition-false",
            id="the first closes the throttle",
        ),
        pytest.param(
            late(last="11:59", when=THROTTLE),
            [],
            "run 12:01, skip 12:00 condition-false",
            id="the second opens it",
        ),
        pytest.param(
            late(when=THROTTLE, policy="Forbid"),
            [],
            "claim, run 12:01, skip 12:00 superseded",
            id="one alone runs",
        ),
        pytest.param(
            late(when="{{= now().Minute() == 0 }}"),
            [],
            "run 12:00, skip 12:01 condition-false",
            id="time: the first",
        ),
        pytest.param(
            late(when="{{= now().Minute() == 0 }}", policy="Forbid"),
            [],
            "claim, run 12:00, skip 12:01 condition-false",
            id="time under Forbid: the one that may",
        ),
        pytest.param(
            late(when="{{= now().Minute() == 0 }}", policy="Replace"),
            [],
            "claim, run 12:00, skip 12:01 condition-false",
            id="time under Replace",
        ),
        pytest.param(
            late(when="{{= now().Second() == 0 }}"),
            [],
            "run 12:00, run 12:01",
            id="time is the slot's, not the tick's",
        ),
        pytest.param(
            late(when="{{= cronworkflow.labels.no == 'yes' ? true : (now().Minute() == 0 ? 1 : true) }}"),
            [],
            "run 12:01, skip 12:00 condition-error",
            id="an error of one slot is not another's",
        ),
        pytest.param(
            late(stopStrategy={"expression": "now().Minute() == 1"}),
            [],
            "run 12:00, skip 12:01 stopped",
            id="it stops at the second",
        ),
        pytest.param(
            late(stopStrategy={"expression": "now().Minute() == 0"}),
            [],
            "skip 12:00 stopped, skip 12:01 stopped",
            id="it stops for good",
        ),
        pytest.param(
            late(
                stopStrategy={
                    "expression": f'string(cronworkflow.lastScheduledTime) contains "{stamp("12:00")[11:16]}"'
                }
            ),
            [],
            "run 12:00, skip 12:01 stopped",
            id="it stops by what the first has left",
        ),
        pytest.param(
            late(when=THROTTLE),
            [workflow("12:00")],
            "run 12:01",
            id="a slot that has run is not asked about",
        ),
    ],
)
def test_two_slots_in_one_tick(it, workflows, expected):
    assert told(planned(it, *workflows, now="12:01:03")) == expected


def test_with_jitter_it_is_the_time_at_which_the_slot_starts():
    it = cron({"triggerfish.dev/jitter": "30m"}, when="{{= now().Minute() != 0 }}", schedules=["0 12 * * *"])
    due = it.spec.timetable.due(at("12:00"))
    assert due > at("12:00")
    assert told(planned(it, now=f"{due:%H:%M}:03")) == "run 12:00"


def test_what_stopped_at_the_second_slot_is_recorded_with_the_first():
    it = late(stopStrategy={"expression": "now().Minute() == 1"})
    made = planned(it, now="12:01:03")
    body = patch_of(made, {}).body
    assert body["status"]["phase"] == "Stopped"


def test_an_error_that_the_last_slot_no_longer_has_is_healed():
    wrong = "{{= now().Minute() == 0 ? 1 : true }}"
    made = planned(late(when=wrong), now="12:01:03")
    assert made.findings.error is None
    assert planned(late(when=wrong), now="12:00:03").findings.error is not None
