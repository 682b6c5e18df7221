"""A value that is opened once, by whoever needs it first."""

import asyncio

import pytest

from triggerfish.runtime.once import Once


class Opening:
    def __init__(self, *failures):
        self.failures, self.opened = list(failures), 0
        self.gate = asyncio.Event()

    async def __call__(self):
        self.opened += 1
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop()
        return "open"


async def test_it_is_opened_once_for_many():
    opening = Opening()
    once = Once(opening)
    waiting = [asyncio.create_task(once.get()) for _ in range(3)]
    await asyncio.sleep(0)
    opening.gate.set()
    assert await asyncio.gather(*waiting, once.get()) == ["open"] * 4
    assert opening.opened == 1


async def test_a_failure_is_tried_again():
    opening = Opening(ValueError("not yet"))
    opening.gate.set()
    once = Once(opening)
    with pytest.raises(ValueError, match="not yet"):
        await once.get()
    assert await once.get() == "open"


async def test_one_who_gives_up_does_not_stop_it_for_the_others():
    opening = Opening()
    once = Once(opening)
    first, second = asyncio.create_task(once.get()), asyncio.create_task(once.get())
    await asyncio.sleep(0)
    first.cancel()
    opening.gate.set()
    assert await second == "open"
    assert opening.opened == 1
