"""The cache: ages, one load for all, a bound, and no answer from before a drop."""

import asyncio

import pytest
from tests.kube.fakes import FakeClock

from triggerfish.runtime.cache import Cache


class Source:
    """Counts its loads and answers when told."""

    def __init__(self):
        self.loads = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error = None

    async def load(self):
        self.loads += 1
        value = self.loads
        await self.gate.wait()
        if self.error:
            raise self.error
        return value


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def cache(clock):
    return Cache(
        clock, life=lambda _: 10.0, life_of_error=lambda e: 2.0 if isinstance(e, KeyError) else 0, capacity=3
    )


async def test_an_answer_is_kept_for_its_life_and_no_longer(cache, clock):
    source = Source()
    assert [await cache.get("a", source.load), await cache.get("a", source.load)] == [1, 1]
    clock.advance(9.9)
    assert await cache.get("a", source.load) == 1
    clock.advance(0.2)
    assert await cache.get("a", source.load) == 2
    assert (cache.hits, cache.misses) == (2, 2)


async def test_all_who_wait_share_one_load(cache):
    source = Source()
    source.gate.clear()
    waiting = [asyncio.create_task(cache.get("a", source.load)) for _ in range(5)]
    await asyncio.sleep(0)
    source.gate.set()
    assert await asyncio.gather(*waiting) == [1] * 5
    assert source.loads == 1


async def test_one_who_is_cancelled_does_not_take_the_load_from_the_others(cache):
    source = Source()
    source.gate.clear()
    first = asyncio.create_task(cache.get("a", source.load))
    second = asyncio.create_task(cache.get("a", source.load))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.gate.set()
    assert await second == 1


async def test_an_error_reaches_all_and_is_kept_only_as_long_as_it_says(cache, clock):
    source = Source()
    source.error = ValueError("no")
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            await cache.get("a", source.load)
    assert source.loads == 2
    source.error = KeyError("absent")
    for _ in range(2):
        with pytest.raises(KeyError):
            await cache.get("b", source.load)
    assert source.loads == 3
    clock.advance(2.1)
    source.error = None
    assert await cache.get("b", source.load) == 4


async def test_what_was_asked_before_a_drop_does_not_fill_the_cache_after_it(cache):
    source = Source()
    source.gate.clear()
    before = asyncio.create_task(cache.get("a", source.load))
    await asyncio.sleep(0)
    cache.drop("a")
    source.gate.set()
    assert await before == 1
    assert await cache.get("a", source.load) == 2


async def test_a_drop_of_a_stale_value_leaves_a_newer_one(cache):
    source = Source()
    await cache.get("a", source.load)
    cache.drop("a", lambda value: value == 7)
    assert await cache.get("a", source.load) == 1
    cache.drop("a", lambda value: value == 1)
    assert await cache.get("a", source.load) == 2


async def test_the_oldest_entry_makes_room(cache):
    source = Source()
    for key in "abcd":
        await cache.get(key, source.load)
    assert await cache.get("d", source.load) == 4
    assert await cache.get("a", source.load) == 5


async def test_a_drop_by_key_takes_what_matches_only(cache):
    source = Source()
    await cache.get("a1", source.load)
    await cache.get("b1", source.load)
    cache.drop_where(lambda key: key.startswith("a"))
    assert await cache.get("b1", source.load) == 2
    assert await cache.get("a1", source.load) == 3


async def test_its_repr_shows_no_key_and_no_value(cache):
    async def load():
        return "hush"

    await cache.get("key", load)
    assert "hush" not in repr(cache)
    assert "key" not in repr(cache)


async def test_what_is_kept_weighs_no_more_than_so_much():
    cache = Cache(FakeClock(), life=lambda _: 10.0, weigh=len, most=10)
    loads = []

    async def get(key, length):
        async def load():
            loads.append(key)
            return "x" * length

        return await cache.get(key, load)

    for key, length in (("a", 4), ("b", 4), ("c", 4), ("d", 11)):
        await get(key, length)
    assert cache.held == 8
    for key, length in (("b", 4), ("c", 4), ("d", 11), ("a", 4)):
        await get(key, length)
    assert loads == ["a", "b", "c", "d", "d", "a"]
    cache.drop("a")
    cache.drop("c")
    assert cache.held == 0


async def test_an_error_that_is_kept_holds_nothing_of_those_who_were_told(cache):
    source = Source()
    source.error = KeyError("absent")
    for _ in range(3):
        with pytest.raises(KeyError, match="absent"):
            await cache.get("a", source.load)
    assert source.loads == 1
    kept = cache._entries["a"].error
    assert (kept.args, kept.__traceback__, kept.__context__) == (("absent",), None, None)
