"""A deadline ends what takes longer, as asyncio.timeout does, and nothing else."""

import asyncio

import pytest

from triggerfish.runtime.deadline import Deadline


def now():
    return asyncio.get_running_loop().time()


async def bounded(until, work):
    with Deadline(until) as deadline:
        return await work(deadline)


async def forever(_):
    await asyncio.Event().wait()


async def test_what_takes_longer_is_ended():
    with pytest.raises(TimeoutError):
        await bounded(now() + 0.01, forever)
    assert asyncio.current_task().cancelling() == 0
    with pytest.raises(TimeoutError):
        await bounded(now() - 1, forever)


async def test_what_is_done_in_time_is_left_alone():
    async def work(_):
        await asyncio.sleep(0)
        return "done"

    assert await bounded(now() + 60, work) == "done"
    assert asyncio.current_task().cancelling() == 0


async def test_it_is_put_off_by_setting_it():
    async def later(deadline):
        deadline.until = now() + 60
        deadline._look()
        assert not deadline._expired
        assert deadline._timer.when() == deadline.until
        await asyncio.sleep(0)
        return "done"

    assert await bounded(now() + 60, later) == "done"


async def test_a_cancellation_from_elsewhere_stays_one():
    task = asyncio.create_task(bounded(now() + 60, forever))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_an_error_of_the_work_is_that_error():
    async def fails(_):
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        await bounded(now() + 60, fails)


async def test_it_is_for_a_task():
    seen = []
    asyncio.get_running_loop().call_soon(lambda: seen.append(_entered()))
    await asyncio.sleep(0)
    assert seen == ["there is no task to end"]


def _entered():
    try:
        with Deadline(1.0):
            return ""
    except RuntimeError as error:
        return str(error)
