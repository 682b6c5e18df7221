"""Bodies are read within bounds: of one, and of all that are held."""

import asyncio

import pytest

from triggerfish.errors import AnswerError
from triggerfish.http import reading
from triggerfish.http.body_room import BodyRoom
from triggerfish.http.reading import BodyReader, small_bytes


class Sending:
    """A body that comes piece by piece, when the test says so."""

    def __init__(self):
        self.pieces = asyncio.Queue()

    async def stream(self):
        while (piece := await self.pieces.get()) is not None:
            yield piece


async def read(reader, sending, seen=None, owner=""):
    """The body; ``seen`` gets what it was, and how much was held meanwhile."""

    async def work(body):
        if seen is not None:
            seen.append((body, reader.held))
        return body

    return await reader.read(sending, 20.0, work, owner)


async def sent(*pieces):
    sending = Sending()
    for piece in pieces:
        sending.pieces.put_nowait(piece)
    await asyncio.sleep(0)
    return sending


async def settled():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_body_is_its_pieces_and_then_held_no_longer():
    reader, seen = BodyReader(10), []
    assert await read(reader, await sent(b"ab", b"cd", None), seen) == b"abcd"
    assert (seen, reader.held) == ([(b"abcd", 4)], 0)


async def test_one_that_is_too_long_is_read_on_and_not_kept():
    reader = BodyReader(3)
    sending = await sent(b"ab", b"cd")
    task = asyncio.create_task(read(reader, sending))
    await settled()
    assert (reader.held, task.done()) == (0, False)
    sending.pieces.put_nowait(None)
    with pytest.raises(AnswerError) as caught:
        await task
    assert caught.value.status == 413


async def test_where_room_is_needed_the_one_that_is_sent_for_the_longest_makes_it():
    reader = BodyReader(100, small=BodyRoom(20))
    hoarders = [await sent(b"x" * size) for size in (6, 9)]
    tasks = [asyncio.create_task(read(reader, sending)) for sending in hoarders]
    await settled()
    assert reader.held == 15
    assert await read(reader, await sent(b"y" * 7, None)) == b"y" * 7
    assert reader.held == 9
    for sending in hoarders:
        sending.pieces.put_nowait(None)
    first, second = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first.status, first.code, first.retry_after) == (503, 14, 1)
    assert second == b"x" * 9
    assert reader.held == 0


async def test_what_is_being_handled_is_never_taken_away():
    reader = BodyReader(100, small=BodyRoom(10))

    async def work(body):
        with pytest.raises(AnswerError) as caught:
            await read(reader, await sent(b"y", None))
        return caught.value.status, body

    assert await reader.read(await sent(b"x" * 10, None), 20.0, work) == (503, b"x" * 10)
    assert reader.held == 0


class Crowd:
    """Bodies that are complete and wait, as those whose proof takes long, while the block lasts."""

    def __init__(self, reader, body, owners):
        self.reader, self.body, self.owners = reader, body, owners
        self.done = asyncio.Event()

    async def __aenter__(self):
        async def work(body):
            await self.done.wait()

        bodies = [(owner, await sent(*self.body, None)) for owner in self.owners]
        self.tasks = [
            asyncio.create_task(self.reader.read(sending, 20.0, work, owner)) for owner, sending in bodies
        ]
        await settled()
        return self

    async def __aexit__(self, *_):
        self.done.set()
        self.answers = await asyncio.gather(*self.tasks, return_exceptions=True)


LARGE = [b"x" * (1 << 20)] * 2


async def test_small_bodies_find_room_beside_large_ones_that_wait():
    reader = BodyReader(2 << 20)
    async with Crowd(reader, LARGE, ["crowd"] * 33) as crowd:
        assert reader.held == 48 << 20
        assert await read(reader, await sent(b"y" * small_bytes, None), owner="alone") == b"y" * small_bytes
    assert [answer.status for answer in crowd.answers if answer] == [503] * 9
    assert reader.held == 0


