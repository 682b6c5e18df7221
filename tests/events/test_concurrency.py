"""Runs of one key: the newest stays, or the first, in whatever order deliveries come."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, cycle, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.events.concurrency import (
    KeyedRun,
    KeyPolicy,
    in_the_way,
    occurred,
    run_of,
    seconds,
    stamp,
    surplus,
)


def run(name, received=0.0, *, finished=False, at=None, created=0.0, ending=False):
    return KeyedRun(name, f"delivery-{name}", finished, received, at, created=created, ending=ending)


def ended(policy, runs):
    return {found.name for found in surplus(policy, runs)}


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param([run("a", 1)], set(), id="alone"),
        pytest.param([run("a", 1), run("b", 2)], {"a"}, id="the newer ends the older"),
        pytest.param([run("a", 1, finished=True), run("b", 2)], set(), id="the older has finished"),
        pytest.param([run("a", 1), run("b", 2, finished=True)], {"a"}, id="the newer has finished already"),
        pytest.param([run("a", 1), run("b", 2), run("c", 3)], {"a", "b"}, id="three"),
        pytest.param([run("a", 5, at=1.0), run("b", 4, at=2.0)], {"a"}, id="late: occurred before"),
        pytest.param([run("a", 5, at=1.0), run("b", 4)], {"b"}, id="an event time that only one has"),
        pytest.param([run("a", 1), run("b", 1)], {"a"}, id="same moment: the name decides"),
    ],
)
def test_replace_keeps_the_newest_only(runs, expected):
    assert ended(KeyPolicy.REPLACE, runs) == expected
    assert ended(KeyPolicy.REPLACE, runs[::-1]) == expected


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.booleans(), st.none() | st.integers(0, 3)), min_size=1, max_size=4
    )
)
def test_replace_leaves_one_and_everyone_agrees_which(facts):
    runs = [
        run(f"w{n}", float(received), finished=finished, at=None if at is None else float(at))
        for n, (received, finished, at) in enumerate(facts)
    ]
    (over,) = {frozenset(ended(KeyPolicy.REPLACE, order)) for order in permutations(runs)}
    assert len([found for found in runs if not found.finished and found.name not in over]) <= 1


@pytest.mark.parametrize(
    ("runs", "own", "blocker"),
    [
        pytest.param([], "b", None, id="free"),
        pytest.param([run("a")], "b", "a", id="another runs"),
        pytest.param([run("a", finished=True)], "b", None, id="another has finished"),
        pytest.param([run("a"), run("b")], "b", None, id="it runs already: a redelivery"),
        pytest.param([run("a", ending=True)], "b", "a", id="another is told to end, and runs yet"),
        pytest.param([run("a", ending=True), run("c")], "b", "c", id="the one that stays is named"),
    ],
)
def test_forbid_looks_before_it_starts(runs, own, blocker):
    found = in_the_way(KeyPolicy.FORBID, runs, f"delivery-{own}")
    assert (found and found.name) == blocker


def test_only_forbid_looks():
    assert in_the_way(KeyPolicy.REPLACE, [run("a")], "delivery-b") is None


@given(st.permutations([run("a", 1), run("b", 2), run("c", 2)]))
def test_forbid_leaves_the_first_of_those_that_met(runs):
    assert ended(KeyPolicy.FORBID, runs) == {"b", "c"}


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param([run("late", 1, created=9), run("b", 2, created=5)], {"late"}, id="created first"),
        pytest.param([run("a", 1, created=5), run("b", 2, created=5)], {"b"}, id="the same second: received"),
        pytest.param(
            [run("a", 1, ending=True), run("b", 2), run("c", 3)], {"a", "c"}, id="what ends already stays not"
        ),
        pytest.param([run("a", 1, finished=True), run("b", 2)], set(), id="a finished one ends nobody"),
    ],
)
def test_forbid_keeps_the_run_that_was_created_first(runs, expected):
    for order in permutations(runs):
        assert ended(KeyPolicy.FORBID, order) == expected


class Pause:
    """Lets others go first."""

    def __await__(self):
        yield


class Cluster:
    """The runs of a key, between deliveries that die anywhere and are sent again; ``made``: those to come."""

    def __init__(self, policy, made):
        self.policy, self.made = policy, made
        self.second = 0.0
        self.runs = {}

    async def deliver(self, place):
        """What the function does for a delivery."""
        own = self.made[place]
        await Pause()
        seen = list(self.runs.values())
        await Pause()
        if in_the_way(self.policy, seen, own.delivery):
            return
        if own.name not in self.runs:
            self.runs[own.name] = replace(own, created=self.second)
        await Pause()
        seen = list(self.runs.values())
        for each in surplus(self.policy, seen):
            await Pause()
            self.runs[each.name] = replace(self.runs[each.name], ending=True)

    def left(self, steps, least):
        """The runs that stay after these steps, and after all deliveries are answered, each in its turn.

        Between two creations at least ``least`` seconds pass.
        """
        going = {place: self.deliver(place) for place in range(len(self.made))}
        for place, dies, later in chain(steps, cycle((place, False, 1) for place in list(going))):
            if not going:
                break
            if place not in going:
                continue
            if dies:
                going[place].close()
                going[place] = self.deliver(place)
            self.second += max(later, least)
            try:
                going[place].send(None)
            except StopIteration:
                del going[place]
        return [each for each in self.runs.values() if not each.ending]


STEP = st.tuples(st.integers(0, 3), st.sampled_from([False] * 9 + [True]), st.integers(0, 1))
STEPS = st.lists(STEP, max_size=40)


@given(st.permutations([1, 2, 3, 4]), STEPS)
def test_forbid_leaves_one_run_however_deliveries_meet_die_and_come_again(order, steps):
    made = [run(f"w{place}", float(received)) for place, received in enumerate(order)]
    assert len(Cluster(KeyPolicy.FORBID, made).left(steps, 0)) == 1


@given(st.permutations([1, 2, 3, 4]), st.permutations([1, 2, 3, 4]), STEPS)
def test_replace_leaves_the_newest_however_deliveries_meet_die_and_come_again(order, times, steps):
    made = [
        run(f"w{place}", float(received), at=float(at))
        for place, (received, at) in enumerate(zip(order, times, strict=True))
    ]
    (left,) = Cluster(KeyPolicy.REPLACE, made).left(steps, 0)
    assert left.occurred == 4.0


COMMIT = st.sampled_from("abcde")
EVENT = st.tuples(st.none() | st.integers(0, 3), COMMIT, COMMIT)


@given(st.permutations([1, 2, 3, 4]), st.tuples(EVENT, EVENT, EVENT, EVENT), STEPS)
def test_replace_leaves_one_run_though_no_single_scale_orders_them(order, events, steps):
    """Some know their time, some their commits, some neither: who is newer may go round in a circle."""
    made = [
        replace(run(f"w{place}", float(received), at=at), before=before, after=after)
        for place, (received, (at, before, after)) in enumerate(zip(order, events, strict=True))
    ]
    assert len(Cluster(KeyPolicy.REPLACE, made).left(steps, 1)) == 1


def test_a_stamped_workflow_is_read_back_as_its_run():
    workflow = {"metadata": {"name": "w", "labels": {}, "annotations": {"triggerfish.dev/delivery": "d"}}}
    received = datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)
    stamped = stamp(workflow, "key", received, 12.5)
    assert run_of(stamped) == KeyedRun("w", "d", False, received.timestamp(), 12.5)
    assert stamped["metadata"]["labels"] == {"triggerfish.dev/concurrency-key": "key"}


@pytest.mark.parametrize(
    "marks",
    [{"workflows.argoproj.io/completed": "true"}, {"workflows.argoproj.io/phase": "Failed"}],
)
def test_labels_say_that_a_run_has_finished(marks):
    assert run_of(
        {"metadata": {"name": "w", "labels": marks, "creationTimestamp": "2026-01-01T00:00:00Z"}}
    ).finished


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param({"repository": {"pushed_at": 1700000000}}, 1700000000.0, id="a push to GitHub"),
        pytest.param(
            {"pull_request": {"updated_at": "2026-01-01T00:00:00Z"}}, 1767225600.0, id="a pull request"
        ),
        pytest.param(
            {"object_attributes": {"updated_at": "2026-01-01 00:00:00 UTC"}},
            1767225600.0,
            id="a merge request",
        ),
        pytest.param(
            {"head_commit": {"timestamp": "2026-01-01T00:00:00Z"}}, None, id="a commit's time is no event's"
        ),
        pytest.param({"repository": "text"}, None, id="another shape"),
        pytest.param([], None, id="a list"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_when_an_event_occurred(payload, expected):
    assert occurred(payload) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7.0),
        ("7.5", 7.5),
        (True, None),
        ("nan", None),
        (float("inf"), None),
        ("x", None),
        ([], None),
        ("2026-01-01T00:00:00+01:00", 1767222000.0),
        ("2026-01-01T00:00:00", 1767225600.0),
    ],
)
def test_numbers_and_times_become_seconds(value, expected):
    assert seconds(value) == expected
