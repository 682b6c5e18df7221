"""How old an answer may be, counted from the beginning of its load, and who shares one."""

import asyncio

import pytest
from tests.kube.fakes import FakeClock
from tests.runtime.test_cache import Source

from triggerfish.runtime.recent import Recent


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def recent(clock):
    return Recent(clock, seconds=0.25, capacity=2)


async def test_those_who_ask_meanwhile_share_a_load(recent, source):
    source.gate.clear()
    asked = [asyncio.create_task(recent.get("a", source.load)) for _ in range(5)]
    await asyncio.sleep(0)
    source.gate.set()
    assert await asyncio.gather(*asked) == [1] * 5
    assert (recent.hits, recent.misses) == (4, 1)


async def test_an_answer_ages_from_the_beginning_of_its_load(recent, source, clock):
    source.gate.clear()
    slow = asyncio.create_task(recent.get("a", source.load))
    await asyncio.sleep(0)
    clock.advance(0.25)
    later = asyncio.create_task(recent.get("a", source.load))
    await asyncio.sleep(0)
    source.gate.set()
    # The first was under way before the second asked: what changed in between is not in its answer.
    assert (await slow, await later) == (1, 2)


async def test_an_error_goes_to_those_who_waited_and_is_not_kept(recent, source):
    source.error = KeyError("gone")
    asked = [recent.get("a", source.load) for _ in range(2)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(error) for error in found] == [KeyError, KeyError]
    source.error = None
    assert await recent.get("a", source.load) == 2


async def test_one_who_gives_up_does_not_take_the_load_from_the_others(recent, source):
    source.gate.clear()
    first, second = (asyncio.create_task(recent.get("a", source.load)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.gate.set()
    assert await second == 1


async def test_what_was_asked_before_a_drop_is_not_answered_after_it(recent, source):
    assert await recent.get("a", source.load) == 1
    recent.drop_where(lambda key: key == "a")
    assert await recent.get("a", source.load) == 2


async def test_the_oldest_key_leaves_first(recent, source):
    for key in ("a", "b", "c"):
        await recent.get(key, source.load)
    assert [await recent.get(key, source.load) for key in ("b", "c", "a")] == [2, 3, 4]
    assert repr(recent) == "<Recent of 2>"