async def test_who_holds_little_finds_room_for_large_bodies_beside_a_crowd():
    reader = BodyReader(2 << 20)
    async with Crowd(reader, LARGE, ["crowd"] * 33):
        for _ in range(3):
            assert await read(reader, await sent(*LARGE, None), owner="alone") == b"".join(LARGE)


async def test_a_crowd_that_is_not_alone_has_half_of_the_room():
    reader = BodyReader(2 << 20)
    async with Crowd(reader, LARGE, ["alone"]) as alone, Crowd(reader, LARGE, ["crowd"] * 33) as crowd:
        assert reader.held == (2 + 24) << 20
    assert alone.answers == [None]
    assert crowd.answers.count(None) == 12


@pytest.mark.parametrize(("known", "held"), [(100, 64), (0, 56)])
async def test_all_large_bodies_together_have_a_bound_whoever_sends_them(known, held):
    reader = BodyReader(2 << 20)
    for n in range(known):
        reader.proved(f"made-up-{n}")
    async with Crowd(reader, LARGE, [f"made-up-{n}" for n in range(100)]):
        assert reader.held == held << 20


async def unfinished(reader, size, owners):
    """Bodies of ``size`` bytes that have not ended; their tasks."""
    bodies = [(owner, await sent(b"x" * size)) for owner in owners]
    tasks = [asyncio.create_task(read(reader, sending, owner=owner)) for owner, sending in bodies]
    await settled()
    return bodies, tasks


async def given_up(bodies, tasks):
    """How many of the unfinished bodies had to go."""
    for _, sending in bodies:
        sending.pieces.put_nowait(None)
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    return sum(isinstance(answer, AnswerError) for answer in answers)


@pytest.mark.parametrize("complete", [False, True])
async def test_made_up_namespaces_keep_no_body_of_a_known_one_out(complete):
    reader = BodyReader(2 << 20)
    reader.proved("known")
    names = [f"made-up-{n}" for n in range(500)]
    if complete:
        async with Crowd(reader, [b"x" * 200_000], names):
            assert await read(reader, await sent(*LARGE, None), owner="known") == b"".join(LARGE)
        return
    crowd = await unfinished(reader, 200_000, names)
    assert await read(reader, await sent(*LARGE, None), owner="known") == b"".join(LARGE)
    assert await given_up(*crowd) > 200


async def test_bodies_that_never_end_keep_none_of_the_same_namespace_out():
    reader = BodyReader(2 << 20)
    crowd = await unfinished(reader, 200_000, ["team"] * 400)
    assert await read(reader, await sent(*LARGE, None), owner="team") == b"".join(LARGE)
    assert await given_up(*crowd) > 150


async def test_a_thousand_namespaces_are_known():
    room = BodyRoom(10)
    for n in range(3000):
        room.proved(f"team-{n}")
        room.proved("always")
    assert (len(room._known), "always" in room._known) == (1024, True)


async def test_all_small_bodies_together_have_a_bound_that_each_connection_finds_room_in():
    reader = BodyReader(2 << 20)
    async with Crowd(reader, [b"x" * small_bytes], [f"made-up-{n % 50}" for n in range(600)]) as crowd:
        assert reader.held == 32 << 20
    assert crowd.answers.count(None) == 512


async def test_one_that_does_not_come_is_given_up(monkeypatch):
    monkeypatch.setattr(reading, "body_seconds", 0.0)
    reader = BodyReader(100)
    with pytest.raises(AnswerError) as caught:
        async with asyncio.timeout(20):
            await read(reader, await sent(b"half"))
    assert (caught.value.status, reader.held) == (408, 0)


async def test_what_is_done_with_it_ends_in_time_too(monkeypatch):
    monkeypatch.setattr(reading, "body_seconds", 0.05)
    reader, seen = BodyReader(100), []

    async def work(body):
        seen.append((body, reader.held))
        await asyncio.sleep(20)

    sending = await sent(b"whole", None)
    with pytest.raises(TimeoutError):
        await reader.read(sending, 0.0, work)
    assert seen == [(b"whole", 5)]
    assert reader.held == 0
