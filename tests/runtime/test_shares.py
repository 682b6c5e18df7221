"""Work of many namespaces, some at once: what hangs in one holds up no other's."""

import asyncio

import pytest

from triggerfish.runtime.shares import Shares


class Desk:
    """Work that is begun, and ends when it is told to; ``begun`` are its names in order."""

    def __init__(self):
        self.begun, self._ends = [], {}

    def work(self, name):
        self._ends[name] = asyncio.Event()

        async def do():
            self.begun.append(name)
            await self._ends[name].wait()

        return do

    async def end(self, *names):
        for name in names:
            self._ends[name].set()
        await settled()

    async def end_all(self):
        for event in self._ends.values():
            event.set()
        await settled()


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


async def put(shares, desk, namespace, count, *, last=False):
    names = [f"{namespace}{'-last' if last else ''}-{number}" for number in range(count)]
    for name in names:
        shares.put(namespace, desk.work(name), last=last)
    await settled()
    return names


def held(desk, namespace):
    return sum(name.startswith(f"{namespace}-") for name in desk.begun)


async def test_one_that_is_alone_has_all_places_and_no_more():
    desk = Desk()
    async with Shares(16) as shares:
        await put(shares, desk, "a", 20)
        assert held(desk, "a") == 16
        await desk.end("a-0", "a-1")
        assert held(desk, "a") == 18
        await desk.end_all()
    assert held(desk, "a") == 20


async def test_who_came_second_has_places_though_the_first_holds_them_all():
    desk = Desk()
    async with Shares(16) as shares:
        await put(shares, desk, "a", 40)
        await put(shares, desk, "b", 5)
        assert held(desk, "b") == 2, "an eighth, beyond the total"
        await desk.end("b-0", "b-1")
        assert held(desk, "b") == 4
        assert held(desk, "a") == 16
        await desk.end_all()
    assert (held(desk, "a"), held(desk, "b")) == (40, 5)


async def test_a_namespace_has_half_while_others_hold_some():
    desk = Desk()
    async with Shares(16) as shares:
        await put(shares, desk, "b", 1)
        await put(shares, desk, "a", 40)
        assert held(desk, "a") == 8
        await desk.end("b-0")
        assert held(desk, "a") == 16, "it is alone now"
        await desk.end_all()


async def test_many_namespaces_that_hang_leave_one_place_for_each_other():
    desk = Desk()
    async with Shares(16) as shares:
        for namespace in "abcdef":
            await put(shares, desk, namespace, 20)
        assert len(desk.begun) >= 24, "the total and half of it beyond"
        await put(shares, desk, "z", 3)
        assert held(desk, "z") == 1
        await desk.end("z-0")
        assert held(desk, "z") == 2
        await desk.end_all()


async def test_there_is_an_end_to_places_beyond():
    desk = Desk()
    async with Shares(16) as shares:
        for namespace in "abcdef":
            await put(shares, desk, namespace, 20)
        for number in range(60):
            await put(shares, desk, f"ns{number}x", 1)
        assert len(desk.begun) == 48
        await desk.end_all()


async def test_without_a_hog_nothing_begins_beyond_the_total():
    desk = Desk()
    async with Shares(16) as shares:
        for number in range(40):
            await put(shares, desk, f"ns{number}x", 1)
        assert len(desk.begun) <= 24
        await desk.end_all()


async def test_what_may_come_last_waits_for_what_finds_places_and_for_nothing_else():
    desk = Desk()
    async with Shares(4) as shares:
        first = await put(shares, desk, "a", 6)
        await put(shares, desk, "b", 1, last=True)
        await desk.end(*first[:1])
        assert "b-last-0" in desk.begun, "a has its half, and hangs"
        await desk.end_all()
    async with Shares(4) as shares:
        desk = Desk()
        for _ in range(1):
            shares.put("a", desk.work("a-last-0"), last=True)
            shares.put("a", desk.work("a-0"))
        await settled()
        await desk.end_all()
    assert set(desk.begun) == {"a-last-0", "a-0"}


async def test_firsts_go_before_lasts():
    desk = Desk()
    async with Shares(1) as shares:
        await put(shares, desk, "a", 1)
        shares.put("a", desk.work("late"), last=True)
        shares.put("a", desk.work("soon"))
        await desk.end("a-0")
        assert desk.begun == ["a-0", "soon"]
        await desk.end_all()
    assert desk.begun == ["a-0", "soon", "late"]


async def test_namespaces_take_turns():
    desk = Desk()
    async with Shares(1) as shares:
        for name in ("a1", "a2", "a3"):
            shares.put("a", desk.work(name))
        shares.put("b", desk.work("b1"))
        for _ in range(4):
            await desk.end(*desk.begun)
    assert desk.begun.index("b1") <= 2


async def test_what_work_raises_ends_everything():
    async def fails():
        raise RuntimeError("no")

    with pytest.raises(ExceptionGroup):
        async with Shares(2) as shares:
            shares.put("a", fails)
