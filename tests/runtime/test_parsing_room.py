"""Memory for what is large: so much at once, namespaces in turns."""

import asyncio
import json
import tracemalloc

import pytest

from triggerfish.runtime.parsing_room import ParsingRoom, small_weight, weight_of_json

LARGE = 1 << 20


class Scene:
    def __init__(self, total=2 * LARGE):
        self.room, self.order, self.most = ParsingRoom(total), [], 0
        self.ends = {}

    def enter(self, namespace, weight=LARGE):
        end = asyncio.Event()

        async def work():
            async with self.room.hold(namespace, weight):
                self.order.append(namespace)
                self.most = max(self.most, self.room.held)
                await end.wait()

        task = asyncio.ensure_future(work())
        self.ends[task] = end
        return task

    async def leave(self, task):
        self.ends[task].set()
        await task
        await turns()


async def turns():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_so_much_is_held_at_once():
    scene = Scene()
    tasks = [scene.enter("a") for _ in range(5)]
    await turns()
    assert len(scene.order) == 2
    for task in tasks:
        await scene.leave(task)
    assert (len(scene.order), scene.most, scene.room.held) == (5, 2 * LARGE, 0)


async def test_namespaces_take_turns():
    scene = Scene(LARGE)
    tasks = [scene.enter(name) for name in "aaaaabc"]
    await turns()
    for number, task in enumerate((0, 1, 5, 6, 2, 3, 4)):
        assert "".join(scene.order) == "aabcaaa"[: number + 1]
        await scene.leave(tasks[task])


async def test_what_is_small_waits_for_nobody():
    scene = Scene(LARGE)
    large = scene.enter("a")
    await turns()
    await asyncio.gather(*(scene.leave(scene.enter("a", small_weight)) for _ in range(3)))
    await scene.leave(large)


async def test_after_it_was_used_nobody_has_it_for_a_while():
    room = ParsingRoom(LARGE, rest=0.001)
    async with room.hold("a", LARGE):
        pass
    assert room.held == LARGE
    async with room.hold("a", LARGE):
        assert room.held == LARGE, "that was free by then"
    small = room.hold("a", small_weight)
    async with small:
        assert room.held == LARGE


async def test_what_is_larger_than_all_has_it_alone():
    scene = Scene()
    first, whole = scene.enter("a"), scene.enter("b", 100 * LARGE)
    last = scene.enter("c")
    await turns()
    assert scene.order == ["a"]
    for task in (first, whole, last):
        await scene.leave(task)
    assert scene.order == ["a", "b", "c"]


@pytest.mark.parametrize("when", ["while it waits", "when its turn comes"])
async def test_one_who_gives_up_leaves_the_room_to_others(when):
    scene = Scene(LARGE)
    first, gone, last = scene.enter("a"), scene.enter("b"), scene.enter("c")
    await turns()
    if when == "while it waits":
        gone.cancel()
        await turns()
        scene.ends[first].set()
    else:
        scene.ends[first].set()
        await asyncio.sleep(0)
        assert (scene.room.held, scene.order) == (LARGE, ["a"]), "it has been let in, and has not begun"
        gone.cancel()
    await turns()
    assert scene.order == ["a", "c"]
    await scene.leave(last)
    assert scene.room.held == 0


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" + b"[]," * 50_000 + b"0]", id="empty lists"),
        pytest.param(b"[" + b"{}," * 50_000 + b"0]", id="empty maps"),
        pytest.param(b"[" + b"1.5," * 50_000 + b"0]", id="numbers"),
        pytest.param(json.dumps({str(n): n for n in range(50_000)}).encode(), id="a map"),
        pytest.param(b"[" + b'"ab",' * 50_000 + b"0]", id="short texts"),
        pytest.param(b"[" + b'{"a":[{}]},' * 20_000 + b"0]", id="maps in lists in maps"),
        pytest.param(b'"' + b"x" * 400_000 + b'"', id="a long text"),
    ],
)
def test_a_body_weighs_what_it_takes(body):
    tracemalloc.start()
    value = json.loads(body)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert value
    assert 0.7 * taken < weight_of_json(body) < 6 * taken
