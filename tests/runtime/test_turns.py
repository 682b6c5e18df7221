"""Long work in turns: others are served between two, and a namespace has one turn at a time."""

import asyncio
import threading

from triggerfish.runtime.clock import Clock
from triggerfish.runtime.turns import Turns, long_seconds


class Time(Clock):
    """Each look takes three milliseconds, of the processor too: a turn has two parts."""

    seconds = 0.0

    def monotonic(self):
        Time.seconds += 0.003
        return Time.seconds

    def worked(self):
        return Time.seconds


class Shared(Time):
    """A machine on which others have the processor meanwhile: nothing of the time is ours."""

    def worked(self):
        return 1.0


def work(name, parts, log):
    for _ in range(parts):
        log.append(name)
        yield
    return name


async def test_short_work_is_done_in_one_turn():
    turns, log = Turns(Time()), []
    done = await asyncio.gather(*(turns.complete(work(name, 1, log), "team", "matching") for name in "ab"))
    assert (done, log) == (["a", "b"], ["a", "b"])


async def test_others_are_served_between_two_turns():
    turns, log = Turns(Time()), []
    jobs = [
        turns.complete(work(name, 6, log), namespace, "x") for name, namespace in [("a", "one"), ("b", "two")]
    ]
    assert await asyncio.gather(*jobs) == ["a", "b"]
    assert log.index("b") < 6
    assert "".join(log) != "aaaaaabbbbbb"


async def test_a_namespace_has_one_turn_at_a_time_however_many_requests_it_sends():
    turns, log = Turns(Time()), []
    jobs = [turns.complete(work("x", 6, log), "crowd", "x") for _ in range(20)]
    jobs.append(turns.complete(work("me", 6, log), "alone", "x"))
    await asyncio.gather(*jobs)
    last = len(log) - 1 - log[::-1].index("me")
    # The first turn of each, and from then on turn by turn with one of the others.
    assert last < 20 * 3 + 6 * 2 * 2


async def test_an_error_frees_the_lane():
    turns, log = Turns(Time()), []

    def failing():
        yield from work("x", 3, log)
        raise ValueError("x")

    results = await asyncio.gather(
        turns.complete(failing(), "a", "x"),
        turns.complete(work("y", 5, log), "a", "x"),
        return_exceptions=True,
    )
    assert isinstance(results[0], ValueError)
    assert results[1] == "y"


async def test_long_work_leaves_the_event_loop_and_its_namespace_begins_elsewhere_for_a_while():
    clock = Time()
    turns, here = Turns(clock), threading.get_ident()

    first = await turns.complete(where(6, here), "long", "x")
    assert first[0]
    assert not any(first[2:])
    assert await turns.complete(where(1, here), "other", "x") == [True]
    assert await turns.complete(where(1, here), "long", "x") == [False]
    Time.seconds += long_seconds
    assert await turns.complete(where(1, here), "long", "x") == [True]


async def test_work_on_something_large_begins_elsewhere_and_makes_no_other_long():
    turns, here = Turns(Time()), threading.get_ident()
    assert await turns.complete(where(1, here), "team", "matching", size=512 << 10) == [False]
    assert await turns.complete(where(1, here), "team", "matching", size=(512 << 10) - 1) == [True]


def where(parts, here):
    """On which of its parts it is in the thread ``here``."""
    found = []
    for _ in range(parts):
        found.append(threading.get_ident() == here)
        yield
    return found


async def test_a_busy_machine_makes_no_work_long():
    turns, here = Turns(Shared()), threading.get_ident()
    for _ in range(2):
        assert await turns.complete(where(6, here), "team", "matching") == [True] * 6


async def test_work_of_another_kind_begins_on_the_event_loop_as_before():
    turns, here = Turns(Time()), threading.get_ident()
    await turns.complete(where(6, here), "team", "matching")
    assert await turns.complete(where(1, here), "team", "matching") == [False]
    assert await turns.complete(where(1, here), "team", "planning") == [True]


async def test_the_system_is_asked_for_the_processor_s_time_a_few_times_a_second():
    class Still(Clock):
        seconds, asked = 0.0, 0

        def monotonic(self):
            return Still.seconds

        def worked(self):
            Still.asked += 1
            return 0.0

    turns = Turns(Still())
    for _ in range(20):
        await turns.complete(work("x", 3, []), "team", "matching")
    assert Still.asked == 1
    Still.seconds += 0.005
    await turns.complete(work("x", 3, []), "team", "matching")
    assert Still.asked == 2
