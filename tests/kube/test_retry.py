"""The retry policy as a table, and the loop on a clock of its own."""

import asyncio

import pytest
from tests.kube.fakes import FakeClock

from triggerfish.errors import ApiError, Unanswered
from triggerfish.kube.retry import Retry, retrying

POLICY = Retry(first=1.0, longest=4.0, attempts=5, deadline=20.0)


def api(status, after=None):
    return ApiError(status, "", "", retry_after=after)


@pytest.mark.parametrize(
    ("error", "attempt", "elapsed", "jitter", "expected"),
    [
        pytest.param(api(500), 1, 0, 0.0, 0.5, id="500: half the back-off at least"),
        pytest.param(api(503), 2, 0, 1.0, 2.0, id="503: all of it at most"),
        pytest.param(api(429), 4, 0, 1.0, 4.0, id="429: never longer than the longest"),
        pytest.param(Unanswered("x"), 1, 0, 1.0, 1.0, id="no answer"),
        pytest.param(api(429, 7.0), 1, 0, 0.0, 7.0, id="Retry-After is the least"),
        pytest.param(api(429, 0.1), 1, 0, 0.0, 0.5, id="a short Retry-After does not hurry us"),
        pytest.param(api(503, 25.0), 1, 0, 0.0, None, id="Retry-After past the deadline: give up at once"),
        pytest.param(api(500), 1, 19.8, 0.0, None, id="no time left"),
        pytest.param(api(500), 5, 0, 0.0, None, id="no try left"),
        pytest.param(api(409), 1, 0, 0.0, None, id="409 is a decision, not a fault"),
        pytest.param(api(403), 1, 0, 0.0, None, id="403"),
        pytest.param(api(404), 1, 0, 0.0, None, id="404"),
        pytest.param(api(422), 1, 0, 0.0, None, id="422"),
    ],
)
def test_policy(error, attempt, elapsed, jitter, expected):
    assert POLICY.wait(error, attempt, elapsed, jitter) == expected


def failing(*errors):
    left = list(errors)

    async def call():
        if left:
            raise left.pop(0)
        return "done"

    return call


async def test_it_waits_and_tries_again_until_it_goes_well():
    clock = FakeClock()
    assert await retrying(clock, POLICY, failing(api(500), Unanswered("x"), api(429, 3.0))) == "done"
    assert clock.slept == [0.75, 1.5, 3.0]


async def test_the_last_error_is_raised_when_it_gives_up():
    clock = FakeClock()
    with pytest.raises(ApiError) as caught:
        await retrying(clock, POLICY, failing(*(api(500 + n) for n in range(9))))
    assert caught.value.status == 504
    assert len(clock.slept) == 4


async def test_a_refusal_is_not_tried_again():
    clock = FakeClock()
    with pytest.raises(ApiError):
        await retrying(clock, POLICY, failing(api(403)))
    assert clock.slept == []


async def test_a_call_that_runs_past_the_deadline_is_cut_off():
    clock = FakeClock()

    async def forever():
        await asyncio.Event().wait()

    with pytest.raises(Unanswered, match="in all"):
        await retrying(clock, Retry(deadline=0.01), forever)


async def test_a_try_that_could_outlast_the_deadline_is_cut_off_though_the_one_before_could_not():
    clock = FakeClock()

    async def call():
        if not clock.slept:
            clock.advance(19.98)
            raise Unanswered("gave up by itself")
        await asyncio.Event().wait()

    with pytest.raises(Unanswered, match="in all"):
        await retrying(clock, Retry(first=0.001, deadline=20.0), call, longest=19.99)


async def test_a_timeout_of_the_call_s_own_is_not_taken_for_ours():
    async def call():
        raise TimeoutError("theirs")

    with pytest.raises(TimeoutError, match="theirs"):
        await retrying(FakeClock(), POLICY, call)
