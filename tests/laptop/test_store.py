"""The store: snapshots of the past, group commits, and what a failing disk does."""

import asyncio
import contextlib
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish_laptop.cluster.changes import ChangeType
from triggerfish_laptop.cluster.store import ObjectStore

THINGS = "things.example.com"


def thing(name, text=""):
    return {"metadata": {"name": name}, "text": text}


operations = st.lists(
    st.tuples(st.sampled_from(["put", "remove"]), st.sampled_from("abcd"), st.text("xyz", max_size=1)),
    max_size=25,
)


def play(store, steps):
    """Carry the operations out; each version with what there was then."""
    seen = {}
    for verb, name, text in steps:
        key = ("ns", name)
        if verb == "put":
            store.put(THINGS, key, thing(name, text))
        elif key in store.collection(THINGS).objects:
            store.remove(THINGS, key)
        seen[store.version] = texts(store.collection(THINGS).page(""))
    return seen


def texts(page):
    return [(stored.key[1], stored.value["text"]) for stored in page]


@given(operations)
@settings(deadline=None)
def test_every_remembered_moment_can_be_listed(tmp_path_factory, steps):
    store = ObjectStore(tmp_path_factory.mktemp("store") / "s.sqlite", history=10)
    seen = play(store, steps)
    collection = store.collection(THINGS)
    for version, expected in seen.items():
        if version >= collection.forgotten:
            assert texts(collection.page("", snapshot=version)) == expected
    store.close()


@given(operations)
@settings(deadline=None)
def test_what_was_stored_is_there_again(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("store") / "s.sqlite"
    store = ObjectStore(path)
    play(store, steps)
    before = {key: stored.data for key, stored in store.collection(THINGS).objects.items()}
    version = store.version
    store.close()
    again = ObjectStore(path)
    collection = again.collection(THINGS)
    assert {key: stored.data for key, stored in collection.objects.items()} == before
    assert collection.keys == sorted(before)
    assert again.version == version
    again.close()


@given(operations)
@settings(deadline=None)
def test_changes_replayed_give_the_present(tmp_path_factory, steps):
    store = ObjectStore(tmp_path_factory.mktemp("store") / "s.sqlite")
    play(store, steps)
    state = {}
    for change in store.collection(THINGS).since(0):
        if change.type is ChangeType.DELETED:
            del state[change.stored.key]
        else:
            assert (change.stored.key in state) is (change.type is ChangeType.MODIFIED)
            state[change.stored.key] = change.stored
    assert state == store.collection(THINGS).objects
    store.close()


async def test_writes_that_arrive_together_are_one_commit(tmp_path):
    store = ObjectStore(tmp_path / "s.sqlite")
    store.loop = asyncio.get_running_loop()
    commits = []
    store.listen(lambda resource, change: commits.append(asyncio.current_task()))

    async def write(name):
        store.put(THINGS, ("ns", name), thing(name))
        await store.committed()

    await asyncio.gather(*(write(name) for name in "abc"))
    assert len(commits) == 3
    with sqlite3.connect(tmp_path / "s.sqlite") as other:
        assert other.execute("SELECT count(*) FROM objects").fetchone() == (3,)
    other.close()
    store.close()


@contextlib.contextmanager
def full(store, path):
    """Nothing can be committed meanwhile."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        store.wait_at_most(0)
        yield
        blocker.execute("ROLLBACK")


def seen(store):
    collection = store.collection(THINGS)
    return dict(collection.objects), list(collection.keys), list(collection.log)


@given(operations, operations)
@settings(deadline=None)
def test_what_was_asked_for_and_not_committed_never_was(tmp_path_factory, before, asked):
    async def run():
        path = tmp_path_factory.mktemp("store") / "s.sqlite"
        store = ObjectStore(path)
        play(store, before)
        store.settle()
        store.loop = asyncio.get_running_loop()
        told, was = [], seen(store)
        store.listen(lambda resource, change: told.append(change))
        with full(store, path):
            with store.asked():
                play(store, asked)
            await store.certain()
            assert seen(store) == was
            if asked:
                store.put(THINGS, ("ns", "follows"), thing("follows"))
        store.put(THINGS, ("ns", "later"), thing("later"))
        await store.committed()
        assert {change.stored.key[1] for change in told} <= {"follows", "later"}
        now = seen(store)
        store.close()
        again = ObjectStore(path)
        assert {key: stored.data for key, stored in again.collection(THINGS).objects.items()} == {
            key: stored.data for key, stored in now[0].items()
        }
        again.close()

    asyncio.run(run())


async def test_who_asked_is_told_that_it_was_not_committed(tmp_path):
    store = ObjectStore(tmp_path / "s.sqlite")
    store.loop = asyncio.get_running_loop()
    with full(store, tmp_path / "s.sqlite"):
        with store.asked():
            store.put(THINGS, ("ns", "a"), thing("a"))
        with pytest.raises(sqlite3.OperationalError):
            await store.committed()
    assert store.collection(THINGS).get("ns", "a") is None
    store.close()


async def test_what_is_written_on_top_goes_with_it(tmp_path):
    store = ObjectStore(tmp_path / "s.sqlite")
    store.loop = asyncio.get_running_loop()
    with full(store, tmp_path / "s.sqlite"):
        store.put(THINGS, ("ns", "a"), thing("a", "first"))
        with store.asked():
            store.put(THINGS, ("ns", "a"), thing("a", "asked"))
        store.put(THINGS, ("ns", "a"), thing("a", "on top"))
        await store.certain()
    assert store.collection(THINGS).get("ns", "a").value["text"] == "first"
    store.close()


def test_what_nobody_waits_for_is_an_error(tmp_path):
    store = ObjectStore(tmp_path / "s.sqlite")
    store.put(THINGS, ("ns", "a"), thing("a"))
    with full(store, tmp_path / "s.sqlite"), pytest.raises(sqlite3.OperationalError):
        store.settle()
    store.close()


async def test_what_follows_from_others_and_cannot_be_committed_is_tried_again(tmp_path):
    path = tmp_path / "s.sqlite"
    store = ObjectStore(path)
    store.loop = asyncio.get_running_loop()
    told = []
    store.listen(lambda resource, change: told.append(change.stored.key[1]))
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    store.wait_at_most(0)
    store.put(THINGS, ("ns", "a"), thing("a"))
    with pytest.raises(sqlite3.OperationalError):
        await store.committed()
    assert told == []
    blocker.execute("ROLLBACK")
    blocker.close()
    store.put(THINGS, ("ns", "b"), thing("b"))
    await store.committed()
    assert told == ["a", "b"]
    store.close()
